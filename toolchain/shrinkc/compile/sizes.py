"""What a product would link: the library, its tables, and what it pulls in from libc; not the harness."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..target import Target
from .elf import Elf, Symbol
from .interface import Interface
from .link import link, linker_script
from .stack import worst_stack


@dataclass(frozen=True)
class Sizes:
    """Bytes. flash = weights + code.

    weights: constants of NAME_data.c; code: the rest of flash (functions, tables, the start values of
    variables); ram: the state and the library's own variables; stack: the deepest that NAME_step or
    NAME_reset (or NAME_run) can go; image: what the whole test image loads. `symbols` are the product's, by address.
    """

    flash: int
    weights: int
    code: int
    ram: int
    stack: int
    image: int
    symbols: tuple[Symbol, ...]


def _loaded(elf: Elf) -> int:
    return sum(section.size for section in elf.sections if section.loaded)


def entries(name: str, interface: Interface) -> tuple[str, ...]:
    """What a product calls of a model: of one that takes whole utterances, or of one that goes frame by frame."""
    return (f"{name}_run",) if interface.max_frames else (f"{name}_step", f"{name}_reset")


def measure(image: Elf, library: Sequence[str], name: str, target: Target, folder: Path) -> Sizes:
    """Link the library alone, as a product would use it, and measure it.

    `library` are its objects in `folder`, where the compiler also left its call graphs (`*.ci`).
    """
    roots = entries(name, Interface.parse(image.content("harness_header")))
    script = linker_script(target, name, entry=roots[0], stack=0)
    keep = [f"-Wl,-u,{root}" for root in roots]
    product = Elf(link(library, script, name, target, folder, elf="product.elf", extra=keep))
    flash = _loaded(product)
    weights = sum(section.size for section in product.sections if section.name == ".weights")
    writable = sum(section.size for section in product.sections if section.writable)
    return Sizes(
        flash=flash,
        weights=weights,
        code=flash - weights,
        ram=image.symbol("harness_state").size + writable,
        stack=worst_stack(roots, library, folder, "product.elf"),
        image=_loaded(image),
        symbols=product.symbols,
    )
