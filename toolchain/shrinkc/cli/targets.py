"""`shrinkc targets`: the cores and boards that there are, or all that is known of one."""

from pathlib import Path

import click

from .console import print_json, print_table


@click.command("targets")
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def command(name: str | None, as_json: bool) -> None:
    """List the targets, or show NAME: compiler flags, memories, clocks, emulator.

    NAME can be a board file of your own, which is checked so.
    """
    from ..target import is_board_file, list_targets, load_own, load_target

    if name is None:
        targets = [load_target(each) for each in list_targets()]
        if as_json:
            _print_json([describe(target) for target in targets])
        else:
            print_table(
                "targets", [("target", "is", "kernels", "flash", "RAM", "clock", "in QEMU"), *map(_row, targets)]
            )
        return
    target = load_own(Path(name)) if is_board_file(name) else load_target(name)
    if as_json:
        _print_json(describe(target))
    else:
        print_table(f"{target.name}: {target.core.title} on {target.board.title}", _details(target))


def _print_json(value: object) -> None:
    import json

    print_json(json.dumps(value, indent=2))


def _kib(size: int) -> str:
    return f"{size // 1024:,} KiB"


def _mhz(board) -> str:  # type: ignore[no-untyped-def]
    return f"{board.clock_hz / 1e6:g} MHz"


def _row(target) -> tuple[str, ...]:  # type: ignore[no-untyped-def]
    """One line of the list."""
    is_core = target.name == target.core.name
    return (
        target.name,
        target.core.title if is_core else target.board.title,
        target.kernels,
        _kib(target.board.region("flash").length),
        _kib(target.board.region("ram").length),
        _mhz(target.board),
        target.board.qemu_machine or "no",
    )


def _machine(board) -> str:  # type: ignore[no-untyped-def]
    return " ".join([f"-machine {board.qemu_machine}", *board.qemu_arguments]) if board.qemu_machine else "no machine"


def _serial_port(uart) -> str:  # type: ignore[no-untyped-def]
    return f"{uart.driver} at {uart.base:#010x}, {uart.baud} baud" if uart else "none"


def _details(target) -> list[tuple[str, str]]:  # type: ignore[no-untyped-def]
    """One target as rows of name and value."""
    core, board = target.core, target.board
    rows = [
        ("core", f"{core.name} ({core.isa})"),
        ("board", board.name),
        ("compiler flags", " ".join(target.flags)),
        ("kernels", target.kernels),
        ("clock", _mhz(board)),
        ("stack", f"{board.stack:,} bytes"),
    ]
    for region in board.regions:
        rows.append((region.name, f"{region.length:,} bytes from {region.origin:#010x} ({region.kind})"))
    rows += [
        ("QEMU", _machine(board)),
        ("console", board.console),
        ("serial port", _serial_port(board.uart)),
        ("flasher", board.flasher),
        ("others", ", ".join(name for name in (*board.flashers, "gdb") if name != board.flasher)),
    ]
    return rows + [("figures from", source) for source in board.sources]


def describe(target) -> dict[str, object]:  # type: ignore[no-untyped-def]
    """A target as plain values: its name, and every field of its core and its board."""
    import dataclasses

    described = dataclasses.asdict(target)
    del described["own"]
    return described
