"""What stands beside every export: licences, a page to read first, and `shrinkc-export.json`, which says what it is."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from .. import __version__
from ..schema import Part, about, files_beside, to_json
from .about import RUNTIME_LICENCE, About
from .format import Format
from .library import Library
from .render import common

FILE_NAME = "shrinkc-export.json"
SCHEMA_FAMILY = "shrinkc-export-"
SCHEMA = SCHEMA_FAMILY + "1"


class Licences(Part):
    runtime: Annotated[str, about("Of the runtime in the C files, as SPDX names it")]
    weights: Annotated[str | None, about("Of the weights; null where nobody said")]


class Manifest(Part):
    """`shrinkc-export.json`."""

    schema: Annotated[str, about(f"Version of this file's form: `{SCHEMA}`")]
    shrinkc: Annotated[str, about("Version of shrinkc that wrote the export")]
    format: Annotated[str, about("What `--format` said")]
    version: Annotated[str, about("Version of the export")]
    model: Annotated[str, about("Prefix of the C names and files")]
    target: Annotated[str, about("Target of the build")]
    digest: Annotated[str, about("SHA-256 of the build's sources, as in its report and in the header")]
    license: Annotated[Licences, about("Licences")]
    files: Annotated[tuple[str, ...], about("Files of the export")]


def with_manifest(
    library: Library, form: Format, about: About, files: Mapping[str, bytes | str]
) -> dict[str, bytes | str]:
    """The files of an export with those that every export has."""
    whole = {**files, **common(library, form, about)}
    manifest = Manifest(
        schema=SCHEMA,
        shrinkc=__version__,
        format=form.name,
        version=about.version,
        model=library.name,
        target=library.target.name,
        digest=library.digest,
        license=Licences(runtime=RUNTIME_LICENCE, weights=about.license),
        files=tuple(sorted({*whole, FILE_NAME})),
    )
    return dict(sorted({**whole, FILE_NAME: to_json(manifest)}.items()))


def written_files(folder: Path) -> tuple[str, ...] | None:
    """What an export wrote into `folder`; None where none lies."""
    return files_beside(folder / FILE_NAME, SCHEMA_FAMILY)
