"""Every kernel compiles for every core, at the levels that build systems take by default."""

import pytest

from shrinkc.compile.flags import LANGUAGE, WARNINGS
from shrinkc.compile.toolchain import ARM_COMPILER, compile_objects
from shrinkc.emit.emit import runtime_files
from shrinkc.lower import FAMILIES
from shrinkc.target import load_target
from tools import needs_arm

CORES = ("cortex-m0plus", "cortex-m3", "cortex-m4", "cortex-m55")
"""Those that differ: no Thumb-2, no DSP, an FPU, Helium."""


@needs_arm
@pytest.mark.parametrize("core", CORES)
def test_every_family_compiles_at_every_level(core: str, tmp_path) -> None:
    for family in FAMILIES.values():
        files = runtime_files(family.files)
        for name, text in files.items():
            (tmp_path / name).write_text(text)
        for level in ("-Os", "-O2"):
            flags = (*load_target(core).core.flags, level, *LANGUAGE, *WARNINGS)
            compile_objects(ARM_COMPILER, flags, family.files, tmp_path)
