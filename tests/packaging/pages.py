"""What stands in the pages of documentation, taken from them and run as a reader would."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SHRINKC = f"'{sys.executable}' -m shrinkc"


_OF_CODE = ("flash", "stack ", "note: ", "limit kept: ", "shrinkc: ", "instructions", "<failure")


def page(name: str) -> str:
    """The text of a page, such as docs/guide.md."""
    return (ROOT / name).read_text(encoding="utf-8")


def block(text: str, language: str, after: str = "") -> str:
    """The first block of a language that follows `after` on a page."""
    found = re.search(rf"^```{language}\n(.*?)^```", text[text.index(after) :], re.DOTALL | re.MULTILINE)
    assert found, f"no {language} block after {after!r}"
    return found[1]


def shell(command: str, folder: Path) -> str:
    """Run a command of a page; `shrinkc` and `python` are this environment's."""
    command = re.sub(r"^shrinkc\b", SHRINKC, command)
    command = re.sub(r"^python\b", f"'{sys.executable}'", command)
    quiet = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    ended = subprocess.run(
        ["bash", "-c", command], cwd=folder, env=quiet, capture_output=True, text=True, check=False, timeout=600
    )
    assert ended.returncode == 0, f"{command}\n{ended.stdout}{ended.stderr}"
    return ended.stdout


def session(text: str, folder: Path) -> None:
    """Run a block of `$ command` lines one after another, and hold what each prints against the lines below it.

    A page may leave lines out. Numbers that depend on the compiler are not compared.
    """
    for entry in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, shown = entry.partition("\n")
        if command.startswith("cd "):
            folder /= command.removeprefix("cd ")
            continue
        printed = [_compared(line) for line in shell(command, folder).splitlines()]
        missing = [line for line in shown.splitlines() if line and _compared(line) not in printed]
        assert not missing, f"$ {command} prints\n" + "\n".join(printed)


def _compared(line: str) -> str:
    """A line without numbers of code. Notes have shares of columns, which the last bit of a framework can move."""
    if line.startswith("digest "):
        return "digest"
    return re.sub(r"\d", "9", line) if line.lstrip().startswith(_OF_CODE) else line
