"""Fine-tuning for a plan: the folded model, the quantiser's own grids, and a run that ends on them."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from toy_task import SETTINGS, run, toy

from shrinkc import importers, reference
from shrinkc.calibrate import calibrate
from shrinkc.errors import InputError
from shrinkc.project import Delta, Plan, Rule
from shrinkc.project.plan_file import with_plan
from shrinkc.project.resolve import plan_of
from shrinkc.project.values import empty
from shrinkc.quantize import quantize
from shrinkc.train.settings import Settings

pytest.importorskip("tensorflow", reason="training needs tensorflow")

from shrinkc.train.grids import Grid, grids_of, snapped, without_batch_norm
from shrinkc.train.trained_models import TrainedModels

WIDTH, UNITS, SYMBOLS = 4, 6, 5
MEAN, STD = np.full(WIDTH, 0.5, np.float32), np.full(WIDTH, 2.0, np.float32)
SMALL = Settings(layers=2, units=UNITS)
NORMALISED = {"batch_norm": True}
NETWORKS = {
    "lstm": {},
    "gru": {},
    "simple_rnn": {},
    "ligru": {},
    "sru": {},
    "sru, projected": {"projection": 3},
    "lstm, normalised": NORMALISED,
    "gru, normalised": NORMALISED,
    "simple_rnn, normalised": NORMALISED,
}
PLAN = Plan(weights=4, rounding="nearest", clipping="max")
"""With the range at the largest weight nothing clips."""


def network_of(settings: Settings, folded: bool = False):
    from shrinkc.train.network import build

    return build(settings, SYMBOLS, MEAN, STD, folded)


def saved(settings: Settings, path: Path):
    """A model with random weights and statistics, and its file."""
    from shrinkc.train.state import write_model

    random = np.random.default_rng(3)
    model = network_of(settings)
    for variable in model.weights:
        if "moving_variance" in variable.path or "gamma" in variable.path:
            variable.assign(random.uniform(0.5, 1.5, variable.shape))
        elif not variable.path.endswith("alpha"):  # SRU's constant
            variable.assign(random.normal(0, 0.5, variable.shape))
    write_model(model, path)
    return model


def utterances() -> list[np.ndarray]:
    return [*np.random.default_rng(4).normal(0, 2, (4, 20, WIDTH)).astype(np.float32)]


@pytest.fixture(scope="module", params=NETWORKS)
def pair(request, tmp_path_factory):
    """A trained model and the one without batch norm that has its weights."""
    settings = dataclasses.replace(SMALL, cell=request.param.partition(",")[0], **NETWORKS[request.param])
    path = tmp_path_factory.mktemp("model") / "model.keras"
    model, plain = saved(settings, path), network_of(settings, folded=True)
    without_batch_norm(plain, path)
    return model, plain


def test_the_folded_model_computes_the_same(pair):
    model, plain = pair
    features = np.stack(utterances())
    expected = np.asarray(model(features, training=False))
    assert expected.std() > 0.1
    np.testing.assert_allclose(plain(features, training=False), expected, atol=1e-4, rtol=1e-4)
    assert not [name for name in (variable.path for variable in plain.weights) if "gamma" in name or "norm" in name]


def test_the_grids_are_the_quantisers(pair, tmp_path):
    """A weight in its step is the quantiser's integer: for all of them, found again in a model of these integers."""
    from shrinkc.train.state import write_model

    plain = pair[1]
    mixed = dataclasses.replace(PLAN, paths=(Rule("rnn2.*.x", weights=8),))
    grids = grids_of(plain, mixed, utterances())
    write_model(plain, tmp_path / "model.keras")
    quantized = integers_of(tmp_path / "model.keras", mixed, utterances())
    limits, integers, kept = [], [], [variable.numpy() for variable in plain.trainable_variables]
    for variable, grid in zip(plain.trainable_variables, grids, strict=True):
        on_grid = variable.shape[0] > 2 and len(variable.shape) == 2
        assert (grid is not None) == on_grid, variable.path
        if grid is None:
            integers.append(np.zeros(variable.shape, np.float32))
            continue
        integers.append(np.rint(variable.numpy() / grid.step))
        assert np.all((integers[-1] >= grid.least) & (integers[-1] <= grid.largest))
        limits.append(set(grid.largest.ravel()))
    assert limits.count({127.0}) == 1 and {7.0} in limits
    # The importer takes the integers to where it takes the weights.
    try:
        for variable, value in zip(plain.trainable_variables, integers, strict=True):
            variable.assign(value)
        write_model(plain, tmp_path / "integers.keras")
    finally:
        for variable, value in zip(plain.trainable_variables, kept, strict=True):
            variable.assign(value)
    network, compared = importers.load(tmp_path / "integers.keras", "integers"), 0
    for layer, made in zip(network.layers, quantized.layers, strict=True):
        for accumulator in made.accumulators:
            for matrix in accumulator.matrices:
                source = quantized.group(matrix.group).source
                parts = np.split(matrix.weights, len(accumulator.gates))
                for gate, part in zip(accumulator.gates, parts, strict=True):
                    np.testing.assert_array_equal(layer.matrices[f"{gate}.{source}"], part)
                    compared += 1
    assert compared == sum(len(layer.matrices) for layer in network.layers)


def integers_of(path: Path, plan: Plan, calibration: list[np.ndarray]):
    network = importers.load(path, "model")
    return quantize(network, calibrate(network, calibration), plan, Delta(), reference.measurer(calibration))


def test_snapping_by_hand():
    """Rounded, held within the range, left alone where the range is 0; the gradient is that of the value."""
    import tensorflow as tf

    grid = Grid(*np.array([[0.5, 0.5, 0.25, 1], [-8, -2, -8, 0], [7, 1, 7, 0]], np.float32))
    value = tf.Variable([0.8, -3.0, 0.1, 0.3])
    with tf.GradientTape() as tape:
        found = snapped(value, grid)
        total = tf.reduce_sum(found * tf.constant([1.0, 2.0, 3.0, 4.0]))
    np.testing.assert_allclose(found, [1.0, -1.0, 0.0, 0.3], atol=1e-6)
    np.testing.assert_array_equal(tape.gradient(total, value), [1, 2, 3, 4])
    np.testing.assert_array_equal(snapped(value, None), value)


def test_weights_of_another_network_are_refused(tmp_path):
    saved(dataclasses.replace(SMALL, cell="gru"), tmp_path / "gru.keras")
    for other in ({"cell": "lstm"}, {"cell": "gru", "units": 7}, {"cell": "gru", "layers": 1}):
        with pytest.raises(InputError, match=r"gru\.keras: its weights are not those of the network of these settings"):
            without_batch_norm(network_of(dataclasses.replace(SMALL, **other), folded=True), tmp_path / "gru.keras")


TOY = dataclasses.replace(SETTINGS, cell="gru", batch_norm=True)
TUNING = dataclasses.replace(TOY, frame_epochs=1, frame_rate=0.005, ctc_rate=0.005)
PROJECT = empty().set(("plan", "weights"), 4, "test").set(("plan", "rounding"), "nearest", "test")
NEAREST = plan_of(PROJECT)
CALIBRATION = [*toy(1).features.reshape(-1, 24, 4)]


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    folder = tmp_path_factory.mktemp("start")
    run(folder, TOY)
    return TrainedModels(start=folder / "model.keras")


@pytest.fixture(scope="module")
def tuned(start, tmp_path_factory):
    """A folder with a run of fine-tuning that has ended, and its log."""
    folder = tmp_path_factory.mktemp("tuned")
    end, _, log = run(folder, TUNING, trained=start, plan=PROJECT)
    assert end.best < 0.3
    return folder, log


def loaded(path: Path):
    from shrinkc.train.network import load_model

    return load_model(path)


def test_the_saved_weights_are_on_their_grids(start, tuned):
    plain = loaded(tuned[0] / "model.keras")
    values = [variable.numpy() for variable in plain.trainable_variables]
    without_batch_norm(plain, start.start)
    moved = 0
    for variable, value, grid in zip(
        plain.trainable_variables, values, grids_of(plain, NEAREST, CALIBRATION), strict=True
    ):
        if grid is None:
            assert "bias" in variable.path
            continue
        steps = value / grid.step
        assert np.abs(steps - np.rint(steps)).max() < 1e-4
        assert np.array_equal(np.rint(steps), np.clip(np.rint(steps), grid.least, grid.largest))
        moved += (np.rint(steps) != np.clip(np.rint(variable.numpy() / grid.step), grid.least, grid.largest)).sum()
    assert moved > 20


def test_the_quantised_model_says_what_the_saved_one_does(start, tuned):
    heard = [*toy(5, 16).features.reshape(-1, 24, 4)]
    away = []
    for path in (start.start, tuned[0] / "model.keras"):
        network = integers_of(path, NEAREST, CALIBRATION)
        inputs = [network.quantize_input(each) for each in heard]
        found = np.stack(reference.run(network, inputs).outputs) * network.output_scale
        expected = np.asarray(loaded(path)(np.stack(heard), training=False))
        away.append(np.abs(found - expected).mean() / np.abs(expected).mean())
    # Off the grids the tuned model would be as far away as the one that it began with.
    assert away[0] > 0.02 and away[1] < 0.3 * away[0]


def test_the_plan_of_the_run_finds_every_grid_again(tuned):
    """Its ranges are those of the start model, whatever calibration would say of the tuned one."""
    plan = plan_of(with_plan(empty(), tuned[0] / "plan.toml"))
    assert {rule.pattern for rule in plan.groups} == {"rnn1.x", "rnn1.h", "head.x"}
    assert all(rule.range > 0 for rule in plan.groups)
    compensated = dataclasses.replace(plan, rounding="compensated")
    quieter = [0.8 * each for each in CALIBRATION]
    network, made = (
        importers.load(tuned[0] / "model.keras", "tuned"),
        integers_of(tuned[0] / "model.keras", compensated, quieter),
    )
    for layer, quantized in zip(network.layers, made.layers, strict=True):
        for accumulator in quantized.accumulators:
            for matrix in accumulator.matrices:
                group = made.group(matrix.group)
                parts = np.split(matrix.weights * (accumulator.scales[:, None] / group.scale), len(accumulator.gates))
                for gate, part in zip(accumulator.gates, parts, strict=True):
                    np.testing.assert_allclose(part, layer.matrices[f"{gate}.{group.source}"], atol=2e-3)


def test_killed_and_resumed_is_the_same(start, tuned, tmp_path):
    from shrinkc.train.batches import gather
    from shrinkc.train.loop import train

    class Killed(Exception):
        pass

    def kill(line: str) -> None:
        raise Killed

    data, devs = gather([toy(1)], ["toy"]), {"toy dev": toy(2, 16)}
    with pytest.raises(Killed):
        train(data, devs, tmp_path, TUNING, ("toy",), kill, trained=start, plan=PROJECT)
    with pytest.raises(InputError, match="holds a run with plan = "):
        run(tmp_path, TUNING, trained=start, plan=PROJECT.set(("plan", "weights"), 8, "test"))
    _, lines, log = run(tmp_path, TUNING, trained=start, plan=PROJECT)
    assert lines[0] == "resuming after 1 epochs" and log == tuned[1]
    assert (tmp_path / "model.keras").read_bytes() == (tuned[0] / "model.keras").read_bytes()


def test_the_normalisation_is_the_start_models(start, tmp_path):
    """Data of another mean does not move what the folded weights compute."""
    from shrinkc.train.batches import gather
    from shrinkc.train.loop import _trainer

    data = gather([toy(1)], ["toy"])
    louder = dataclasses.replace(data, mean=data.mean + 3, std=data.std * 2)
    features = np.stack(CALIBRATION[:2])
    expected = np.asarray(loaded(start.start)(features, training=False))
    found = _trainer(louder, TUNING, start, PROJECT, False)[0].model(features, training=False)
    np.testing.assert_allclose(found, expected, atol=1e-3)
    narrow = dataclasses.replace(data, mean=data.mean[:3], std=data.std[:3])
    with pytest.raises(InputError, match=r"model\.keras: takes 4 features, the data has 3"):
        _trainer(narrow, TUNING, start, PROJECT, False)
