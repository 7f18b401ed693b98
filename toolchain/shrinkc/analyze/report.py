"""What `shrinkc analyze` prints as JSON: every key, its type, its unit and what it means."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from ..lower import product_cost
from ..lower.kernels import Family
from ..schema import Part, about
from ..target import Costs
from .sensitivity import Sensitivities, vector_widths
from .trials import Outcome, Trials

SCHEMA = "shrinkc-analysis-2"
SHRUNK, FINER = 4, 8
"""The width that is asked about, and the one that a skipped path would have."""
WORTH, SHARE = 2.0, 0.05
"""A path is worth skipping if that saves this many times as much divergence a byte as the mean path does, and at least
this share of all that all paths lose."""
CANDIDATE_H = ("candidate.h", "recurrent.h", "candidate.rh")
"""Paths that the study leaves at 16 bits: the candidate's product of h, by cell (Rezk et al. 2022)."""


class Effect(Part):
    """What one width does to the whole network, all else at 16 bits."""

    bits: Annotated[int, about("Bits of a weight, or of an element of the vector")]
    divergence: Annotated[float, about("How far the outputs are from float's, as the analysis' `divergence` says")]
    rmse: Annotated[float, about("Root mean square difference of the outputs from float's, in their unit")]
    increase: Annotated[float | None, about("Of the PER, or of wrong labels, points; null: no labels")]
    ci95: Annotated[tuple[float, float] | None, about("95 % interval of `increase`, points")]
    flash: Annotated[int | None, about("Weights of the path at this width, bytes, without filling; null: a vector")]
    instructions: Annotated[
        float | None, about("Dense product of the path a step on the target, from its measured costs")
    ]


class PathEntry(Part):
    name: Annotated[str, about("Path, as layer.gate.source")]
    rows: Annotated[int, about("Rows of the matrix", ge=1)]
    columns: Annotated[int, about("Columns of the matrix", ge=1)]
    effects: Annotated[tuple[Effect, ...], about("At each width")]
    worth: Annotated[
        float, about(f"Divergence that {FINER} bits save over {SHRUNK}, a byte, in times of the mean over all paths")
    ]
    skip: Annotated[bool, about("Is it worth leaving at more bits than the rest?")]


class VectorEntry(Part):
    name: Annotated[str, about("Vector, as layer.source")]
    width: Annotated[int, about("Elements of the vector", ge=1)]
    effects: Annotated[tuple[Effect, ...], about("At each width")]


class Study(Part):
    paths: Annotated[tuple[str, ...], about("Paths that the study leaves at 16 bits: the candidate's product of h")]
    holding: Annotated[tuple[str, ...], about("Of these, the ones that are worth skipping here")]


class Analysis(Part):
    """All of it."""

    schema: Annotated[str, about("Name and number of this layout")]
    model: Annotated[str, about("Model")]
    target: Annotated[str, about("Core or board whose costs are shown")]
    dataset: Annotated[str, about("Data set that each trial ran over")]
    utterances: Annotated[int, about("Utterances of it", ge=1)]
    calibration_utterances: Annotated[int, about("Utterances that ranges and rounding were made with", ge=1)]
    metric: Annotated[str, about("What `increase` is of: per, accuracy (wrong labels), or outputs (nothing)")]
    divergence: Annotated[
        str, about("kl: of softmaxes, nats, mean over frames; square: mean square over the float outputs' variance")
    ]
    rest: Annotated[Effect, about("With everything at 16 bits")]
    notes: Annotated[tuple[str, ...], about("Of data that is too little to go by")]
    paths: Annotated[tuple[PathEntry, ...], about("Every matrix, in the order of the network")]
    vectors: Annotated[tuple[VectorEntry, ...], about("Every vector that products read")]
    study: Annotated[Study, about("What became of the study's choice")]


def analysis(trials: Trials, found: Sensitivities, dataset: str, target: str, family: Family, costs: Costs) -> Analysis:
    """The report of all trials."""
    shapes = {name: array.shape for name, array in trials.network.matrices.items()}
    worth = _worth(found, {name: rows * columns for name, (rows, columns) in shapes.items()})
    saved = {name: _saved(effects) for name, effects in found.paths.items()}
    total = sum(saved.values()) or 1.0
    skips = {name for name in shapes if worth[name] >= WORTH and saved[name] >= SHARE * total}
    paths = tuple(
        PathEntry(
            name=name,
            rows=shapes[name][0],
            columns=shapes[name][1],
            effects=tuple(
                _effect(bits, one, shapes[name][0] * shapes[name][1] * bits // 8,
                        product_cost(family, costs, bits, *shapes[name]))
                for bits, one in effects.items()
            ),
            worth=worth[name],
            skip=name in skips,
        )
        for name, effects in found.paths.items()
    )  # fmt: skip
    candidates = tuple(name for name in shapes if name.partition(".")[2] in CANDIDATE_H)
    return Analysis(
        schema=SCHEMA,
        model=trials.network.name,
        target=target,
        dataset=dataset,
        utterances=len(trials.dev),
        calibration_utterances=len(trials.calibration),
        metric=trials.metric.kind,
        divergence="kl" if trials.logits else "square",
        rest=_effect(16, found.floor),
        notes=trials.notes,
        paths=paths,
        vectors=_vectors(trials, found),
        study=Study(paths=candidates, holding=tuple(name for name in candidates if name in skips)),
    )


def _vectors(trials: Trials, found: Sensitivities) -> tuple[VectorEntry, ...]:
    widths = vector_widths(trials.network)
    return tuple(
        VectorEntry(name=name, width=widths[name], effects=tuple(_effect(bits, one) for bits, one in effects.items()))
        for name, effects in found.vectors.items()
    )


def _effect(bits: int, outcome: Outcome, flash: int | None = None, instructions: float | None = None) -> Effect:
    interval = outcome.interval
    return Effect(
        bits=bits,
        divergence=outcome.divergence,
        rmse=outcome.rmse,
        increase=outcome.increase,
        ci95=None if interval is None else (interval.low, interval.high),
        flash=flash,
        instructions=instructions,
    )


def _saved(effects: Mapping[int, Outcome]) -> float:
    return max(0.0, effects[SHRUNK].divergence - effects[FINER].divergence)


def _worth(found: Sensitivities, weights: Mapping[str, int]) -> dict[str, float]:
    """By path: divergence that more bits save a weight, over the mean of that over all weights."""
    mean = sum(_saved(effects) for effects in found.paths.values()) / sum(weights.values())
    return {name: _saved(effects) / weights[name] / mean if mean else 0.0 for name, effects in found.paths.items()}


def cost_rows(found: Analysis) -> list[tuple[str, ...]]:
    """The table of what paths cost, a heading first."""
    bits = [effect.bits for effect in found.paths[0].effects]
    rows = [
        ("path", "weights", *(f"{each} bits: bytes" for each in bits), *(f"{each} bits: instructions" for each in bits))
    ]
    for path in found.paths:
        flash = (f"{effect.flash:,}" for effect in path.effects)
        steps = (f"{effect.instructions:,.0f}" for effect in path.effects)
        rows.append((path.name, f"{path.rows} x {path.columns}", *flash, *steps))
    return rows


def path_rows(found: Analysis) -> list[tuple[str, ...]]:
    """The table of what paths do, a heading first."""
    rows = [("path", *_effect_heading(found, found.paths[0].effects), f"{FINER} over {SHRUNK} bits")]
    for path in found.paths:
        cells = (cell for effect in path.effects for cell in _effect_cells(effect))
        rows.append((path.name, *cells, f"{path.worth:.1f} x{' skip' if path.skip else ''}"))
    return rows


def vector_rows(found: Analysis) -> list[tuple[str, ...]]:
    """The table of what vectors do, a heading first."""
    rows = [("vector", "elements", *_effect_heading(found, found.vectors[0].effects))]
    for vector in found.vectors:
        cells = (cell for effect in vector.effects for cell in _effect_cells(effect))
        rows.append((vector.name, f"{vector.width}", *cells))
    return rows


def _effect_heading(found: Analysis, effects: Sequence[Effect]) -> list[str]:
    what = "wrong labels" if found.metric == "accuracy" else "PER"
    rates = [f"{what}, points"] if found.rest.increase is not None else []
    return [cell for effect in effects for cell in (f"{effect.bits} bits: divergence", *rates)]


def _effect_cells(effect: Effect) -> tuple[str, ...]:
    rates = () if effect.increase is None else (f"{effect.increase:+.2f}",)
    return f"{effect.divergence:.5f}", *rates


def conclusions(found: Analysis) -> list[str]:
    """What the tables say, in sentences."""
    skips = [path.name for path in found.paths if path.skip]
    lines = [f"worth more bits than the rest: {', '.join(skips) or 'no path stands out'}"]
    if not found.study.paths:
        return [*lines, "the study's skips (the candidate's product of h): this model has no such path"]
    missing = [name for name in found.study.paths if name not in found.study.holding]
    holding = ", ".join(found.study.holding) or "none"
    return [*lines, f"the study's skips (the candidate's product of h): hold for {holding}; not for "
                    f"{', '.join(missing) or 'none'}"]  # fmt: skip
