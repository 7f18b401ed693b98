"""The TOML beside a `.safetensors` file: which layers, in which order, and what a state dict cannot say.

`KINDS` is the one table of it: it checks the file, and what `shrinkc init` writes comes from it.
"""

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...errors import InputError
from ...project.checks import Flag, OneOf, Text

SIZE_LIMIT = 1 << 20
REQUIRED = object()
"""The default of a key that must be given: no tensor tells it, and a wrong guess gives another network."""


@dataclass(frozen=True)
class Number:
    """A number within limits, the lower one excluded."""

    low: float
    high: float

    @property
    def wants(self) -> str:
        return f"a number over {self.low:g} and up to {self.high:g}"

    def allows(self, value: object) -> bool:
        return type(value) in (int, float) and self.low < value <= self.high


@dataclass(frozen=True)
class Prefix:
    """What stands before a module's tensors in the state dict; it may be empty."""

    wants: str = 'the start of its tensors\' names in quotes, such as "rnn" for rnn.weight_ih_l0'

    def allows(self, value: object) -> bool:
        return isinstance(value, str)


@dataclass(frozen=True)
class EachLayer:
    """One value for all layers of a stack, or a list of one a layer."""

    one: OneOf | Number

    @property
    def wants(self) -> str:
        return f"{self.one.wants}, or a list of one a layer"

    def allows(self, value: object) -> bool:
        return all(map(self.one.allows, value)) and bool(value) if isinstance(value, list) else self.one.allows(value)


@dataclass(frozen=True)
class Option:
    """One key of a layer: what it may be, its default, and what it means."""

    check: Text | Flag | OneOf | Number | Prefix | EachLayer
    default: Any
    meaning: str


_ANY_LAYER = {
    "prefix": Option(Prefix(), "", "what stands before the dot in its tensors' names"),
    "name": Option(Text("a name"), None, "its name in the generated C; left out: the end of the prefix"),
}
_RECURRENT = _ANY_LAYER | {
    "last": Option(
        OneOf(("h_n", "output")),
        None,
        'only the last step goes on: "h_n" is the last step of each direction (backward: the first frame), "output" is '
        "output[-1]; left out: every step",
    ),
    "merge": Option(OneOf(("concat", "sum")), "concat", "what becomes of the outputs of two directions"),
}
_BOTH = Option(Flag(), REQUIRED, "whether it runs in both directions")
_DENSE_ACTIVATION = Option(
    OneOf(("identity", "relu", "tanh", "sigmoid", "hardsigmoid", "softmax", "log_softmax")),
    "identity",
    "the function behind it",
)
_CANDIDATE = OneOf(("relu", "tanh", "sigmoid", "identity"))
_KALDI = _RECURRENT | {
    "bidirectional": _BOTH,
    "activation": Option(
        EachLayer(_CANDIDATE), REQUIRED, "the candidate's function (`ligru_act`; an LSTM's of c, too)"
    ),
    "candidate_scale": Option(
        EachLayer(Number(0, 1)), REQUIRED, "what the candidate is multiplied with at test: 1 - dropout (`ligru_drop`)"
    ),
}

KINDS: dict[str, dict[str, Option]] = {
    "lstm": _RECURRENT,
    "gru": _RECURRENT,
    "rnn": _RECURRENT | {"activation": Option(OneOf(("tanh", "relu")), REQUIRED, "torch's `nonlinearity`")},
    "linear": _ANY_LAYER | {"activation": _DENSE_ACTIVATION},
    "batch_norm": _ANY_LAYER
    | {
        "eps": Option(Number(0, 1), 1e-5, "added to the variance"),
        "activation": _DENSE_ACTIVATION,
    },
    "sru": _RECURRENT
    | {
        "bidirectional": _BOTH,
        "activation": Option(OneOf(("identity", "tanh")), REQUIRED, "of c: tanh with `use_tanh`"),
        "skip": Option(Flag(), REQUIRED, "`has_skip_term`"),
    },
    "kaldi_ligru": _KALDI,
    "kaldi_minimalgru": _KALDI,
    "kaldi_gru": _KALDI,
    "kaldi_lstm": _KALDI,
    "kaldi_rnn": _KALDI,
    "speechbrain_ligru": _RECURRENT
    | {
        "bidirectional": _BOTH,
        "activation": Option(OneOf(("relu", "tanh")), REQUIRED, "its `nonlinearity`"),
    },
}
"""Every kind of layer and its keys."""

LOOK_ALIKES = {
    "kaldi_ligru": '"kaldi_ligru" for the class liGRU, "kaldi_minimalgru" for minimalGRU; both have these tensors',
    "speechbrain_ligru": '"speechbrain_ligru" for the class LiGRU; SLiGRU, not supported, can have the same tensors',
}
"""Kinds that another class's tensors pass for, and what to write: `init` leaves the kind to the user."""

ORDER = OneOf(("checked",))
ORDER_MEANING = "the layers below stand in the order of the model's forward"
"""The key that `init` writes where the tensors leave the order open; the user confirms it."""


def markdown_table() -> str:
    """The table of docs/models-pytorch.md: one row a key, with the kinds that have it."""
    kinds: dict[tuple[str, Option], list[str]] = {}
    for kind, options in KINDS.items():
        for key, option in options.items():
            kinds.setdefault((key, option), []).append(kind)
    rows = ["| key | kinds | value | left out | meaning |", "|---|---|---|---|---|"]
    for (key, option), having in kinds.items():
        names = "all" if len(having) == len(KINDS) else ", ".join(having)
        names = "all recurrent" if len(having) == len(KINDS) - 2 else names
        default = {REQUIRED: "refused", None: "", "": "no prefix"}.get(option.default, f"`{option.default}`")
        rows.append(f"| `{key}` | {names} | {option.check.wants} | {default} | {option.meaning} |")
    return "\n".join(rows) + "\n"


@dataclass(frozen=True)
class Spec:
    """One layer as the TOML describes it, checked: every key of its kind has a value."""

    kind: str
    name: str
    options: Mapping[str, Any]

    @property
    def prefix(self) -> str:
        """What stands before each of its tensors' names, with its dot."""
        return f"{self.options['prefix']}." if self.options["prefix"] else ""


@dataclass(frozen=True)
class Description:
    """The layers in the order of the data, and patterns of tensors that the model does not use."""

    layers: tuple[Spec, ...]
    unused: tuple[str, ...] = field(default=())


def description_path(model: Path) -> Path:
    """The TOML that belongs to a model: the same name with another ending."""
    return model.with_suffix(".toml")


def read_description(path: Path) -> Description:
    """Read and check the TOML. Raises InputError, one line that names the file, the layer and the key."""
    content = _content(path)
    for key in content:
        if key not in ("layer", "unused", "order"):
            raise InputError(f"{path}: unknown key {key!r}; known: [[layer]], unused, order")
    if not ORDER.allows(content.get("order", "checked")):
        raise InputError(f"{path}: order must be {ORDER.wants}: {ORDER_MEANING}; no tensor tells it")
    tables = content.get("layer")
    if not isinstance(tables, list) or not tables or not all(isinstance(table, dict) for table in tables):
        raise InputError(f"{path}: describes no layer; write a [[layer]] with its kind and prefix for each")
    unused = content.get("unused", [])
    if not isinstance(unused, list) or not all(isinstance(pattern, str) and pattern for pattern in unused):
        raise InputError(f'{path}: unused must be a list of tensors\' names in quotes, such as ["aux.*"]')
    return Description(tuple(_spec(path, number, table) for number, table in enumerate(tables, 1)), tuple(unused))


def _content(path: Path) -> dict[str, Any]:
    if not path.is_file():
        model = path.with_suffix(".safetensors")
        raise InputError(
            f"{path}: no such file; a state dict holds no architecture: `shrinkc init DIR --from {model}` writes it, "
            "or see docs/models-pytorch.md"
        )
    try:
        if path.stat().st_size > SIZE_LIMIT:
            raise InputError(f"{path}: over {SIZE_LIMIT >> 20} MiB; a description of layers is short")
        return tomllib.loads(path.read_bytes().decode())
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}; check the file") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text (byte {error.start}); save it as UTF-8") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(f"{path}: not valid TOML: {error}; write `key = value`, with text in quotes") from error


def _spec(path: Path, number: int, table: dict[str, Any]) -> Spec:
    kind = table.get("kind")
    if kind == "":
        raise InputError(f"{path}: layer {number} has an empty kind; fill it in, the tensors fit more than one")
    if not isinstance(kind, str) or kind not in KINDS:
        shown = "no kind" if kind is None else f"the unknown kind {kind!r}"
        raise InputError(f"{path}: layer {number} has {shown}; known: {', '.join(KINDS)}")
    where = f"{path}: layer {number} ({kind})"
    known = KINDS[kind]
    for key, value in table.items():
        if key != "kind":
            _check(where, key, value, known)
    options = {key: table.get(key, option.default) for key, option in known.items()}
    for key, option in known.items():
        if options[key] is REQUIRED:
            raise InputError(f"{where}: needs {key} = {option.check.wants}: {option.meaning}; the tensors cannot tell")
    return Spec(kind, options["name"] or _name(kind, options["prefix"]), options)


def _name(kind: str, prefix: str) -> str:
    """The end of the prefix, from its last part that is no mere number."""
    parts = [part for part in prefix.split(".") if part]
    start = max((index for index, part in enumerate(parts) if not part.isdigit()), default=None)
    return "_".join([kind, *parts] if start is None else parts[start:])


def _check(where: str, key: str, value: object, known: Mapping[str, Option]) -> None:
    if key not in known:
        near = difflib.get_close_matches(key, known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"it knows kind, {', '.join(known)}"
        raise InputError(f"{where}: unknown key {key!r}; {hint}")
    if not known[key].check.allows(value):
        plain = isinstance(value, bool | str | int | float)
        shown = repr(value) if plain else "a list or table"
        raise InputError(f"{where}: {key} must be {known[key].check.wants}, not {shown}")
