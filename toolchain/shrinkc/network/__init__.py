"""The network in float: one canonical order of weights, every framework's quirks gone, and its float reference."""

from .network import Layer, Network

__all__ = ["Layer", "Network"]
