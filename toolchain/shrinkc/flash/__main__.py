"""`python -m shrinkc.flash IMAGE.elf FAMILY FILE.uf2`: the UF2 file of an image, as `shrinkc flash` would copy it."""

import sys
from pathlib import Path

from ..compile.elf import Elf
from ..files import write_whole
from .uf2 import encode

if __name__ == "__main__":
    elf, family, uf2 = sys.argv[1:]
    write_whole(Path(uf2), encode(Elf(Path(elf).read_bytes()).segments, int(family, 0)))
