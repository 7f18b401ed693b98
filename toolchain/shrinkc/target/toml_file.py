"""A target file as plain values."""

import tomllib
from pathlib import Path

from ..errors import InputError
from ..files import system_errors


def read_toml(path: Path) -> dict:
    """The tables of a TOML file. Raises InputError when it is something else, BuildError when it cannot be read."""
    with system_errors(f"cannot read {path}"):
        content = path.read_bytes()
    try:
        return tomllib.loads(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not valid TOML: byte {error.start} is not UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path}: not valid TOML: {error}") from error


def frozen(values: dict) -> dict:
    """The same values with tuples for lists."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
