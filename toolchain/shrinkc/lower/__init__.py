"""QuantizedNetwork to Program: the order of operations, the layout of weights in flash, and the plan of memory."""

from .kernels import FAMILIES, Family
from .lower import lower
from .modes import cheapest_modes, dense_modes, plain_modes, product_cost, products_cost
from .program import Program

__all__ = [
    "FAMILIES",
    "Family",
    "Program",
    "cheapest_modes",
    "dense_modes",
    "lower",
    "plain_modes",
    "product_cost",
    "products_cost",
]
