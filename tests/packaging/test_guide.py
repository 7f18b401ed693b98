"""The guide's example, as a reader would type it: its files are taken from the page, and its commands run."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("tensorflow", reason="the guide trains a Keras model")
needs_tools = pytest.mark.skipif(
    not all(map(shutil.which, ("arm-none-eabi-gcc", "qemu-system-arm", "cmake", "gcc"))),
    reason="needs arm-none-eabi-gcc, qemu-system-arm, cmake and gcc",
)

DOCS = Path(__file__).resolve().parents[2] / "docs"
GUIDE = (DOCS / "guide.md").read_text(encoding="utf-8")
README = (DOCS.parent / "README.md").read_text(encoding="utf-8")
SHRINKC = f"'{sys.executable}' -m shrinkc"


def block(language: str, after: str = "", text: str = GUIDE) -> str:
    """The first block of a language that follows `after` on the page."""
    found = re.search(rf"```{language}\n(.*?)```", text[text.index(after) :], re.DOTALL)
    assert found, f"no {language} block after {after!r}"
    return found[1]


def shell(command: str, folder: Path) -> str:
    """Run a command of the page; `shrinkc` and `python` are this environment's."""
    command = re.sub(r"^shrinkc\b", SHRINKC, command)
    command = re.sub(r"^python\b", f"'{sys.executable}'", command)
    quiet = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    ended = subprocess.run(
        ["bash", "-c", command], cwd=folder, env=quiet, capture_output=True, text=True, check=False, timeout=600
    )
    assert ended.returncode == 0, f"{command}\n{ended.stdout}{ended.stderr}"
    return ended.stdout


def with_settings(text: str, settings: str) -> str:
    """shrinkc.toml with the lines of `settings` in the place of their commented defaults."""
    for line in settings.splitlines():
        key, equals, _ = line.partition(" = ")
        if equals:
            text, count = re.subn(rf"^# {key} = .*$", line, text, count=1, flags=re.MULTILINE)
            assert count == 1, key
    return text


@needs_tools
def test_guide_leads_from_keras_to_firmware(tmp_path: Path) -> None:
    for name, language in (("gesture.py", "python"), ("CMakeLists.txt", "cmake"), ("main.c", "c")):
        (tmp_path / name).write_text(block(language, f"\n`{name}`"))
    shell("python gesture.py", tmp_path)
    shell("shrinkc init gesture --from gesture.keras --target cortex-m0plus", tmp_path)
    project = tmp_path / "gesture"
    settings = project / "shrinkc.toml"
    settings.write_text(with_settings(settings.read_text(), block("toml")))
    shell("shrinkc build", project)
    assert re.search(r"^bit-exact +yes$", shell("shrinkc verify", project), re.MULTILINE)
    with settings.open("a") as file:
        file.write("\n".join(block("toml", "write it down").splitlines()[2:]))
    settings.write_text(with_settings(settings.read_text(), "threshold = 2"))
    shell("shrinkc build -o build/held", project)
    shell("cmake -B out . && cmake --build out", tmp_path)
    shell("python -c \"import numpy as np; np.savetxt('one.txt', np.load('test.npz')['features'][:60])\"", tmp_path)
    kind = shell("out/sensor < one.txt", tmp_path).partition(":")[0]
    assert kind in {"idle", "wave", "shake", "circle"}


@needs_tools
def test_c_of_the_readme_compiles(tmp_path: Path) -> None:
    shell("shrinkc build zoo:lstm --target cortex-m4 --decode argmax -o built", tmp_path)
    (tmp_path / "hear.c").write_text(block("c", text=README))
    shell("gcc -std=c99 -Wall -Wextra -Werror -Ibuilt -c hear.c", tmp_path)
