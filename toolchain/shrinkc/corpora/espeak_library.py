"""The library of espeak-ng, called through ctypes: text in, samples and phones with their times out.

Names, numbers and structures are those of its header `speak_lib.h`. Phones come from the library's own events,
in its own mnemonics: they are what was said, not what a dictionary has.
"""

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import BuildError, InputError

NAMES = ("libespeak-ng.so.1", "libespeak-ng.1.dylib")
MISSING = "espeak-ng's library is not here: apt-get install espeak-ng, or pip install 'shrinkc[corpus]'"
_OUTPUT_SYNCHRONOUS = 2
_PHONEME_EVENTS, _DONT_EXIT = 0x0001, 0x8000
_CHARS_UTF8, _END_PAUSE = 1, 0x1000
_POSITION_CHARACTER = 1
_RATE, _PITCH, _RANGE = 1, 3, 4
_LIST_TERMINATED, _WORD, _PHONEME = 0, 1, 7


class _Identifier(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Identifier),
    )


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


@dataclass(frozen=True)
class Phoneme:
    """One phoneme event: the sample at which it begins, espeak's mnemonic, whether it is a word's first."""

    sample: int
    mnemonic: str
    first: bool


@dataclass(frozen=True)
class Manner:
    """How a line is spoken.

    `accent` is a voice file of the library (`gmw/en-US`), `variant` one of its voice variants, `rate` words a
    minute, `pitch` and `span` (how far the pitch moves) 0 to 100.
    """

    accent: str
    variant: str
    rate: int
    pitch: int
    span: int


class Library:
    """espeak-ng in this process. What it says depends a little on what it said before."""

    def __init__(self) -> None:
        self._library, folder = open_library()
        self.rate = self._library.espeak_Initialize(_OUTPUT_SYNCHRONOUS, 0, folder, _PHONEME_EVENTS | _DONT_EXIT)
        if self.rate <= 0:
            raise BuildError("espeak-ng does not start: are its data (espeak-ng-data) installed?")
        self._library.espeak_Info.restype = ctypes.c_char_p
        data = ctypes.c_char_p()
        self.version = self._library.espeak_Info(ctypes.byref(data)).decode()
        self._data = Path((data.value or b"").decode())
        self._chunks: list[np.ndarray] = []
        self._phonemes: list[Phoneme] = []
        self._first = False
        self._callback = _Callback(self._hear)  # kept: the library holds only its address
        self._library.espeak_SetSynthCallback(self._callback)

    def variants(self) -> list[str]:
        """The voice variants of this library, by name."""
        return sorted(path.name for path in (self._data / "voices" / "!v").iterdir() if path.is_file())

    def say(self, text: str, manner: Manner) -> tuple[np.ndarray, list[Phoneme]]:
        """Speak `text`: samples (n,) int16 at `rate`, and the phonemes in order, pauses among them."""
        self._chunks, self._phonemes, self._first = [], [], False
        voice = f"{manner.accent}+{manner.variant}"
        if self._library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise BuildError(f"espeak-ng {self.version} has no voice {voice!r}")
        for parameter, value in ((_RATE, manner.rate), (_PITCH, manner.pitch), (_RANGE, manner.span)):
            self._library.espeak_SetParameter(parameter, value, 0)
        content = text.encode() + b"\0"
        flags = _CHARS_UTF8 | _END_PAUSE
        size = ctypes.c_size_t(len(content))
        if self._library.espeak_Synth(content, size, 0, _POSITION_CHARACTER, 0, flags, None, None) != 0:
            raise BuildError(f"espeak-ng {self.version} cannot say {text!r}")
        if not self._chunks or not self._phonemes:
            raise BuildError(f"espeak-ng {self.version} said nothing for {text!r}")
        return np.concatenate(self._chunks), self._phonemes

    def _hear(self, samples, count, events) -> int:  # type: ignore[no-untyped-def]
        """The library's callback: a piece of sound, and what happens in it; 0 to go on."""
        if samples and count > 0:
            self._chunks.append(np.ctypeslib.as_array(samples, (count,)).copy())
        for event in _until_end(events):
            if event.type == _WORD:
                self._first = True
            elif event.type == _PHONEME:
                mnemonic = event.id.string.decode("ascii", "replace")
                self._phonemes.append(Phoneme(event.sample, mnemonic, self._first))
                self._first = False
        return 0


def _until_end(events) -> Iterator[_Event]:  # type: ignore[no-untyped-def]
    index = 0
    while events[index].type != _LIST_TERMINATED:
        yield events[index]
        index += 1


def open_library() -> tuple[ctypes.CDLL, bytes | None]:
    """The system's library, else the one of the package espeakng-loader, with the folder of its data."""
    for name in NAMES:
        try:
            return ctypes.CDLL(name), None
        except OSError:
            continue
    try:
        import espeakng_loader
    except ImportError:
        raise InputError(MISSING) from None
    try:
        return ctypes.CDLL(espeakng_loader.get_library_path()), espeakng_loader.get_data_path().encode()
    except OSError as error:
        raise InputError(f"{MISSING} ({error})") from None
