"""The examples on the pages of PyTorch and of Keras' own layers: their Python, their commands and what these print."""

import re
from pathlib import Path

import pytest
from pages import block, page, session, shell

from tools import needs_arm


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
