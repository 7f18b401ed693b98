"""Where the compiler put what it inlined, by the debug information of the model's own file (DWARF 5, or 4)."""

import io

from elftools.dwarf.compileunit import CompileUnit
from elftools.dwarf.die import DIE
from elftools.dwarf.dwarfinfo import DWARFInfo
from elftools.elf.elffile import ELFFile

Ranges = list[tuple[int, int]]


def inlined_ranges(elf: bytes) -> dict[str, Ranges]:
    """By function, the addresses [first, end) of its copies inside other functions."""
    file = ELFFile(io.BytesIO(elf))
    if not file.has_dwarf_info():
        return {}
    dwarf = file.get_dwarf_info(relocate_dwarf_sections=False)  # a linked file needs none
    found: dict[str, Ranges] = {}
    for unit in dwarf.iter_CUs():
        for die in unit.iter_DIEs():
            if die.tag == "DW_TAG_inlined_subroutine":
                name = _name(die)
                found.setdefault(name, []).extend(_ranges(die, unit, dwarf))
    return found


def _name(die: DIE) -> str:
    """The name of the function that an inlined copy is of."""
    while "DW_AT_name" not in die.attributes:
        if "DW_AT_abstract_origin" not in die.attributes:
            return ""
        die = die.get_DIE_from_attribute("DW_AT_abstract_origin")
    return die.attributes["DW_AT_name"].value.decode()


def _ranges(die: DIE, unit: CompileUnit, dwarf: DWARFInfo) -> Ranges:
    """The addresses of a piece of code: one stretch, or a list of them relative to the unit's base."""
    attributes = die.attributes
    if "DW_AT_ranges" in attributes:
        return _list(attributes["DW_AT_ranges"].value, unit, dwarf)
    if "DW_AT_low_pc" not in attributes:
        return []
    low, high = attributes["DW_AT_low_pc"].value, attributes["DW_AT_high_pc"]
    end = high.value if high.form == "DW_FORM_addr" else low + high.value
    return [(low, end)]


def _list(offset: int, unit: CompileUnit, dwarf: DWARFInfo) -> Ranges:
    top = unit.get_top_DIE().attributes
    base = top["DW_AT_low_pc"].value if "DW_AT_low_pc" in top else 0
    found: Ranges = []
    for entry in dwarf.range_lists().get_range_list_at_offset(offset, unit):
        if hasattr(entry, "base_address"):
            base = entry.base_address
        else:
            start = 0 if entry.is_absolute else base
            found.append((start + entry.begin_offset, start + entry.end_offset))
    return found
