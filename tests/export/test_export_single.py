"""The single pair of files: bit for bit the build's library, on the host and in QEMU, alone and beside another."""

from pathlib import Path

import numpy as np
import pytest
from exported import (
    ABOUT,
    SHAPES,
    STRICT,
    STRICT_CXX,
    case,
    check_side_by_side,
    harness_files,
    newlib,
    pair_files,
    succeed,
    write,
)

from networks import recognizer
from shrinkc.compile.host import compile_host_harness
from shrinkc.compile.image import compile_image
from shrinkc.emulate.host import run_host
from shrinkc.emulate.run import run_image
from shrinkc.errors import BuildError
from shrinkc.export import export
from shrinkc.export.amalgamate import amalgamate
from shrinkc.export.single import SINGLE
from shrinkc.lower import FAMILIES
from shrinkc.project import Plan
from shrinkc.project.settings import Rule
from tools import needs_arm, needs_clang, needs_gcc, needs_qemu

PLANS = {
    "8 bits": Plan(),
    "mixed": Plan(weights=4, paths=(Rule("*.candidate.*", weights=2), Rule("head.*", weights=16, activations=16))),
}


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    ("compiler", "plan"),
    [
        pytest.param("gcc", "8 bits", marks=needs_gcc),
        pytest.param("gcc", "mixed", marks=needs_gcc),
        pytest.param("clang", "mixed", marks=[needs_gcc, needs_clang]),
    ],
)
def test_the_pair_gives_every_bit_of_the_library(compiler, plan, family, on_host, tmp_path: Path) -> None:
    one, sanitize = case(family=family, plan=PLANS[plan]), (compiler, plan) == ("gcc", "mixed")
    files = harness_files("toy", pair_files(one))
    program = compile_host_harness(files, "toy", tmp_path, compiler=compiler, sanitize=sanitize)
    inputs = one.inputs()
    mine, whole = run_host(program, inputs, dump_state=True), on_host(one.program, inputs)
    assert np.array_equal(mine.outputs, one.outputs(inputs))
    assert np.array_equal(mine.outputs, whole.outputs)
    assert np.array_equal(mine.sent, whole.sent)
    assert np.array_equal(mine.states, whole.states)


@needs_qemu
@pytest.mark.parametrize("family", FAMILIES)
def test_the_pair_gives_every_bit_on_the_core_for_as_many_instructions(family: str) -> None:
    one = case(family=family, plan=PLANS["mixed"])
    inputs, target = one.inputs(), one.library.target
    mine = run_image(compile_image(harness_files("toy", pair_files(one)), "toy", target), inputs)
    whole = run_image(compile_image(one.library.files, "toy", target), inputs)
    assert np.array_equal(mine.outputs, one.outputs(inputs))
    assert np.array_equal(mine.decoded, whole.decoded)
    assert np.array_equal(mine.instructions, whole.instructions)


@needs_gcc
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("decode", "symbols"), [("none", False), ("argmax", True), ("ctc", True)])
def test_the_examples_compile_in_c_and_in_cxx_and_say_what_they_hear(shape, decode, symbols, tmp_path: Path) -> None:
    if "last" in shape and decode == "ctc":
        decode = "none"  # `shrinkc build` refuses it: no symbols follow one another
    one = case(SHAPES[shape](), decode=decode, symbols=symbols)
    write(export(one.library, SINGLE, ABOUT), tmp_path)
    succeed("gcc", *STRICT, "-I.", "toy.c", "examples/stream.c", "-o", "c", folder=tmp_path)
    succeed("gcc", *STRICT, "-c", "toy.c", folder=tmp_path)
    succeed("g++", *STRICT_CXX, "-I.", "examples/stream.cpp", "toy.o", "-o", "cxx", folder=tmp_path)
    heard, *others = succeed("./c", folder=tmp_path).splitlines()[:-1] or [""]
    assert succeed("./cxx", folder=tmp_path).endswith("20 frames\n")
    if decode != "ctc":
        assert heard.startswith("s") == symbols
        assert len(others) == (0 if "last" in shape else 19)


@needs_gcc
def test_nothing_but_the_models_calls_can_be_seen(tmp_path: Path) -> None:
    for family in FAMILIES:
        folder = write(pair_files(case(family=family)), tmp_path / family)
        succeed("gcc", *STRICT, "-O2", "-c", "toy.c", folder=folder)
        symbols = [line.split() for line in succeed("nm", "--defined-only", "toy.o", folder=folder).splitlines()]
        assert {name for *_, kind, name in symbols if kind.isupper()} == {"toy_reset", "toy_step"}


@needs_gcc
def test_two_models_of_two_families_live_in_one_program(tmp_path: Path) -> None:
    one = case(family="dsp", name="one")
    other = case(recognizer("lstm", units=9, outputs=4), family="helium", name="other", plan=Plan(weights=4))
    write({**pair_files(one), **pair_files(other)}, tmp_path)
    succeed("gcc", *STRICT, "-O2", "-fPIC", "-shared", "one.c", "other.c", "-o", "both.so", folder=tmp_path)
    check_side_by_side([one, other], tmp_path / "both.so")


MESSAGE = "toy is built for"


@needs_arm
@pytest.mark.parametrize(
    ("family", "flags", "told"),
    [
        ("dsp", ("-mcpu=cortex-m0plus",), True),
        ("dsp", ("-mcpu=cortex-m0plus", "-DTOY_ANY_CORE"), False),
        ("dsp", ("-mcpu=cortex-m4",), False),
        ("helium", ("-mcpu=cortex-m4",), True),
        ("helium", ("-mcpu=cortex-m55", "-mfloat-abi=hard"), False),
        ("dsp", ("-mcpu=cortex-m55", "-mfloat-abi=hard"), True),
        ("portable", ("-mcpu=cortex-m55", "-mfloat-abi=hard"), True),
        ("portable", ("-mcpu=cortex-m4", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16"), True),
        ("portable", ("-mcpu=cortex-m3",), False),
    ],
)
def test_a_core_that_lacks_the_instructions_is_told_so_and_served(family, flags, told, tmp_path: Path) -> None:
    write(pair_files(case(family=family)), tmp_path)
    said = succeed("arm-none-eabi-gcc", *STRICT, "-O2", "-mthumb", *flags, "-c", "toy.c", folder=tmp_path)
    assert (MESSAGE in said) == told


@needs_arm
@needs_clang
@pytest.mark.parametrize(
    ("family", "core"), [("portable", "cortex-m0plus"), ("dsp", "cortex-m33"), ("helium", "cortex-m33")]
)
def test_clang_compiles_the_pair_for_arm(family: str, core: str, tmp_path: Path) -> None:
    write(pair_files(case(family=family)), tmp_path)
    target = ("--target=arm-none-eabi", f"-mcpu={core}", "-mthumb", "-mfloat-abi=soft")
    succeed("clang", *target, *newlib(tmp_path), *STRICT, "-O2", "-c", "toy.c", folder=tmp_path)


@needs_gcc
@pytest.mark.parametrize("level", ["-O0", "-Os", "-O3"])
@pytest.mark.parametrize("family", FAMILIES)
def test_every_level_of_optimisation_is_clean(family: str, level: str, tmp_path: Path) -> None:
    write(pair_files(case(family=family)), tmp_path)
    succeed("gcc", *STRICT, level, "-c", "toy.c", folder=tmp_path)


def test_the_licences_stand_first() -> None:
    for text in pair_files(case()).values():
        assert text.startswith("/* SPDX-License-Identifier: Apache-2.0 AND MIT\n")


def test_the_header_includes_nothing_of_the_runtime() -> None:
    files = pair_files(case())
    assert '#include "' not in files["toy.h"]
    assert [line for line in files["toy.c"].splitlines() if line.startswith('#include "')] == ['#include "toy.h"']


def test_c_of_another_shape_is_refused() -> None:
    files = dict(case().library.files)
    with pytest.raises(BuildError, match=r"toy\.h has not the shape"):
        amalgamate("toy", {**files, "toy.h": files["toy.h"] + "/* mine */\n"})
    with pytest.raises(BuildError, match=r"includes shrinkc_dsp\.h, which is not in the build"):
        amalgamate("toy", {name: text for name, text in files.items() if name != "shrinkc_dsp.h"})
    with pytest.raises(BuildError, match=r"shrinkc_grid\.h has no include guard"):
        amalgamate("toy", {**files, "shrinkc_grid.h": "int x;\n"})


def test_the_same_library_gives_the_same_bytes() -> None:
    one, other = (export(case().library, SINGLE, ABOUT) for _ in range(2))
    assert one == other and list(one) == sorted(one)
