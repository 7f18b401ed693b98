"""Synthetic English from espeak-ng: 7 accents, about 100 voice variants, exact phones and times.

The speech is made here, so there is nothing to fetch and no source to give. Side by side with real speech it helps a
model to train; a phone error rate on it says little about real voices.
"""

import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import IO, BinaryIO

import numpy as np

from ..datasets.splits import split_by_group
from ..errors import BuildError, InputError
from ..files import system_errors
from .espeak_library import Phoneme
from .espeak_phones import segments_of
from .espeak_text import Line, common_words, lines
from .reader import Option, Reader
from .recording import Corpus, Recording, Segment

RATE = 16000
UTTERANCES = 4000
LEAST_UTTERANCES = 10
PADDING = 0.15
DEV_VARIANTS, TEST_VARIANTS = 10, 10
LICENCE = "synthetic speech: no recordings, no rights of a speaker"
SPLIT_RULE = "by voice variant, numbered relatives together: no voice stands on two sides; words and accents do"
_NUMBERED = re.compile(r"(?![fm]\d$)(.*?)\d*")

Watch = Callable[[Iterable, int], Iterator]


@dataclass(frozen=True)
class _Spoken:
    """One utterance as it came from the worker: samples (n,) int16 at the library's rate."""

    line: Line
    samples: np.ndarray
    phonemes: tuple[Phoneme, ...]


def make_corpus(
    utterances: int = UTTERANCES, seed: int = 0, watch: Watch = lambda items, _count: iter(items)
) -> Corpus:
    """`utterances` by voices and with words drawn from `seed`: 8 of 10 train, 1 dev, 1 test.

    The sound waits in a temporary file (115 MB an hour of speech) that goes away with the recordings. Without
    espeak-ng or a package of the extra 'corpus': InputError.
    """
    if utterances < LEAST_UTTERANCES:
        raise InputError(f"--utterances {utterances}: give {LEAST_UTTERANCES} or more, so that no side is empty")
    words = common_words()
    store = tempfile.TemporaryFile()  # noqa: SIM115 - the recordings read from it
    with Worker() as worker:
        plan = _plan(utterances, worker.variants, words, seed)
        spoken = worker.speak([line for _, line in plan])
        with system_errors("cannot keep the sound (TMPDIR says where)"):
            recordings = tuple(
                _recording(index, side, item, worker.rate, store)
                for index, ((side, _), item) in enumerate(zip(plan, watch(spoken, utterances), strict=True))
            )
        credit = f"espeak-ng {worker.version}; words of CMUdict; seed {seed}"
    return Corpus("espeak", recordings, RATE, credit, LICENCE, SPLIT_RULE)


def _plan(utterances: int, variants: Sequence[str], words: Sequence[str], seed: int) -> list[tuple[str, Line]]:
    """(side, line) of every utterance, one side after another."""
    least = utterances // 10
    sizes = {"train": utterances - 2 * least, "dev": least, "test": least}
    voices = sides_of(variants)
    return [(side, line) for side, size in sizes.items() for line in lines(size, voices[side], words, seed, side)]


def sides_of(variants: Sequence[str]) -> dict[str, list[str]]:
    """Each side's variants. Relatives that a number tells apart (klatt2, klatt3) stand together; f1 to f5 and m1
    to m8 are voices of their own.
    """
    families = [family_of(variant) for variant in variants]
    sides = split_by_group(families, {"dev": DEV_VARIANTS, "test": TEST_VARIANTS}, seed="espeak")
    return {wanted: [name for name, side in zip(variants, sides, strict=True) if side == wanted] for wanted in sides}


def family_of(variant: str) -> str:
    """`klatt` of klatt3; f1 and m8 as they are."""
    matched = _NUMBERED.fullmatch(variant)
    return matched[1] if matched else variant


def _recording(index: int, side: str, spoken: _Spoken, rate: int, store: IO[bytes]) -> Recording:
    """Put the sound into the store, with silence at both ends, and label it."""
    line = spoken.line
    segments = segments_of(spoken.phonemes, spoken.samples, rate, line.accent)
    sound = resampled(spoken.samples, rate)
    silence = np.zeros(round(PADDING * RATE), np.int16)
    padded = np.concatenate([silence, sound, silence])
    offset = store.seek(0, os.SEEK_END)
    store.write(padded.astype("<i2").tobytes())
    whole = (
        Segment(0.0, PADDING, "sil"),
        *(Segment(item.start + PADDING, item.end + PADDING, item.phone) for item in segments),
        Segment(PADDING + len(sound) / RATE, len(padded) / RATE, "sil"),
    )
    return Recording(
        name=f"{index:06d}",
        speaker=f"{line.accent}+{line.manner.variant}",
        side=side,
        phones=tuple(segment.phone for segment in whole),
        segments=whole,
        read=partial(_stored, store, offset, len(padded)),
    )


def _stored(store: IO[bytes], offset: int, count: int) -> np.ndarray:
    store.seek(offset)
    return np.frombuffer(store.read(2 * count), "<i2").astype(np.int16)


def resampled(samples: np.ndarray, rate: int) -> np.ndarray:
    """(n,) int16 at `rate` to (m,) int16 at 16 kHz, no sample shifted in time; too loud ones are held."""
    try:
        import soxr
    except ImportError:
        raise InputError(
            "espeak-ng speaks at 22,050 Hz: resampling needs soxr: pip install 'shrinkc[corpus]'"
        ) from None
    # In float: soxr's own rounding to 16 bits adds noise, and a corpus' bytes must repeat.
    real = soxr.resample(samples.astype(np.float32), rate, RATE, quality="HQ")
    return np.clip(np.rint(real), -32768, 32767).astype(np.int16)


class Worker:
    """A fresh process with espeak-ng in it (`espeak_worker`). `version`, `rate` and `variants` are the library's."""

    def __init__(self) -> None:
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115 - closed in __exit__
        package = str(Path(__file__).resolve().parents[2])
        path = os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH"))))
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "shrinkc.corpora.espeak_worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            env={**os.environ, "PYTHONPATH": path},
        )

    def __enter__(self) -> "Worker":
        try:
            greeting = self._message()
        except BaseException:
            self.__exit__()
            raise
        self.version: str = greeting["version"]
        self.rate: int = greeting["rate"]
        self.variants: list[str] = greeting["variants"]
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        with contextlib.suppress(BrokenPipeError):  # what it did not read is lost
            self._pipe(self._process.stdin).close()
        self._pipe(self._process.stdout).close()
        self._process.wait()
        self._complaints.close()

    def speak(self, said: Sequence[Line]) -> Iterator[_Spoken]:
        """Speak the lines in order. To be called once: the process is fresh only then."""
        try:
            for line in said:
                order = {"text": line.text, **asdict(line.manner)}
                self._pipe(self._process.stdin).write(json.dumps(order).encode() + b"\n")
            self._pipe(self._process.stdin).close()
        except BrokenPipeError:
            raise self._failure() from None
        for line in said:
            message = self._message()
            content = self._pipe(self._process.stdout).read(2 * message["samples"])
            phonemes = tuple(Phoneme(*heard) for heard in message["phonemes"])
            yield _Spoken(line, np.frombuffer(content, "<i2").astype(np.int16), phonemes)

    def _message(self) -> dict:
        line = self._pipe(self._process.stdout).readline()
        if not line.endswith(b"\n"):
            raise self._failure()
        return json.loads(line)

    @staticmethod
    def _pipe(stream: IO[bytes] | None) -> "BinaryIO | IO[bytes]":
        assert stream is not None
        return stream

    def _failure(self) -> BuildError | InputError:
        """What the process said before it ended, as an error of its kind."""
        code = self._process.wait()
        self._complaints.seek(0)
        said = self._complaints.read().decode("utf-8", "replace").strip().splitlines()
        kind = InputError if code == InputError.exit_code else BuildError
        return kind(said[-1] if said else f"the process that speaks with espeak-ng ended with {code}")


READER = Reader(
    "espeak",
    make_corpus,
    folder=False,
    options=(Option("utterances", UTTERANCES, "how many to speak"), Option("seed", 0, "draws voices and words")),
    remark="espeak is synthetic: espeak-ng speaks it here.",
)
