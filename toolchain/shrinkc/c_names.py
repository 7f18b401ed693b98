"""Which names can stand in the generated C as they are: a model's, a layer's."""

import re


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
    if name == "main":
        return "is where every C program starts: choose another name"
    if name.lower().startswith("shrinkc"):
        return "starts with shrinkc, as the runtime's own names do: choose another name"
    if len(name) > LONGEST_NAME:
        return f"is longer than {LONGEST_NAME} characters: choose a shorter name"
    return None
