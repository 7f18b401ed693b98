"""What `shrinkc bench` prints as JSON: every key, its type, its unit and what it means."""

from collections.abc import Iterable
from typing import Annotated

import msgspec

from .. import __version__
from ..compile.toolchain import ARM_COMPILER
from ..compile.versions import program_version
from ..emulate.qemu import EMULATOR
from ..errors import InputError

SCHEMA = "shrinkc-bench-1"


def _about(description: str, **limits: float) -> msgspec.Meta:
    return msgspec.Meta(description=description, **limits)


class _Part(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A part of the report."""


class Instructions(_Part):
    total: Annotated[float, _about("Instructions a step, mean over the steps", ge=0)]
    scan: Annotated[float | None, _about("Of these, scanning vectors for changes and quantising them; null: no split")]
    products: Annotated[float | None, _about("Products of matrices")]
    elementwise: Annotated[float | None, _about("The cells' loops over their units")]
    rest: Annotated[float | None, _about("Everything else: calls, and what several parts share")]


class Memory(_Part):
    flash: Annotated[int, _about("What a product links into flash, bytes", ge=0)]
    weights: Annotated[int, _about("Weights, biases, scales and tables of this model, part of `flash`, bytes", ge=0)]
    code: Annotated[int, _about("Code and shared tables, part of `flash`, bytes", ge=0)]
    ram: Annotated[int, _about("State that the caller keeps, without the stack, bytes", ge=0)]
    stack: Annotated[int, _about("Deepest stack of one call, bytes", ge=0)]


class Group(_Part):
    name: Annotated[str, _about("Send group, as vector@bits")]
    width: Annotated[int, _about("Elements of the vector", ge=1)]
    mode: Annotated[str, _about("How its products are computed: delta or dense")]
    cheaper: Annotated[str, _about("How the compiler would compute them at this share")]
    unsent: Annotated[float, _about("Share of the elements that was not sent over the steps; dense: 0", ge=0, le=1)]


class Shape(_Part):
    cell: Annotated[str, _about("lstm, gru (reset after), ligru or sru")]
    inputs: Annotated[int, _about("Elements of the input", ge=1)]
    units: Annotated[int, _about("Units of its one layer", ge=1)]
    weights: Annotated[int, _about("Bits of a weight")]
    unsent: Annotated[int | None, _about("Percent of the columns unsent; null: dense, without thresholds")]


class Result(_Part, omit_defaults=True):
    """One model on one core. Without `instructions`, `problem` says why."""

    name: Annotated[str, _about("Model or standard shape")]
    target: Annotated[str, _about("Core or board")]
    kernels: Annotated[str, _about("Family of kernels")]
    multiplications: Annotated[int, _about("Multiplications of a step with all products dense", ge=0)]
    shape: Annotated[Shape | None, _about("The standard shape; absent for a model")] = None
    instructions: Annotated[Instructions | None, _about("Cost of a step")] = None
    memory: Annotated[Memory | None, _about("Memory, bytes")] = None
    groups: Annotated[tuple[Group, ...], _about("Send groups")] = ()
    problem: Annotated[str | None, _about("Why there is no figure; absent where there is")] = None


class Bench(_Part):
    schema: Annotated[str, _about(f"Version of this format: `{SCHEMA}`")]
    tools: Annotated[dict[str, str], _about("Version of each tool that took part")]
    steps: Annotated[int, _about("Steps that were counted", ge=1)]
    no_split: Annotated[str | None, _about("Why totals are not split; null where they are")]
    results: Annotated[tuple[Result, ...], _about("One for each model and core")]


def tools() -> dict[str, str]:
    """Versions of what makes the figures."""
    names = (ARM_COMPILER, EMULATOR)
    return {"shrinkc": __version__, **{name: program_version(name) or "unknown" for name in names}}


def to_json(bench: Bench) -> str:
    """Keys in declared order, two spaces of indent, a newline at the end."""
    return msgspec.json.format(msgspec.json.encode(bench), indent=2).decode() + "\n"


def from_json(text: bytes | str, where: str) -> Bench:
    """Read what `to_json` wrote; `where` names it. InputError for anything else."""
    try:
        bench = msgspec.json.decode(text, type=Bench)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{where}: not an answer of `shrinkc bench` ({error}): run it again") from error
    if bench.schema != SCHEMA:
        raise InputError(f"{where}: schema {bench.schema!r} is not {SCHEMA!r}: run `shrinkc bench` again")
    return bench


HEADS = (
    "core",
    "kernels",
    "instructions",
    "scan",
    "products",
    "element-wise",
    "rest",
    "unsent",
    "flash",
    "RAM",
    "stack",
)


def rows(results: Iterable[Result], named: bool) -> list[tuple[str, ...]]:
    """The table: heads, then a line a result. named: with the name of the shape, where there are several."""
    lead = ("shape",) if named else ()
    return [(*lead, *HEADS), *((*([one.name] if named else []), *_row(one)) for one in results)]


def _row(one: Result) -> tuple[str, ...]:
    if one.instructions is None or one.memory is None:
        return (one.target, one.kernels, *["-"] * (len(HEADS) - 2))
    cost, memory = one.instructions, one.memory
    return (
        one.target,
        one.kernels,
        *(_count(value) for value in (cost.total, cost.scan, cost.products, cost.elementwise, cost.rest)),
        f"{100 * unsent(one):.1f} %" if any(group.mode == "delta" for group in one.groups) else "dense",
        *(f"{value:,}" for value in (memory.flash, memory.ram, memory.stack)),
    )


def _count(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f}"


def unsent(one: Result) -> float:
    """The share of all columns, of all send groups, that was not sent."""
    columns = sum(group.width for group in one.groups)
    return sum(group.unsent * group.width for group in one.groups) / columns if columns else 0.0
