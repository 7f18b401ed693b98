"""A PlatformIO library: library.json, src/, and examples that are projects of their own."""

import json

from .about import About
from .format import Format
from .library import Library
from .render import examples, pair, render


def files(library: Library, about: About) -> dict[str, bytes | str]:
    """The library's folder. Its C files are compiled at the build's own level of optimisation."""
    both = pair(library, about)
    sources = examples(library, about, "examples")
    projects = {}
    for path, text in sources.items():
        kind = path.rpartition(".")[2]
        projects[f"examples/stream-{kind}/src/main.{kind}"] = text
        projects[f"examples/stream-{kind}/platformio.ini"] = render("platformio/platformio.ini.j2", library, about)
    return {
        "library.json": json.dumps(_manifest(library, about, list(projects)), indent=2) + "\n",
        f"src/{library.name}.h": both.header,
        f"src/{library.name}.c": both.source,
        **projects,
    }


def _manifest(library: Library, about: About, projects: list[str]) -> dict[str, object]:
    """library.json. Its `license` takes SPDX's own names alone: it is left out where the weights have none of them."""
    expression = about.expression(library.name)
    folders = sorted({path.split("/")[1] for path in projects})
    manifest = {
        "name": library.name,
        "version": about.version,
        "description": f"{library.sentence} Runtime: Apache-2.0; weights: {about.weights}.",
        "keywords": ["recurrent neural network", "integer", "cortex-m"],
        "license": None if "LicenseRef-" in expression else expression,
        "homepage": about.url,
        "authors": [{"name": about.author, "email": about.email, "maintainer": True}] if about.author else None,
        "headers": [f"{library.name}.h"],
        "frameworks": ["*"],
        "platforms": ["*"],
        "build": {"flags": list(library.target.core.optimisation)},
        "examples": [
            {
                "name": folder,
                "base": f"examples/{folder}",
                "files": [path.split("/", 2)[2] for path in projects if path.split("/")[1] == folder],
            }
            for folder in folders
        ],
    }
    return {key: value for key, value in manifest.items() if value}


PLATFORMIO = Format("platformio", "a PlatformIO library", files, takes=("author", "url"))
