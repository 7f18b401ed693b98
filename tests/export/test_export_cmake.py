"""The CMake export with the real CMake: host and target, gcc and clang, C and C++, one model and two."""

import subprocess
from pathlib import Path

import pytest
from exported import ABOUT, Case, case, check_side_by_side, newlib, succeed, write

from networks import recognizer
from shrinkc.export import export
from shrinkc.export.cmake import CMAKE
from tools import needs_clang, needs_cmake

WARNINGS = "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Wconversion -Werror"
TWO = """cmake_minimum_required(VERSION 3.16)
project(two LANGUAGES C)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
add_subdirectory(one)
add_subdirectory(other)
add_library(both SHARED both.c)
target_link_options(both PRIVATE -Wl,-u,one_step,-u,one_reset,-u,other_step,-u,other_reset)
target_link_libraries(both PRIVATE one other)
"""


def exported(one: Case, folder: Path) -> Path:
    return write(export(one.library, CMAKE, ABOUT), folder)


@needs_cmake
@pytest.mark.parametrize("compiler", ["gcc", pytest.param("clang", marks=needs_clang)])
def test_the_examples_build_and_run_here(compiler: str, tmp_path: Path) -> None:
    folder = exported(case(decode="argmax"), tmp_path / "with a space")
    cxx = {"gcc": "g++", "clang": "clang++"}[compiler]
    choice = (f"-DCMAKE_C_COMPILER={compiler}", f"-DCMAKE_CXX_COMPILER={cxx}", WARNINGS)
    succeed("cmake", "-B", "out", *choice, "examples", folder=folder)
    succeed("cmake", "--build", "out", folder=folder)
    assert succeed("out/stream", folder=folder).endswith("20 frames\n")
    assert "left: s" in succeed("out/stream_cxx", folder=folder)


@needs_cmake
def test_the_target_gets_library_and_image(tmp_path: Path) -> None:
    folder = exported(case(), tmp_path)
    succeed("cmake", "-B", "arm", "-DCMAKE_TOOLCHAIN_FILE=arm-none-eabi.cmake", folder=folder)
    succeed("cmake", "--build", "arm", folder=folder)
    assert (folder / "arm/libtoy.a").is_file() and (folder / "arm/toy_image.elf").is_file()


@needs_cmake
def test_the_examples_build_for_the_target_in_c_and_in_cxx(tmp_path: Path) -> None:
    folder = exported(case(), tmp_path)
    choice = (
        "-DCMAKE_TOOLCHAIN_FILE=../arm-none-eabi.cmake",
        "-DCMAKE_EXE_LINKER_FLAGS=--specs=rdimon.specs",
    )
    succeed("cmake", "-B", "arm", *choice, "examples", folder=folder)
    succeed("cmake", "--build", "arm", "--target", "stream", folder=folder)
    # Compiled for the same core; Debian packs the C++ library that a program needs apart.
    said = succeed("make", "-C", "arm", "VERBOSE=1", "stream.cpp.obj", folder=folder)
    assert "-mcpu=cortex-m4" in next(line for line in said.splitlines() if "stream.cpp" in line and "g++" in line)


@needs_cmake
@needs_clang
def test_clang_builds_the_library_for_the_target(tmp_path: Path) -> None:
    one = case()
    folder = exported(one, tmp_path / "toy")
    flags = " ".join((*one.library.target.core.flags, *newlib(tmp_path)))
    toolchain = (
        "set(CMAKE_SYSTEM_NAME Generic)\nset(CMAKE_C_COMPILER clang)\nset(CMAKE_C_COMPILER_TARGET arm-none-eabi)\n"
        f'set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)\nset(CMAKE_C_FLAGS_INIT "{flags} -O2")\n'
    )
    lists = "cmake_minimum_required(VERSION 3.16)\nproject(app LANGUAGES C)\nadd_subdirectory(toy)\n"
    write({"clang.cmake": toolchain, "CMakeLists.txt": lists}, folder.parent)
    succeed("cmake", "-B", "out", "-DCMAKE_TOOLCHAIN_FILE=clang.cmake", ".", folder=tmp_path)
    succeed("cmake", "--build", "out", folder=tmp_path)
    assert (tmp_path / "out/toy/libtoy.a").is_file()


@needs_cmake
def test_two_models_share_one_runtime(tmp_path: Path) -> None:
    cases = [case(name="one"), case(recognizer("lstm", units=9, outputs=4), name="other")]
    for one in cases:
        exported(one, tmp_path / one.library.name)
    write({"CMakeLists.txt": TWO, "both.c": "typedef int nothing;\n"}, tmp_path)
    succeed("cmake", "-B", "out", ".", folder=tmp_path)
    succeed("cmake", "--build", "out", folder=tmp_path)
    check_side_by_side(cases, tmp_path / "out/libboth.so")


@needs_cmake
def test_two_models_with_other_kernels_are_refused(tmp_path: Path) -> None:
    for name, family in (("one", "dsp"), ("other", "portable")):
        exported(case(name=name, family=family), tmp_path / name)
    write({"CMakeLists.txt": TWO, "both.c": "typedef int nothing;\n"}, tmp_path)
    ended = subprocess.run(["cmake", "-B", "out", "."], cwd=tmp_path, capture_output=True, text=True, check=False)
    said = " ".join(ended.stderr.split())
    assert ended.returncode != 0
    assert "other needs the portable kernels of shrinkc" in said and "has the dsp kernels" in said


def test_the_project_has_the_version_and_the_build_s_own_files() -> None:
    one = case()
    files = export(one.library, CMAKE, ABOUT)
    assert "project(toy VERSION 1.2.3 LANGUAGES C)" in files["CMakeLists.txt"]
    assert {name: files[name] for name in one.library.files} == one.library.files
