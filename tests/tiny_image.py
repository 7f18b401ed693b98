"""Images of the tiny model, compiled once a session."""

import functools

from shrinkc.compile.image import Image, compile_image
from shrinkc.target import load_target
from tiny_model import sources


@functools.cache
def tiny(target: str, **changes: str) -> Image:
    """The image for a target; changes: see tiny_model.sources."""
    return compile_image(sources(**changes), "tiny", load_target(target))
