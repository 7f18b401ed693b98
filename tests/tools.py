"""Marks for tests that need a program (skipped, with the reason, where it is not installed), and build folders."""

import shutil
from pathlib import Path

import pytest

from shrinkc.files import replace_folder
from shrinkc.pipeline import Build
from shrinkc.score import report


def _needs(*names: str) -> pytest.MarkDecorator:
    missing = [name for name in names if shutil.which(name) is None]
    return pytest.mark.skipif(bool(missing), reason=f"not installed: {', '.join(missing)}")


needs_arm = _needs("arm-none-eabi-gcc", "arm-none-eabi-objdump")
needs_qemu = _needs("arm-none-eabi-gcc", "arm-none-eabi-objdump", "qemu-system-arm")
needs_cmake = _needs("arm-none-eabi-gcc", "cmake", "make", "gcc")
needs_gdb = _needs("arm-none-eabi-gcc", "arm-none-eabi-objdump", "qemu-system-arm", "gdb-multiarch")
needs_gcc = _needs("gcc")
needs_clang = _needs("clang")


def write_build(folder: Path, built: Build) -> None:
    """What `shrinkc build` writes of a build, but for its page."""
    text = report.to_json(report.with_files(built.report, [*built.files, report.FILE_NAME]))
    replace_folder(folder, {**built.files, report.FILE_NAME: text})
