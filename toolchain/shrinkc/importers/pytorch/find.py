"""Which layers a state dict holds, as far as names and shapes tell."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .description import KINDS, LOOK_ALIKES
from .tensors import Tensors


@dataclass(frozen=True)
class Found:
    """A layer: its widths (outputs: all that are possible), keys that the tensors tell, and keys to ask for."""

    kind: str
    prefix: str
    inputs: int
    outputs: tuple[int, ...]
    known: dict[str, Any]
    ask: tuple[str, ...]


@dataclass(frozen=True)
class _Detector:
    """`marker` is the end of one tensor's name; `members` fits the ends of all that belong to the layer."""

    marker: str
    members: str
    describe: Callable[[Tensors, str, str], Found | None]


def find_layers(tensors: Tensors) -> tuple[list[Found], list[str]]:
    """The layers, and the names of tensors that none of them takes."""
    left = dict.fromkeys(sorted(tensors.shapes))
    found = []
    for detector in _DETECTORS:
        for name in list(left):
            match = re.fullmatch(rf"(?:(.*)\.)?({detector.marker})", name)
            if match is None or name not in left:
                continue
            prefix = match[1] or ""
            layer = detector.describe(tensors, prefix, f"{prefix}." if prefix else "")
            if layer is not None:
                found.append(layer)
                start = re.escape(f"{prefix}." if prefix else "")
                left = {name: None for name in left if not re.fullmatch(f"{start}(?:{detector.members})", name)}
    return found, list(left)


def _size(tensors: Tensors, name: str, axis: int) -> int:
    """A size of a tensor, 0 where there is none: the import says what is wrong with it."""
    shape = tensors.shapes.get(name, ())
    return shape[axis] if axis < len(shape) else 0


def _nn(tensors: Tensors, prefix: str, start: str) -> Found | None:
    rows, columns = (_size(tensors, f"{start}weight_hh_l0", axis) for axis in (0, 1))
    projected = f"{start}weight_hr_l0" in tensors
    kind = "lstm" if projected else {4: "lstm", 3: "gru", 1: "rnn"}.get(rows // columns if columns else 0)
    if kind is None:
        return None
    width = columns * (2 if f"{start}weight_ih_l0_reverse" in tensors else 1)
    inputs = _size(tensors, f"{start}weight_ih_l0", 1)
    return Found(kind, prefix, inputs, (width,), {}, ("activation",) if kind == "rnn" else ())


def _sru(tensors: Tensors, prefix: str, start: str) -> Found | None:
    stack = f"{start}rnn_lst." if f"{start}rnn_lst.0.weight_c" in tensors else ""
    layers = sum(name.startswith(stack) and name.endswith(".weight_c") for name in tensors.shapes) if stack else 0
    parts = [f"{stack}{number}." for number in range(layers)] or [start]
    outputs = _size(tensors, f"{parts[0]}bias", 0) // 2
    if not outputs:
        return None
    first = f"{start}input_to_hidden.weight"
    inputs = _size(tensors, first, 1) if first in tensors else _sru_inputs(tensors, parts[0])
    counts = {_size(tensors, f"{part}weight", 1) / outputs for part in parts}
    without = any(
        _size(tensors, f"{part}weight", 1) == 3 * outputs and _sru_inputs(tensors, part) != outputs for part in parts
    )
    told = {"skip": True} if 4 in counts else {"skip": False} if without else {}
    ask = ("bidirectional", "activation", *(() if told else ("skip",)))
    return Found("sru", prefix, inputs, (outputs,), told, ask)


def _sru_inputs(tensors: Tensors, part: str) -> int:
    name = f"{part}weight_proj" if f"{part}weight_proj" in tensors else f"{part}weight"
    return _size(tensors, name, 0)


def _kaldi(tensors: Tensors, prefix: str, start: str) -> Found | None:
    """The lists of W tell the kind."""
    lists = [w for w in ("wfx", "wz", "wr") if f"{start}{w}.0.weight" in tensors]
    kinds = {("wfx",): "kaldi_lstm", ("wz", "wr"): "kaldi_gru", ("wz",): "kaldi_ligru", (): "kaldi_rnn"}
    kind, w = kinds.get(tuple(lists)), "wfx" if lists == ["wfx"] else "wh"
    if kind is None or f"{start}{'ufh' if w == 'wfx' else 'uh'}.0.weight" not in tensors:
        return None
    found = _tied(tensors, prefix, start, (f"{w}.0.weight", f"{w}.1.weight"), 1)
    asked = (*_kind(kind), *_unless(found[-1]), "activation", "candidate_scale")
    return Found(kind, *found, ask=asked)


def _speechbrain(tensors: Tensors, prefix: str, start: str) -> Found | None:
    if f"{start}rnn.0.w.weight" not in tensors:
        return None
    found = _tied(tensors, prefix, start, ("rnn.0.w.weight", "rnn.1.w.weight"), 2)
    return Found("speechbrain_ligru", *found, ask=(*_kind("speechbrain_ligru"), *_unless(found[-1]), "activation"))


def _kind(kind: str) -> tuple[str, ...]:
    return ("kind",) if kind in LOOK_ALIKES else ()


def _unless(known: dict[str, Any]) -> tuple[str, ...]:
    return () if "bidirectional" in known else ("bidirectional",)


def _tied(
    tensors: Tensors, prefix: str, start: str, names: tuple[str, str], rows: int
) -> tuple[str, int, tuple[int, ...], dict[str, Any]]:
    """What the first two W of a stack tell: the second one's inputs say whether there are two directions.

    rows: of W, for each unit.
    """
    units = _size(tensors, start + names[0], 0) // rows
    inputs, second = (_size(tensors, start + name, 1) for name in names)
    if second in (units, 2 * units) and units:
        return prefix, inputs, (second,), {"bidirectional": second != units}
    return prefix, inputs, (units, 2 * units), {}


def _batch_norm(tensors: Tensors, prefix: str, start: str) -> Found | None:
    width = _size(tensors, f"{start}running_mean", 0)
    return Found("batch_norm", prefix, width, (width,), {"eps": KINDS["batch_norm"]["eps"].default}, ())


def _linear(tensors: Tensors, prefix: str, start: str) -> Found | None:
    shape = tensors.shapes[f"{start}weight"]
    return Found("linear", prefix, shape[1], (shape[0],), {}, ()) if len(shape) == 2 else None


_SRU_TENSORS = r"(?:weight|weight_proj|weight_c|bias|scale_x)"
_DETECTORS = (
    _Detector("weight_ih_l0", r"(?:weight|bias)_(?:ih|hh|hr)_l\d+(?:_reverse)?", _nn),
    _Detector(r"rnn_lst\.0\.weight_c", rf"rnn_lst\.\d+\.{_SRU_TENSORS}|input_to_hidden\.weight", _sru),
    _Detector("weight_c", _SRU_TENSORS, _sru),
    _Detector(r"(?:wh|wfx)\.0\.weight", r"(?:[wu][a-z]{1,2}|bn_w[a-z]{1,2}|ln)\.\d+\.\w+|(?:bn0|ln0)\.\w+", _kaldi),
    _Detector(r"rnn\.0\.u\.weight", r"rnn\.\d+\..*", _speechbrain),
    _Detector("running_mean", "running_mean|running_var|weight|bias|num_batches_tracked", _batch_norm),
    _Detector("weight", "weight|bias", _linear),
)
"""In this order: a layer of many tensors before those of one or two."""
