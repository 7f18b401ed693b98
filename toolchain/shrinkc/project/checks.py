"""What a value of `shrinkc.toml` may be. Each check knows how to test, and how to say what it wants."""

import math
import re
from dataclasses import dataclass

from ..c_names import name_problem
from ..target.load import NAME

LARGEST_THRESHOLD = 32767


@dataclass(frozen=True)
class Text:
    """Any text that is not empty."""

    what: str = "text"

    @property
    def wants(self) -> str:
        return f"{self.what} in quotes"

    def allows(self, value: object) -> bool:
        return isinstance(value, str) and bool(value.strip()) and "\0" not in value


@dataclass(frozen=True)
class Flag:
    """true or false."""

    wants: str = "true or false"

    def allows(self, value: object) -> bool:
        return isinstance(value, bool)


@dataclass(frozen=True)
class OneOf:
    """One of a few values; 8.0 and true are not 8."""

    choices: tuple[int | str, ...]

    @property
    def wants(self) -> str:
        shown = [f'"{item}"' if isinstance(item, str) else str(item) for item in self.choices]
        return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} or {shown[-1]}"

    def allows(self, value: object) -> bool:
        return any(type(value) is type(item) and value == item for item in self.choices)


@dataclass(frozen=True)
class Name:
    """A prefix for generated C names."""

    wants: str = "a C identifier in quotes"

    def allows(self, value: object) -> bool:
        return isinstance(value, str) and name_problem(value) is None


@dataclass(frozen=True)
class TargetName:
    """A target's name: what its file in `targets/` is called."""

    wants: str = 'the name of a target, such as "cortex-m4" (`shrinkc targets` lists them)'

    def allows(self, value: object) -> bool:
        return isinstance(value, str) and re.fullmatch(NAME, value) is not None


@dataclass(frozen=True)
class Threshold:
    """Steps of a send group's grid, or "off" for dense products."""

    wants: str = f'"off" or a whole number from 0 to {LARGEST_THRESHOLD}'

    def allows(self, value: object) -> bool:
        return value == "off" or (type(value) is int and 0 <= value <= LARGEST_THRESHOLD)


@dataclass(frozen=True)
class Positive:
    """A real number above 0."""

    wants: str = "a number above 0"

    def allows(self, value: object) -> bool:
        return type(value) in (int, float) and 0 < value < math.inf


@dataclass(frozen=True)
class Count:
    """A whole number from 1 up."""

    largest: int

    @property
    def wants(self) -> str:
        return f"a whole number from 1 to {self.largest}"

    def allows(self, value: object) -> bool:
        return type(value) is int and 1 <= value <= self.largest


@dataclass(frozen=True)
class Share:
    """A number between two limits, both allowed."""

    least: float
    most: float

    @property
    def wants(self) -> str:
        return f"a number from {self.least:g} to {self.most:g}"

    def allows(self, value: object) -> bool:
        return type(value) in (int, float) and self.least <= value <= self.most


@dataclass(frozen=True)
class Amount:
    """A whole number above 0: plain, or text with K or M, where K is `thousand`."""

    of: str
    thousand: int

    @property
    def wants(self) -> str:
        return f'{self.of} above 0, such as 200000, "200K" or "1.5M" (K is {self.thousand:,})'

    def allows(self, value: object) -> bool:
        return type(value) in (int, str) and self.read(value) is not None

    def read(self, value: int | str) -> int | None:
        """The number that a value says; None for what is none above 0."""
        match = re.fullmatch(r"(\d{1,12}(?:\.\d{1,3})?)([KM]?)", str(value).strip().upper(), re.ASCII)
        if match is None:
            return None
        return int(float(match[1]) * {"": 1, "K": self.thousand, "M": self.thousand**2}[match[2]]) or None


BYTES = Amount("a number of bytes", 1024)
NUMBER = Amount("a number", 1000)

Check = Amount | Count | Share | Text | Flag | OneOf | Name | TargetName | Threshold
