"""Images of the tiny model."""

from collections.abc import Callable

import pytest

from shrinkc.compile.image import Image
from tiny_image import tiny


@pytest.fixture
def tiny_image() -> Callable[..., Image]:
    """tiny_image(target, extra=..., functions=...): see tiny_model.sources."""
    return tiny
