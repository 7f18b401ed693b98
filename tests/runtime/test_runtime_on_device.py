"""One check program, one set of digests: the host under sanitizers, and every family of kernels on its cores."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import runtime_build as build
import runtime_costs as costs
import runtime_device as device
import runtime_reference as reference

from shrinkc.lower.kernels import FAMILIES
from shrinkc.target import load_target

needs_cross = pytest.mark.skipif(
    not (shutil.which("arm-none-eabi-gcc") and shutil.which("qemu-system-arm")),
    reason="needs arm-none-eabi-gcc and qemu-system-arm",
)
PAGE = Path(__file__).parents[2] / "docs" / "kernels.md"
SANITIZERS = ["-g", "-O0", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
BY_HAND = {"m3", "m0plus", "m4", "m55"}
"""The cores whose figures stand in comments: M7 and M33 run the M4's loops."""


def host_digests(compiler, options, family, tables, output):
    program = build.build_check([compiler, *options], family, "host", tables, output)
    done = subprocess.run([str(program)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return device.read_output(done.stdout).digests


@pytest.fixture(scope="module")
def expected(tables, tmp_path_factory):
    """By family: what the plain C twins print."""
    folder = tmp_path_factory.mktemp("host")
    return {name: host_digests("gcc", ["-O2"], family, tables, folder / name) for name, family in FAMILIES.items()}


@pytest.fixture(scope="module", params=list(device.CORES))
def core_and_run(request, tables, tmp_path_factory):
    core = device.CORES[request.param]
    image = device.build_image(core, tables, tmp_path_factory.mktemp("image") / "check.elf")
    return request.param, device.run_image(core, image)


@pytest.mark.parametrize("family", list(FAMILIES))
def test_the_host_under_sanitizers(host_compiler, family, tables, tmp_path, expected):
    digests = host_digests(host_compiler, SANITIZERS, FAMILIES[family], tables, tmp_path / "check")
    assert digests == expected[family]
    assert len(digests) > 10_000


def test_every_family_computes_the_same_integers(expected):
    least = min(len(digests) for digests in expected.values())
    for digests in expected.values():
        assert digests[: least - 1] == expected["portable"][: least - 1]


@needs_cross
def test_every_core_computes_the_same_integers(core_and_run, expected):
    name, run = core_and_run
    assert run.digests == expected[device.CORES[name].family]


@needs_cross
@pytest.mark.parametrize("name", list(device.CORES))
@pytest.mark.parametrize("optimisation", ["-O0", "-Os"])
def test_other_optimisations(name, optimisation, tables, tmp_path, expected):
    core = device.CORES[name]
    run = device.run_image(core, device.build_image(core, tables, tmp_path / "check.elf", (optimisation,)))
    assert run.digests == expected[core.family]


@needs_cross
@pytest.mark.parametrize("name", sorted(BY_HAND))
@pytest.mark.parametrize(
    "options",
    ["-Og", "-O1", "-O3", "-Os", *(f"-O{n} -fno-omit-frame-pointer" for n in "123"), "-O2 -fpic -msingle-pic-base"],
)
def test_the_loops_find_their_registers(name, options, tmp_path):
    """Blocks of assembly that take nearly all registers: with a frame pointer or a base of data there is one less."""
    core = device.CORES[name]
    command = ["arm-none-eabi-gcc", *load_target(core.target).flags, *options.split()]
    build.compile_library(command, device.family_of(core), tmp_path)


def figures_in_comments():
    """{(core, kernel, bits): instructions a multiplication}, from comments like "m4 delta s8: 2.25"."""
    text = "".join(path.read_text() for path in sorted(build.RUNTIME.glob("shrinkc_*")))
    figures = re.findall(r"(m\w+) (dense|delta|narrow) s(\d+): (\d+\.\d\d)", text)
    found = {(core, kernel, int(bits)): float(figure) for core, kernel, bits, figure in figures}
    assert len(found) == len(figures), "a figure is given twice"
    return {key: figure for key, figure in found.items() if key[0] in device.CORES}


@pytest.fixture(scope="module")
def counted_compiler():
    """Counts in comments and in targets/ are of one compiler."""
    version = subprocess.run(["arm-none-eabi-gcc", "-dumpversion"], capture_output=True, text=True).stdout
    if not version.startswith("12.2"):
        pytest.skip("the counts are of gcc 12.2")


@needs_cross
def test_the_comments_give_the_instructions_of_each_loop(core_and_run, counted_compiler):
    name, run = core_and_run
    if name not in BY_HAND:
        pytest.skip("the comments are about four cores")
    figures = figures_in_comments()
    for kernel in costs.kernels(run.instructions):
        for bits in reference.BITS:
            measured = costs.per_multiplication(run.instructions, kernel, bits)
            assert measured == pytest.approx(figures[name, kernel, bits], abs=0.011), (kernel, bits)


@needs_cross
@pytest.mark.parametrize(("name", "macros"), [("m3", 5), ("m0plus", 4), ("m4", 12)])
def test_the_comments_count_the_instructions_of_each_macro(name, macros):
    """Those of the M55 are undefined again at the end of their function."""
    core = device.CORES[name]
    command = ["arm-none-eabi-gcc", *load_target(core.target).flags, "-O2"]
    found = 0
    for source in build.family_sources(device.family_of(core)):
        counted = build.counted_macros(command, source)
        assert all(claimed == count for claimed, count in counted.values()), (source.name, counted)
        found += len(counted)
    assert found == macros


@needs_cross
def test_costs_are_linear_in_multiplications_and_rows(core_and_run):
    name, run = core_and_run
    family = device.family_of(device.CORES[name])
    for kernel in costs.kernels(run.instructions):
        for bits in reference.BITS:
            # Helium's rows of bytes cost a little more from one strip of 96 columns to the next.
            limit = 0.06 if kernel == "narrow" else 0.03
            assert abs(costs.model_error(run.instructions, family, kernel, bits)) < limit, (kernel, bits)


def approximately(products):
    """Costs of products within 2 %, or their last digit."""
    return {
        bits: (pytest.approx(multiplication, rel=0.02, abs=0.0006), pytest.approx(row, rel=0.02, abs=0.06))
        for bits, (multiplication, row) in products.items()
    }


@needs_cross
def test_the_costs_of_each_core_are_those_measured(core_and_run, counted_compiler):
    """What the compiler chooses by; `python tests/runtime/runtime_device.py` prints them anew."""
    name, run = core_and_run
    core = device.CORES[name]
    kept, measured = load_target(core.target).core.costs, costs.of_core(run.instructions, device.family_of(core))
    for element in ("scan", "send", "quantize", "hold"):
        assert getattr(kept, element) == pytest.approx(measured[element], rel=0.02, abs=0.06), element
    assert kept.dense == approximately(measured["dense"])
    assert kept.delta == approximately(measured["delta"])


def test_the_m0_costs_what_the_m0plus_does():
    assert load_target("cortex-m0").core.costs == load_target("cortex-m0plus").core.costs


def table_of_the_page(title):
    """{(first cell of the row, core): figure} of the table whose first cell has this title; a dash is no figure."""
    table = PAGE.read_text().split(f"\n| {title} |")[1].split("\n\n")[0].splitlines()
    cores = [cell.strip() for cell in table[0].strip("|").split("|")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table[2:]]
    return {
        (row[0], core): float(figure)
        for row in rows
        for core, figure in zip(cores, row[1:], strict=True)
        if figure != "-"
    }


def test_the_page_gives_the_figures_of_the_comments():
    figures = {(f"{kernel} s{bits}", core): figure for (core, kernel, bits), figure in figures_in_comments().items()}
    assert table_of_the_page("core") == figures


def test_the_page_gives_the_costs_of_the_cores():
    for (name, core), figure in table_of_the_page("an element").items():
        assert figure == getattr(load_target(device.CORES[core].target).core.costs, name), (name, core)
