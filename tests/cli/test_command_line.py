"""The command line as a whole: help, version, usage, signals, and what `--help` must not load."""

import importlib
import os
import signal
import subprocess
import sys
import time

import click
import pytest

from shrinkc import __version__
from shrinkc.cli import COMMANDS
from shrinkc.errors import BuildError

HEAVY = ("numpy", "rich", "msgspec", "jinja2", "h5py", "rapidfuzz", "attrs", "tensorflow", "elftools")


def shrinkc(*arguments: str, python: tuple[str, ...] = (), **options) -> subprocess.CompletedProcess:
    command = [sys.executable, *python, "-m", "shrinkc", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, **options)


def test_help_lists_every_command():
    found = shrinkc("--help")
    assert found.returncode == 0
    for name, line in COMMANDS.items():
        assert f"  {name} " in found.stdout
        assert line in found.stdout
    assert found.stderr == ""


def test_help_loads_nothing_heavy():
    loaded = shrinkc("--help", python=("-X", "importtime")).stderr
    names = {line.rpartition("|")[2].strip().partition(".")[0] for line in loaded.splitlines()}
    assert "click" in names
    assert not names & set(HEAVY)


def test_help_is_quick():
    times = []
    for _ in range(3):
        start = time.perf_counter()
        shrinkc("--help")
        times.append(time.perf_counter() - start)
    # The bound for users is 0.3 s; a busy machine gets more.
    assert min(times) < 1.5


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_there(name, shrinkc_run):
    command = importlib.import_module(f"shrinkc.cli.{name}").command
    assert isinstance(command, click.Command)
    code, out, err = shrinkc_run(name, "--help")
    assert (code, err) == (0, "")
    assert out.startswith(f"Usage: shrinkc {name}")


def test_version(shrinkc_run):
    assert shrinkc_run("--version") == (0, f"shrinkc {__version__}\n", "")


def test_no_command_shows_the_help(shrinkc_run):
    code, out, err = shrinkc_run()
    assert code == 2
    assert "Commands:" in out + err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["bild"], "unknown command 'bild': did you mean 'build'?"),
        (["frobnicate"], "unknown command 'frobnicate': `shrinkc --help` lists the commands"),
        (["--nope"], "--nope"),
        (["build", "--nope"], "`shrinkc build --help`"),
        (["build", "--weights", "x"], "'x' is not a valid integer"),
        (["build", "a", "b"], "unexpected extra argument"),
        (["inspect"], "Missing argument 'MODEL'"),
        (["verify", "--limit", "0"], "--limit"),
        (["verify", "--jobs", "-1"], "--jobs"),
        (["verify", "--max-per-increase", "nan"], "--max-per-increase"),
        (["init"], "Missing argument 'DIR'"),
    ],
)
def test_usage_is_one_line(shrinkc_run, arguments, message):
    code, out, err = shrinkc_run(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("shrinkc: ")
    assert err.count("\n") == 1
    assert message in err


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (BuildError("no arm-none-eabi-gcc:\n apt-get install it"), 1, "no arm-none-eabi-gcc: apt-get install it"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (OSError(28, "No space left on device", "/data/x"), 1, "/data/x: No space left on device"),
        (MemoryError(), 1, "out of memory"),
    ],
)
def test_errors_have_their_codes(shrinkc_run, pipeline, tmp_path, error, code, line):
    pipeline.error = error
    found, _, err = shrinkc_run("build", "m.keras", "--target", "cortex-m4", "-o", "out")
    assert found == code
    assert err.splitlines()[-1].startswith(f"shrinkc: {line}")
    assert list(tmp_path.iterdir()) == []


SLOW = """
import sys, time, types
import shrinkc
def build(settings, progress):
    try:
        print("started", flush=True)
        time.sleep(30)
    finally:
        print("cleaned", flush=True)
shrinkc.pipeline = types.SimpleNamespace(build=build)
sys.argv = ["shrinkc", "build", "m.keras", "--target", "cortex-m4", "-o", "out"]
from shrinkc.__main__ import main
main()
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals_leave_by_way_of_finally(tmp_path, number, code):
    with subprocess.Popen(
        [sys.executable, "-c", SLOW], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "started\n"
        os.kill(process.pid, number)
        out, err = process.communicate(timeout=20)
    assert process.returncode == code
    assert out == "cleaned\n"
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


def test_a_reader_that_has_gone_is_no_traceback():
    command = f"{sys.executable} -m shrinkc build --help | true"
    found = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=30)
    assert found.stderr == ""


@pytest.mark.parametrize("raised", [BuildError, click.UsageError, click.ClickException])
def test_a_terminal_obeys_nothing_in_an_error(raised, shrinkc_run, monkeypatch):
    """Names of layers come from model files: escapes, bells and turned text must not reach the terminal."""

    def fail(*_: object, **__: object) -> None:
        raise raised("m.keras: layer 'a\x1b[2J\x07\x9b1m\u202eb\n\tc\u2028d' is bad")

    monkeypatch.setattr("shrinkc.cli.group.main", fail)
    err = shrinkc_run("targets")[2]
    assert err.startswith("shrinkc: m.keras: layer 'a?[2J??1m?b c d' is bad")
    assert err.endswith("\n") and err[:-1].isprintable()
