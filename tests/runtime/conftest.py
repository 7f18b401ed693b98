"""The runtime, compiled once a session: as a library for Python, and as the check program for host and device."""

import shutil

import pytest
import runtime_reference as reference


@pytest.fixture(scope="session")
def tables(tmp_path_factory):
    """shrinkc_tables.c, rendered."""
    path = tmp_path_factory.mktemp("tables") / "shrinkc_tables.c"
    path.write_text(reference.render_tables())
    return path


@pytest.fixture(scope="session", params=["gcc", "clang"])
def host_compiler(request):
    if shutil.which(request.param) is None:
        pytest.skip(f"{request.param} is not installed")
    return request.param


@pytest.fixture(scope="session")
def library(host_compiler, tables, tmp_path_factory):
    """The portable kernels as a shared library."""
    output = tmp_path_factory.mktemp("library") / "runtime.so"
    sources = [*reference.runtime_sources("portable", tables), reference.DEVICE / "fixed_point_arrays.c"]
    reference.compile_c([host_compiler, "-O2", "-shared", "-fPIC"], sources, output)
    return reference.Library(output)
