"""Instructions counted one by one against SysTick, on every core, and what happens without a compiler or plugins."""

from pathlib import Path

import numpy as np
import pytest

from shrinkc.bench import plugin
from shrinkc.bench.measure import Bench, Work
from shrinkc.compile.elf import Elf
from shrinkc.compile.image import compile_image
from shrinkc.emulate.run import run_image
from shrinkc.errors import BuildError
from shrinkc.reference import Execution
from shrinkc.target import list_targets, load_target
from tiny_model import sources, utterances
from tools import needs_gcc, needs_qemu

WORK = Work("tiny", utterances([3]), 0, False, Execution([], []))
"""Of a model that has no reference."""
CORES = [name for name in list_targets() if load_target(name).core.name == name]


@needs_qemu
@needs_gcc
@pytest.mark.parametrize("core", CORES)
def test_each_call_takes_what_systick_says(core: str, tmp_path: Path) -> None:
    image = compile_image(sources(), "tiny", load_target(core))
    elf = Elf(image.elf)
    code = plugin.CodeRange.of(elf)
    work = utterances([9, 4])
    arguments = code.arguments(plugin.compile_plugin(tmp_path), tmp_path / "counts.bin")
    trace = run_image(image, work, jobs=1, arguments=arguments)
    counts = plugin.own_counts(elf, code, code.read(tmp_path / "counts.bin"))
    assert np.array_equal(counts[:-1].sum(axis=1), trace.instructions)
    assert counts[-1].sum() == 1  # the harness's empty call returns at once


@needs_gcc
def test_counts_that_are_not_whole_are_refused(tmp_path: Path) -> None:
    (tmp_path / "counts.bin").write_bytes(bytes(4 * 7))
    with pytest.raises(BuildError, match="is the disk full"):
        plugin.CodeRange(0, 2, 0).read(tmp_path / "counts.bin")


def test_without_a_compiler_there_is_a_remedy_and_no_split(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugin, "COMPILERS", ())
    with pytest.raises(BuildError, match="apt-get install gcc"):
        plugin.compile_plugin(tmp_path)
    assert "apt-get install gcc" in Bench(tmp_path).no_split


@needs_qemu
def test_a_plugin_that_qemu_refuses_costs_the_split_alone(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench._plugin = tmp_path / "no.so"
    image = compile_image(sources(), "tiny", load_target("cortex-m3"))
    trace, counts = bench._run(image, WORK)
    assert counts is None and len(trace.instructions) == 3
    assert bench.no_split.startswith("QEMU does not load the plugin")


@needs_qemu
def test_another_failure_is_not_taken_for_a_missing_plugin(tmp_path: Path) -> None:
    image = compile_image(sources(extra="*(volatile int *)0xDFFFFFFC = 1;"), "tiny", load_target("cortex-m3"))
    with pytest.raises(BuildError, match="crashed"):
        Bench(tmp_path)._run(image, WORK)
