"""No kernel may grow slower or larger unnoticed: the cost of standard shapes against what is kept for this compiler."""

from pathlib import Path

import pytest

from shrinkc.bench import aims, guard
from shrinkc.bench.guard import case_name
from shrinkc.bench.shapes import CORES, standard_shapes
from tools import needs_qemu

FILE = Path(__file__).with_name("instructions.json")
COMMAND = "python -m shrinkc.bench.guard tests/bench/instructions.json"


@pytest.fixture(scope="module")
def counted() -> guard.Costs:
    """Every case, counted once for all tests: some tens of seconds of one core."""
    return guard.count_all()


@needs_qemu
def test_no_shape_costs_more_than_before_and_none_much_less(counted: guard.Costs) -> None:
    kept = guard.read(FILE).get(guard.compiler_version())
    if kept is None:
        pytest.skip(f"no costs are kept for {guard.compiler_version()}; to keep them: {COMMAND}")
    changes = guard.changed(kept, counted)
    assert not changes, f"if this is meant, run: {COMMAND}\n" + "\n".join(changes)


@needs_qemu
def test_the_aims_in_instructions(counted: guard.Costs) -> None:
    def total(shape: str, core: str, kernels: str = "delta") -> float:
        return counted[case_name(shape, core, kernels)]["instructions"]

    for core in CORES:
        assert total("lstm-40-128-w8-dense", core) <= aims.DENSE[core]
        assert total("lstm-40-128-w8-unsent60", core, "auto") <= aims.UNSENT_60[core]
        for cell, share in aims.SAME_PER_MULTIPLICATION.items():
            dense, delta = total(f"{cell}-40-128-w8-dense", core), total(f"{cell}-40-128-w8-unsent60", core)
            assert dense <= share * aims.DENSE[core]
            assert min(dense, delta) <= share * aims.UNSENT_60[core]
    for shape, most in aims.M4_DENSE.items():
        assert total(shape, "cortex-m4") <= most


@needs_qemu
@pytest.mark.parametrize("core", CORES)
def test_the_aims_in_memory(core: str, counted: guard.Costs) -> None:
    cost = counted[case_name("lstm-40-128-w4-unsent60", core)]
    assert {part: cost[part] for part, most in aims.LSTM_W4_DELTA.items() if cost[part] > most} == {}


@needs_qemu
def test_the_compilers_choice_is_the_cheaper_of_both(counted: guard.Costs) -> None:
    for core in CORES:
        delta, dense = (counted[case_name(f"lstm-40-128-w8-{way}", core)] for way in ("unsent60", "dense"))
        chosen = counted[case_name("lstm-40-128-w8-unsent60", core, "auto")]["instructions"]
        assert chosen == min(delta["instructions"], dense["instructions"]), core


def test_the_cases_are_standard_shapes_each_once() -> None:
    cases = [(one, core, kernels) for kernels, cores, shapes in guard.CASES for core in cores for one in shapes]
    names = {case_name(one.name, core, kernels) for one, core, kernels in cases}
    assert len(cases) == len(names) == 90
    assert {one for one, _, _ in cases} < set(standard_shapes())


def cost(instructions: float, flash: int = 1000, stack: int = 100) -> guard.Cost:
    return {"instructions": instructions, "flash": flash, "ram": 10, "stack": stack}


def test_a_rise_and_a_fall_are_named() -> None:
    kept = {"a": cost(1000.0), "b": cost(1000.0), "c": cost(1000.0), "d": cost(1000.0), "gone": cost(1.0)}
    now = {"a": cost(1020.0), "b": cost(1021.0), "c": cost(979.0), "d": cost(980.0, 1021, 104), "new": cost(1.0)}
    assert guard.changed(kept, now) == [
        "b: instructions 1,000 before, 1,021 now (+2.1 %)",
        "c: instructions 1,000 before, 979 now (-2.1 %)",
        "d: flash 1,000 before, 1,021 now (+2.1 %)",
        "d: stack 100 before, 104 now (+4.0 %)",
        "new: not in the file",
        "gone: in the file, and not counted any more",
    ]


def test_renewing_keeps_the_costs_of_other_compilers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "costs.json"
    path.write_text('{"gcc 1": {"a": {"instructions": 1.0}}}')
    monkeypatch.setattr(guard, "count_all", lambda: {"a": cost(2.0), "b": cost(3.0)})
    monkeypatch.setattr(guard, "compiler_version", lambda: "gcc 2")
    guard.renew(path)
    assert guard.read(path) == {"gcc 1": {"a": {"instructions": 1.0}}, "gcc 2": {"a": cost(2.0), "b": cost(3.0)}}
    assert len(path.read_text().splitlines()) == 9
