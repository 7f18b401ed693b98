"""The CMSIS-Pack: its description by the rules of PACK.xsd 1.7.32 and packchk, its C as a build of the pack sees it."""

import io
import re
import xml.etree.ElementTree as ElementTree
import zipfile
from pathlib import Path

import pytest
from exported import ABOUT, STRICT, Case, case, succeed, write

from shrinkc.export import export
from shrinkc.export.about import About
from shrinkc.export.cmsis_pack import CMSIS_PACK
from shrinkc.lower import FAMILIES
from tools import needs_arm

# Of PACK.xsd: what may stand in an element, and an attribute's form. The order of a package's elements is free.
RESTRICTED = r"[-_A-Za-z0-9]+"
VERSION = r"\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?"
CHILDREN = {
    "package": {
        *("vendor", "name", "description", "url", "license", "licenseSets", "requirements", "releases", "keywords"),
        *("taxonomy", "conditions", "components"),
    },
    "licenseSets": {"licenseSet"},
    "licenseSet": {"license"},
    "requirements": {"languages"},
    "languages": {"language"},
    "releases": {"release"},
    "keywords": {"keyword"},
    "taxonomy": {"description"},
    "conditions": {"condition"},
    "condition": {"description", "accept", "require"},
    "components": {"component"},
    "component": {"description", "RTE_Components_h", "files"},
    "files": {"file"},
}
NEEDED = ("vendor", "name", "description", "url", "releases")
CORES = {f"Cortex-{core}" for core in ["M0", "M0+", "M1", "M23", "M3", "M33", "M35P", "M4", "M52", "M55", "M7", "M85"]}
ATTRIBUTES = {
    "category": {"doc", "header", "source"},
    "language": {"c", "cpp"},
    "attr": {"template"},
    "Dcore": CORES,
    "Ddsp": {"DSP", "NO_DSP"},
    "Dmve": {"MVE", "FP_MVE", "NO_MVE"},
    "Tcompiler": {"GCC", "CLANG", "ARMCC"},
    "Toptions": {"AC6"},
    "default": {"true", "false"},
}


def check(files: dict[str, bytes | str]) -> list[str]:
    """What speaks against the pack of an export."""
    (pack_name,) = (name for name in files if name.endswith(".pack"))
    (pdsc_name,) = (name for name in files if name.endswith(".pdsc"))
    archive = zipfile.ZipFile(io.BytesIO(files[pack_name]))
    inside = set(archive.namelist())
    package = ElementTree.fromstring(files[pdsc_name])
    said = {name: package.findtext(name, "") for name in NEEDED}
    found = [f"{name} is missing" for name in NEEDED if package.find(name) is None]
    found += [f"{name}: {said[name]}" for name in ("vendor", "name") if not re.fullmatch(RESTRICTED, said[name])]
    release = package.find("releases/release").get("version")
    if pack_name != f"{said['vendor']}.{said['name']}.{release}.pack":
        found.append(f"the pack's name: {pack_name}")
    if pdsc_name not in inside or archive.read(pdsc_name).decode() != files[pdsc_name]:
        found.append("the description in the pack is another")
    ids = [one.get("id") for one in (*package.iter("condition"), *package.iter("licenseSet"))]
    found += ["an id twice"] if len(ids) != len(set(ids)) else []
    for element in package.iter():
        strange = {child.tag for child in element} - CHILDREN.get(element.tag, set())
        found += [f"{element.tag} holds {name}" for name in strange]
        found += [
            f"{element.tag} {key}={value}"
            for key, value in element.items()
            if value not in ATTRIBUTES.get(key, {value})
        ]
        found += [f"no condition {used}" for used in [element.get("condition")] if used is not None and used not in ids]
        found += [f"no licences {used}" for used in [element.get("licenseSet")] if used is not None and used not in ids]
        found += [
            f"version {element.get(key)}"
            for key in ("Cversion",)
            if not re.fullmatch(VERSION, element.get(key, "0.0.0"))
        ]
        if element.tag in ("file", "license") and (element.get("name") or element.text) not in inside:
            found.append(f"no file {element.get('name') or element.text}")
        if element.tag == "description" and not 0 < len(element.text) <= 256:
            found.append(f"a description of {len(element.text)} letters")
    used = {element.get("name") for element in package.iter("file")}
    found += [f"{name} is in no component" for name in inside - used if re.match("(src|include|templates)/", name)]
    return found


@pytest.mark.parametrize("family", FAMILIES)
def test_the_check_has_nothing_to_say(family: str) -> None:
    assert not check(export(case(family=family).library, CMSIS_PACK, ABOUT))


def test_a_build_s_number_and_a_licence_nobody_stated_do_no_harm() -> None:
    bare = About("1.0.0-rc.1+7", None, None, url="https://example.org/a?b&c", vendor="Example")
    files = export(case().library, CMSIS_PACK, bare)
    assert not check(files) and "Example.toy.1.0.0-rc.1.pack" in files


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("<vendor>Example", "<vendor>An Example", "vendor: An Example"),
        ('condition="Core and compiler"', 'condition="Core"', None),
        ('condition="Core and compiler"', 'condition="Gone"', "no condition Gone"),
        ('name="src/toy.c"', 'name="src/tay.c"', "no file src/tay.c"),
        ('Dcore="Cortex-M4"', 'Dcore="Cortex-M5"', "accept Dcore=Cortex-M5"),
        ('Cversion="1.2.3"', 'Cversion="1.2"', "version 1.2"),
    ],
)
def test_the_check_finds_what_is_wrong(old: str, new: str, message: str | None) -> None:
    files = export(case().library, CMSIS_PACK, ABOUT)
    assert old in files["Example.toy.pdsc"]
    found = check({**files, "Example.toy.pdsc": files["Example.toy.pdsc"].replace(old, new)})
    assert message is None or message in found


def unpacked(one: Case, folder: Path) -> Path:
    write(export(one.library, CMSIS_PACK, ABOUT), folder)
    with zipfile.ZipFile(folder / f"Example.{one.library.name}.1.2.3.pack") as pack:
        pack.extractall(folder)
    return folder


@needs_arm
@pytest.mark.parametrize("family", FAMILIES)
def test_the_component_compiles_for_its_core_with_the_template(family: str, tmp_path: Path) -> None:
    one = case(family=family)
    folder = unpacked(one, tmp_path)
    flags = (*one.library.target.core.flags, "-O2", *STRICT, "-Iinclude", "--specs=rdimon.specs")
    succeed("arm-none-eabi-gcc", *flags, "src/toy.c", "templates/stream.c", "-o", "image.elf", folder=folder)
    cxx = (*one.library.target.core.flags, "-std=c++11", "-fno-exceptions", "-Wall", "-Wextra", "-Werror", "-Iinclude")
    succeed("arm-none-eabi-g++", *cxx, "-c", "templates/stream.cpp", folder=folder)


def test_the_zip_has_fixed_times_and_order() -> None:
    files = export(case().library, CMSIS_PACK, ABOUT)
    entries = zipfile.ZipFile(io.BytesIO(files["Example.toy.1.2.3.pack"])).infolist()
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert [entry.filename for entry in entries] == sorted(entry.filename for entry in entries)
