"""The network in float: one canonical order of weights, every framework's quirks gone, and its float reference."""

from .layer import BACKWARD, FORWARD, Layer
from .network import Network, ranks, streams

__all__ = ["BACKWARD", "FORWARD", "Layer", "Network", "ranks", "streams"]
