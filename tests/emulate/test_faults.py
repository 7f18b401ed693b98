"""What goes wrong in an image or an emulator is one clear line, and leaves no process and no file."""

import dataclasses
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shrinkc.compile.elf import Elf
from shrinkc.compile.image import Image
from shrinkc.emulate import qemu
from shrinkc.emulate.run import run_image
from shrinkc.errors import BuildError
from tiny_model import utterances
from tools import needs_qemu

LATER = "if (input[0] > 30 || state->sum > 200) { %s }"
HANG = LATER % "for (;;) { state->sent[1]++; }"
FAULT = LATER % "*(volatile int *)0xe0100000 = 1;"
# The compiler must not see that the address is odd, or it loads byte by byte.
UNALIGNED = LATER % (
    'uintptr_t odd = (uintptr_t)state + 1u; __asm__ volatile("" : "+r"(odd)); '
    "output[0] = (int16_t)*(volatile const int32_t *)odd;"
)
# Pushes without end, hidden from the call graph by assembly.
DEEP = '__asm__ volatile("1: push {r0-r7}\\n b 1b" : : "r"(state) : "memory");'


def ours(parent: int) -> list[str]:
    """Command lines of processes that `parent` started and that still run."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            if int(fields[1]) == parent and fields[0] != "Z":
                found.append((folder / "cmdline").read_text())
        except OSError:
            continue
    return [line for line in found if line.split("\0")[0].endswith("qemu-system-arm")]


@pytest.fixture(autouse=True)
def leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each test here has a temporary folder of its own, which is empty after it, and no emulator is left."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    monkeypatch.setenv("TMPDIR", str(scratch))
    yield
    assert list(scratch.iterdir()) == []
    assert ours(os.getpid()) == []


def failure(image: Image, **options: float) -> str:
    with pytest.raises(BuildError) as error:
        run_image(image, utterances([200, 200]), **options)
    assert "\n" not in str(error.value)
    return str(error.value)


@needs_qemu
def test_a_hang_is_stopped(tiny_image: Callable[..., Image]) -> None:
    start = time.monotonic()
    message = failure(tiny_image("cortex-m4", extra=HANG), time_limit_s=1.0)
    assert time.monotonic() - start < 10
    assert "tiny on mps2-an386 wrote nothing for 1 s (0 of 2 utterances done) and was stopped: it hangs" in message


@needs_qemu
def test_a_slow_run_is_no_hang(tiny_image: Callable[..., Image], monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is on standing still, not on the whole run: this one grows for longer than the limit."""
    grow = "for i in 1 2 3 4 5 6 7 8; do sleep 0.25; echo >> output.bin; done"
    monkeypatch.setattr(qemu, "command", lambda image, elf: ["sh", "-c", grow])
    assert "the output is truncated: 8 bytes of" in failure(tiny_image("cortex-m4"), time_limit_s=1.5)


@needs_qemu
@pytest.mark.parametrize("target", ["cortex-m0plus", "cortex-m33", "cortex-m55", "microbit", "netduinoplus2"])
def test_a_hard_fault_names_its_function(target: str, tiny_image: Callable[..., Image]) -> None:
    message = failure(tiny_image(target, extra=FAULT))
    assert "crashed" in message
    assert "HardFault at 0x" in message
    assert "in tiny_step" in message


@needs_qemu
def test_unaligned_access_faults_on_what_stands_in_for_m0plus(tiny_image: Callable[..., Image]) -> None:
    message = failure(tiny_image("cortex-m0plus", extra=UNALIGNED))
    assert "HardFault (an unaligned access) at 0x" in message
    assert "in tiny_step" in message
    run_image(tiny_image("cortex-m3", extra=UNALIGNED), utterances([200]))


@needs_qemu
@pytest.mark.parametrize("target", ["cortex-m0plus", "cortex-m4", "cortex-m33", "microbit"])
def test_a_stack_overflow_faults_and_says_so(target: str, tiny_image: Callable[..., Image]) -> None:
    image = tiny_image(target, extra=DEEP)
    assert f"the stack ran over its {image.target.board.stack} bytes" in failure(image)


@needs_qemu
def test_an_image_that_stops_early_is_noticed(
    tiny_image: Callable[..., Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An emulator that ends well, but without a whole output."""
    monkeypatch.setattr(qemu, "command", lambda image, elf: ["head", "-c", "50", "input.bin"])
    assert "cannot read the emulator's output" in failure(tiny_image("cortex-m4"))
    monkeypatch.setattr(qemu, "command", lambda image, elf: ["cp", "input.bin", "output.bin"])
    assert "no header of the test harness" in failure(tiny_image("cortex-m4"))


@needs_qemu
def test_an_emulator_that_fails_is_quoted(tiny_image: Callable[..., Image], monkeypatch: pytest.MonkeyPatch) -> None:
    image = tiny_image("cortex-m4")
    board = dataclasses.replace(image.target.board, qemu_machine="mps9")
    wrong = dataclasses.replace(image, target=dataclasses.replace(image.target, board=board))
    assert "ended with code 1: " in failure(wrong)
    assert "unsupported machine type" in failure(wrong)


def behind(shell: str) -> Callable[[Image, str], list[str]]:
    """The emulator's command with a line of shell before it."""
    real = qemu.command
    return lambda image, elf: ["sh", "-c", f'{shell}; exec "$@"', "sh", *real(image, elf)]


@needs_qemu
def test_a_full_disk_is_named(tiny_image: Callable[..., Image], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qemu, "command", behind("ln -s /dev/full output.bin"))
    assert "could not write its output; is the disk full?" in failure(tiny_image("cortex-m4"))


@needs_qemu
def test_a_damaged_input_is_named(tiny_image: Callable[..., Image], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qemu, "command", behind("truncate -s 100 input.bin"))
    assert "the image on mps2-an386 could not read its input" in failure(tiny_image("cortex-m4"))


@needs_qemu
def test_a_killed_emulator_is_named(tiny_image: Callable[..., Image], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qemu, "command", behind("kill -KILL $$"))
    assert "qemu-system-arm on mps2-an386 was killed by SIGKILL" in failure(tiny_image("cortex-m4"))


@needs_qemu
def test_an_image_of_another_model_is_refused(tiny_image: Callable[..., Image]) -> None:
    image = tiny_image("cortex-m4")
    other = dataclasses.replace(image, interface=dataclasses.replace(image.interface, digest="f" * 64))
    assert "the output is of model 0123456789abcdef, not of ffffffffffffffff" in failure(other)


@needs_qemu
def test_a_missing_emulator_says_how_to_get_it(
    tiny_image: Callable[..., Image], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    image = tiny_image("cortex-m4")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "qemu-system-arm is not installed; on Debian: apt-get install qemu-system-arm" in failure(image)


@needs_qemu
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_emulators_end_with_their_parent(
    number: signal.Signals, tiny_image: Callable[..., Image], tmp_path: Path
) -> None:
    image = tiny_image("cortex-m4", extra="for (;;) { state->sent[1]++; }")
    (tmp_path / "image.elf").write_bytes(image.elf)
    code = (
        "import sys, numpy; from pathlib import Path\n"
        "from shrinkc.compile.image import load_image; from shrinkc.emulate.run import run_image\n"
        "from shrinkc.target import load_target\n"
        "image = load_image(Path(sys.argv[1]), 'tiny', load_target('cortex-m4'))\n"
        "run_image(image, [numpy.zeros((9, 3), numpy.int16)] * 2, jobs=2)\n"
    )
    folder = tmp_path / "child"
    folder.mkdir()
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "image.elf")],
        env={**os.environ, "TMPDIR": str(folder)},
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 120
    while len(ours(child.pid)) < 2:
        assert time.monotonic() < deadline and child.poll() is None
        time.sleep(0.05)
    child.send_signal(number)
    child.wait(timeout=60)
    deadline = time.monotonic() + 60  # a killed process takes a moment to go
    while any(str(folder) in _folder(process) for process in Path("/proc").glob("[0-9]*")):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    if number != signal.SIGKILL:
        assert list(folder.iterdir()) == []


def _folder(process: Path) -> str:
    """The folder that a process was started in: each QEMU has its own."""
    try:
        return os.readlink(process / "cwd")
    except OSError:
        return ""


def _without_host_word(image: Image) -> list[str]:
    command = qemu.command(image, "image.elf")
    at = command.index("-device")
    return command[:at] + command[at + 2 :]


@needs_qemu
@pytest.mark.parametrize("target", ["cortex-m0plus", "cortex-m33", "netduinoplus2"])
def test_without_a_host_no_breakpoint_is_executed(
    target: str, tiny_image: Callable[..., Image], tmp_path: Path
) -> None:
    """The same emulator without the host's word: the image sleeps, opens no file, and does not end."""
    image = tiny_image(target)
    (tmp_path / "image.elf").write_bytes(image.elf)
    log = ["-d", "int", "-D", "log.txt"]
    with subprocess.Popen([*_without_host_word(image), *log], cwd=tmp_path) as process:
        deadline = time.monotonic() + 60
        while not (tmp_path / "log.txt").exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=1.0)
        process.kill()
    assert not (tmp_path / "output.bin").exists()
    assert "Semihosting" not in (tmp_path / "log.txt").read_text()
    assert "taken exception" not in (tmp_path / "log.txt").read_text().lower().replace("systick", "")


@needs_qemu
def test_an_image_has_one_breakpoint(tiny_image: Callable[..., Image], tmp_path: Path) -> None:
    """It stands behind the check for a host, in semihost.c, inlined or not."""
    (tmp_path / "image.elf").write_bytes(tiny_image("cortex-m0plus").elf)
    command = ["arm-none-eabi-objdump", "-d", "image.elf"]
    listing = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    functions = re.split(r"\n\n", listing)
    with_breakpoint = [text.split("<")[1].split(">")[0] for text in functions if "\tbkpt\t" in text]
    assert with_breakpoint
    assert all(
        "host_listens" in name or name.startswith(("host_call", "semihost_", "platform_", "open_file"))
        for name in with_breakpoint
    )
    assert Elf(tiny_image("cortex-m0plus").elf).symbol("host_word").section == ".host"
