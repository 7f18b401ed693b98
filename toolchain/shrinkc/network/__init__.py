"""The network in float: one canonical order of weights, every framework's quirks gone, and its float reference."""

from .layer import BACKWARD, FORWARD, Layer
from .network import FLOAT_BYTES, Network, ranks, streams

__all__ = ["BACKWARD", "FLOAT_BYTES", "FORWARD", "Layer", "Network", "ranks", "streams"]
