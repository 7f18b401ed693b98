"""Images of the tiny model, compiled once a session."""

import functools
from collections.abc import Callable

import pytest

from shrinkc.compile.image import Image, compile_image
from shrinkc.target import load_target
from tiny_model import sources


@functools.cache
def tiny(target: str, **changes: str) -> Image:
    return compile_image(sources(**changes), "tiny", load_target(target))


@pytest.fixture
def tiny_image() -> Callable[..., Image]:
    """tiny_image(target, extra=..., functions=...): see tiny_model.sources."""
    return tiny
