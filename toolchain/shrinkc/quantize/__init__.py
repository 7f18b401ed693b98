"""A float Network on integers only: scales, integer weights, and integer equations, with proofs of range."""

from .groups import check_names
from .quantize import quantize
from .quantized import QuantizedNetwork

__all__ = ["QuantizedNetwork", "check_names", "quantize"]
