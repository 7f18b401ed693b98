"""The PlatformIO library: its manifest by PlatformIO's own schema, and its examples built by PlatformIO itself.

PlatformIO fetches its platform `native` and its builder from its registry. Where there is none, both are put in place
here: the builder from PyPI's SCons, and a platform of a few lines that compiles for this machine, as `native` does.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from exported import ABOUT, case, succeed, write

from networks import recognizer
from shrinkc.export import export
from shrinkc.export.about import About
from shrinkc.export.platformio import PLATFORMIO

SCHEMA = """
import json, sys
from platformio.package.manifest.schema import ManifestSchema
known = {"licenses": [{"licenseId": one} for one in ("Apache-2.0", "MIT")]}
ManifestSchema.load_spdx_licenses = staticmethod(lambda: known)
ManifestSchema().load_manifest(json.load(open("library.json")))
"""
SPEC = {"owner": "platformio", "id": None, "requirements": None, "uri": None}
CORE = {
    "packages/tool-scons/package.json": {"name": "tool-scons", "version": "{scons}", "description": "SCons"},
    "packages/tool-scons/.piopm": {
        "type": "tool",
        "name": "tool-scons",
        "version": "{scons}",
        "spec": SPEC | {"name": "tool-scons"},
    },
    "platforms/native/platform.json": {"name": "native", "title": "Native", "version": "1.0.0", "packages": {}},
    "platforms/native/.piopm": {
        "type": "platform",
        "name": "native",
        "version": "1.0.0",
        "spec": SPEC | {"name": "native"},
    },
}
SCRIPTS = {
    "packages/tool-scons/scons.py": "import SCons.Script\nSCons.Script.main()\n",
    "platforms/native/platform.py": (
        "from platformio.platform.base import PlatformBase\n\n\nclass NativePlatform(PlatformBase):\n    pass\n"
    ),
    "platforms/native/builder/main.py": (
        "from SCons.Script import Default, DefaultEnvironment\n\nDefault(DefaultEnvironment().BuildProgram())\n"
    ),
}
WANTED = "from platformio.dependencies import get_core_dependencies as get\nprint(get()['tool-scons'].lstrip('~'))"
TWO = """#include <stdio.h>
#include "one.h"
#include "other.h"
int main(void)
{
    static one_state_t one;
    static other_state_t other;
    int16_t input[ONE_INPUTS] = {0}, output[ONE_OUTPUTS];
    one_reset(&one);
    other_reset(&other);
    one_step(&one, input, output);
    other_step(&other, input, output);
    puts("both");
    return 0;
}
"""


@pytest.fixture(scope="session")
def pio_python() -> Path:
    """The interpreter that PlatformIO runs in."""
    program = shutil.which("pio")
    if program is None:
        pytest.skip("not installed: pio (pip install platformio scons)")
    return Path(Path(program).read_text().splitlines()[0].removeprefix("#!").strip('"'))


@pytest.fixture(scope="session")
def pio(pio_python: Path, tmp_path_factory: pytest.TempPathFactory):
    """pio(folder): build the project in `folder`; gives its program's path."""
    if subprocess.run([pio_python, "-c", "import SCons"], capture_output=True, check=False).returncode:
        pytest.skip("not installed beside pio: scons")
    core = tmp_path_factory.mktemp("core")
    version = succeed(pio_python, "-c", WANTED, folder=core).strip()
    files = {name: json.dumps(content).replace("{scons}", version) for name, content in CORE.items()}
    write(files | SCRIPTS, core)
    settings = {"PLATFORMIO_CORE_DIR": str(core), "PLATFORMIO_SETTING_ENABLE_TELEMETRY": "no"}

    def build(folder: Path) -> Path:
        ended = subprocess.run(
            ["pio", "run", "-d", folder], env=os.environ | settings, capture_output=True, text=True, timeout=200
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return folder / ".pio/build/native/program"

    return build


@pytest.mark.parametrize("licence", ["MIT", "MIT OR Apache-2.0", None])
def test_the_manifest_is_what_platformio_takes(licence: str | None, pio_python: Path, tmp_path: Path) -> None:
    about = About("1.2.3-rc.1", licence, None, "Ada Lovelace", "ada@example.org", "https://example.org/toy")
    write(export(case().library, PLATFORMIO, about), tmp_path)
    succeed(pio_python, "-c", SCHEMA, folder=tmp_path)


def test_the_manifest_names_files_that_are_there() -> None:
    files = export(case().library, PLATFORMIO, ABOUT)
    said = json.loads(files["library.json"])
    assert (said["name"], said["version"], said["license"]) == ("toy", "1.2.3", "Apache-2.0 AND MIT")
    assert said["authors"][0]["email"] == "ada@example.org" and said["headers"] == ["toy.h"]
    assert all(f"{one['base']}/{name}" in files for one in said["examples"] for name in one["files"])


def test_a_licence_that_spdx_does_not_name_is_left_out() -> None:
    said = json.loads(export(case().library, PLATFORMIO, About("0.1.0", None, None))["library.json"])
    assert not {"license", "authors", "homepage"} & said.keys()
    assert said["description"].endswith("Runtime: Apache-2.0; weights: not stated.")


@pytest.mark.parametrize("example", ["stream-c", "stream-cpp"])
def test_platformio_builds_the_examples(example: str, pio, tmp_path: Path) -> None:
    write(export(case(decode="argmax").library, PLATFORMIO, ABOUT), tmp_path)
    program = pio(tmp_path / "examples" / example)
    said = succeed(program, folder=tmp_path)
    assert ("left: s" in said) == (example == "stream-cpp") and said.endswith("20 frames\n")


def test_platformio_links_two_models_of_two_families(pio, tmp_path: Path) -> None:
    other = case(recognizer("lstm", units=9, outputs=4), name="other", family="portable")
    for one in (case(name="one"), other):
        write(export(one.library, PLATFORMIO, ABOUT), tmp_path / one.library.name)
    ini = "[env:native]\nplatform = native\nlib_deps =\n    symlink://../one\n    symlink://../other\n"
    write({"app/platformio.ini": ini, "app/src/main.c": TWO}, tmp_path)
    assert succeed(pio(tmp_path / "app"), folder=tmp_path) == "both\n"
