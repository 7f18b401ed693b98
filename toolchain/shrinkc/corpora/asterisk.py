"""Asterisk's English prompts: one studio voice (Allison Smith), from Debian main, CC BY-SA 3.0.

Layout: `asterisk-core-sounds-en-g722` has the sounds (16 kHz G.722), `asterisk-core-sounds-en` the
transcripts. Phones come from CMUdict, through a forced alignment that also picks among pronunciations and
gives the frame labels. A prompt whose words are not in the dictionary, or which does not align, is left out.
There is one speaker: sides are split by text, and texts that are nearly alike stand on one side.
"""

import gzip
import re
import zlib
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from ..datasets.splits import cluster_alike, split_by_group
from ..errors import InputError
from .alignment import Aligner
from .reader import Reader
from .recording import Corpus, Recording

RATE = 16000
BITS_PER_SECOND = 64000
MOST_TEXT = 1 << 24
SPEAKER = "allison"
SIZES = {"test": 100, "dev": 80, "calibration": 40}
ALIKE_PERCENT = 80.0
CREDIT = "Asterisk core sounds (English), recorded by Allison Smith (theivrvoice.com), funded by Digium, Inc."
LICENCE = "CC-BY-SA-3.0"
SPLIT_RULE = f"by text (one speaker): texts alike by {ALIKE_PERCENT:.0f} percent or more stand on one side"
_SOUNDS = Path("usr/share/asterisk/sounds/en_US_f_Allison")
_TEXTS = Path("usr/share/doc/asterisk-core-sounds-en/core-sounds-en.txt.gz")
_NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


@dataclass(frozen=True)
class Prompt:
    """One prompt: its name in Asterisk, its sound file and its words."""

    name: str
    sound: Path
    words: tuple[str, ...]

    @property
    def text(self) -> str:
        return " ".join(self.words)


def read_corpus(source: Path) -> Corpus:
    """All prompts under `source` (both packages unpacked into one folder) that a dictionary can spell and
    that align.
    """
    aligner = Aligner(RATE)
    kept = []
    for prompt in read_prompts(source):
        segments = aligner.align(prompt.words, decode(prompt.sound))
        if segments:
            kept.append((prompt, segments))
    clusters = cluster_alike([prompt.text for prompt, _ in kept], ALIKE_PERCENT)
    sides = split_by_group(clusters, SIZES, seed="asterisk")
    recordings = tuple(
        Recording(
            name=prompt.name,
            speaker=SPEAKER,
            side=side,
            phones=tuple(segment.phone for segment in segments),
            segments=segments,
            read=partial(decode, prompt.sound),
        )
        for (prompt, segments), side in zip(kept, sides, strict=True)
    )
    return Corpus("asterisk", recordings, RATE, CREDIT, LICENCE, SPLIT_RULE)


def read_prompts(source: Path) -> list[Prompt]:
    """The prompts that have words and a sound, by name."""
    texts, sounds = source / _TEXTS, source / _SOUNDS
    if not texts.is_file() or not sounds.is_dir():
        raise InputError(
            f"{source}: needs the Debian packages asterisk-core-sounds-en and asterisk-core-sounds-en-g722,"
            " both unpacked into it with 'dpkg-deb -x'"
        )
    prompts = []
    for line in _unzipped(texts).decode("utf-8", "replace").splitlines():
        name, colon, text = line.strip().partition(":")
        sound = sounds / f"{name}.g722"
        words = words_of(text)
        if colon and not name.startswith(";") and words and sound.is_file():
            prompts.append(Prompt(name, sound, words))
    return sorted(prompts, key=lambda prompt: prompt.name)


def _unzipped(path: Path) -> bytes:
    """What a gzip file holds; a damaged one, or one that is far too large, is an InputError."""
    try:
        with gzip.open(path) as stream:
            content = stream.read(MOST_TEXT + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path}: cannot be unpacked: {error}; fetch the package again") from None
    if len(content) > MOST_TEXT:
        raise InputError(f"{path}: holds more than {MOST_TEXT} bytes, which no transcript does")
    return content


def words_of(text: str) -> tuple[str, ...]:
    """Words as a dictionary spells them: lower case, small numbers spelled, notes in brackets left out.

    A text with what cannot be spelled (a number above ten, a sign that is read aloud) gives no words.
    """
    plain = re.sub(r"\[[^\]]*\]|\([^)]*\)|<[^>]*>", " ", text.lower())
    plain = plain.replace("#", " pound ").replace("a.m.", "a m").replace("p.m.", "p m")
    plain = re.sub(r"\b([0-9]+)\b", _spelled, plain)
    if re.search(r"[0-9*@$%&+=/]", plain):
        return ()
    return tuple(word for word in (part.strip("'") for part in re.findall(r"[a-z']+", plain)) if word)


def _spelled(match: re.Match) -> str:
    """A number up to ten as a word; a larger one as it stands."""
    number = int(match[1])
    return _NUMBERS[number] if number < len(_NUMBERS) else match[1]


def decode(sound: Path) -> np.ndarray:
    """Samples (n,) int16 of one G.722 file at 64 kbit/s."""
    try:
        from G722 import G722
    except ImportError:
        raise InputError("reading G.722 needs the package G722: pip install 'shrinkc[corpus]'") from None
    return np.array(G722(RATE, BITS_PER_SECOND).decode(sound.read_bytes()), dtype=np.int16)


READER = Reader(
    "asterisk",
    read_corpus,
    packages=("asterisk-core-sounds-en", "asterisk-core-sounds-en-g722"),
    remark="asterisk has one speaker and is split by text.",
)
