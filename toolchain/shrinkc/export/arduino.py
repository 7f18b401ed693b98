"""An Arduino library, revision 2.2 of its specification: library.properties, src/, examples/, keywords.txt."""

import re

from ..errors import InputError
from .about import About
from .format import Format
from .library import Library
from .render import example, pair, render

_ANY = ("samd", "sam", "mbed_rp2040", "rp2040", "stm32", "esp32", "esp8266")
_WITH_DSP = (
    *("mbed_nano", "mbed_nicla", "mbed_edge", "mbed_giga", "mbed_opta", "mbed_portenta"),
    *("nrf52", "renesas_uno", "renesas_portenta", "samd", "stm32", "rp2040"),
)
ARCHITECTURES = {"portable": tuple(dict.fromkeys((*_ANY, *_WITH_DSP))), "dsp": _WITH_DSP, "helium": ("*",)}
"""By family of kernels: the Arduino platforms that have boards with such a core; none is known to us for Helium.
Elsewhere the IDE warns, and the C still compiles where an int has 32 bits."""


def files(library: Library, about: About) -> dict[str, bytes | str]:
    """The library's folder. Raises InputError for a name that Arduino keeps for itself."""
    if library.name.lower().startswith("arduino"):
        raise InputError(f"Arduino keeps names such as {library.name!r} for itself: build with another --name")
    both = pair(library, about)
    sketch = example("arduino/Stream.ino.j2", library, about, system="#include <stdint.h>", print="")
    return {
        "library.properties": render(
            "arduino/library.properties.j2", library, about, architectures=ARCHITECTURES[library.family.name]
        ),
        "keywords.txt": _keywords(library, both.header),
        f"src/{library.name}.h": both.header,
        f"src/{library.name}.c": both.source,
        "examples/Stream/Stream.ino": sketch,
    }


def _keywords(library: Library, header: str) -> str:
    """What the IDE's editor colours: types, functions and constants of the header; tabs between name and kind."""
    name = library.name
    types = re.findall(rf"^\}} ({name}_\w+_t);", header, re.MULTILINE)
    functions = re.findall(rf"^(?:static inline )?[\w ]+?\*?({name}_\w+)\(", header, re.MULTILINE)
    constants = re.findall(rf"^#define ({name.upper()}_\w+) \S", header, re.MULTILINE)
    kinds = ((types, "KEYWORD1"), (functions, "KEYWORD2"), (constants, "LITERAL1"))
    return "".join(f"{word}\t{kind}\n" for words, kind in kinds for word in words)


ARDUINO = Format("arduino", "an Arduino library", files, needs=("author", "url"))
