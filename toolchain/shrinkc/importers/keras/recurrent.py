"""Keras' recurrent layers: alone, as RNN around cells, and in both directions."""

import numpy as np

from ..folding import Weights
from .cells import CELLS, LAYERS
from .chain import Chain
from .saved import SavedLayer, short
from .settings import LAYER_SETTINGS, check_float32, check_settings, truth

MERGES = {"sum": "add", "mul": "multiply", "ave": "add"}
"""Bidirectional's merge modes beside concat, and the merge cell's operations; the half of ave goes into the weights."""


def read_recurrent(chain: Chain, saved: SavedLayer) -> None:
    """A recurrent layer of `LAYERS`."""
    _check_layer(saved, backwards=False)
    _add(chain, saved, saved.name, LAYERS[saved.class_name](saved), _gives_last(saved))


def read_rnn(chain: Chain, saved: SavedLayer) -> None:
    """RNN of one cell, or of a stack of cells, each of which is a layer of its own."""
    _check_layer(saved, backwards=False)
    check_settings(saved, "cell", *LAYER_SETTINGS)
    (cell,) = saved.parts
    if cell.class_name != "StackedRNNCells":
        _add(chain, saved, saved.name, _cell_weights(cell), _gives_last(saved))
        return
    check_float32(cell)
    check_settings(cell, "cells", "reverse_state_order")  # the order of the states matters to their reader alone
    for number, part in enumerate(cell.parts, start=1):
        last = _gives_last(saved) and number == len(cell.parts)
        _add(chain, saved, f"{saved.name}_{number}", _cell_weights(part), last)


def read_bidirectional(chain: Chain, saved: SavedLayer) -> None:
    """Two layers over the same input; the second runs from the end."""
    check_settings(saved, "layer", "backward_layer", "merge_mode", *LAYER_SETTINGS)
    mode = saved.config.get("merge_mode", "concat")
    if not isinstance(mode, str) or mode not in ("concat", *MERGES):
        raise saved.refuse(f"merge_mode = {short(mode)} is not supported; use 'concat', 'sum', 'ave' or 'mul'")
    forward, backward = saved.parts
    sides = [_side_weights(forward, backwards=False), _side_weights(backward, backwards=True)]
    last = _gives_last(forward)
    if last != _gives_last(backward):
        raise saved.refuse("its directions differ in return_sequences; give both the same")
    if mode in MERGES and sides[0].units != sides[1].units:
        raise saved.refuse("its directions differ in units, which cannot be merged; use merge_mode = 'concat'")
    chain.require_time(saved)
    chain.add_both(saved.name, *sides, last=last)
    chain.axes = 2 if last else 3
    if mode in MERGES:
        chain.merge(f"{saved.name}_{mode}", MERGES[mode])
    if mode == "ave":
        half = np.full(sides[0].units, 0.5)
        chain.scale(saved.name, half, 0 * half, what="half of the merge_mode ave")


def _add(chain: Chain, saved: SavedLayer, name: str, weights: Weights, last: bool) -> None:
    """One layer in one direction."""
    chain.require_time(saved)
    chain.add(name, weights, last=last)
    chain.axes = 2 if last else 3


def _side_weights(saved: SavedLayer, backwards: bool) -> Weights:
    """One direction of a Bidirectional: a recurrent layer, or RNN of one cell."""
    if saved.class_name not in (*LAYERS, "RNN"):
        raise saved.refuse(f"is not supported here; known: {', '.join(sorted({*LAYERS, 'RNN'}))}")
    check_float32(saved)
    _check_layer(saved, backwards)
    if saved.class_name in LAYERS:
        return LAYERS[saved.class_name](saved)
    check_settings(saved, "cell", *LAYER_SETTINGS)
    if saved.parts[0].class_name == "StackedRNNCells":
        raise saved.refuse("runs a stack of cells in one direction; give each cell its own Bidirectional layer")
    return _cell_weights(saved.parts[0])


def _cell_weights(cell: SavedLayer) -> Weights:
    if cell.class_name not in CELLS:
        raise cell.refuse(f"the cell is not supported; known: {', '.join(sorted(CELLS))}")
    check_float32(cell)
    return CELLS[cell.class_name](cell)


def _check_layer(saved: SavedLayer, backwards: bool) -> None:
    """Refuse what would change the order of time, or carry a state in or out."""
    for key in ("stateful", "return_state", "time_major"):
        if truth(saved, key, False):
            raise saved.refuse(f"{key} = True is not supported; use {key} = False")
    if truth(saved, "go_backwards", False) is not backwards:
        if saved.inside:
            raise saved.refuse("its go_backwards is turned; the first layer of a Bidirectional must run forwards")
        raise saved.refuse("go_backwards = True is not supported; use go_backwards = False, or a Bidirectional layer")


def _gives_last(saved: SavedLayer) -> bool:
    return not truth(saved, "return_sequences", False)
