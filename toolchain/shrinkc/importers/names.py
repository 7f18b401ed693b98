"""Names of models and layers that can stand in C, made from those that users gave."""

import re
from collections.abc import Collection

from ..c_names import LONGEST_NAME, name_problem

LONGEST = LONGEST_NAME - 8
"""Leaves room for the prefix and the number that make a name good and unique."""


def c_name(text: str) -> str:
    """`text` with what cannot stand in C replaced by _; a name for a model or a layer whose user gave none."""
    cleaned = re.sub(r"[^A-Za-z0-9_]", "_", text)[:LONGEST]
    return f"m_{cleaned}" if name_problem(cleaned) else cleaned


def unique_name(text: str, taken: Collection[str]) -> str:
    """`c_name`, numbered where it is taken. Letters' case does not tell names apart: macros are upper case."""
    lowered = {name.lower() for name in taken}
    name = base = c_name(text)
    number = 2
    while name.lower() in lowered:
        name, number = f"{base}_{number}", number + 1
    return name
