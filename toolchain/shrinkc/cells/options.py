"""Options of cells: strings, so that they can stand in any file."""


def chosen(name: str, value: str) -> bool:
    """A yes or no option. Raises ValueError for any other text."""
    if value not in ("yes", "no"):
        raise ValueError(f"{name} is {value!r}, it must be 'yes' or 'no'")
    return value == "yes"


def one_of(name: str, value: str, known: tuple[str, ...]) -> str:
    """`value`, if it is among `known`. Raises ValueError otherwise."""
    if value not in known:
        raise ValueError(f"{name} is {value!r}, it must be one of {', '.join(known)}")
    return value


def whole(name: str, value: str) -> int:
    """A whole number from 0 up. Raises ValueError for any other text."""
    if not (value.isascii() and value.isdigit()):
        raise ValueError(f"{name} is {value!r}, it must be a whole number from 0 up")
    return int(value)
