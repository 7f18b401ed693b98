"""`shrinkc init`: a new project."""

import os
from pathlib import Path

import click

from ..errors import InputError
from ..files import write_whole
from ..project import Options, resolve, with_options
from ..project.template import project_text
from ..project.values import FILE_NAME, empty
from ..target import load_target
from ..zoo import PREFIX as ZOO


@click.command("init")
@click.argument("folder", metavar="DIR")
@click.option("--from", "model", metavar="MODEL", help="Trained model: a file, or zoo:NAME.")
@click.option("--target", metavar="T", help="Core or board to build for.")
@click.option("--name", metavar="NAME", help="Prefix of the C names and files.")
def command(folder: str, model: str | None, target: str | None, name: str | None) -> None:
    """Write a project: the folder DIR with a shrinkc.toml that explains every key."""
    place = Path(folder)
    _check_free(place)
    _check_values(model, target, name)
    if model is not None and Path(model).suffix.lower() == ".safetensors":
        _describe(Path(model).expanduser())
    known = {"target": target, "model.path": _from_there(model, place), "model.name": name}
    write_whole(place / FILE_NAME, project_text({key: value for key, value in known.items() if value}))
    click.echo(f"wrote {place / FILE_NAME}")
    if place.absolute() != Path.cwd():
        click.echo(f"next: cd {place}")
    click.echo("next: " + " ".join(["shrinkc build", *([] if target else ["--target cortex-m4"])]))
    click.echo("next: shrinkc verify")


def _check_free(place: Path) -> None:
    """Refuse a folder that holds anything: a project starts in one of its own."""
    if (place / FILE_NAME).exists():
        raise InputError(f"{place} is a project already: edit its {FILE_NAME}, or choose another folder")
    if place.exists() and not place.is_dir():
        raise InputError(f"{place} is a file: choose another folder")
    if place.is_dir() and any(place.iterdir()):
        raise InputError(f"{place} holds {_first(place)!r}: choose a new or empty folder")


def _first(place: Path) -> str:
    return min(item.name for item in place.iterdir())


def _check_values(model: str | None, target: str | None, name: str | None) -> None:
    """Refuse what the build would refuse: an unknown target or zoo model, a missing file, a bad name."""
    if target is not None:
        load_target(target)
    if model is None:
        with_options(empty(), Options(target=target, name=name))
        return
    settings = resolve(with_options(empty(), Options(model=model, target=target or "any", name=name)))
    if settings.model.name.startswith(ZOO):
        return
    if not settings.model.path.exists():
        raise InputError(f"{model}: no such model file: check the path, or take one of `shrinkc zoo`")
    _check_ending(settings.model.path)


def _check_ending(path: Path) -> None:
    """Refuse a file of torch.save here, not only at the build: what to do about it takes Python."""
    from ..importers import PICKLES
    from ..importers.pytorch.tensors import pickled

    if path.suffix.lower() in PICKLES:
        raise pickled(path)


def _describe(model: Path) -> None:
    """Write the TOML beside a state dict, unless there is one: what its names tell, and what is to fill in."""
    from ..importers.pytorch.description import description_path
    from ..importers.pytorch.guess import guess

    place = description_path(model)
    if place.exists():
        click.echo(f"{place} is there already, and kept")
        return
    made = guess(model)
    write_whole(place, made.text)
    click.echo(f"wrote {place}, guessed from the tensors' names: {', '.join(made.layers)}")
    for doubt in made.doubts:
        click.echo(f"check in {place}: {doubt}")
    for key in made.to_fill:
        click.echo(f"fill in {place}: {key}")


def _from_there(model: str | None, place: Path) -> str | None:
    """A model's path as seen from the project; a zoo model, and an absolute path, as they are."""
    if model is None or model.startswith(ZOO) or Path(model).is_absolute():
        return model
    return os.path.relpath(Path(model).expanduser(), place)
