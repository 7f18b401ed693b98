"""espeak-ng's phoneme events of the English accents, as ARPAbet segments.

The mnemonics are those of espeak-ng's `phsource/ph_english` and of the files for its accents. A phoneme becomes
what is heard: where an accent merges two vowels, it gets the label of the merged one.
"""

from collections.abc import Sequence

import numpy as np

from ..datasets.phones import SILENCE
from ..errors import InputError
from .espeak_library import Phoneme
from .recording import Segment

ACCENTS = {
    "en-us": "gmw/en-US",
    "en-gb": "gmw/en",
    "en-gb-scotland": "gmw/en-GB-scotland",
    "en-gb-x-gbclan": "gmw/en-GB-x-gbclan",
    "en-gb-x-gbcwmd": "gmw/en-GB-x-gbcwmd",
    "en-gb-x-rp": "gmw/en-GB-x-rp",
    "en-029": "gmw/en-029",
}
"""Each accent's name, and its voice file in espeak-ng."""

# Two phones share the time of their phoneme. A phoneme with none lends its time to the one before.
PHONES = {
    **{same: same for same in ("b", "d", "f", "g", "k", "l", "m", "n", "p", "r", "s", "t", "v", "w", "z")},
    "D": "dh", "N": "ng", "S": "sh", "T": "th", "Z": "zh", "dZ": "jh", "h": "hh", "j": "y", "tS": "ch",
    "?": "t", "l#": "l", "l/": "l", "l/2": "l", "n-": "n", "r-": "r", "r/": "r", "t#": "t", "t2": "t", "t[": "t",
    "d[": "d", "w#": "w", "x": "k",
    "0": "aa", "A:": "aa", "A@": "aa", "A~": "aa", "a": "ae", "aa": "ae", "@": "ah", "@-": "ah", "@2": "ah",
    "@5": "ah", "3": "ah", "V": "ah", "a#": "ah", "O": "ao", "O2": "ao", "O:": "ao", "O@": "ao", "O~": "ao",
    "o@": "ao", "E": "eh", "e@": "eh", "3:": "er", "IR": "er", "VR": "er", "I": "ih", "I#": "ih", "I2": "ih",
    "i": "iy", "i:": "iy", "U": "uh", "u:": "uw", "aU": "aw", "aI": "ay", "aI2": "ay", "aI3": "ay er",
    "eI": "ey", "e:": "ey", "oU": "ow", "o": "ow", "o:": "ow", "OI": "oy",
    "@L": "ah l", "aI@": "ay ah", "aU@": "aw ah", "i@": "iy ah", "i@3": "ih ah", "U@": "uh ah", ";": "",
}  # fmt: skip
"""Mnemonics to phones, in every accent that has no row of its own in OWN_PHONES."""

OWN_PHONES = {
    "en-us": {
        "3": "er", "A@": "aa r", "O@": "ao r", "o@": "ao r", "e@": "eh r", "i@3": "ih r", "U@": "uh r",
        "aU@": "aw er",
    },
    "en-gb-scotland": {"3": "er", "i@3": "ih", "U@": "uh r"},
    "en-gb-x-gbclan": {"V": "uh"},
    "en-gb-x-gbcwmd": {"V": "uh", "e@": "er"},
    "en-gb-x-rp": {"U@": "ao", "aa": "aa"},
}  # fmt: skip
"""Where an accent says a phoneme in another way: its r is heard, or two vowels are one."""

STRESSES = "',%="
"""Marks of stress, which espeak-ng 1.52 and later put before the mnemonic of a vowel."""

STOPS = frozenset(("b", "d", "g", "p", "t", "k", "ch", "jh"))
QUIET_PART = 1 / 500
"""Of an utterance's peak: what stays below is the library's pause between two phonemes."""
SHORTEST_PAUSE = 0.010
SHORTEST_PHONE = 0.010


def phones_of(mnemonic: str, accent: str) -> tuple[str, ...]:
    """The phones of one phoneme; pauses are silence. One that no table has is an InputError."""
    plain = mnemonic.lstrip(STRESSES)
    if plain.startswith("_"):
        return (SILENCE,)
    phones = OWN_PHONES.get(accent, {}).get(plain, PHONES.get(plain))
    if phones is None:
        raise InputError(f"espeak-ng's phoneme {mnemonic!r} of {accent} has no ARPAbet phone in its table")
    return tuple(phones.split())


def segments_of(phonemes: Sequence[Phoneme], samples: np.ndarray, rate: int, accent: str) -> tuple[Segment, ...]:
    """The phones in time. `samples` is (n,) int16 at `rate`, the phonemes' own clock.

    The library writes its pause before a phoneme ahead of the event: before a stop it is the closure and goes to
    the stop, as in forced alignments, and before anything else it is silence.
    """
    spoken = _spoken(phonemes, accent)
    quiet = np.abs(samples.astype(np.int32)) <= np.abs(samples.astype(np.int32)).max() * QUIET_PART
    segments: list[Segment] = []
    ends = [phoneme.sample for phoneme, _ in spoken[1:]] + [len(samples)]
    begin = 0
    for (phoneme, phones), end in zip(spoken, ends, strict=True):
        start = max(begin, phoneme.sample)
        pause = start - _quiet_from(quiet, begin, start)
        if pause >= SHORTEST_PAUSE * rate:
            segments = _cut(segments, (start - pause) / rate)
            if phones[0] in STOPS:
                start -= pause
            else:
                segments.append(Segment((start - pause) / rate, start / rate, SILENCE))
        segments += _shared(phones, start / rate, max(start, end) / rate)
        begin = start
    return tuple(_widened(segments))


def _spoken(phonemes: Sequence[Phoneme], accent: str) -> list[tuple[Phoneme, tuple[str, ...]]]:
    """Each phoneme with its phones; those without any are left out, and an r that is said twice is once."""
    spoken: list[tuple[Phoneme, tuple[str, ...]]] = []
    for phoneme in phonemes:
        phones = phones_of(phoneme.mnemonic, accent)
        before = spoken[-1][1] if spoken else ()
        if phones == ("r",) and before and (not phoneme.first or phoneme.mnemonic == "r-"):
            if before[-1] == "er":  # "furry" is f er iy: er has its r in it
                continue
            if len(before) > 1 and before[-1] == "r":
                spoken[-1] = (spoken[-1][0], before[:-1])
        if phones:
            spoken.append((phoneme, phones))
    return spoken


def _quiet_from(quiet: np.ndarray, low: int, high: int) -> int:
    """The first sample of the quiet run that ends at `high`, not before `low`."""
    loud = np.flatnonzero(~quiet[low:high])
    return low + int(loud[-1]) + 1 if len(loud) else low


def _cut(segments: list[Segment], time: float) -> list[Segment]:
    """The same segments, none of them past `time`."""
    return [Segment(min(item.start, time), min(item.end, time), item.phone) for item in segments]


def _shared(phones: Sequence[str], start: float, end: float) -> list[Segment]:
    """The phones of one phoneme, in equal parts of its time."""
    step = (end - start) / len(phones)
    return [Segment(start + step * index, start + step * (index + 1), phone) for index, phone in enumerate(phones)]


def _widened(segments: list[Segment]) -> list[Segment]:
    """Phones whose event comes at their end get a third of the vowel that they were said in."""
    widened: list[Segment] = []
    for item in segments:
        before = widened[-1] if widened else None
        if before and item.phone != SILENCE != before.phone and item.end - item.start < SHORTEST_PHONE:
            start = before.start + (before.end - before.start) * 2 / 3
            widened[-1] = Segment(before.start, start, before.phone)
            item = Segment(start, item.end, item.phone)
        widened.append(item)
    return widened
