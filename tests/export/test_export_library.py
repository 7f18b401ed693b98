"""What an export starts from, and what stands beside every export."""

import json
import shutil
import tempfile
from pathlib import Path

import pytest
from exported import ABOUT, case

from shrinkc.errors import InputError
from shrinkc.export import FORMATS, export, load
from shrinkc.export.about import About, about
from shrinkc.export.manifest import written_files
from shrinkc.files import replace_folder
from shrinkc.resources import data_folder

OWN = tempfile.gettempdir(), Path.home(), data_folder("targets").parent
MACHINE = ("/tmp/", "/home/", *(f"{path}/" for path in OWN))
"""What paths of a machine begin with, and those of this one."""


@pytest.mark.parametrize("form", FORMATS)
def test_every_export_says_what_it_is(form: str, tmp_path: Path) -> None:
    one = case()
    files = export(one.library, FORMATS[form], ABOUT)
    said = json.loads(files["shrinkc-export.json"])
    assert (said["format"], said["version"], said["model"]) == (form, "1.2.3", "toy")
    assert said["digest"] == one.library.digest and said["license"] == {"runtime": "Apache-2.0", "weights": "MIT"}
    assert "Apache License" in files["LICENSE"] and files["LICENSE-weights.txt"] == "Do what you like.\n"
    replace_folder(tmp_path / "out", files)
    assert set(written_files(tmp_path / "out")) == set(files)


@pytest.mark.parametrize("form", FORMATS)
def test_an_export_is_the_same_each_time_and_knows_no_machine(form: str) -> None:
    one, other = (export(case().library, FORMATS[form], ABOUT) for _ in range(2))
    assert one == other
    for name, content in one.items():
        text = content if isinstance(content, str) else content.decode("latin-1")
        assert not any(strange in text for strange in MACHINE), name


@pytest.mark.parametrize("form", FORMATS)
def test_weights_without_a_licence_are_said_to_have_none(form: str) -> None:
    bare = About("0.1.0", None, None, "Ada", "ada@example.org", "https://example.org", "Example")
    files = export(case().library, FORMATS[form], bare)
    assert "The weights: not stated" in files["README.md"] and "LICENSE-weights.txt" not in files


def test_weights_of_the_zoo_bring_their_licence() -> None:
    said = about(case(model="zoo:lstm").library, {}, None)
    assert (said.license, said.expression("lstm")) == ("CC-BY-SA-3.0", "Apache-2.0 AND CC-BY-SA-3.0")
    assert "speechocean762" in said.license_text
    other = about(case(model="zoo:lstm").library, {"license": "MIT"}, "mine")
    assert (other.license, other.license_text) == ("MIT", "mine")


@pytest.mark.parametrize(
    ("license", "expression"),
    [
        (None, "Apache-2.0 AND LicenseRef-my-net-weights"),
        ("Apache-2.0", "Apache-2.0"),
        ("MIT OR BSD-3-Clause", "Apache-2.0 AND (MIT OR BSD-3-Clause)"),
    ],
)
def test_licences_as_spdx_writes_them(license: str | None, expression: str) -> None:
    assert About("0.1.0", license, None).expression("my_net") == expression


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("version", "1.2"),
        ("version", "01.2.3"),
        ("version", "1.2.3 "),
        ("author", "Ada"),
        ("author", "Ada <ada>"),
        ("url", "example.org"),
        ("vendor", "Two Words"),
        ("license", "MIT\n"),
    ],
)
def test_a_field_of_another_form_is_named_with_an_example(field: str, value: str) -> None:
    with pytest.raises(InputError, match=rf"--{field} .*: give it as in --{field} "):
        about(case().library, {field: value}, None)


def test_an_author_is_a_name_and_an_address() -> None:
    said = about(case().library, {"author": "Ada Lovelace <ada@example.org>", "version": "1.0.0-rc.1+5"}, None)
    assert (said.author, said.email, said.version) == ("Ada Lovelace", "ada@example.org", "1.0.0-rc.1+5")


def test_only_what_was_built_is_exported(built: Path, tmp_path: Path) -> None:
    library = load(built)
    assert (library.name, library.decode, library.target.name) == ("toy", "ctc", "cortex-m0plus")
    assert "CMakeLists.txt" in library.project and "toy.elf" not in library.project
    folder = tmp_path / "changed"
    shutil.copytree(built, folder)
    text = (folder / "toy_data.c").read_text()
    (folder / "toy_data.c").write_text(text + "\n")
    with pytest.raises(InputError, match="its C files are not those that the build wrote: build again"):
        load(folder)
    (folder / "toy_data.c").unlink()
    with pytest.raises(InputError, match=r"toy_data\.c: missing: build again"):
        load(folder)
