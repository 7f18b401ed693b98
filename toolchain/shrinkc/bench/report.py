"""What `shrinkc bench` prints as JSON: every key, its type, its unit and what it means."""

from collections.abc import Iterable
from typing import Annotated

import msgspec

from .. import __version__
from ..compile.toolchain import ARM_COMPILER
from ..compile.versions import program_version
from ..emulate.qemu import EMULATOR
from ..errors import InputError
from ..schema import Part, about

SCHEMA = "shrinkc-bench-1"


class Instructions(Part):
    total: Annotated[float, about("Instructions a step, mean over the steps", ge=0)]
    scan: Annotated[float | None, about("Of these, scanning vectors for changes and quantising them; null: no split")]
    products: Annotated[float | None, about("Products of matrices")]
    elementwise: Annotated[float | None, about("The cells' loops over their units")]
    rest: Annotated[float | None, about("Everything else: calls, and what several parts share")]


class Memory(Part):
    flash: Annotated[int, about("What a product links into flash, bytes", ge=0)]
    weights: Annotated[int, about("Weights, biases, scales and tables of this model, part of `flash`, bytes", ge=0)]
    code: Annotated[int, about("Code and shared tables, part of `flash`, bytes", ge=0)]
    ram: Annotated[int, about("State that the caller keeps, without the stack, bytes", ge=0)]
    stack: Annotated[int, about("Deepest stack of one call, bytes", ge=0)]


class Group(Part):
    name: Annotated[str, about("Send group, as vector@bits")]
    width: Annotated[int, about("Elements of the vector", ge=1)]
    mode: Annotated[str, about("How its products are computed: delta or dense")]
    cheaper: Annotated[str, about("How the compiler would compute them at this share")]
    unsent: Annotated[float, about("Share of the elements that was not sent over the steps; dense: 0", ge=0, le=1)]


class Shape(Part):
    cell: Annotated[str, about("lstm, gru (reset after), ligru or sru")]
    inputs: Annotated[int, about("Elements of the input", ge=1)]
    units: Annotated[int, about("Units of its one layer", ge=1)]
    weights: Annotated[int, about("Bits of a weight")]
    unsent: Annotated[int | None, about("Percent of the columns unsent; null: dense, without thresholds")]


class Result(Part, omit_defaults=True):
    """One model on one core. Without `instructions`, `problem` says why."""

    name: Annotated[str, about("Model or standard shape")]
    target: Annotated[str, about("Core or board")]
    kernels: Annotated[str, about("Family of kernels")]
    multiplications: Annotated[int, about("Multiplications of a step with all products dense", ge=0)]
    shape: Annotated[Shape | None, about("The standard shape; absent for a model")] = None
    instructions: Annotated[Instructions | None, about("Cost of a step")] = None
    memory: Annotated[Memory | None, about("Memory, bytes")] = None
    groups: Annotated[tuple[Group, ...], about("Send groups")] = ()
    problem: Annotated[str | None, about("Why there is no figure; absent where there is")] = None


class Bench(Part):
    schema: Annotated[str, about(f"Version of this format: `{SCHEMA}`")]
    tools: Annotated[dict[str, str], about("Version of each tool that took part")]
    steps: Annotated[int, about("Steps that were counted", ge=1)]
    no_split: Annotated[str | None, about("Why totals are not split; null where they are")]
    results: Annotated[tuple[Result, ...], about("One for each model and core")]


def tools() -> dict[str, str]:
    """Versions of what makes the figures."""
    names = (ARM_COMPILER, EMULATOR)
    return {"shrinkc": __version__, **{name: program_version(name) or "unknown" for name in names}}


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
