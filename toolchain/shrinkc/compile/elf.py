"""Reads what we need from an ELF file: sections, symbols, and the bytes of one symbol."""

import bisect
import functools
import io
from dataclasses import dataclass

from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from ..errors import BuildError

_ALLOC, _WRITE = 0x2, 0x1


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


class Elf:
    """One ELF file in memory."""

    def __init__(self, content: bytes) -> None:
        self._file = ELFFile(io.BytesIO(content))
        self.sections = tuple(
            Section(
                section.name,
                section["sh_addr"],
                section["sh_size"],
                section["sh_type"] != "SHT_NOBITS",
                bool(section["sh_flags"] & _WRITE),
            )
            for section in self._file.iter_sections()
            if section["sh_flags"] & _ALLOC and section["sh_size"]
        )

    @functools.cached_property
    def symbols(self) -> tuple[Symbol, ...]:
        """Functions and objects with a size, by address."""
        kinds = {"STT_FUNC": "function", "STT_OBJECT": "object"}
        found = []
        for table in self._file.iter_sections():
            if not isinstance(table, SymbolTableSection):
                continue
            for symbol in table.iter_symbols():
                kind = kinds.get(symbol["st_info"]["type"])
                if kind is None or not isinstance(symbol["st_shndx"], int):
                    continue
                section = self._file.get_section(symbol["st_shndx"]).name
                address = symbol["st_value"] & ~1 if kind == "function" else symbol["st_value"]
                found.append(Symbol(symbol.name, section, address, symbol["st_size"], kind))
        return tuple(sorted(found, key=lambda symbol: (symbol.address, symbol.name)))

    def symbol(self, name: str) -> Symbol:
        """The symbol called `name`. Raises BuildError when there is none."""
        for symbol in self.symbols:
            if symbol.name == name:
                return symbol
        raise BuildError(f"the image has no symbol {name}; build it again")

    def content(self, name: str) -> bytes:
        """The bytes of the object called `name`."""
        symbol = self.symbol(name)
        section = self._file.get_section_by_name(symbol.section)
        start = symbol.address - section["sh_addr"]
        return section.data()[start : start + symbol.size]

    def function_at(self, address: int) -> str | None:
        """The name of the function that an address lies in, or None."""
        functions = [symbol for symbol in self.symbols if symbol.kind == "function"]
        index = bisect.bisect_right([symbol.address for symbol in functions], address & ~1) - 1
        if index >= 0 and address < functions[index].address + max(functions[index].size, 2):
            return functions[index].name
        return None
