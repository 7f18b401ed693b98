"""What `shrinkc compare --json` prints: every key, its type, its unit and what it means; and how it is found.

`docs/report.md` has the table of keys, written from here.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated

from ..errors import InputError
from ..project.values import dotted
from ..schema import Part, about
from .figures import FIGURES, Figure, relative, value_of
from .report import (
    ActivationBits,
    Clipping,
    Columns,
    PathEntry,
    PathThreshold,
    Report,
    Rounding,
    Rows,
    WeightBits,
)

SCHEMA = "shrinkc-comparison-1"


class Side(Part):
    model: Annotated[str, about("Model")]
    target: Annotated[str, about("Target that it was built for")]
    digest: Annotated[str, about("SHA-256 of the generated sources")]
    dataset: Annotated[str | None, about("Data set that it was verified on; null: not verified")]
    utterances: Annotated[int | None, about("Utterances run; null: not verified")]
    bit_exact: Annotated[bool | None, about("Did every bit equal the reference's? null: not verified")]


class FigureChange(Part):
    key: Annotated[str, about("Figure, by its dotted key in report.json, whose unit it has")]
    before: Annotated[float | None, about("In the first build; null: not there")]
    after: Annotated[float | None, about("In the second build; null: not there")]
    change: Annotated[float | None, about("Second minus first; of fractions in points (100 x fraction)")]
    percent: Annotated[float | None, about("100 x change / before, of counts and bytes; null: of others, or from 0")]


class PathPlan(Part):
    rows: Rows
    columns: Columns
    weight_bits: WeightBits
    activation_bits: ActivationBits
    clipping: Clipping
    rounding: Rounding
    threshold: PathThreshold
    mode: Annotated[str, about("How its products are computed: delta or dense")]


class PathChange(Part):
    name: Annotated[str, about("Path, as layer.gate.source")]
    before: Annotated[PathPlan | None, about("In the first build; null: no such path")]
    after: Annotated[PathPlan | None, about("In the second build; null: no such path")]


class ValueChange(Part):
    key: Annotated[str, about("Key, dotted")]
    before: Annotated[object, about("In the first build; null: not set")]
    after: Annotated[object, about("In the second build; null: not set")]


class Comparison(Part):
    """All of it."""

    schema: Annotated[str, about(f"Version of this format: `{SCHEMA}`")]
    before: Annotated[Side, about("The first build")]
    after: Annotated[Side, about("The second build")]
    same_sources: Annotated[bool, about("Are the generated sources the same, byte for byte?")]
    same_data: Annotated[
        bool, about("Were both verified on the same data? If not, no figure of `verification` is here")
    ]
    figures: Annotated[tuple[FigureChange, ...], about("Figures that either build has, changed or not")]
    paths: Annotated[tuple[PathChange, ...], about("Paths whose plan differs")]
    settings: Annotated[tuple[ValueChange, ...], about("Settings of the build (`build` of report.json) that differ")]
    tools: Annotated[tuple[ValueChange, ...], about("Versions of tools, emulator included, that differ")]
    notes: Annotated[tuple[str, ...], about("What a reader of the figures should know, a sentence each")]


def compare(before: Report, after: Report) -> Comparison:
    """What differs between two builds. Raises InputError where their models do not read the same inputs."""
    widths = [_inputs(report) for report in (before, after)]
    if widths[0] != widths[1]:
        raise InputError(
            f"{before.model.name} reads {widths[0]} values a frame and {after.model.name} {widths[1]}: "
            "give two builds of models with the same inputs"
        )
    same = _data(before) is not None and _data(before) == _data(after)
    return Comparison(
        schema=SCHEMA,
        before=_side(before),
        after=_side(after),
        same_sources=before.digest == after.digest,
        same_data=same,
        figures=tuple(_figures(before, after, same)),
        paths=tuple(_paths(before, after)),
        settings=_values(_flat(before.build), _flat(after.build)),
        tools=_values(
            *(
                _tools(report, emulator=None not in (before.verification, after.verification))
                for report in (before, after)
            )
        ),
        notes=tuple(_notes(before, after)),
    )


def _inputs(report: Report) -> int:
    """Values of an input frame: the first path of a network multiplies the input."""
    return report.paths[0].columns


def _data(report: Report) -> tuple | None:
    """What figures were measured on, as far as a report tells; None before that."""
    found = report.verification
    if found is None:
        return None
    return found.dataset, found.dataset_utterances, found.utterances, found.frames, found.symbols, found.silence


def _side(report: Report) -> Side:
    found = report.verification
    return Side(
        model=report.model.name,
        target=report.target,
        digest=report.digest,
        dataset=found and found.dataset,
        utterances=found and found.utterances,
        bit_exact=found and found.bit_exact,
    )


def _figures(before: Report, after: Report, same_data: bool) -> Iterator[FigureChange]:
    for figure in FIGURES:
        if figure.measured and not same_data:
            continue
        ends = value_of(before, figure.key), value_of(after, figure.key)
        if ends != (None, None):
            yield _change(figure, *ends)


def _change(figure: Figure, before: float | None, after: float | None) -> FigureChange:
    both = before is not None and after is not None
    return FigureChange(
        key=figure.key,
        before=before,
        after=after,
        change=figure.change(before, after) if both else None,
        percent=relative(figure, before, after) if both else None,
    )


def _paths(before: Report, after: Report) -> Iterator[PathChange]:
    """Paths whose plan differs: those of the first build in its order, then those that the second alone has."""
    plans = [{path.name: _plan(report, path) for path in report.paths} for report in (before, after)]
    for name in dict.fromkeys((*plans[0], *plans[1])):
        first, second = (plan.get(name) for plan in plans)
        if first != second:
            yield PathChange(name=name, before=first, after=second)


def _plan(report: Report, path: PathEntry) -> PathPlan:
    mode = next(group.mode for group in report.groups if group.name == path.group)
    taken = {name: getattr(path, name) for name in PathPlan.__struct_fields__ if name != "mode"}
    return PathPlan(**taken, mode=mode)


def _flat(table: Mapping[str, object], prefix: tuple[str, ...] = ()) -> dict[str, object]:
    """Nested settings by their dotted keys."""
    found: dict[str, object] = {}
    for name, value in table.items():
        key = (*prefix, name)
        found |= _flat(value, key) if isinstance(value, Mapping) else {dotted(key): value}
    return found


def _tools(report: Report, emulator: bool) -> dict[str, object]:
    return {**report.tools, **({"emulator": report.verification.emulator} if emulator else {})}


def _values(before: Mapping[str, object], after: Mapping[str, object]) -> tuple[ValueChange, ...]:
    ends = {key: (before.get(key), after.get(key)) for key in (*before, *after)}
    return tuple(ValueChange(key=key, before=old, after=new) for key, (old, new) in ends.items() if old != new)


def _notes(before: Report, after: Report) -> Iterator[str]:
    if before.target != after.target:
        yield f"built for {before.target} and for {after.target}: on other cores sizes and instructions are others too"
    if (before.model.name, before.model.parameters) != (after.model.name, after.model.parameters):
        yield (
            f"other models: {before.model.name} of {before.model.parameters:,} parameters and "
            f"{after.model.name} of {after.model.parameters:,}"
        )
    if _data(before) == _data(after):
        ends = [value_of(report, "verification.per.float") for report in (before, after)]
        if ends[0] != ends[1]:
            yield "the float models differ in their PER: the weights were trained anew"
    elif None in (_data(before), _data(after)):
        which = " and ".join(
            name for name, report in (("the first", before), ("the second", after)) if _data(report) is None
        )
        yield f"not verified: {which} build; only what a build knows is compared"
    else:
        yield (
            f"verified on other data ({_data_text(before)}; {_data_text(after)}): scores, instructions and work are "
            "not compared"
        )


def _data_text(report: Report) -> str:
    found = report.verification
    counted = "silence counted, " if found.silence else ""
    return f"{found.dataset}, {counted}{found.utterances} of {found.dataset_utterances} utterances"
