"""The recurrent cells, each written once as data: its equations over named vectors.

Every stage reads these definitions: the float reference, calibration, quantisation, the integer reference and the C
emitter. One more cell is one more file here, with its line in `_DEFINITIONS`, and an importer that fills its matrices.
"""

import inspect
from collections.abc import Callable

from ..errors import InputError
from .cell import UNITS, Cell, Equation, State
from .dense import dense
from .gru import gru
from .ligru import ligru
from .lstm import lstm
from .merge import merge
from .minimal_gru import minimal_gru
from .simple_rnn import simple_rnn
from .sru import sru

_DEFINITIONS: dict[str, Callable[..., Cell]] = {
    "dense": dense,
    "gru": gru,
    "ligru": ligru,
    "lstm": lstm,
    "merge": merge,
    "minimal_gru": minimal_gru,
    "simple_rnn": simple_rnn,
    "sru": sru,
}


def define(name: str, options: dict[str, str]) -> Cell:
    """The cell called `name` with its options, e.g. define("dense", {"activation": "tanh"}).

    Raises InputError for a name or an option that no definition has.
    """
    if name not in _DEFINITIONS:
        raise InputError(f"cell {name!r} is unknown; known cells: {', '.join(sorted(_DEFINITIONS))}")
    try:
        return _DEFINITIONS[name](**options)
    except (TypeError, ValueError) as error:
        raise InputError(f"cell {name!r} does not take the options {options}: {error}") from error


def options_of(name: str) -> dict[str, str]:
    """The options that the cell called `name` takes, and their defaults."""
    return {option.name: option.default for option in inspect.signature(_DEFINITIONS[name]).parameters.values()}


__all__ = ["UNITS", "Cell", "Equation", "State", "define", "options_of"]
