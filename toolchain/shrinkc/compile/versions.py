"""Which version of a program is installed, as the program itself says."""

import re
import subprocess

from .programs import find_program

LONGEST_ANSWER_S = 20


def answer(arguments: list[str]) -> str:
    """What a program prints, or "" if it cannot run."""
    try:
        result = subprocess.run(
            arguments,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=LONGEST_ANSWER_S,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return result.stdout + result.stderr if result.returncode == 0 else ""


def program_version(name: str) -> str | None:
    """The version of a program: None where it is missing or does not run, "" where it names no version."""
    lines = answer([find_program(name) or name, "--version"]).splitlines()
    if not lines:
        return None
    # The version closes the first line of GNU tools, after the packager's own in brackets.
    numbers = re.findall(r"\d+(?:\.\d+)+", re.sub(r"\([^)]*\)", "", lines[0]))
    return numbers[0] if numbers else ""
