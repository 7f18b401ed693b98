"""The guide's example, as a reader would type it: its files are taken from the page, and its commands run."""

import dataclasses
import re
import shutil
from pathlib import Path

import pytest
from pages import block, page, shell

from networks import both_ways, quantized
from shrinkc.compile.image import write_sources
from shrinkc.emit import Labels, emit
from shrinkc.lower import lower

pytest.importorskip("tensorflow", reason="the guide trains a Keras model")
needs_tools = pytest.mark.skipif(
    not all(map(shutil.which, ("arm-none-eabi-gcc", "qemu-system-arm", "cmake", "gcc"))),
    reason="needs arm-none-eabi-gcc, qemu-system-arm, cmake and gcc",
)

GUIDE, README = page("docs/guide.md"), page("README.md")


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
        (tmp_path / name).write_text(block(GUIDE, language, f"\n`{name}`"))
    shell("python gesture.py", tmp_path)
    shell("shrinkc init gesture --from gesture.keras --target cortex-m0plus", tmp_path)
    project = tmp_path / "gesture"
    settings = project / "shrinkc.toml"
    settings.write_text(with_settings(settings.read_text(), block(GUIDE, "toml")))
    shell("shrinkc build", project)
    assert re.search(r"^bit-exact +yes$", shell("shrinkc verify", project), re.MULTILINE)
    with settings.open("a") as file:
        file.write("\n".join(block(GUIDE, "toml", "write it down").splitlines()[2:]))
    settings.write_text(with_settings(settings.read_text(), "threshold = 2"))
    shell("shrinkc build -o build/held", project)
    shell("cmake -B out . && cmake --build out", tmp_path)
    shell("python -c \"import numpy as np; np.savetxt('one.txt', np.load('test.npz')['features'][:60])\"", tmp_path)
    kind = shell("out/sensor < one.txt", tmp_path).partition(":")[0]
    assert kind in {"idle", "wave", "shake", "circle"}


@needs_tools
def test_c_of_the_readme_compiles(tmp_path: Path) -> None:
    shell("shrinkc build zoo:lstm --target cortex-m4 --decode argmax -o built", tmp_path)
    (tmp_path / "hear.c").write_text(block(README, "c"))
    shell("gcc -std=c99 -Wall -Wextra -Werror -Ibuilt -c hear.c", tmp_path)


@pytest.mark.skipif(shutil.which("gcc") is None, reason="needs gcc")
def test_c_of_whole_utterances_and_symbols_compiles(tmp_path: Path) -> None:
    network = dataclasses.replace(both_ways("gru"), name="speech")
    sources = emit(lower(quantized(network), max_frames=50), Labels(("sil", "a", "b"), decode="ctc"))
    write_sources(sources.files, tmp_path)
    (tmp_path / "recognise.c").write_text(block(GUIDE, "c", "### Symbols, and whole utterances"))
    shell("gcc -std=c99 -Wall -Wextra -Wconversion -Werror -I. -c recognise.c", tmp_path)
