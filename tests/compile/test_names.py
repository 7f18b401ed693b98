"""Names that a model may have although files and macros of the image are called alike."""

import dataclasses

import pytest

from networks import quantized, recognizer
from shrinkc.compile.image import compile_image
from shrinkc.emit import emit
from shrinkc.lower import FAMILIES, lower
from shrinkc.target import load_target

CORE = load_target("cortex-m3")


@pytest.mark.parametrize("name", ["model", "stream", "harness", "data"])
def test_a_model_called_like_a_part_of_the_image(name):
    network = quantized(dataclasses.replace(recognizer(units=3, layers=1), name=name))
    assert compile_image(emit(lower(network, FAMILIES[CORE.kernels])).files, name, CORE).elf
