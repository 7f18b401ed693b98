"""Reads what we need from an ELF file: sections, symbols, and the bytes of one symbol."""

import bisect
import io
from collections.abc import Sequence
from dataclasses import dataclass

from elftools.common.exceptions import ELFError
from elftools.construct import ConstructError
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import Section as Part
from elftools.elf.sections import SymbolTableSection

from ..errors import BuildError

_ALLOC, _WRITE = 0x2, 0x1
_KINDS = {"STT_FUNC": "function", "STT_OBJECT": "object"}


@dataclass(frozen=True)
class Symbol:
    """A function or an object: `size` bytes at `address` in `section`."""

    name: str
    section: str
    address: int
    size: int
    kind: str  # function or object


@dataclass(frozen=True)
class Section:
    """A section that takes memory. `loaded`: its bytes lie in the file. `writable`: it lies in RAM."""

    name: str
    address: int
    size: int
    loaded: bool
    writable: bool


def _takes_memory(part: Part) -> bool:
    return bool(part["sh_flags"] & _ALLOC) and part["sh_size"] > 0


def _section(part: Part) -> Section:
    loaded = part["sh_type"] != "SHT_NOBITS"
    return Section(part.name, part["sh_addr"], part["sh_size"], loaded, bool(part["sh_flags"] & _WRITE))


def _symbols(parts: Sequence[Part]) -> tuple[Symbol, ...]:
    """Functions and objects, by address."""
    found = []
    for table in parts:
        if not isinstance(table, SymbolTableSection):
            continue
        for symbol in table.iter_symbols():
            kind, place = _KINDS.get(symbol["st_info"]["type"]), symbol["st_shndx"]
            if kind is not None and isinstance(place, int):
                # Bit 0 of a function's address says Thumb.
                address = symbol["st_value"] & ~1 if kind == "function" else symbol["st_value"]
                found.append(Symbol(symbol.name, parts[place].name, address, symbol["st_size"], kind))
    return tuple(sorted(found, key=lambda symbol: (symbol.address, symbol.name)))


class Elf:
    """One ELF file in memory. Raises BuildError when its bytes are something else, or a part of one."""

    def __init__(self, content: bytes) -> None:
        try:
            file = ELFFile(io.BytesIO(content))
            parts = list(file.iter_sections())
            self.sections = tuple(map(_section, filter(_takes_memory, parts)))
            self.symbols = _symbols(parts)
            self._contents = {part.name: (part["sh_addr"], part.data()) for part in parts if _takes_memory(part)}
        except (ELFError, ConstructError, ValueError, AttributeError, IndexError) as error:
            raise BuildError("not a whole ELF file; build it again") from error

    def symbol(self, name: str) -> Symbol:
        """The symbol called `name`. Raises BuildError when there is none."""
        for symbol in self.symbols:
            if symbol.name == name:
                return symbol
        raise BuildError(f"the image has no symbol {name}; build it again")

    def section_content(self, name: str) -> bytes:
        """The bytes of the section called `name`; none where it takes no memory."""
        return self._contents.get(name, (0, b""))[1]

    def content(self, name: str) -> bytes:
        """The bytes of the object called `name`."""
        symbol = self.symbol(name)
        address, content = self._contents.get(symbol.section, (0, b""))
        return content[symbol.address - address :][: symbol.size]

    def function_at(self, address: int) -> str | None:
        """The name of the function that an address lies in, or None."""
        functions = [symbol for symbol in self.symbols if symbol.kind == "function"]
        index = bisect.bisect_right([symbol.address for symbol in functions], address & ~1) - 1
        if index >= 0 and address < functions[index].address + max(functions[index].size, 2):
            return functions[index].name
        return None
