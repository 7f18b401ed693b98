"""The generated CMake project, with the real CMake: the library for the host, and the image for a target."""

import dataclasses
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

from networks import quantized, recognizer
from shrinkc.compile.cmake import cmake_files
from shrinkc.compile.image import compile_image, write_sources
from shrinkc.emit import emit
from shrinkc.emulate.run import run_image
from shrinkc.errors import InputError
from shrinkc.lower import FAMILIES, lower
from shrinkc.target import load_target
from tiny_model import reference, sources, utterances
from tools import needs_clang, needs_cmake, needs_gcc, needs_qemu

MAIN = """
#include <stdio.h>
#include "tiny.h"
int main() {
    tiny_state_t state;
    const int16_t input[3] = {10, 20, 30};
    int16_t output[2];
    tiny_reset(&state);
    tiny_step(&state, input, output);
    printf("%d %d", output[0], output[1]);
    return 0;
}
"""


def run(*command: str, folder: Path) -> str:
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The tiny model's project for the first real board, in a folder with a space in its name."""
    folder = tmp_path / "my project"
    files = sources()
    write_sources({**files, **cmake_files("tiny", files, load_target("netduinoplus2"))}, folder)
    return folder


@needs_cmake
def test_the_host_gets_the_library_alone(project: Path) -> None:
    run("cmake", "-B", "build", folder=project)
    run("cmake", "--build", "build", folder=project)
    assert (project / "build" / "libtiny.a").is_file()
    assert not list((project / "build").glob("*.elf"))


@needs_cmake
def test_another_project_can_take_the_library_in_cxx_too(project: Path) -> None:
    app = project.parent / "app"
    lists = (
        "cmake_minimum_required(VERSION 3.16)\nproject(app LANGUAGES C CXX)\n"
        f'add_subdirectory("{project}" tiny)\nadd_executable(app main.cpp)\ntarget_link_libraries(app tiny)\n'
    )
    write_sources({"CMakeLists.txt": lists, "main.cpp": MAIN}, app)
    run("cmake", "-B", "build", folder=app)
    run("cmake", "--build", "build", folder=app)
    outputs, _ = reference([np.array([[10, 20, 30]], np.int16)])
    assert run(str(app / "build" / "app"), folder=app).split() == [str(value) for value in outputs[0]]


@needs_cmake
@needs_qemu
def test_the_toolchain_file_gives_an_image_that_runs_the_same(project: Path) -> None:
    run("cmake", "-B", "build", "-DCMAKE_TOOLCHAIN_FILE=arm-none-eabi.cmake", folder=project)
    run("cmake", "--build", "build", folder=project)
    ours = compile_image(sources(), "tiny", load_target("netduinoplus2"))
    elf = (project / "build" / "tiny_image.elf").read_bytes()
    inputs = utterances([20, 5])
    trace = run_image(dataclasses.replace(ours, elf=elf), inputs)
    assert np.array_equal(trace.outputs, reference(inputs)[0])
    assert np.array_equal(trace.instructions, run_image(ours, inputs).instructions)


def test_the_files_are_the_same_each_time() -> None:
    files, target = sources(), load_target("cortex-m55")
    one = cmake_files("tiny", files, target)
    assert one == cmake_files("tiny", reversed(files), target)
    assert {"CMakeLists.txt", "arm-none-eabi.cmake", "image/image.ld", "image/protocol.h"} <= set(one)
    assert not set(one) & set(files)
    assert not any("/tmp" in text or "{{" in text for text in one.values())


def named(name: str) -> dict[str, str]:
    """The tiny model under another name."""
    files = {"shrinkc_tiny.h": sources()["shrinkc_tiny.h"], "shrinkc_tiny.c": sources()["shrinkc_tiny.c"]}
    for file in ("tiny.h", "tiny.c", "tiny_data.c"):
        text = re.sub(r"(?<!shrinkc_)tiny", name, sources()[file]).replace("TINY", name.upper())
        files[file.replace("tiny", name)] = text
    return files


@needs_cmake
@pytest.mark.parametrize("compiler", [pytest.param("gcc", marks=needs_gcc), pytest.param("clang", marks=needs_clang)])
def test_a_library_for_the_dsp_extension_builds_on_the_host_too(compiler: str, tmp_path: Path) -> None:
    target = load_target("cortex-m4")
    made = emit(lower(quantized(recognizer()), FAMILIES[target.kernels]))
    write_sources({**made.files, **cmake_files(made.name, made.files, target)}, tmp_path)
    run("cmake", "-B", "build", f"-DCMAKE_C_COMPILER={compiler}", folder=tmp_path)
    run("cmake", "--build", "build", folder=tmp_path)
    if compiler == "gcc":
        run("cmake", "-B", "arm", "-DCMAKE_TOOLCHAIN_FILE=arm-none-eabi.cmake", folder=tmp_path)
        run("cmake", "--build", "arm", folder=tmp_path)
        assert list((tmp_path / "arm").rglob("shrinkc_kernels_dsp*.c.obj"))


@needs_cmake
def test_a_name_that_cmake_keeps_for_itself(tmp_path: Path) -> None:
    files = named("all")
    write_sources({**files, **cmake_files("all", files, load_target("cortex-m3"))}, tmp_path)
    run("cmake", "-B", "build", folder=tmp_path)


@needs_cmake
def test_a_name_that_the_harness_has_too(tmp_path: Path) -> None:
    assert compile_image(named("harness"), "harness", load_target("cortex-m3")).interface.inputs == 3


def test_a_name_that_is_no_identifier() -> None:
    with pytest.raises(InputError, match="model name 'a-b'"):
        cmake_files("a-b", sources(), load_target("cortex-m4"))
