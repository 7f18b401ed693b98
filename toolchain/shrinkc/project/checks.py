"""What a value of `shrinkc.toml` may be. Each check knows how to test, and how to say what it wants."""

import re
from dataclasses import dataclass


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


C_KEYWORDS = _words(
    """
    auto break case char const continue default do double else enum extern float for goto if inline int
    long register restrict return short signed sizeof static struct switch typedef union unsigned void
    volatile while
    """
)
# The header is C++ too, by extern "C".
CPP_KEYWORDS = _words(
    """
    alignas alignof and and_eq asm bitand bitor bool catch char8_t char16_t char32_t class co_await
    co_return co_yield compl concept consteval constexpr constinit const_cast decltype delete
    dynamic_cast explicit export false friend mutable namespace new noexcept not not_eq nullptr operator
    or or_eq private protected public reinterpret_cast requires static_assert static_cast template this
    thread_local throw true try typeid typename using virtual wchar_t xor xor_eq
    """
)
# `<name>.h` would stand before one of these on the include path.
C_HEADERS = _words(
    """
    assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdalign stdarg
    stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string tgmath threads time uchar wchar wctype
    """
)
LONGEST_NAME = 48
LARGEST_THRESHOLD = 32767


def name_problem(name: str) -> str | None:
    """Why `name` cannot be the prefix of generated C names and files; None where it can."""
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        return "is no C identifier: use letters, digits and _, and no digit first"
    if name in C_KEYWORDS or name in CPP_KEYWORDS:
        return "is a keyword of C or C++: choose another name"
    if name.startswith("_"):
        return "starts with _, which C keeps for itself: choose another name"
    if name.lower() in C_HEADERS:
        return "is the name of a header of C: choose another name"
    if len(name) > LONGEST_NAME:
        return f"is longer than {LONGEST_NAME} characters: choose a shorter name"
    return None


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
        return isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_+-]*", value) is not None


@dataclass(frozen=True)
class Threshold:
    """Steps of a send group's grid, or "off" for dense products."""

    wants: str = f'"off" or a whole number from 0 to {LARGEST_THRESHOLD}'

    def allows(self, value: object) -> bool:
        return value == "off" or (type(value) is int and 0 <= value <= LARGEST_THRESHOLD)


Check = Text | Flag | OneOf | Name | TargetName | Threshold
