"""The Zephyr module: its files by Zephyr's rules, its Kconfig by kconfiglib, its CMake by CMake with Zephyr's calls."""

import re
from pathlib import Path

import pytest
from exported import ABOUT, STRICT, STRICT_CXX, case, succeed, write

from networks import recognizer
from shrinkc.export import export
from shrinkc.export.zephyr import ZEPHYR
from tools import needs_arm, needs_cmake, needs_gcc

# What Zephyr's CMake gives a module, in a few lines: a library of its own, and include paths and flags for it.
CALLS = """cmake_minimum_required(VERSION 3.20)
project(image LANGUAGES C)
set(CONFIG_SHRINKC_TOY y)
set(CONFIG_SHRINKC_TOY_SPEED y)
macro(zephyr_library_named name)
  set(ZEPHYR_CURRENT_LIBRARY ${name})
  add_library(${name} STATIC "")
endmacro()
function(zephyr_library_sources)
  target_sources(${ZEPHYR_CURRENT_LIBRARY} PRIVATE ${ARGN})
endfunction()
function(zephyr_library_compile_options)
  target_compile_options(${ZEPHYR_CURRENT_LIBRARY} PRIVATE ${ARGN})
endfunction()
function(zephyr_include_directories)
  target_include_directories(${ZEPHYR_CURRENT_LIBRARY} PUBLIC ${ARGN})
endfunction()
add_subdirectory(module)
"""
PRINTK = "#pragma once\n#include <stdio.h>\n#define printk printf\n"


def test_the_module_names_files_that_are_there() -> None:
    yaml = pytest.importorskip("yaml")
    files = export(case().library, ZEPHYR, ABOUT)
    said = yaml.safe_load(files["zephyr/module.yml"])
    assert said == {"name": "toy", "build": {"cmake": ".", "kconfig": "Kconfig"}, "samples": ["samples"]}
    assert {"CMakeLists.txt", said["build"]["kconfig"]} <= files.keys()
    for kind in ("c", "cpp"):
        sample = yaml.safe_load(files[f"samples/stream-{kind}/sample.yaml"])
        assert list(sample["tests"]) == [f"sample.shrinkc.toy.{kind}"]
        assert f"src/main.{kind}" in files[f"samples/stream-{kind}/CMakeLists.txt"]


def test_kconfig_and_the_samples_settings_agree(tmp_path: Path) -> None:
    kconfiglib = pytest.importorskip("kconfiglib")
    files = export(case().library, ZEPHYR, ABOUT)
    write(
        {**files, "All": 'rsource "Kconfig"\nconfig CPP\n\tbool "C++"\nconfig MAIN_STACK_SIZE\n\tint "stack"\n'},
        tmp_path,
    )
    for kind in ("c", "cpp"):
        known = kconfiglib.Kconfig(str(tmp_path / "All"), warn_to_stderr=False)
        known.load_config(str(tmp_path / f"samples/stream-{kind}/prj.conf"))
        assert not known.warnings
        assert known.syms["SHRINKC_TOY"].str_value == known.syms["SHRINKC_TOY_SPEED"].str_value == "y"
        assert known.syms["CPP"].str_value == ("y" if kind == "cpp" else "n")


@needs_cmake
def test_cmake_compiles_the_library_as_zephyr_calls_it(tmp_path: Path) -> None:
    write(export(case().library, ZEPHYR, ABOUT), tmp_path / "module")
    write({"CMakeLists.txt": CALLS}, tmp_path)
    succeed("cmake", "-B", "out", ".", folder=tmp_path)
    said = succeed("cmake", "--build", "out", "--verbose", folder=tmp_path)
    assert re.search(r"-O2 .*toy\.c", said) and (tmp_path / "out/module/libshrinkc_toy.a").is_file()


@needs_gcc
def test_the_samples_run_with_a_printk(tmp_path: Path) -> None:
    write(export(case(decode="argmax").library, ZEPHYR, ABOUT), tmp_path)
    write({"zephyr/sys/printk.h": PRINTK}, tmp_path)
    succeed("gcc", *STRICT, "-Iinclude", "-c", "src/toy.c", folder=tmp_path)
    for compiler, kind in (("gcc", "c"), ("g++", "cpp")):
        flags = STRICT if kind == "c" else STRICT_CXX
        source = f"samples/stream-{kind}/src/main.{kind}"
        succeed(compiler, *flags, "-Iinclude", "-I.", source, "toy.o", "-o", kind, folder=tmp_path)
        assert succeed(f"./{kind}", folder=tmp_path).endswith("20 frames\n")


@needs_arm
def test_two_modules_link_with_whole_archives(tmp_path: Path) -> None:
    """Zephyr links every object of every library."""
    other = case(recognizer("lstm", units=9, outputs=4), name="other", family="portable")
    for one in (case(), other):
        write(export(one.library, ZEPHYR, ABOUT), tmp_path / one.library.name)
    flags = ("-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=soft", "-Os", "-Itoy/include", "-Iother/include")
    main = "#include <toy.h>\n#include <other.h>\nint main(void) { return TOY_INPUTS + OTHER_INPUTS - 10; }\n"
    write({"main.c": main}, tmp_path)
    sources = ("toy/src/toy.c", "other/src/other.c", "main.c")
    succeed("arm-none-eabi-gcc", *flags, *sources, "--specs=nosys.specs", "-o", "image.elf", folder=tmp_path)
