"""Which part each instruction belongs to."""

from pathlib import Path

import numpy as np
import pytest

from networks import both_ways, quantized
from shrinkc.bench import split
from shrinkc.bench.measure import Bench
from shrinkc.bench.model import model_work
from shrinkc.bench.plugin import CodeRange
from shrinkc.bench.shapes import StandardShape
from shrinkc.bench.standard import quantized_shape, shape_program, shape_work
from shrinkc.compile.elf import Elf, Symbol
from shrinkc.compile.image import compile_image
from shrinkc.emit import emit
from shrinkc.lower import FAMILIES, dense_modes, lower
from shrinkc.project import Delta
from shrinkc.target import load_target
from tools import needs_gcc, needs_qemu

UPDATES = {"bench_rnn_update"}


def test_names_say_the_part() -> None:
    parts = {
        "shrinkc_delta_scan_s8": "scan",
        "shrinkc_quantize_s16": "scan",
        "shrinkc_hold_s8.constprop.0": "scan",
        "shrinkc_vec_mat_mult_s4_s8": "products",
        "shrinkc_delta_mat_mult_s8": "products",
        "bench_rnn_update": "elementwise",
        "bench_rnn_update.part.0": "elementwise",
        "other_rnn_update": None,
        "memcpy": None,
    }
    assert {name: split.part_of(name, UPDATES) for name in parts} == parts


@pytest.mark.parametrize(
    ("first", "second", "offset"),
    [(0xF7FF, 0xFFFE, -4), (0xF000, 0xF800, 0), (0xF000, 0xB801, 2), (0xF7FF, 0xBFFC, -8)],
)
def test_branches_are_decoded(first: int, second: int, offset: int) -> None:
    assert split._offset(first, second) == offset


def test_a_helper_belongs_to_its_callers_where_they_agree() -> None:
    functions = [Symbol(name, ".text", 8 * place, 8, "function") for place, name in enumerate("abcd")]
    labels = np.array([1] * 4 + [3] * 4 + [0] * 4 + [3] * 4 + [3])
    # a calls b, b calls itself; a and c both call d.
    split._inherit(labels, functions, [(0, 4), (5, 4), (1, 12), (9, 12)], CodeRange(0, 16, 0))
    assert labels[4:8].tolist() == [1] * 4
    assert labels[12:16].tolist() == [3] * 4


@needs_qemu
@needs_gcc
@pytest.mark.parametrize("unsent", [None, 60])
@pytest.mark.parametrize("core", ["cortex-m0plus", "cortex-m4", "cortex-m55"])
def test_the_parts_are_the_whole(core: str, unsent: int | None, tmp_path: Path) -> None:
    shape = StandardShape("gru", 64, 8, unsent)
    network, target = quantized_shape(shape), load_target(core)
    program = shape_program(shape, network, target, "delta")
    found = Bench(tmp_path).measure(program, emit(program), target, shape_work(shape, network, 3))
    assert sum(found.parts.values()) == pytest.approx(found.total)
    assert found.parts["products"] > found.parts["elementwise"] > found.parts["rest"] > 0
    assert found.parts["scan"] > 0
    assert found.parts["rest"] < 0.01 * found.total


@needs_qemu
def test_what_a_debugger_wants_to_know_changes_no_instruction() -> None:
    shape = StandardShape("lstm", 64, 8, 60)
    target = load_target("cortex-m4")
    sources = emit(shape_program(shape, quantized_shape(shape), target, "delta"))
    plain, debug = (compile_image(sources.files, sources.name, target, debug=debug) for debug in (False, True))
    for section in (".text", ".rodata", ".weights"):
        assert Elf(plain.elf).section_content(section) == Elf(debug.elf).section_content(section)
    assert plain.sizes == debug.sizes


@needs_qemu
@needs_gcc
def test_whole_utterances_are_divided_by_their_frames(tmp_path: Path) -> None:
    network, target = quantized(both_ways(), delta=Delta(threshold=None)), load_target("cortex-m4")
    program = lower(network, FAMILIES[target.kernels], dense_modes(network), max_frames=9)
    work = model_work("both ways", network, [np.zeros((20, 5), np.float32)] * 2, 12, 9)
    assert [len(one) for one in work.inputs] == [9, 3]
    found = Bench(tmp_path).measure(program, emit(program), target, work)
    assert sum(found.parts.values()) == pytest.approx(found.total)
    assert set(work.shares(network).values()) == {1.0}
