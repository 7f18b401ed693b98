"""What `shrinkc analyze --delta` prints as JSON: every key, its type, its unit and what it means; and its tables."""

from collections.abc import Mapping
from typing import Annotated

import numpy as np

from ..quantize import QuantizedNetwork
from ..schema import Part, about
from .sending import ZERO, Sending, at_zero
from .thresholds import Alone, Cost, rows_reading
from .trials import Held, Trials

SCHEMA = "shrinkc-delta-analysis-2"
PERCENTILES = (50, 75, 90, 95, 99)


class Moves(Part):
    """How far the elements move from one frame to the next, at a threshold of 0."""

    still: Annotated[float, about("Share that does not move at all", ge=0, le=1)]
    percentiles: Annotated[dict[str, int], about("Steps of the grid that so many per cent of the moves do not pass")]
    largest: Annotated[int, about("Largest move seen, steps", ge=0)]


class SendingEffect(Part):
    """What one threshold of a group, or one coarser grid, does; all others at a threshold of 0."""

    coarse: Annotated[int, about("Steps of the group's grid that make one of a coarser grid; 1: its own", ge=1)]
    threshold: Annotated[int, about("In steps of the group's grid", ge=0)]
    sent: Annotated[float, about("Share of the group's columns that is sent", ge=0, le=1)]
    eliminated: Annotated[float, about("Of the multiplications of all products, per cent that it does not send")]
    saved: Annotated[
        float, about("Instructions a step that products and scans take less on the target than at threshold 0")
    ]
    divergence: Annotated[float, about("How far the outputs are from float's, as `divergence` of the whole says")]
    increase: Annotated[float | None, about("Of the PER, or of wrong labels, points; null: no labels")]
    ci95: Annotated[tuple[float, float] | None, about("95 % interval of `increase`, points")]


class GroupEntry(Part):
    name: Annotated[str, about("Send group, as vector@bits")]
    width: Annotated[int, about("Elements of the vector", ge=1)]
    rows: Annotated[int, about("Rows of all matrices that read it", ge=1)]
    scale: Annotated[float, about("Real value of one step")]
    moves: Annotated[Moves, about("How far its elements move from one frame to the next")]
    effects: Annotated[tuple[SendingEffect, ...], about("At each threshold, 0 first, then on each coarser grid")]


class DeltaAnalysis(Part):
    """All of it."""

    schema: Annotated[str, about("Name and number of this layout")]
    model: Annotated[str, about("Model")]
    target: Annotated[str, about("Core or board that `saved` is for")]
    dataset: Annotated[str, about("Data set that each trial ran over")]
    utterances: Annotated[int, about("Utterances of it", ge=1)]
    metric: Annotated[str, about("What `increase` is of: per, accuracy (wrong labels), or outputs (nothing)")]
    divergence: Annotated[
        str, about("kl: of softmaxes, nats, mean over frames; square: mean square over the float outputs' variance")
    ]
    instructions: Annotated[float, about("A step, of all products and scans on the target at threshold 0")]
    notes: Annotated[tuple[str, ...], about("Of data that is too little to go by")]
    groups: Annotated[tuple[GroupEntry, ...], about("Every send group")]


def delta_analysis(
    trials: Trials,
    network: QuantizedNetwork,
    moves: Mapping[str, np.ndarray],
    alone: Alone,
    cost: Cost,
    dataset: str,
    target: str,
) -> DeltaAnalysis:
    """The report. moves: as `deltas.moves` counts them; alone: as `thresholds.each_alone` tried them."""
    zero = at_zero(network)
    rows = rows_reading(network)
    whole = sum(rows[group.name] * group.width for group in network.groups)
    base = next(iter(alone.values()))[ZERO]
    nothing = cost(zero, base.shares)

    def effect(name: str, width: int, way: Sending, held: Held) -> SendingEffect:
        found, shares = held.outcome, base.shares | {name: held.shares[name]}
        return SendingEffect(
            coarse=way.coarse,
            threshold=way.threshold,
            sent=held.shares[name],
            eliminated=100.0 * rows[name] * width * (1 - held.shares[name]) / whole,
            saved=nothing - cost(zero | {name: way}, shares),
            divergence=found.divergence,
            increase=found.increase,
            ci95=None if found.interval is None else (found.interval.low, found.interval.high),
        )

    groups = tuple(
        GroupEntry(
            name=group.name,
            width=group.width,
            rows=rows[group.name],
            scale=group.scale,
            moves=_moves(moves[group.name]),
            effects=tuple(effect(group.name, group.width, *each) for each in _in_order(alone[group.name])),
        )
        for group in network.groups
    )
    return DeltaAnalysis(
        schema=SCHEMA,
        model=network.name,
        target=target,
        dataset=dataset,
        utterances=len(trials.dev),
        metric=trials.metric.kind,
        divergence="kl" if trials.logits else "square",
        instructions=nothing,
        notes=trials.notes,
        groups=groups,
    )


def _in_order(helds: Mapping[Sending, Held]) -> list[tuple[Sending, Held]]:
    """Thresholds on the plan's own grid, then coarser grids."""
    return sorted(helds.items(), key=lambda one: (one[0].coarse, one[0].threshold))


def _moves(counts: np.ndarray) -> Moves:
    total = max(1, int(counts.sum()))
    reached = np.cumsum(counts)
    return Moves(
        still=float(counts[0]) / total,
        percentiles={str(each): int(np.searchsorted(reached, total * each / 100)) for each in PERCENTILES},
        largest=int(np.flatnonzero(counts).max(initial=0)),
    )


def move_rows(found: DeltaAnalysis) -> list[tuple[str, ...]]:
    """The table of moves, a heading first."""
    rows = [("send group", "elements", "still", *(f"{each} %" for each in PERCENTILES), "largest")]
    for group in found.groups:
        shares = (str(group.moves.percentiles[str(each)]) for each in PERCENTILES)
        rows.append((group.name, str(group.width), f"{100 * group.moves.still:.0f} %", *shares,
                     str(group.moves.largest)))  # fmt: skip
    return rows


def sending_rows(found: DeltaAnalysis) -> list[tuple[str, ...]]:
    """The table of thresholds and coarser grids (x4: four steps are one there), a heading first."""
    what = "wrong labels" if found.metric == "accuracy" else "PER"
    scored = found.groups[0].effects[0].increase is not None
    heading = ("send group", "grid", "threshold", "sent", "work unsent", "instructions saved", "divergence")
    rows = [(*heading, *([f"{what}, points"] if scored else []))]
    for group in found.groups:
        for each in group.effects:
            rate = () if each.increase is None else (f"{each.increase:+.2f}",)
            shares = (f"{100 * each.sent:.0f} %", f"{each.eliminated:.1f} %")
            way = (f"x{each.coarse}", str(each.threshold))
            rows.append((group.name, *way, *shares, f"{each.saved:,.0f}", f"{each.divergence:.5f}", *rate))
    return rows
