"""The same C on this machine, with both compilers and with sanitizers."""

import ctypes
from pathlib import Path

import numpy as np
import pytest

from shrinkc.compile.host import compile_host, compile_host_harness
from shrinkc.emulate.host import run_host
from shrinkc.errors import BuildError, InputError
from tiny_model import GROUPS, reference, sources, utterances
from tools import needs_clang, needs_gcc

COMPILERS = [pytest.param("gcc", marks=needs_gcc), pytest.param("clang", marks=needs_clang)]


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("sanitize", [False, True])
def test_the_harness_gives_the_reference(compiler: str, sanitize: bool, tmp_path: Path) -> None:
    program = compile_host_harness(sources(), "tiny", tmp_path, compiler=compiler, sanitize=sanitize)
    inputs = utterances([7, 0, 1, 200])
    trace = run_host(program, inputs, dump_state=True)
    outputs, sent = reference(inputs)
    assert np.array_equal(trace.outputs, outputs)
    assert np.array_equal(trace.sent, sent)
    assert np.array_equal(trace.states[:, : 2 * GROUPS].copy().view("<u2"), sent)
    assert not trace.instructions.any() and trace.stack == 0


@pytest.mark.parametrize("compiler", COMPILERS)
def test_the_library_is_called_with_arrays(compiler: str, tmp_path: Path) -> None:
    extra = {"more.c": "int more(void);\nint more(void) {\n    return 42;\n}\n"}
    path = compile_host(sources(), "tiny", tmp_path, compiler=compiler, extra_sources=extra)
    library = ctypes.CDLL(str(path))
    state, output = np.zeros(64, np.uint8), np.zeros(2, np.int16)
    inputs = utterances([1])
    library.tiny_reset(state.ctypes.data_as(ctypes.c_void_p))
    library.tiny_step(*(ctypes.c_void_p(array.ctypes.data) for array in (state, inputs[0], output)))
    assert np.array_equal(output, reference(inputs)[0][0])
    assert library.more() == 42


@needs_gcc
@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ("state->sum += 2147483647;", r"tiny.c:\d+:\d+: runtime error: signed integer overflow"),
        ("state->sum += ((volatile int16_t *)state)[12];", r"ERROR: AddressSanitizer|runtime error"),
    ],
)
def test_a_sanitizer_stops_the_run_and_is_quoted(extra: str, message: str, tmp_path: Path) -> None:
    program = compile_host_harness(sources(extra=extra), "tiny", tmp_path, sanitize=True)
    with pytest.raises(BuildError, match=message):
        run_host(program, utterances([3]))


@needs_gcc
def test_warnings_and_wrong_shapes_are_errors(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"gcc cannot compile tiny\.c: .*unused variable"):
        compile_host(sources(extra="int unused;"), "tiny", tmp_path)
    program = compile_host_harness(sources(), "tiny", tmp_path)
    with pytest.raises(InputError, match="the model takes int16"):
        run_host(program, [np.zeros((2, 5), np.int16)])


def test_a_missing_compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BuildError, match="clang is not installed; on Debian: apt-get install clang"):
        compile_host(sources(), "tiny", tmp_path, compiler="clang")
