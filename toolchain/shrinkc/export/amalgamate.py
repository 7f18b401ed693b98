"""A library as one header and one C file.

Several C files become one translation unit: each header is inlined once, where it is first needed; everything that is
not the model's own interface becomes static; and what two files call alike is told apart. Two such pairs fit into one
program, whatever their families of kernels, since all that either shows carries its model's name.

The generated and the hand-written C are read by their shape, which is this project's own: definitions start in the
first column, headers have guards.
"""

import collections
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..errors import BuildError

LINKAGE = "SHRINKC_KERNEL"
"""What stands before each kernel: the macro that makes it this file's own."""

_INCLUDE = re.compile(r'^#include "(\w+\.h)"\n', re.MULTILINE)
_SYSTEM = re.compile(r"^#include <(stddef|stdint|string)\.h>\n", re.MULTILINE)
_GUARD = re.compile(r"\A((?:/\*.*?\*/\n)?)#ifndef (\w+_H)\n#define \2\n(.*)\n#endif\n\Z", re.DOTALL)
_EXTERN_C = re.compile(r'^#ifdef __cplusplus\n(?:extern "C" \{|\})\n#endif\n', re.MULTILINE)
_KERNEL = re.compile(r"^(?:void|uint16_t) (shrinkc_\w+)\(", re.MULTILINE)
_PROTOTYPES = re.compile(
    r"(?:^/\*(?:(?!\*/).)*\*/\n)?(?:^(?:void|uint16_t) shrinkc_\w+\([^;{]*\);\n)+", re.DOTALL | re.MULTILINE
)
_PROTOTYPE = re.compile(r"^(?:void|uint16_t) (shrinkc_\w+)\([^;{]*\);\n", re.MULTILINE)
_TABLE = re.compile(r"^extern const (int16_t shrinkc_tanh_table\[\d+\]);\n", re.MULTILINE)
_CONSTANT = re.compile(r"^const ", re.MULTILINE)
_MACRO = re.compile(r"^[ \t]*#[ \t]*define (\w+)", re.MULTILINE)
_FUNCTION = re.compile(r"^(?:SHRINKC_INLINE|static)\b[^;{()=]*?\b(\w+)\((?!\()", re.MULTILINE)
_TYPE = re.compile(
    r"^typedef (?:struct|enum) \{[^}]*\}[^;]*?\b(\w+);|^typedef [^;{]*?\b(\w+)(?:\([^;]*)?;", re.MULTILINE
)
_LISTED = re.compile(r"^typedef enum \{([^}]*)\}", re.MULTILINE)

# Kernels with loops in assembly need every register: nothing that a compiler does across functions may take one.
_LINKAGE = f"""
/* All that is not in the header is this file's own. A kernel stays a function that is called as any other. */
#if defined(__clang__)
#define {LINKAGE} static __attribute__((noinline, unused))
#else
#define {LINKAGE} static __attribute__((noipa, unused))
#endif
"""


@dataclass(frozen=True)
class Pair:
    """The text of NAME.h and of NAME.c."""

    header: str
    source: str


def amalgamate(name: str, files: Mapping[str, str], notice: str = "", guard: str = "") -> Pair:
    """The library `files` (file name: text) of model `name` as one pair.

    notice: a comment to stand first in both. guard: what the C file asks of its compiler before all else.
    Raises BuildError for C that has not the shape it should have.
    """
    return Pair(notice + _header(name, files), notice + _source(name, files, guard))


def _header(name: str, files: Mapping[str, str]) -> str:
    """The model's header with its helpers; it needs nothing but <stdint.h>."""
    text = re.sub(r"\n{3,}", "\n\n", _INCLUDE.sub("", files[f"{name}.h"]))
    helpers = [_inside(files[part], part) for part in (f"{name}_io.h", f"{name}_decode.h") if part in files]
    end = "\n#ifdef __cplusplus\n}\n#endif\n\n#endif\n"
    if not text.endswith(end) or f" * {name}_io.h turns" not in text:
        raise BuildError(f"{name}.h has not the shape of a generated header; build again")
    text = text.replace(f" * {name}_io.h turns", " * The helpers at the end turn")
    text = text.replace(f" /* {name}_decode.h has the decoder */", "")
    return text.removesuffix(end) + "\n" + "\n".join(helpers).rstrip("\n") + "\n" + end


def _source(name: str, files: Mapping[str, str], guard: str) -> str:
    """Runtime, tables and model in one file."""
    model, data = f"{name}.c", f"{name}_data.c"
    units = sorted(file for file in files if file.endswith(".c") and file not in (model, data, "shrinkc_tables.c"))
    kernels = {kernel for unit in units for kernel in _KERNEL.findall(files[unit])}
    needed = {unit: list(dict.fromkeys(_headers(unit, files))) for unit in (*units, model)}
    own = {f"{name}.h", f"{name}_data.h"}
    readers = collections.Counter(header for headers in needed.values() for header in headers if header not in own)
    shared = [header for header, count in readers.items() if count > 1 or header in needed[model]]
    parts = [_part(header, _shared_header(header, files, kernels)) for header in _in_order(shared, files)]
    texts = {unit: _unit(unit, [header for header in needed[unit] if header not in shared], files) for unit in units}
    taken = _names("\n".join(parts))
    parts += [_part(unit, _told_apart(unit, texts, taken)) for unit in units]
    parts.append(_part(data, _CONSTANT.sub("static const ", _body(files[data]))))
    parts.append(_part(model, _body(files[model])))
    includes = f'#include "{name}.h"\n\n#include <limits.h>\n#include <stddef.h>\n#include <string.h>\n'
    first = f"/* {name}: the whole library in one file. Written by shrinkc. */\n"
    return first + includes + (f"\n{guard}" if guard else "") + _LINKAGE + "".join(parts)


def _headers(file: str, files: Mapping[str, str]) -> Iterator[str]:
    """What a file includes, each header after those that it includes itself."""
    for header in _INCLUDE.findall(files[file]):
        if header not in files:
            raise BuildError(f"{file} includes {header}, which is not in the build; build again")
        yield from _headers(header, files)
        yield header


def _in_order(headers: list[str], files: Mapping[str, str]) -> list[str]:
    """The headers, each after those that it includes."""
    everything = (each for header in headers for each in (*_headers(header, files), header))
    return [header for header in dict.fromkeys(everything) if header in headers]


def _inside(text: str, file: str) -> str:
    """What a header's guard encloses, with the comment before it and without extern "C" and includes."""
    found = _GUARD.match(text)
    if found is None:
        raise BuildError(f"{file} has no include guard as a header of shrinkc should; build again")
    return found[1] + ("\n" if found[1] else "") + _body(found[3])


def _body(text: str) -> str:
    """A file without what one translation unit needs but once."""
    return re.sub(r"\n{3,}", "\n\n", _SYSTEM.sub("", _INCLUDE.sub("", _EXTERN_C.sub("", text)))).strip("\n") + "\n"


def _part(file: str, text: str) -> str:
    return f"\n/* ======== {file} ======== */\n\n{text}"


def _shared_header(header: str, files: Mapping[str, str], kernels: set[str]) -> str:
    """A header that several files read. Of the kernels' prototypes those remain that this family defines."""
    text = _inside(files[header], header)

    def prototypes(block: re.Match[str]) -> str:
        kept = [entry for entry in _PROTOTYPE.finditer(block[0]) if entry[1] in kernels]
        comment = block[0][: block[0].index(_PROTOTYPE.search(block[0])[0])]
        return comment + "".join(f"{LINKAGE} {entry[0]}" for entry in kept) if kept else ""

    text = _PROTOTYPES.sub(prototypes, text)
    return _TABLE.sub(lambda _: _CONSTANT.sub("static const ", _body(_table(files))), text).strip("\n") + "\n"


def _table(files: Mapping[str, str]) -> str:
    text = files["shrinkc_tables.c"]
    if len(re.findall(r"^const int16_t shrinkc_tanh_table", text, re.MULTILINE)) != 1:
        raise BuildError("shrinkc_tables.c has not the one table that it should have; build again")
    return text


def _unit(unit: str, headers: list[str], files: Mapping[str, str]) -> str:
    """A C file of the runtime with the headers that it alone reads."""
    texts = [_inside(files[header], header) for header in headers]
    return "\n".join([*texts, _KERNEL.sub(lambda found: f"{LINKAGE} {found[0]}", _body(files[unit]))])


def _told_apart(unit: str, texts: Mapping[str, str], taken: set[str]) -> str:
    """A C file whose names no other file has, and whose macros end with it."""
    text = texts[unit]
    others = taken.union(*(_names(other) for file, other in texts.items() if file != unit))
    tag = re.sub(r"^shrinkc_(kernels_)?|\.c$", "", unit)
    for known in sorted(_names(text) & others):
        text = re.sub(rf"\b{known}\b", f"{known}_of_{tag}", text)
    macros = sorted(set(_MACRO.findall(text)))
    ends = "".join(f"#undef {macro}\n" for macro in macros)
    return text + (f"\n{ends}" if ends else "")


def _names(text: str) -> set[str]:
    """What a file calls its own in the file's scope: functions, types and constants of enumerations."""
    listed = {word for group in _LISTED.findall(text) for word in re.findall(r"\w+", group)}
    types = {one or other for one, other in _TYPE.findall(text)}
    return {name for name in {*_FUNCTION.findall(text), *types, *listed} if not name.startswith("shrinkc_")}
