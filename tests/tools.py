"""Marks for tests that need a program: skipped, with the reason, where it is not installed."""

import shutil

import pytest


def _needs(*names: str) -> pytest.MarkDecorator:
    missing = [name for name in names if shutil.which(name) is None]
    return pytest.mark.skipif(bool(missing), reason=f"not installed: {', '.join(missing)}")


needs_arm = _needs("arm-none-eabi-gcc", "arm-none-eabi-objdump")
needs_qemu = _needs("arm-none-eabi-gcc", "arm-none-eabi-objdump", "qemu-system-arm")
needs_cmake = _needs("arm-none-eabi-gcc", "cmake", "make", "gcc")
needs_gcc = _needs("gcc")
needs_clang = _needs("clang")
