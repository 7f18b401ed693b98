"""The examples on the pages of PyTorch, Keras' own layers and CI: their Python, their commands and what these print."""

import re
from pathlib import Path

import pytest
from pages import block, page, session, shell

from shrinkc.project import Limits, load_project
from tools import needs_arm, needs_qemu


@needs_arm
def test_the_example_of_the_pytorch_page(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="pip install torch to make the page's model")
    text = page("docs/models-pytorch.md")
    for number, after in enumerate(("Save the state dict", "A data set of the model's inputs")):
        (tmp_path / f"{number}.py").write_text(block(text, "python", after))
        shell(f"python {number}.py", tmp_path)
    session(block(text, "console"), tmp_path)
    description = tmp_path / "keywords.toml"
    filled = re.sub(r'^activation = "" .*$', 'activation = "identity"', description.read_text(), flags=re.MULTILINE)
    description.write_text(filled)
    session(block(text, "console", "Then look at the network"), tmp_path)


def test_the_example_of_the_page_of_keras_layers(tmp_path: Path) -> None:
    pytest.importorskip("tensorflow", reason="the page trains a Keras model")
    text = page("docs/keras.md")
    (tmp_path / "both.py").write_text(block(text, "python"))
    shell("python both.py", tmp_path)
    session(block(text, "console"), tmp_path)


@needs_qemu
def test_the_example_of_the_page_of_ci(tmp_path: Path) -> None:
    text = page("docs/ci.md")
    session("".join(re.findall(r"^```console\n(.*?)^```", text, re.DOTALL | re.MULTILINE)), tmp_path)
    settings = tmp_path / "speech" / "shrinkc.toml"
    limits = block(text, "toml").replace("[limits]\n", "")
    settings.write_text(settings.read_text().replace("[limits]\n", f"[limits]\n{limits}"))
    assert load_project(tmp_path / "speech").limits == Limits(
        max_per_increase=0.5, max_flash=131072, max_ram=16384, max_instructions=200_000
    )
