"""One check program, one set of digests: the host under sanitizers, and every family of kernels on its cores."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import runtime_device as device
import runtime_reference as reference

needs_cross = pytest.mark.skipif(
    not (shutil.which("arm-none-eabi-gcc") and shutil.which("qemu-system-arm")),
    reason="needs arm-none-eabi-gcc and qemu-system-arm",
)
PAGE = Path(__file__).parents[2] / "docs" / "kernels.md"
SANITIZERS = ["-g", "-O0", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]


def host_digests(compiler, options, tables, output):
    sources = [*device.CHECKS, reference.DEVICE / "platform_host.c", *reference.runtime_sources("portable", tables)]
    program = reference.compile_c([compiler, *options], sources, output)
    done = subprocess.run([str(program)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return device.read_output(done.stdout).digests


@pytest.fixture(scope="module")
def expected(tables, tmp_path_factory):
    return host_digests("gcc", ["-O2"], tables, tmp_path_factory.mktemp("host") / "check")


@pytest.fixture(scope="module", params=list(device.CORES))
def core_and_run(request, tables, tmp_path_factory):
    core = device.CORES[request.param]
    image = device.build_image(core, tables, tmp_path_factory.mktemp("image") / "check.elf")
    return request.param, device.run_image(core, image)


def test_the_host_under_sanitizers(host_compiler, tables, tmp_path, expected):
    assert host_digests(host_compiler, SANITIZERS, tables, tmp_path / "check") == expected
    assert len(expected) > 1500


@needs_cross
def test_every_core_computes_the_same_integers(core_and_run, expected):
    _, run = core_and_run
    assert run.digests == expected


def figures_in_comments(kernels):
    """{(core, kernel, bits): instructions a multiplication}, from comments like "m4 delta s8: 2.25"."""
    text = (reference.RUNTIME / f"shrinkc_kernels_{kernels}.c").read_text()
    figures = re.findall(r"(m\w+) (dense|delta) s(\d+): (\d+\.\d\d)", text)
    return {(core, kernel, int(bits)): float(figure) for core, kernel, bits, figure in figures}


@needs_cross
def test_the_comments_give_the_instructions_of_each_loop(core_and_run):
    name, run = core_and_run
    version = subprocess.run(["arm-none-eabi-gcc", "-dumpversion"], capture_output=True, text=True).stdout
    if name == "m4-portable" or not version.startswith("12.2"):
        pytest.skip("the comments are about gcc 12.2 and each core's own kernels")
    figures = figures_in_comments(device.CORES[name].kernels)
    for kernel in ("dense", "delta"):
        for bits in reference.BITS:
            measured = device.per_multiplication(run, kernel, bits)
            assert measured == pytest.approx(figures[name, kernel, bits], abs=0.011), (kernel, bits)


def test_the_page_gives_the_figures_of_the_comments():
    rows = [
        line.strip("|").split("|") for line in PAGE.read_text().splitlines() if line.startswith(("| dense", "| delta"))
    ]
    page = {}
    for title, *figures in rows:
        kernel, bits = title.split()
        for core, figure in zip(("m4", "m3", "m0plus"), figures, strict=True):
            page[core, kernel, int(bits[1:])] = float(figure)
    assert page == {**figures_in_comments("dsp"), **figures_in_comments("portable")}
    assert len(page) == 3 * 2 * len(reference.BITS)
