"""The runtime, compiled once a session, by each compiler: every family as a library for Python, and the arithmetic."""

import shutil

import pytest
import runtime_build as build

from shrinkc.lower.kernels import FAMILIES


@pytest.fixture(scope="session")
def tables(tmp_path_factory):
    """shrinkc_tables.c, rendered."""
    path = tmp_path_factory.mktemp("tables") / "shrinkc_tables.c"
    path.write_text(build.render_tables())
    return path


@pytest.fixture(scope="session", params=["gcc", "clang"])
def host_compiler(request):
    if shutil.which(request.param) is None:
        pytest.skip(f"{request.param} is not installed")
    return request.param


@pytest.fixture(scope="session", params=list(FAMILIES.values()), ids=list(FAMILIES))
def library(request, host_compiler, tables, tmp_path_factory):
    """A family's kernels, their plain C twins, as a shared library."""
    output = tmp_path_factory.mktemp("library") / "kernels.so"
    sources = [*build.family_sources(request.param), tables]
    build.compile_c([host_compiler, "-O2", "-shared", "-fPIC"], sources, output)
    return build.Library(output, request.param)


@pytest.fixture(scope="session")
def arrays(host_compiler, tables, tmp_path_factory):
    """Loops over the inline functions of shrinkc_fixed_point.h."""
    output = tmp_path_factory.mktemp("arrays") / "arrays.so"
    sources = [build.DEVICE / "fixed_point_arrays.c", tables]
    return build.FixedPointArrays(build.compile_c([host_compiler, "-O2", "-shared", "-fPIC"], sources, output))
