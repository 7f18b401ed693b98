"""`shrinkc flash`: the image of a build onto its board, through whichever tool the board's file knows."""

import dataclasses
from pathlib import Path

import click

from ..compile.elf import Elf
from ..compile.processes import scratch_folder
from ..errors import BuildError, InputError
from ..files import system_errors
from ..flash import FLASHERS, Flasher, Job
from ..project.values import FILE_NAME, read
from ..score import report as reports
from ..target import Board, Target, load_board, load_built
from .verify import output_of

_NAMES = tuple(FLASHERS)
_BESIDES = {
    *("name", "title", "cores", "sources", "flasher", "flashers"),
    *("console", "qemu_machine", "qemu_arguments", "systick_hz"),
}
"""Fields of a board that leave the image as it is."""


@click.command("flash")
@click.argument("folder", metavar="[DIR]", required=False)
@click.option("--board", metavar="BOARD", help="The board that the image was built for.  [default: as built]")
@click.option(
    "--flasher", type=click.Choice(_NAMES), metavar="TOOL", help=f"One of {', '.join(_NAMES)}.  [default: the board's]"
)
@click.option(
    "--probe",
    metavar="ID",
    help="The debug probe's serial number; for uf2 the drive's folder, for gdb host:port.  [default: the only one]",
)
@click.option("--dry-run", is_flag=True, help="Print the commands, for a shell, and do nothing.")
def command(folder: str | None, board: str | None, flasher: str | None, probe: str | None, dry_run: bool) -> None:
    """Write the image of the build in DIR to a board, verify it there, and start it.

    Without DIR, the project's build. The board's file says how each tool calls it. What the tool prints goes to
    stderr. Exits with 1 if the tool is missing, no probe is there, or the board does not hold what was written.
    """
    here = Path.cwd()
    place = Path(folder) if folder else output_of(read(here) if (here / FILE_NAME).exists() else None)
    report = reports.load(place)
    built = load_built(report.target, place)
    chosen = load_board(board).board if board else built.board
    refuse_other(built, chosen)
    image = place / f"{report.model.name}.elf"
    job = Job(chosen, image, _elf(image), probe)
    refuse_outside(job)
    way = flasher_of(chosen, flasher)
    if dry_run:
        click.echo(way.plan(job).script())
        return
    with scratch_folder() as work:
        way.write(dataclasses.replace(job, work=work), lambda text: click.echo(text, nl=False, err=True))
    click.echo(f"{image.name} is on {chosen.name}: {job.size:,} bytes from {job.first:#010x}, {way.done}")


def flasher_of(board: Board, name: str | None) -> Flasher:
    """The flasher called `name`, or the board's own. Raises InputError where it has none."""
    if name is None and board.flasher == "none":
        raise InputError(f"board {board.name} has no flasher of its own: --flasher gdb takes it through a gdb server")
    return FLASHERS[name or board.flasher]


def refuse_other(built: Target, board: Board) -> None:
    """Raise InputError unless `board` is what the image was built for: a file may differ in its flashers, say."""
    own = built.board
    if built.core.name not in board.cores or _compiled(own) != _compiled(board):
        raise InputError(
            f"the image is for {own.name} and does not run on {board.name}: `shrinkc build --target {board.name}` first"
        )


def _compiled(board: Board) -> dict[str, object]:
    """What of a board an image is made of."""
    return {key: value for key, value in dataclasses.asdict(board).items() if key not in _BESIDES}


def refuse_outside(job: Job) -> None:
    """Raise BuildError where the image would be written to what the board's file does not call a memory for it."""
    memories = [region for region in job.board.regions if region.kind != "ram"]
    if not job.elf.segments:
        raise BuildError(f"{job.image} has nothing to write; build it again")
    for segment in job.elf.segments:
        end = segment.address + len(segment.content)
        if not any(region.origin <= segment.address and end <= region.origin + region.length for region in memories):
            raise BuildError(
                f"{job.image} lies at {segment.address:#010x}, outside the flash of {job.board.name}; build it again"
            )


def _elf(path: Path) -> Elf:
    if not path.is_file():
        raise InputError(f"{path}: no such file; run shrinkc build")
    with system_errors(f"cannot read {path}"):
        content = path.read_bytes()
    try:
        return Elf(content)
    except BuildError as error:
        raise InputError(f"{path}: {error}") from error
