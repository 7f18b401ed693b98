"""Phone sets, and the tables that fold one into another.

Two sets of 39 go by similar names and differ: TIMIT's scoring set (Lee and Hon 1989: folds 61 labels, has
`dx` and `sil`, no `ao`, no `zh`) and CMUdict's (has `ao` and `zh`, no `dx`, no silence). What is trained on
one corpus and measured on another uses the third set here, `common`: what the two share.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from ..errors import InputError

SILENCE = "sil"

# The 61 labels of TIMIT to the 39 that are scored; labels not named here stay as they are.
_TIMIT_FOLD = {
    "ao": "aa", "ax": "ah", "ax-h": "ah", "axr": "er", "hv": "hh", "ix": "ih", "el": "l", "em": "m",
    "en": "n", "nx": "n", "eng": "ng", "zh": "sh", "ux": "uw",
}  # fmt: skip
_TIMIT_SILENCE = ("pcl", "tcl", "kcl", "bcl", "dcl", "gcl", "h#", "pau", "epi", "sil")
_TIMIT_DELETED = ("q",)
_TIMIT_KEPT = (
    "aa", "ae", "ah", "aw", "ay", "b", "ch", "d", "dh", "dx", "eh", "er", "ey", "f", "g", "hh", "ih",
    "iy", "jh", "k", "l", "m", "n", "ng", "ow", "oy", "p", "r", "s", "sh", "t", "th", "uh", "uw", "v",
    "w", "y", "z",
)  # fmt: skip
_CMUDICT = (
    "aa", "ae", "ah", "ao", "aw", "ay", "b", "ch", "d", "dh", "eh", "er", "ey", "f", "g", "hh", "ih",
    "iy", "jh", "k", "l", "m", "n", "ng", "ow", "oy", "p", "r", "s", "sh", "t", "th", "uh", "uw", "v",
    "w", "y", "z", "zh",
)  # fmt: skip

TIMIT_61_TO_39 = {
    **{phone: phone for phone in _TIMIT_KEPT},
    **_TIMIT_FOLD,
    **{phone: SILENCE for phone in _TIMIT_SILENCE},
    **{phone: None for phone in _TIMIT_DELETED},
}
"""Each of TIMIT's 61 labels to one of the 39 (38 phones and `sil`); None is deleted."""

# The one table of the common set. A flap (`dx`) becomes what dictionaries mostly spell there: t.
_COMMON_FOLD = {"ao": "aa", "zh": "sh", "dx": "t"}


@dataclass(frozen=True)
class PhoneSet:
    """A named set of symbols, and the table that folds a corpus' labels into it.

    `symbols[0]` is silence, and the blank of CTC.

    A label folds to a symbol, to `sil` (which never stands in a label sequence), or to None (deleted: its
    time goes to no symbol).
    """

    name: str
    symbols: tuple[str, ...]
    table: dict[str, str | None]

    def fold(self, label: str, where: str) -> str | None:
        """The set's symbol for a corpus' label; an unknown label is an InputError that names `where`."""
        try:
            return self.table[label]
        except KeyError:
            raise InputError(f"{where}: phone {label!r} is not in the phone set {self.name!r}") from None

    def indices(self, labels: Iterable[str], where: str) -> list[int]:
        """Label sequence as indices into `symbols`, silence and deleted labels left out."""
        folded = (self.fold(label, where) for label in labels)
        return [self.symbols.index(symbol) for symbol in folded if symbol not in (None, SILENCE)]


def _noises() -> dict[str, str | None]:
    """What forced alignments write for silence and noise."""
    return {"SIL": SILENCE, "sil": SILENCE, "+spn+": SILENCE, "+nsn+": SILENCE}


def _timit() -> PhoneSet:
    return PhoneSet("timit39", (SILENCE, *_TIMIT_KEPT), {**TIMIT_61_TO_39, **_noises()})


def _cmudict() -> PhoneSet:
    return PhoneSet("cmudict39", (SILENCE, *_CMUDICT), {**{phone: phone for phone in _CMUDICT}, **_noises()})


def _common() -> PhoneSet:
    wider = {**TIMIT_61_TO_39, **{phone: phone for phone in _CMUDICT}, **_noises()}
    table = {label: _COMMON_FOLD.get(symbol, symbol) for label, symbol in wider.items()}
    kept = sorted({symbol for symbol in table.values() if symbol} - {SILENCE})
    return PhoneSet("common", (SILENCE, *kept), table)


PHONE_SETS = {made.name: made for made in (_common(), _timit(), _cmudict())}


def phone_set(name: str) -> PhoneSet:
    """The set of that name; an unknown name is an InputError that lists the known ones."""
    if name not in PHONE_SETS:
        raise InputError(f"unknown phone set {name!r}: one of {', '.join(PHONE_SETS)}")
    return PHONE_SETS[name]
