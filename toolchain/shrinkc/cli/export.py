"""`shrinkc export`: a build's library as a project to drop in."""

import os
from collections.abc import Callable
from pathlib import Path

import click

from ..errors import InputError
from ..export import FORMATS, Format, export, load
from ..export.about import ALWAYS, FIELDS, about
from ..export.manifest import written_files
from ..files import replace_folder
from ..project.values import FILE_NAME, read
from .build import check_output
from .verify import output_of

DEFAULT_FOLDER = "export"


def _fields(command: Callable) -> Callable:
    """An option for each field of a manifest."""
    for field in reversed(FIELDS):
        users = _users(field.name)
        only = f"  [{', '.join(users)}]" if users else ""
        command = click.option(f"--{field.name}", metavar=field.metavar, help=field.meaning + only)(command)
    return command


def _users(field: str) -> list[str]:
    """The formats that have a place for a field which not all have a place for."""
    return [form.name for form in FORMATS.values() if field in (*form.needs, *form.takes)]


@click.command("export")
@click.argument("folder", metavar="[DIR]", required=False)
@click.option(
    "--format",
    "name",
    type=click.Choice(list(FORMATS)),
    metavar="FORMAT",
    required=True,
    help=f"What to write: {', '.join(list(FORMATS)[:-1])} or {list(FORMATS)[-1]}.",
)
@click.option("-o", "--output", metavar="OUT", help=f"Folder of the export.  [default: {DEFAULT_FOLDER}/FORMAT]")
@_fields
@click.option("--license-file", metavar="FILE", help="Text of the weights' licence, to go with them.")
def command(folder: str | None, name: str, output: str | None, license_file: str | None, **given: str | None) -> None:
    """Write the library of the build in DIR as a project to drop in.

    Without DIR, the project's build. OUT is replaced whole, and only if an export lies there. The same build and
    options give the same bytes.
    """
    form = FORMATS[name]
    said = {field: value for field, value in given.items() if value is not None}
    _check_fields(form, said)
    place = Path(output or os.path.join(DEFAULT_FOLDER, name))
    check_output(place, written_files)
    here = Path.cwd()
    project = read(here) if (here / FILE_NAME).exists() else None
    library = load(Path(folder) if folder else output_of(project))
    details = about(library, said, _text(license_file))
    files = export(library, form, details)
    replace_folder(place.resolve(), files)
    click.echo(f"{library.name} {details.version} for {library.target.name}, as {form.title}")
    click.echo(f"licence: {details.expression(library.name)}")
    if details.license is None:
        click.echo("note: no licence of the weights: --license SPDX states it, --license-file FILE brings its text")
    if library.decode == "none":
        click.echo(
            "note: no decoder in this build: with `shrinkc build --decode ctc` or argmax the example reads symbols"
        )
    click.echo(f"written to {os.path.relpath(place)}: {len(files)} files")


def _check_fields(form: Format, given: dict[str, str]) -> None:
    """Refuse what the format has no place for, and ask for what its manifest must say."""
    for field in FIELDS:
        if field.name in given and field.name not in (*ALWAYS, *form.needs, *form.takes):
            raise InputError(f"--{field.name} belongs to --format {' and '.join(_users(field.name))}: leave it out")
        if field.name in form.needs and field.name not in given:
            raise InputError(f"--format {form.name} needs --{field.name}, such as --{field.name} {field.example}")


def _text(path: str | None) -> str | None:
    if path is None:
        return None
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"--license-file {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"--license-file {path}: is no text in UTF-8") from error
