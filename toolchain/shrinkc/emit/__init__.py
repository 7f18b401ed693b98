"""Program to Sources: the C files as texts in memory, the same for the same input, with a digest."""

from .emit import Labels, Sources, digest_of, emit

__all__ = ["Labels", "Sources", "digest_of", "emit"]
