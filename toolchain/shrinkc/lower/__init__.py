"""QuantizedNetwork to Program: the order of operations, the layout of weights in flash, and the plan of memory."""

from .lower import lower
from .program import Program

__all__ = ["Program", "lower"]
