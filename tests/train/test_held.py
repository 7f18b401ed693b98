"""Fine-tuning for thresholds: the forward pass against the integer reference, its price on what is sent, and a run."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from toy_task import SETTINGS, run, toy

from shrinkc import importers, reference
from shrinkc.calibrate import calibrate
from shrinkc.errors import InputError
from shrinkc.project import Delta, Options, Plan, with_options
from shrinkc.project.plan_file import with_plan
from shrinkc.project.resolve import delta_of, plan_of
from shrinkc.project.values import empty
from shrinkc.quantize import quantize
from shrinkc.train.settings import Settings

pytest.importorskip("tensorflow", reason="training needs tensorflow")

import tensorflow as tf

from shrinkc.train.blank import dev_figures
from shrinkc.train.grids import groups_of
from shrinkc.train.held import Held, HeldForward, held_forward
from shrinkc.train.network import build, load_model
from shrinkc.train.state import write_model
from shrinkc.train.trained_models import TrainedModels

WIDTH, UNITS, SYMBOLS = 4, 12, 5
PLAN = Plan(weights=16, rounding="nearest", clipping="max")


def network_of(cell: str):
    """A model with random weights whose state moves at speech's pace."""
    settings = Settings(layers=2, units=UNITS, cell=cell)
    model = build(settings, SYMBOLS, np.zeros(WIDTH, np.float32), np.ones(WIDTH, np.float32), folded=True)
    random = np.random.default_rng(3)
    for variable in model.trainable_variables:
        variable.assign(random.normal(0, 0.4, variable.shape))
    return model


def utterances() -> list[np.ndarray]:
    random = np.random.default_rng(4)
    return [np.cumsum(random.normal(0, 0.2, (40, WIDTH)), axis=0).astype(np.float32) for _ in range(4)]


def forward(model, cell: str, delta: Delta) -> HeldForward:
    return held_forward(model, cell, groups_of(model, PLAN, delta, utterances()))


def computed(held: HeldForward, lengths=None):
    features = np.stack(utterances())
    lengths = np.full(len(features), features.shape[1], np.int32) if lengths is None else lengths
    return held(tf.constant(features), tf.constant(lengths), 0.0, tf.zeros(2, tf.int32))


@pytest.mark.parametrize("threshold", [0, 6, 25])
@pytest.mark.parametrize("cell", ["lstm", "gru", "ligru", "sru"])
def test_it_is_what_the_integers_do(cell: str, threshold: int, tmp_path: Path) -> None:
    """Beside its own rounding of states and tables, the integer reference holds and sends the same."""
    model, delta = network_of(cell), Delta(threshold, groups=(("rnn2.x", 2 * threshold),))
    logits, done, soft = computed(forward(model, cell, delta))
    write_model(model, tmp_path / "model.keras")
    network = importers.load(tmp_path / "model.keras", "model")
    made = quantize(network, calibrate(network, utterances()), PLAN, delta, reference.measurer(utterances()))
    found = reference.run(made, [made.quantize_input(one) for one in utterances()])
    exact = np.stack([one * made.output_scale for one in found.outputs])
    plain = model(np.stack(utterances())).numpy()
    moved = np.sqrt(np.mean((plain - exact) ** 2))
    assert np.sqrt(np.mean((logits.numpy() - exact) ** 2)) < (0.4 * moved if threshold else 0.03 * exact.std())
    groups = {group.name: rows for group, rows in groups_of(model, PLAN, delta, utterances())}
    sent = sum(counts.sum(axis=0) for counts in found.sent)
    spent = sum(groups[group.name] * float(count) for group, count in zip(made.groups, sent, strict=True))
    whole = sum(groups[group.name] * group.width for group in made.groups) * 160
    assert float(done) == pytest.approx(spent / whole, abs=0.02)
    assert 0 < float(soft) < 1


@pytest.mark.parametrize("cell", ["lstm", "gru", "ligru", "sru"])
def test_without_thresholds_it_is_the_model_on_its_grids(cell: str) -> None:
    model = network_of(cell)
    logits, done, _ = computed(forward(model, cell, Delta(0)))
    plain = model(np.stack(utterances())).numpy()
    assert np.sqrt(np.mean((logits.numpy() - plain) ** 2)) < 0.05 * plain.std()
    assert float(done) > (0.4 if cell == "ligru" else 0.7)  # a ReLU leaves much at 0


def test_padding_is_not_counted() -> None:
    held = forward(network_of("lstm"), "lstm", Delta(8))
    whole = [float(computed(held, np.array(lengths, np.int32))[1]) for lengths in ([40, 0, 0, 0], [40, 40, 0, 0])]
    second = float(computed(held, np.array([0, 40, 0, 0], np.int32))[1])
    assert whole[1] == pytest.approx((whole[0] + second) / 2, rel=1e-5)


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_the_price_has_a_gradient_that_sends_less(cell: str) -> None:
    model = network_of(cell)
    held = forward(model, cell, Delta(8))
    before = float(computed(held)[1])
    for _ in range(12):
        with tf.GradientTape() as tape:
            price = computed(held)[2]
        variables = [variable.value for variable in model.trainable_variables]
        gradients = tape.gradient(price, variables)
        assert all(gradient is not None for gradient in gradients[:3])
        for variable, gradient in zip(variables, gradients, strict=True):
            if gradient is not None:
                variable.assign_sub(2.0 * gradient)
    assert float(computed(held)[1]) < before - 0.03


def test_one_step_by_hand() -> None:
    """Steps of 0.5, up to 3 of them; the thresholds are 1 and 0. 1.2 is 2 steps, 0.2 none, 9 is clamped to 3."""
    held = Held(0.5, 3, np.array([1.0, 0.0], np.float32), 4)
    now, sent, soft = held.step(tf.constant([[1.2, 0.2], [0.4, 9.0]]), tf.constant([[0.0, 0.0], [0.0, 0.5]]))
    assert now.numpy().tolist() == [[1.0, 0.0], [0.0, 1.5]]
    assert sent.numpy().tolist() == [[1.0, 0.0], [0.0, 1.0]]
    assert soft.numpy()[0, 0] > 0.5 > soft.numpy()[1, 0]


def test_a_gradient_passes_as_if_nothing_were_held() -> None:
    held = Held(0.5, 3, np.array([1.0], np.float32), 4)
    value = tf.constant([[0.3]])
    with tf.GradientTape() as tape:
        tape.watch(value)
        now = held.step(value, tf.constant([[0.0]]))[0]
    assert tape.gradient(now, value).numpy().tolist() == [[1.0]]


@pytest.fixture
def trained(tmp_path: Path) -> Path:
    run(tmp_path / "first")
    (tmp_path / "plan.toml").write_text("[plan]\nweights = 4\n[delta]\nthreshold = 5\n")
    return tmp_path


def tuned(folder: Path, name: str, said: str = "9,rnn1.h=12", **changes):
    plan = with_options(with_plan(empty(), folder / "plan.toml"), Options(delta=said or None))
    settings = dataclasses.replace(SETTINGS, frame_epochs=0, ctc_epochs=2, **changes)
    start = TrainedModels(start=folder / "first" / "model.keras")
    return run(folder / name, settings, trained=start, plan=plan, held=True)


def test_a_run_keeps_its_thresholds_and_says_what_it_sent(trained: Path) -> None:
    _, lines, log = tuned(trained, "second")
    assert "% of multiplications done" in lines[0] and all(0 < entry["done"] < 1 for entry in log[:2])
    found = with_plan(empty(), trained / "second" / "plan.toml")
    assert delta_of(found) == Delta(9, (("rnn1.h", 12),))
    assert {rule.pattern for rule in plan_of(found).groups if rule.range} == {"rnn1.x", "rnn1.h", "head.x"}


def test_dev_per_is_of_the_model_with_its_thresholds(trained: Path) -> None:
    """Nothing is ever sent: the first model, which makes no errors without thresholds, hears nothing."""
    _, _, log = tuned(trained, "deaf", "127", ctc_rate=1e-9)
    devs = {"toy dev": toy(2, 16)}
    assert dev_figures(load_model(trained / "first" / "model.keras"), devs)[0] < 0.1
    assert all(entry["dev_per"] > 0.5 for entry in log)


def test_a_price_sends_less(trained: Path) -> None:
    free, dear = (tuned(trained, f"at{sending}", sending=sending)[2][-2]["done"] for sending in (0.0, 20.0))
    assert dear < free - 0.02


def test_a_killed_run_goes_on_to_the_same_weights(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from shrinkc.train import loop

    plain, count = loop._epoch, 0

    def killed(*arguments):
        nonlocal count
        count += 1
        if count == 2:
            raise KeyboardInterrupt
        return plain(*arguments)

    monkeypatch.setattr(loop, "_epoch", killed)
    with pytest.raises(KeyboardInterrupt):
        tuned(trained, "killed")
    monkeypatch.setattr(loop, "_epoch", plain)
    with pytest.raises(InputError, match="holds a run with delta = "):
        tuned(trained, "killed", "9,rnn1.h=13")
    # The same plan and thresholds, though on other lines, and the file says both now.
    (trained / "plan.toml").write_text("\n[plan]\nweights = 4\n[delta]\nthreshold = 9\ngroups = {'rnn1.h' = 12}\n")
    _, lines, log = tuned(trained, "killed", "")
    assert lines[0] == "resuming after 1 epochs"
    assert log == tuned(trained, "whole")[2]


@pytest.mark.parametrize(
    ("cell", "delta", "message"),
    [
        ("simple_rnn", Delta(4), "--delta trains lstm, gru, ligru and sru, not simple_rnn"),
        ("lstm", Delta(None), "rnn1.x@8 is off; give it a threshold"),
        ("lstm", Delta(4, (("rnn9.h", 2),)), "'rnn9.h' matches no send group"),
    ],
)
def test_what_is_refused(cell: str, delta: Delta, message: str) -> None:
    with pytest.raises(InputError, match=message):
        forward(network_of(cell), cell, delta)


def test_a_projection_is_refused() -> None:
    settings = Settings(layers=2, units=UNITS, cell="sru", projection=3)
    model = build(settings, SYMBOLS, np.zeros(WIDTH, np.float32), np.ones(WIDTH, np.float32), folded=True)
    with pytest.raises(InputError, match="does not train layers that project"):
        HeldForward(model, "sru", {})


def test_a_price_without_thresholds_is_refused(trained: Path) -> None:
    settings = dataclasses.replace(SETTINGS, sending=2.0)
    with pytest.raises(InputError, match=r"'sending' is 2.0, but there is no --delta"):
        run(trained / "third", settings)
