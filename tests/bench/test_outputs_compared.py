"""No figure of a program whose bits are not the reference's."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from networks import quantized, recognizer
from shrinkc.bench import measure
from shrinkc.bench.measure import Bench, Work
from shrinkc.bench.shapes import StandardShape
from shrinkc.bench.standard import quantized_shape, shape_program, shape_work
from shrinkc.emit import emit
from shrinkc.emulate.trace import Trace
from shrinkc.errors import BuildError
from shrinkc.lower import FAMILIES, Program, lower, plain_modes
from shrinkc.project import Delta
from shrinkc.target import load_target
from tools import needs_qemu

TARGET = load_target("cortex-m4")


def lowered(last: bool) -> tuple[Program, Work]:
    """A small network with thresholds, and two utterances for it."""
    network = quantized(recognizer(last=last), delta=Delta(threshold=2))
    random = np.random.default_rng(1)
    inputs = [network.quantize_input(random.normal(0, 1, (frames, 5)).astype(np.float32)) for frames in (6, 4)]
    return lower(network, FAMILIES["dsp"], plain_modes(network)), Work.of("a model", network, inputs, 0)


def traced(program: Program, work: Work) -> Trace:
    """What a device gives that does as the reference does."""
    frames = int(work.ends[-1]) + 1
    outputs = np.zeros((frames, program.network.outputs), np.int16)
    outputs[work.ends if program.network.last else slice(None)] = np.concatenate(work.expected.outputs)
    zeros = np.zeros(frames, np.int64)
    return Trace(outputs, zeros, np.concatenate(work.expected.sent), zeros, zeros, None, 0, None)


@pytest.mark.parametrize(("last", "frame"), [(False, 7), (True, 9)])
def test_a_wrong_output_is_named(last: bool, frame: int) -> None:
    program, work = lowered(last)
    good = traced(program, work)
    work.check(good, program, TARGET)
    outputs = good.outputs.copy()
    outputs[frame, 1] += 1
    values = f"{outputs[frame, 1]}, and {good.outputs[frame, 1]}"
    message = f"^a model on cortex-m4: output 1 in frame {frame} is {values} by the integer reference: no figure"
    with pytest.raises(BuildError, match=message):
        work.check(replace(good, outputs=outputs), program, TARGET)


def test_a_wrong_count_of_columns_is_named_where_products_are_delta() -> None:
    program, work = lowered(False)
    good = traced(program, work)
    sent = good.sent.copy()
    sent[3, 1] = 99
    with pytest.raises(BuildError, match=r"columns sent by delta group 1 in frame 3 is 99, and \d by"):
        work.check(replace(good, sent=sent), program, TARGET)
    dense = {**program.modes, program.network.groups[1].name: "dense"}
    work.check(replace(good, sent=sent), replace(program, modes=dense), TARGET)


@needs_qemu
def test_a_device_that_errs_gives_no_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shape = StandardShape("sru", 64, 8, None)
    network = quantized_shape(shape)
    program = shape_program(shape, network, TARGET, "delta")
    right = measure.run_image

    def wrong(*arguments: object, **options: object) -> Trace:
        trace = right(*arguments, **options)
        return replace(trace, outputs=trace.outputs ^ 1)

    monkeypatch.setattr(measure, "run_image", wrong)
    with pytest.raises(BuildError, match="sru-40-64-w8-dense on cortex-m4: output 0 in frame 0 is") as caught:
        Bench(tmp_path, splits=False).measure(program, emit(program), TARGET, shape_work(shape, network, 2))
    assert "\n" not in str(caught.value)
