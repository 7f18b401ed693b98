"""Reads what we need from an ELF file: sections, segments, symbols, and the bytes of one symbol."""

import bisect
import io
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from elftools.common.exceptions import ELFError
from elftools.construct import ConstructError
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import Section as Part
from elftools.elf.sections import SymbolTableSection

from ..errors import BuildError

_ALLOC, _WRITE = 0x2, 0x1
_KINDS = {1: "object", 2: "function"}  # STT_OBJECT, STT_FUNC


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


@dataclass(frozen=True)
class Segment:
    """Bytes that are loaded to `address` and on."""

    address: int
    content: bytes


def _takes_memory(part: Part) -> bool:
    return bool(part["sh_flags"] & _ALLOC) and part["sh_size"] > 0


def _section(part: Part) -> Section:
    loaded = part["sh_type"] != "SHT_NOBITS"
    return Section(part.name, part["sh_addr"], part["sh_size"], loaded, bool(part["sh_flags"] & _WRITE))


def _symbols(file: ELFFile, parts: Sequence[Part]) -> tuple[Symbol, ...]:
    """Functions and objects, by address. pyelftools itself takes some hundred times as long to read a table."""
    found = []
    for table in parts:
        if not isinstance(table, SymbolTableSection):
            continue
        names = table.stringtable.data()
        for name, value, size, info, place in _entries(file, table.data()):
            kind = _KINDS.get(info & 0xF)
            if kind is not None and 0 < place < len(parts):
                text = names[name : names.index(b"\0", name)].decode("utf-8", "replace")
                # Bit 0 of a function's address says Thumb.
                address = value & ~1 if kind == "function" else value
                found.append(Symbol(text, parts[place].name, address, size, kind))
    return tuple(sorted(found, key=lambda symbol: (symbol.address, symbol.name)))


def _entries(file: ELFFile, table: bytes) -> Iterator[tuple[int, int, int, int, int]]:
    """Name (an offset), value, size, info and section of each entry of a symbol table; Elf32_Sym or Elf64_Sym."""
    order = "<" if file.little_endian else ">"
    if file.elfclass == 32:
        for name, value, size, info, _, place in struct.iter_unpack(f"{order}IIIBBH", table):
            yield name, value, size, info, place
    else:
        for name, info, _, place, value, size in struct.iter_unpack(f"{order}IBBHQQ", table):
            yield name, value, size, info, place


def _segments(file: ELFFile) -> tuple[Segment, ...]:
    loaded = [part for part in file.iter_segments("PT_LOAD") if part["p_filesz"] > 0]
    return tuple(Segment(part["p_paddr"], part.data()) for part in loaded)


class Elf:
    """One ELF file in memory. Raises BuildError when its bytes are something else, or a part of one."""

    def __init__(self, content: bytes) -> None:
        try:
            file = ELFFile(io.BytesIO(content))
            parts = list(file.iter_sections())
            self.sections = tuple(map(_section, filter(_takes_memory, parts)))
            self.symbols = _symbols(file, parts)
            self.segments = _segments(file)
            self._file = content
            self._places = {part.name: (part["sh_addr"], part["sh_offset"]) for part in parts if _takes_memory(part)}
            self._contents = {part.name: (part["sh_addr"], part.data()) for part in parts if _takes_memory(part)}
        except (ELFError, ConstructError, ValueError, AttributeError, IndexError, struct.error) as error:
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

    def replaced(self, name: str, first: int, content: bytes) -> bytes:
        """The whole file with other bytes in the object called `name`, from its byte `first` on."""
        symbol = self.symbol(name)
        address, start = self._places[symbol.section]
        place = start + symbol.address - address + first
        return self._file[:place] + content + self._file[place + len(content) :]

    def function_at(self, address: int) -> str | None:
        """The name of the function that an address lies in, or None."""
        functions = [symbol for symbol in self.symbols if symbol.kind == "function"]
        index = bisect.bisect_right([symbol.address for symbol in functions], address & ~1) - 1
        if index >= 0 and address < functions[index].address + max(functions[index].size, 2):
            return functions[index].name
        return None
