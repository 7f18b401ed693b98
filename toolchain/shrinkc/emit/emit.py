"""Renders the templates of `firmware_templates/model` and gathers the runtime that the family of kernels needs."""

import functools
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import jinja2
import numpy as np

from ..errors import InputError
from ..lower.program import BIAS, Program, Sums
from ..numbers.functions import tanh_table
from ..resources import data_folder
from . import expressions

ABI_VERSION = 3
"""Raised when the meaning of the step call, the state or the helpers changes."""

RUNTIME = ("shrinkc_fixed_point.h", "shrinkc_kernels.h")
"""What the model's own files include."""


@dataclass(frozen=True)
class Sources:
    """files: name to text. digest: SHA-256 over all of them, which also stands in the header as a macro."""

    name: str
    files: Mapping[str, str]
    digest: str


@dataclass(frozen=True)
class Labels:
    """What the outputs stand for. symbols: their names, or none.

    decode: whether the library also decodes them, "none", "argmax" or "ctc"; blank: CTC's, an index.
    """

    symbols: tuple[str, ...] = ()
    decode: str = "none"
    blank: int = 0


def emit(program: Program, labels: Labels | None = None) -> Sources:
    """The C library of `program`, with its family of kernels.

    Raises InputError for symbols that are not one an output.
    """
    labels = labels or Labels()
    symbols = labels.symbols
    network = program.network
    if symbols and len(symbols) != network.outputs:
        raise InputError(f"{len(symbols)} symbols for {network.outputs} outputs; the test set is not of this model")
    context = _context(program, labels)
    files = {
        f"{network.name}.c": _render("model/model.c.j2", context),
        f"{network.name}_data.h": _render("model/data.h.j2", context),
        f"{network.name}_data.c": _render("model/data.c.j2", context),
        f"{network.name}_io.h": _render("model/io.h.j2", context),
    }
    if labels.decode != "none":
        files[f"{network.name}_decode.h"] = _render("model/decode.h.j2", context)
    files |= runtime_files((*RUNTIME, *program.family.files))
    files["shrinkc_tables.c"] = _render("runtime/shrinkc_tables.c.j2", {"tanh_table": tanh_table().tolist()})
    header = _render("model/model.h.j2", {**context, "digest": ""})
    digest = digest_of(network.name, {**files, f"{network.name}.h": header})
    files[f"{network.name}.h"] = _render("model/model.h.j2", {**context, "digest": digest})
    return Sources(network.name, dict(sorted(files.items())), digest)


def runtime_files(names: Iterable[str]) -> dict[str, str]:
    """Files of the runtime with all that they include, however far down: {file name: text}."""
    folder = data_folder("firmware_templates") / "runtime"
    found: dict[str, str] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = (folder / name).read_text(encoding="utf-8")
            waiting += re.findall(r'^#include "(\w+\.h)"', found[name], re.MULTILINE)
    return found


def digest_of(name: str, files: Mapping[str, str]) -> str:
    """SHA-256 over the files of model `name`, whatever digest stands in its header."""
    header = f"{name}.h"
    plain = re.sub(rf'^(#define {name.upper()}_DIGEST) "\w*"', r'\1 ""', files[header], flags=re.MULTILINE)
    whole = hashlib.sha256()
    for file, text in sorted({**files, header: plain}.items()):
        whole.update(f"{file}\0{len(text)}\0{text}".encode())
    return whole.hexdigest()


def _render(template: str, context: Mapping[str, object]) -> str:
    return _environment().get_template(template).render(context)


@functools.cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(data_folder("firmware_templates")),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.filters |= {"words": _words, "numbers": _numbers, "floats": _floats, "quoted": _quoted}
    return environment


def _context(program: Program, labels: Labels) -> dict[str, object]:
    network = program.network
    gain, offset = network.input_affine
    return {
        "name": network.name,
        "NAME": network.name.upper(),
        "abi_version": ABI_VERSION,
        "program": program,
        "network": network,
        "gain": gain,
        "offset": offset,
        "symbols": list(labels.symbols),
        "decode": labels.decode,
        "blank": labels.blank,
        "weights": _weights(program),
        "padded": _padded,
        "at": lambda place, accumulator: _at(place, f"{network.name}_{accumulator}_bias"),
        "gives": {step.name: step.gives for step in program.steps},
        "once_layers": {call.layer.name for call in program.calls if call.once},
        "loop_of": lambda update: expressions.Loop(update.units, program.family.lanes),
        "expression": lambda layer, operation, loop: expressions.write(operation, network.name, layer.name, loop),
    }


def _padded(values: np.ndarray, sums: Sums) -> np.ndarray:
    """An accumulator's biases, filled up to the rows that the kernels read."""
    return np.concatenate([values, np.zeros(sums.rows - len(values), values.dtype)])


def _at(place: tuple[str, int], bias: str) -> str:
    """A C pointer to sums in the state, or to the biases."""
    field, first = place
    if field == BIAS:
        return bias
    return f"state->{field}{f' + {first}' if first else ''}"


def _weights(program: Program) -> dict[str, str]:
    """By matrix, the first one with the same words: weights that two directions share lie in flash once."""
    first: dict[tuple[int, bytes], str] = {}
    return {one.name: first.setdefault((one.bits, one.words.tobytes()), one.name) for one in program.matrices}


_WORD = "0x00000000u"


def _lines(texts: list[str], per_line: int) -> str:
    rows = [", ".join(texts[start : start + per_line]) for start in range(0, len(texts), per_line)]
    return ",\n    ".join(rows)


def _words(array: np.ndarray) -> str:
    """Hexadecimal literals, eight a line. A model can have millions: numpy fills in the digits of one line's text."""
    words = array.ravel()
    line = ", ".join([_WORD] * 8) + ",\n    "
    text = np.tile(np.frombuffer(line.encode(), np.uint8), (-(-words.size // 8), 1))
    digits = np.zeros((len(text) * 8, 8), np.uint8)
    digits[: words.size] = np.frombuffer(words.astype(">u4").tobytes().hex().encode(), np.uint8).reshape(-1, 8)
    for place in range(8):
        first = place * len(_WORD + ", ") + 2
        text[:, first : first + 8] = digits[place::8]
    whole, rest = divmod(words.size - 1, 8)
    return text.tobytes()[: whole * len(line) + rest * len(_WORD + ", ") + len(_WORD)].decode()


def _numbers(array: np.ndarray) -> str:
    return _lines([str(value) for value in array.ravel().tolist()], 12)


def _floats(array: np.ndarray) -> str:
    """float32 literals that read back to the same bits (nine significant digits)."""
    return _lines([f"{value:.9e}f" for value in array.ravel().tolist()], 6)


def _quoted(text: str) -> str:
    """A C string literal; what is not plain ASCII is written in octal, so that no text can leave its quotes."""
    plain = "".join(
        char if 32 <= ord(char) < 127 and char not in '"\\?' else "".join(f"\\{byte:03o}" for byte in char.encode())
        for char in text
    )
    return f'"{plain}"'
