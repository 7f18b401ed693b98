"""The whole way on the bundled model: build, boot in QEMU, compare every bit, score, report."""

import dataclasses

import numpy as np
import pytest

from networks import quantized, recognizer, speech_like
from shrinkc import pipeline, zoo
from shrinkc.compile.image import compile_image
from shrinkc.emit import emit
from shrinkc.emulate.run import run_image
from shrinkc.errors import BuildError, InputError, LimitError
from shrinkc.lower import FAMILIES, lower
from shrinkc.project import Delta, Limits, Options, Plan, load_project, resolve, with_options
from shrinkc.project.values import empty
from shrinkc.reference import archive, run
from shrinkc.score import report
from shrinkc.score.limits import check, outcomes
from shrinkc.target import load_target
from tools import needs_qemu, write_build

CORES = ("cortex-m0plus", "cortex-m3", "cortex-m4", "cortex-m7", "cortex-m33", "cortex-m55")


def settings_for(target="cortex-m4", model="zoo:lstm", **options):
    return resolve(with_options(empty(), Options(model=model, target=target, **options)))


@pytest.fixture(scope="module")
def built():
    return pipeline.build(settings_for())


@needs_qemu
def test_report_of_a_build(built):
    made = built.report
    assert made.model.name == "lstm"
    assert made.compression.float_bytes == 4 * made.model.parameters
    assert 70 < made.compression.percent < 75
    assert made.sizes.flash == made.sizes.weights + made.sizes.code
    assert made.sizes.ram == built.program.state_bytes
    assert {path.weight_bits for path in made.paths} == {8}
    assert all(0 < path.largest_accumulator < 2**31 for path in made.paths)
    assert made.verification is None


@needs_qemu
def test_same_settings_same_bytes(built):
    again = pipeline.build(settings_for())
    assert again.files == built.files
    assert again.report == built.report


@needs_qemu
def test_a_plan_in_a_file_builds_the_same_as_in_the_project(tmp_path):
    """Compensated at 4 bits, but for the head."""
    plan = '[plan]\nweights = 4\n[plan.paths."head.*"]\nweights = 8\n[delta]\nthreshold = 4\n'
    (tmp_path / "p.toml").write_text(plan)
    (tmp_path / "shrinkc.toml").write_text(f'target = "cortex-m4"\nmodel.path = "zoo:lstm"\n{plan}')
    in_project = pipeline.build(load_project(tmp_path))
    in_file = pipeline.build(settings_for(plan=str(tmp_path / "p.toml")))
    assert in_file.report.digest == in_project.report.digest
    assert in_file.files == in_project.files
    assert {path.rounding for path in in_file.report.paths if path.weight_bits == 4} == {"compensated"}


@needs_qemu
@pytest.mark.parametrize("target", [*CORES, "netduinoplus2"])
@pytest.mark.parametrize("name", zoo.names())
@pytest.mark.parametrize(
    ("utterances", "options"), [(1, {}), (2, {"delta": "4", "kernels": "delta"})], ids=["default", "delta"]
)
def test_the_zoo_is_bit_exact(tmp_path, name, target, utterances, options):
    settings = settings_for(target, f"zoo:{name}", **options)
    write_build(tmp_path / "out", pipeline.build(settings))
    found = pipeline.verify(tmp_path / "out", settings, limit=utterances).verification
    assert found.bit_exact and found.first_divergence is None
    assert found.utterances == utterances
    assert found.per.integer == found.per.device
    if options:  # without thresholds, most products are dense, and the work is the same in every frame
        assert 0 < found.eliminated.percent < 100
        count = found.instructions_per_frame
        assert count.min < count.mean < count.max < count.worst
    assert 0 < found.stack <= report.load(tmp_path / "out").sizes.stack


@needs_qemu
def test_one_changed_weight_is_found_and_named(tmp_path, built):
    """The reference in the folder is changed: layer, frame, index and both values must be named."""
    out = tmp_path / "out"
    write_build(out, built)
    kept = archive.load(out)
    first, second, head = kept.quantized.layers
    (sums,) = second.accumulators
    weights = sums.matrices[1].weights.copy()
    weights[3, 5] += 40
    matrices = (sums.matrices[0], dataclasses.replace(sums.matrices[1], weights=weights))
    second = dataclasses.replace(second, accumulators=(dataclasses.replace(sums, matrices=matrices),))
    changed = dataclasses.replace(kept.quantized, layers=(first, second, head))
    (out / archive.FILE_NAME).write_bytes(archive.to_bytes(dataclasses.replace(kept, quantized=changed)))
    report = pipeline.verify(out, settings_for(), limit=2)
    found = report.verification
    divergence = found.first_divergence
    assert not found.bit_exact
    assert (divergence.layer, divergence.index) == ("rnn2", 3)
    assert divergence.quantity in ("h", "c")
    assert divergence.device != divergence.reference
    with pytest.raises(LimitError, match=rf"of rnn2, utterance 0, frame {divergence.frame}, index 3: device"):
        check(outcomes(report, Limits()))


@needs_qemu
def test_an_image_of_another_build_is_refused(tmp_path, built):
    other = pipeline.build(settings_for(delta="9"))
    write_build(tmp_path / "out", built)
    (tmp_path / "out" / "lstm.elf").write_bytes(other.image.elf)
    with pytest.raises(InputError, match="of two builds"):
        pipeline.verify(tmp_path / "out", settings_for(), limit=1)


@needs_qemu
def test_a_missing_image_is_refused(tmp_path, built):
    write_build(tmp_path / "out", built)
    (tmp_path / "out" / "lstm.elf").unlink()
    with pytest.raises(InputError, match=r"lstm\.elf: no such file"):
        pipeline.verify(tmp_path / "out", settings_for(), limit=1)


@needs_qemu
def test_a_model_that_does_not_fit_is_refused_by_region():
    with pytest.raises(BuildError, match=r"(?i)flash.*\d+.*\d+"):
        pipeline.build(settings_for("microbit", weights=16))


@needs_qemu
@pytest.mark.parametrize("delta", [Delta(threshold=3), Delta(threshold=None)])
def test_a_small_lstm_runs_on_a_true_cortex_m0(delta):
    network = quantized(recognizer(units=16), Plan(weights=4), delta)
    image = compile_image(emit(lower(network)).files, "toy", load_target("microbit"))
    inputs = [network.quantize_input(u) for u in speech_like()]
    trace, execution = run_image(image, inputs), run(network, inputs)
    assert np.array_equal(trace.outputs, np.concatenate(execution.outputs))
    assert np.array_equal(trace.sent, np.concatenate(execution.sent))


@needs_qemu
@pytest.mark.parametrize("weights, activations", [(2, 8), (4, 4), (8, 16), (16, 16)])
@pytest.mark.parametrize("target", ["cortex-m0plus", "cortex-m4"])
def test_other_widths_on_the_device(target, weights, activations):
    network = quantized(recognizer(), Plan(weights, activations, accumulators="separate"), Delta(threshold=2))
    image = compile_image(emit(lower(network, FAMILIES[load_target(target).kernels])).files, "toy", load_target(target))
    inputs = [network.quantize_input(u) for u in speech_like()]
    assert np.array_equal(run_image(image, inputs).outputs, np.concatenate(run(network, inputs).outputs))


@needs_qemu
def test_few_calibration_utterances_are_said(tmp_path):
    from shrinkc import datasets

    settings = settings_for()
    small = tmp_path / "few.npz"
    datasets.save(datasets.load(settings.data.calibration.path).limit(3), small)
    made = pipeline.build(settings_for(calibration=str(small))).report
    assert any("calibrated on 3 utterances only" in note for note in made.notes)


def test_no_calibration_set_is_refused():
    settings = settings_for()
    bare = dataclasses.replace(settings, data=dataclasses.replace(settings.data, calibration=None))
    with pytest.raises(InputError, match="no calibration set"):
        pipeline.build(bare)


def test_a_pattern_that_names_nothing_is_refused():
    with pytest.raises(InputError, match=r"rnn7\.h"):
        pipeline.build(settings_for(delta="rnn7.h=3"))
