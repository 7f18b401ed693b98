"""Which frames of a test set are run, and models that do not fit."""

import numpy as np
import pytest

from networks import both_ways, quantized, recognizer
from shrinkc import pipeline
from shrinkc.bench.measure import Measurement, Work
from shrinkc.bench.model import measure_model, model_work
from shrinkc.bench.report import Bench, from_json, rows
from shrinkc.compile.sizes import Sizes
from shrinkc.errors import BuildError, InputError
from shrinkc.project import Options, resolve, with_options
from shrinkc.project.values import empty
from shrinkc.schema import to_json
from shrinkc.target import load_target

FEATURES = [np.zeros((frames, 5), np.float32) for frames in (10, 0, 7)]


def test_the_first_frames_behind_a_warm_up() -> None:
    work = model_work("a model", quantized(recognizer()), FEATURES, 9, None)
    assert [len(one) for one in work.inputs] == [10, 3]
    assert work.counted.tolist() == [False] * 4 + [True] * 9
    assert work.frames == 9


def test_whole_utterances_have_no_warm_up() -> None:
    work = model_work("a model", quantized(both_ways()), FEATURES, 9, 6)
    assert work.whole and [len(one) for one in work.inputs] == [6, 3]
    assert work.calls.tolist() == [5, 8] and work.counted.all() and work.frames == 9


def test_a_test_set_that_is_too_short_is_refused() -> None:
    with pytest.raises(InputError, match="holds 17 frames, and --steps 20 needs 24"):
        model_work("a model", quantized(recognizer()), FEATURES, 20, None)


class FakeBench:
    """Measures nothing: `small` is the target that the model does not fit."""

    no_split = None

    def __init__(self, small: tuple[str, ...]) -> None:
        self.small = small

    def measure(self, program: object, sources: object, target: object, work: Work) -> Measurement:
        if target.name in self.small:
            raise BuildError(f"lstm does not fit {target.board.name}: flash needs 2 bytes and has 1")
        return Measurement(total=10.0, parts=None, sizes=Sizes(1, 1, 0, 2, 3, 4, ()))


def run(monkeypatch: pytest.MonkeyPatch, small: tuple[str, ...]) -> tuple:
    model = pipeline.Prepared(recognizer(), None, quantized(recognizer()), {})
    shares = {group.name: 1.0 for group in model.quantized.groups}
    object.__setattr__(model, "shares", shares)
    monkeypatch.setattr(pipeline, "prepare", lambda *_: model)
    monkeypatch.setattr(pipeline, "test_features", lambda *_: [np.zeros((40, 5), np.float32)])
    settings = resolve(with_options(empty(), Options(model="zoo:lstm", target="cortex-m4")))
    targets = [load_target(name) for name in ("cortex-m0", "cortex-m4")]
    return measure_model(FakeBench(small), settings, targets, 20, 2, lambda *_: None)


def test_a_core_that_is_too_small_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    small, large = run(monkeypatch, ("cortex-m0",))
    assert small.problem.startswith("lstm does not fit") and small.instructions is None
    assert large.problem is None and large.instructions.total == 10.0
    assert len({len(row) for row in rows([small, large], named=False)}) == 1
    report = Bench(schema="shrinkc-bench-1", tools={}, steps=20, no_split=None, results=(small, large))
    assert from_json(to_json(report), "there") == report


def test_no_core_that_fits_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BuildError, match="does not fit"):
        run(monkeypatch, ("cortex-m0", "cortex-m4"))


def test_another_schema_is_refused() -> None:
    report = Bench(schema="shrinkc-bench-0", tools={}, steps=20, no_split=None, results=())
    with pytest.raises(InputError, match="run `shrinkc bench` again"):
        from_json(to_json(report), "there")
    with pytest.raises(InputError, match="there: not an answer"):
        from_json("{", "there")
