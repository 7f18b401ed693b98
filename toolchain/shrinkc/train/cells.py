"""The cells that can be trained. One more cell is one more line in `CELLS`: settings, network and command line read it.

Nothing here imports Keras, so that the command line's help stays quick.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .settings import Settings


def _none(settings: "Settings", inputs: int) -> dict[str, Any]:
    """Of a layer that has no options."""
    return {}


def _ligru(settings: "Settings", inputs: int) -> dict[str, Any]:
    """LiGRU's batch norm has moving statistics, which reach as far back as the averaged weights beside them."""
    return {"momentum": settings.average}


def _sru(settings: "Settings", inputs: int) -> dict[str, Any]:
    """As in the paper's code, a layer projects where the projection is narrower than its input and its output."""
    narrower = 0 < settings.projection < min(inputs, settings.units)
    return {"projection": settings.projection if narrower else None}


@dataclass(frozen=True)
class TrainedCell:
    """A cell by the name that users type.

    layer: the class of its layers, in keras.layers or shrinkc.keras. options(settings, inputs): those of a layer that
    reads `inputs` values. takes: settings that mean nothing to cells without them. refuses: settings that are not for
    this cell, with the reason. folded: options of a layer whose batch norm is folded into its weights.
    """

    name: str
    layer: str
    options: Callable[["Settings", int], dict[str, Any]] = _none
    takes: tuple[str, ...] = ()
    refuses: Mapping[str, str] = field(default_factory=dict)
    folded: Mapping[str, Any] = field(default_factory=dict)


CELLS = {
    cell.name: cell
    for cell in (
        TrainedCell("lstm", "LSTM"),
        TrainedCell("gru", "GRU"),
        TrainedCell("simple_rnn", "SimpleRNN"),
        TrainedCell("ligru", "LiGRU", _ligru, refuses={"batch_norm": "has its own"}, folded={"batch_norm": False}),
        TrainedCell(
            "sru",
            "SRU",
            _sru,
            takes=("projection",),
            refuses={"batch_norm": "reads its input outside of products, where it can't fold"},
        ),
    )
}


def misplaced(settings: "Settings") -> str | None:
    """What is wrong with a setting that the settings' own cell does not take, None where all fit."""
    cell = CELLS[settings.cell]
    for name, reason in cell.refuses.items():
        if getattr(settings, name):
            return f"'{name}' is not for the cell {cell.name}, which {reason}; leave it out"
    for other in CELLS.values():
        for name in other.takes:
            if getattr(settings, name) and name not in cell.takes:
                return f"'{name}' is for the cell {other.name}, not {cell.name}; leave it out"
    return None
