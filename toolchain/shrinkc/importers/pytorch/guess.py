"""A first description of a state dict, from its tensors' names and shapes: what `shrinkc init` writes.

What they cannot tell is left to fill in: an empty text, which the import refuses by name. That includes what would
otherwise be read as another network: a function between layers, the order where several fit, a class whose tensors pass
for another's.
"""

import json
import re
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

from ...errors import InputError
from ...printable import printable
from .description import KINDS, LOOK_ALIKES, ORDER, ORDER_MEANING
from .find import Found, find_layers
from .tensors import Tensors, listed

_MOST_ORDERED = 8
"""Layers up to which every order is tried."""


@dataclass(frozen=True)
class Guess:
    """The TOML, the layers in it as "kind prefix", the keys to fill in, and what is doubtful."""

    text: str
    layers: tuple[str, ...]
    to_fill: tuple[str, ...]
    doubts: tuple[str, ...] = field(default=())


def guess(path: Path) -> Guess:
    """Describe the state dict at `path`. Raises InputError for a file that cannot be read or holds no known layer."""
    tensors = Tensors(path)
    found, unknown = find_layers(tensors)
    if not found:
        raise InputError(
            f"{path}: no layer is plain from its tensors, {listed(unknown)}; write {path.with_suffix('.toml').name} "
            "by hand, see docs/models-pytorch.md"
        )
    ordered, of_order = _in_order(sorted(found, key=_natural))
    ordered = _ask_between(_settle_directions(ordered), known=not of_order)
    doubts = of_order + ([f"no layer was found for {listed(unknown)}"] if unknown else [])
    to_fill = ["order"] * bool(of_order)
    to_fill += [f"layer {n} ({one.kind}) {key}" for n, one in enumerate(ordered, 1) for key in one.ask]
    shown = tuple(f"{one.kind} {printable(one.prefix)}".strip() for one in ordered)
    return Guess(_text(path, ordered, doubts, bool(of_order)), shown, tuple(to_fill), tuple(doubts))


def _natural(one: Found) -> list[tuple[int, str]]:
    """Sorts fc2 before fc10."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", one.prefix)]


def _in_order(found: list[Found]) -> tuple[list[Found], list[str]]:
    """The layers so that each reads as many values as the one before gives; what is doubtful about it."""
    orders: list[list[Found]] = []
    if len(found) <= _MOST_ORDERED:
        _extend([], found, orders)
    elif all(after.inputs in one.outputs for one, after in pairwise(found)):
        orders = [found, found]
    if not orders:
        return found, ["the order is that of the names; the widths do not confirm it"]
    own = next((order for order in orders if order == found), orders[0])
    return own, [] if len(orders) == 1 else ["several orders fit the widths, this is one"]


def _extend(order: list[Found], left: list[Found], orders: list[list[Found]]) -> None:
    """Collect orders that fit, the names' own first; two are enough to know that there are several."""
    if not left:
        orders.append(order)
    for index, one in enumerate(left):
        if len(orders) < 2 and (not order or one.inputs in order[-1].outputs):
            _extend([*order, one], left[:index] + left[index + 1 :], orders)


def _settle_directions(ordered: list[Found]) -> list[Found]:
    """The width of the next layer tells whether a layer with tied weights runs in both directions."""
    settled = []
    for one, after in zip(ordered, [*ordered[1:], None], strict=True):
        if "bidirectional" in one.ask and len(one.outputs) == 2 and after and after.inputs in one.outputs:
            both = after.inputs == one.outputs[1]
            ask = tuple(key for key in one.ask if key != "bidirectional")
            one = replace(one, known={**one.known, "bidirectional": both}, ask=ask)
        settled.append(one)
    return settled


def _ask_between(ordered: list[Found], known: bool) -> list[Found]:
    """A function between two layers has no tensors: the import refuses what stands before another until it is said.

    known: whether the last layer is known to be the last.
    """
    before = len(ordered) - known
    return [
        replace(one, ask=(*one.ask, "activation")) if place < before and one.kind in ("linear", "batch_norm") else one
        for place, one in enumerate(ordered)
    ]


def _text(path: Path, ordered: list[Found], doubts: list[str], ask_order: bool) -> str:
    lines = [
        f"# The layers of {path.name!r} in the order of the data, guessed from the tensors' names and shapes.",
        "# Hold them against the model's forward: what has no tensors (functions between layers, the last step alone,",
        "# a sum of directions, eps) stands in no state dict. The keys: docs/models-pytorch.md.",
        *(f"# Check: {doubt}." for doubt in doubts),
    ]
    if ask_order:
        lines.append(f'order = ""  # fill in: {ORDER.wants}; {ORDER_MEANING}')
    for one in ordered:
        kind = _filled_in(one, "kind") if "kind" in one.ask else f"kind = {_quoted(one.kind)}"
        lines += ["", "[[layer]]", kind, f"prefix = {_quoted(one.prefix)}"]
        lines += [f"{key} = {json.dumps(value)}{_CHECK.get(key, '')}" for key, value in one.known.items()]
        lines += [_filled_in(one, key) for key in one.ask if key != "kind"]
        if "activation" not in (*one.known, *one.ask) and "activation" in KINDS[one.kind]:
            lines.append('# activation = "relu"')
    return "\n".join(lines) + "\n"


_CHECK = {"eps": "  # check: torch's default; no tensor tells it"}
"""Behind values that are only likely."""


def _filled_in(one: Found, key: str) -> str:
    """A key to fill in, and with what."""
    if key == "kind":
        return f'kind = ""  # fill in: {LOOK_ALIKES[one.kind]}'
    option = KINDS[one.kind][key]
    return f'{key} = ""  # fill in: {option.check.wants}; {option.meaning}'


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
