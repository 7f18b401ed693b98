"""Matrix products in integers: which gates and which matrices share accumulators."""

from collections.abc import Sequence

import numpy as np

from ..calibrate import Ranges
from ..network import Layer
from ..project import Plan
from .clipping import clip_rows
from .gates import WEIGHT_RANGES, GateSum, PathSpec, common_step, quantize_gate
from .groups import group_name
from .moments import Moments
from .quantized import Accumulator, Matrix, Path, SendGroup

SHARING_COST = 4.0
"""Two matrices share an accumulator unless that makes the rounding noise of their sum more than this many times as
large (4 is one bit of resolution)."""


def quantize_products(
    layer: Layer,
    groups: dict[str, SendGroup],
    ranges: Ranges,
    plan: Plan,
    gate_fractions: dict[str, int],
    moments: Moments | None = None,
) -> tuple[tuple[Accumulator, ...], tuple[Path, ...]]:
    """The accumulators of a layer with their integer weights, and its paths for the report.

    moments: what the layer's products read, where it is known yet; rounding wants it.
    Raises BuildError where no resolution keeps a sum within 32 bits.
    """
    specs = {
        affine.gate: [_spec(layer, affine.gate, source, groups, ranges, plan) for source in affine.sources]
        for affine in layer.cell.affines
    }
    accumulators: list[Accumulator] = []
    paths: list[Path] = []
    for gates in _alike(specs):
        for stacked, sums in zip(*_quantize_alike(layer, gates, plan, gate_fractions, moments), strict=True):
            accumulators.append(_accumulator(f"{layer.name}_{len(accumulators)}", stacked, sums))
            paths += _paths(layer, accumulators[-1], stacked)
    order = [f"{layer.name}.{gate}.{spec.source}" for gate, row in specs.items() for spec in row]
    return tuple(accumulators), tuple(sorted(paths, key=lambda path: order.index(path.name)))


def _spec(layer: Layer, gate: str, source: str, groups, ranges: Ranges, plan: Plan) -> PathSpec:
    chosen = plan.for_path(f"{layer.name}.{gate}.{source}", f"{layer.name}.{source}")
    group = groups[group_name(layer.name, source, chosen.activations)]
    weights = layer.matrices[f"{gate}.{source}"].astype(np.float64)
    importance = ranges[group.vector].mean_square
    clip = clip_rows(weights, WEIGHT_RANGES[chosen.weights], chosen.clipping, importance, plan.percentile)
    if not chosen.per_row:
        clip = np.full(len(clip), clip.max())
    return PathSpec(
        gate=gate,
        source=source,
        weights=weights,
        group=group,
        bits=chosen.weights,
        clipping=chosen.clipping,
        clip=clip,
        importance=importance,
        rounding=chosen.rounding,
        per_row=chosen.per_row,
    )


def _alike(specs: dict[str, list[PathSpec]]) -> list[list[list[PathSpec]]]:
    """Gates that stack on common accumulators, [stack][gate][path]: those with the same inputs at the same widths."""
    alike: dict[tuple, list[list[PathSpec]]] = {}
    for row in specs.values():
        alike.setdefault(tuple(spec.kind for spec in row), []).append(row)
    return list(alike.values())


def _quantize_alike(
    layer: Layer,
    gates: list[list[PathSpec]],
    plan: Plan,
    gate_fractions: dict[str, int],
    moments: Moments | None,
) -> tuple[list[list[list[PathSpec]]], list[list[GateSum]]]:
    """For each accumulator of a stack of gates: its paths, [gate][path], and each gate's integers."""
    count = len(gates[0])
    parts = [list(range(count))] if _shares(gates, plan) else [[index] for index in range(count)]
    stacked = [[[row[index] for index in part] for row in gates] for part in parts]
    sums: list[list[GateSum]] = [[] for _ in parts]
    for row in gates:
        gate = row[0].gate
        found = quantize_gate(
            f"{layer.name}.{gate}",
            [[row[index] for index in part] for part in parts],
            layer.bias(gate).astype(np.float64),
            gate_fractions[gate],
            moments,
            plan.bias_correction,
        )
        for one, each in zip(sums, found, strict=True):
            one.append(each)
    return stacked, sums


def _shares(rows: list[list[PathSpec]], plan: Plan) -> bool:
    """Whether all matrices of these gates add to one accumulator."""
    if len(rows[0]) == 1:
        return True
    first = rows[0][0]
    possible = all(spec.bits == first.bits and spec.group.delta == first.group.delta for spec in rows[0])
    if not possible or plan.accumulators == "separate":
        return False
    if plan.accumulators == "shared":
        return True
    apart = sum(_noise(spec, spec.step).sum() for row in rows for spec in row)
    together = sum(_noise(spec, common_step(row)).sum() for row in rows for spec in row)
    return bool(together <= SHARING_COST * apart)


def _noise(spec: PathSpec, step: np.ndarray) -> np.ndarray:
    """Expected squared error of each row's product when its weights have the row scale `step` (uniform rounding)."""
    return np.square(step / spec.group.scale) / 12 * spec.importance.sum()


def _accumulator(name: str, stacked: list[list[PathSpec]], sums: Sequence[GateSum]) -> Accumulator:
    """One accumulator, gate after gate."""
    matrices = tuple(
        Matrix(spec.group.name, spec.bits, np.concatenate([one.weights[index] for one in sums]))
        for index, spec in enumerate(stacked[0])
    )
    return Accumulator(
        name=name,
        gates=tuple(row[0].gate for row in stacked),
        units=len(stacked[0][0].weights),
        matrices=matrices,
        bias=np.concatenate([one.bias for one in sums]),
        multipliers=np.concatenate([one.multipliers for one in sums]),
        left=tuple(one.left for one in sums),
        right=tuple(one.right for one in sums),
        scales=np.concatenate([one.scales for one in sums]),
        bounds=np.concatenate([one.bounds for one in sums]),
    )


def _paths(layer: Layer, accumulator: Accumulator, stacked: list[list[PathSpec]]) -> list[Path]:
    paths = []
    for index, row in enumerate(stacked):
        part = slice(index * accumulator.units, (index + 1) * accumulator.units)
        for spec in row:
            paths.append(
                Path(
                    name=f"{layer.name}.{spec.gate}.{spec.source}",
                    gate=spec.gate,
                    group=spec.group.name,
                    accumulator=accumulator.name,
                    rows=spec.weights.shape[0],
                    columns=spec.weights.shape[1],
                    weight_bits=spec.bits,
                    activation_bits=spec.group.bits,
                    clipping=spec.clipping,
                    rounding=spec.rounding,
                    largest_accumulator=int(accumulator.bounds[part].max()),
                )
            )
    return paths
