"""The Arduino library: its properties by arduino-lint's rules, and its sketch as the IDE's C++ compiler sees it."""

import re
from pathlib import Path

import pytest
from exported import ABOUT, SHAPES, STRICT, STRICT_CXX, case, pair_files, succeed, write

from networks import recognizer
from shrinkc.errors import InputError
from shrinkc.export import export
from shrinkc.export.about import About
from shrinkc.export.arduino import ARCHITECTURES, ARDUINO
from shrinkc.lower import FAMILIES
from shrinkc.target import list_targets, load_target
from tools import needs_arm, needs_gcc

SEMVER = r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?"
CATEGORIES = (
    *("Display", "Communication", "Signal Input/Output", "Sensors", "Device Control", "Timing", "Data Storage"),
    *("Data Processing", "Other"),
)
# The names that the rules LP001 to LP057 of arduino-lint 1.2 know, and the forms that they ask for.
PROPERTIES = {
    "name": r"(?!.*[aA][rR][dD][uU][iI][nN][oO])[A-Za-z][A-Za-z0-9_.-]{0,62}",
    "version": SEMVER,
    "author": r".+",
    "maintainer": r"(?!Arduino).+",
    "sentence": r".+",
    "paragraph": r".*",
    "category": "|".join(map(re.escape, CATEGORIES)),
    "url": r"https?://\S+",
    "architectures": r"\*|[a-z0-9_]+(,[a-z0-9_]+)*",
    "includes": r"\w+\.h(,\w+\.h)*",
}
CORE = """#pragma once
#include <stdint.h>
#include <stdio.h>
struct Port {
    void begin(unsigned long) {}
    void println(const char *text) { printf("%s\\n", text); }
    void println(int number) { printf("%d\\n", number); }
};
static Port Serial;
void setup();
void loop();
"""
MAIN = """#include "Arduino.h"
#include "examples/Stream/Stream.ino"
int main() {
    setup();
    for (int turn = 0; turn < 20; turn++) {
        loop();
    }
}
"""


def lint(files: dict[str, bytes | str]) -> list[str]:
    """What arduino-lint's rules say against a library, as far as they need neither its network nor its index."""
    lines = [line.partition("=") for line in files["library.properties"].splitlines()]
    said = {key: value for key, _, value in lines}
    found = [f"LP: {key} is no property" for key in said.keys() - PROPERTIES.keys()]
    found += [f"LP: {key} is missing" for key in PROPERTIES.keys() - said.keys()]
    found += [f"LP: {key}={value}" for key, value in said.items() if not re.fullmatch(PROPERTIES.get(key, ".*"), value)]
    found += ["LP: a key twice"] if len(lines) != len(said) else []
    found += ["LP: paragraph repeats the sentence"] if said["sentence"] in said["paragraph"] else []
    found += [f"LP: includes {name}" for name in said["includes"].split(",") if f"src/{name}" not in files]
    found += ["LS: no header of the library's name"] if f"src/{said['name']}.h" not in files else []
    found += [f"LS: no {name}" for name in ("README.md", "LICENSE", "keywords.txt") if name not in files]
    for name in files:
        top, *rest = name.split("/")
        if rest and top not in ("src", "examples"):
            found.append(f"LS: folder {top}")
        if top == "examples" and not name.endswith(f"/{rest[-2]}.ino"):
            found.append(f"SS: sketch {name}")
    rows = [line.split("\t") for line in files["keywords.txt"].splitlines()]
    found += [f"LD: {row}" for row in rows if len(row) != 2 or row[1] not in ("KEYWORD1", "KEYWORD2", "LITERAL1")]
    return found


@pytest.mark.parametrize("family", FAMILIES)
def test_the_lint_has_nothing_to_say(family: str) -> None:
    assert not lint(export(case(family=family).library, ARDUINO, ABOUT))


def test_the_lint_finds_what_is_wrong() -> None:
    files = export(case().library, ARDUINO, About("1.0", None, None))
    found = lint({**files, "tests/a.c": "", "examples/Other/Stream.ino": ""})
    assert {"LP: version=1.0", "LP: url=", "LS: folder tests", "SS: sketch examples/Other/Stream.ino"} <= set(found)


def test_keywords_are_what_the_header_defines() -> None:
    words = dict(line.split("\t") for line in export(case().library, ARDUINO, ABOUT)["keywords.txt"].splitlines())
    assert words["toy_state_t"] == words["toy_decoder_t"] == "KEYWORD1"
    calls = {word for word, kind in words.items() if kind == "KEYWORD2"}
    assert calls == {
        *("toy_reset", "toy_step", "toy_quantize_input", "toy_output_value", "toy_symbol"),
        *("toy_argmax", "toy_decoder_reset", "toy_decode"),
    }
    assert words["TOY_INPUTS"] == "LITERAL1" and "TOY_H" not in words


@needs_gcc
@pytest.mark.parametrize("shape", SHAPES)
def test_the_sketch_runs_as_cxx(shape: str, tmp_path: Path) -> None:
    write(export(case(SHAPES[shape](), decode="argmax").library, ARDUINO, ABOUT), tmp_path)
    write({"Arduino.h": CORE, "main.cpp": MAIN}, tmp_path)
    succeed("gcc", *STRICT, "-Os", "-c", "src/toy.c", folder=tmp_path)
    succeed("g++", *STRICT_CXX, "-Isrc", "-I.", "main.cpp", "toy.o", "-o", "sketch", folder=tmp_path)
    assert re.fullmatch(r"(s[0-3]\n)+", succeed("./sketch", folder=tmp_path))


@needs_arm
@pytest.mark.parametrize("family", FAMILIES)
def test_two_libraries_and_a_sketch_link_for_the_core(family: str, tmp_path: Path) -> None:
    """As the IDE does it: all objects of all libraries side by side, in no archive."""
    one = case(family=family)
    other = case(recognizer("lstm", units=9, outputs=4), family="portable", name="other")
    write(export(one.library, ARDUINO, ABOUT), tmp_path)
    write({f"src/{name}": text for name, text in pair_files(other).items()}, tmp_path)
    uses = "#include <other.h>\nvoid use(other_state_t *state) { other_reset(state); }\n"
    write({"Arduino.h": CORE, "main.cpp": MAIN + uses}, tmp_path)
    flags = (*one.library.target.core.flags, "-Os")
    cxx = ("-fno-exceptions", "-fno-rtti", "-fno-threadsafe-statics")
    succeed("arm-none-eabi-gcc", *STRICT, *flags, "-c", "src/toy.c", "src/other.c", folder=tmp_path)
    succeed("arm-none-eabi-g++", *STRICT_CXX, *flags, *cxx, "-Isrc", "-I.", "-c", "main.cpp", folder=tmp_path)
    # Debian packs the C++ library apart, and nothing here needs it.
    link = ("--specs=rdimon.specs", "-o", "sketch.elf")
    succeed("arm-none-eabi-gcc", *flags, "main.o", "toy.o", "other.o", *link, folder=tmp_path)


def test_a_name_that_arduino_keeps_for_itself() -> None:
    with pytest.raises(InputError, match="Arduino keeps names such as 'Arduino_x' for itself"):
        export(case(name="Arduino_x").library, ARDUINO, ABOUT)


def test_every_target_has_platforms() -> None:
    assert {load_target(name).kernels for name in list_targets()} <= ARCHITECTURES.keys()
