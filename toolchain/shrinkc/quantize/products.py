"""Matrix products in integers: which gates share accumulators, the scale of each row, and the proof of its range.

A row's scale S is the real value of one step of its sum. All matrices that add to the sum obey it: a weight of a
matrix whose input has the scale s is round(w * s / S). S is taken from the grid of what `rescale` can multiply by
exactly, so that requantisation adds no error of scale.
"""

import math
from dataclasses import dataclass

import numpy as np

from ..calibrate import Ranges
from ..errors import BuildError
from ..network import Layer
from ..numbers.fixed_point import INT16_MAX, INT32_MAX, MULTIPLIER_MAX, SHIFT_MAX
from ..project import Plan
from .clipping import clip_rows
from .groups import group_name
from .quantized import Accumulator, Matrix, Path, SendGroup

WEIGHT_LIMITS = {2: 1, 4: 7, 8: 127, 16: INT16_MAX}
"""Largest integer weight: the grids are symmetric."""
SHARING_COST = 4.0
"""Two matrices share an accumulator unless that makes the rounding noise of their sum more than this many times as
large (4 is one bit of resolution)."""


@dataclass(frozen=True)
class _PathSpec:
    """What one matrix of one gate is quantised with."""

    gate: str
    source: str
    weights: np.ndarray
    group: SendGroup
    bits: int
    clipping: str
    clip: np.ndarray
    importance: np.ndarray

    @property
    def kind(self) -> tuple[str, int, int]:
        return self.group.name, self.bits, len(self.weights)

    @property
    def step(self) -> np.ndarray:
        """The row scale that this matrix alone would choose, float64 (rows,)."""
        return self.clip / WEIGHT_LIMITS[self.bits] * self.group.scale


def quantize_products(
    layer: Layer, groups: dict[str, SendGroup], ranges: Ranges, plan: Plan, gate_fractions: dict[str, int]
) -> tuple[tuple[Accumulator, ...], tuple[Path, ...]]:
    """The accumulators of a layer with their integer weights, and its paths for the report.

    Raises BuildError where no resolution keeps a sum within 32 bits.
    """
    specs = {
        affine.gate: [_spec(layer, affine.gate, source, groups, ranges, plan) for source in affine.sources]
        for affine in layer.cell.affines
    }
    accumulators: list[Accumulator] = []
    paths: list[Path] = []
    for number, block in enumerate(_blocks(specs, plan)):
        name = f"{layer.name}_{number}"
        accumulator = _accumulate(layer, name, block, gate_fractions, first_of_gate=_bias_owner(specs))
        accumulators.append(accumulator)
        paths += _paths(layer, accumulator, block)
    order = [f"{layer.name}.{gate}.{spec.source}" for gate, row in specs.items() for spec in row]
    return tuple(accumulators), tuple(sorted(paths, key=lambda path: order.index(path.name)))


def _spec(layer: Layer, gate: str, source: str, groups, ranges: Ranges, plan: Plan) -> _PathSpec:
    chosen = plan.for_path(f"{layer.name}.{gate}.{source}", f"{layer.name}.{source}")
    group = groups[group_name(layer.name, source, chosen.activations)]
    weights = layer.matrices[f"{gate}.{source}"].astype(np.float64)
    importance = ranges[group.vector].mean_square
    clip = clip_rows(weights, WEIGHT_LIMITS[chosen.weights], chosen.clipping, importance)
    if not plan.per_row:
        clip = np.full(len(clip), clip.max())
    return _PathSpec(gate, source, weights, group, chosen.weights, chosen.clipping, clip, importance)


def _blocks(specs: dict[str, list[_PathSpec]], plan: Plan) -> list[list[list[_PathSpec]]]:
    """Gates stacked on accumulators: [block][gate][matrix]. Gates with the same inputs at the same widths stack."""
    alike: dict[tuple, list[list[_PathSpec]]] = {}
    for row in specs.values():
        alike.setdefault(tuple(spec.kind for spec in row), []).append(row)
    blocks: list[list[list[_PathSpec]]] = []
    for rows in alike.values():
        if _shares(rows, plan):
            blocks.append(rows)
        else:
            blocks += [[[row[index]] for row in rows] for index in range(len(rows[0]))]
    return blocks


def _shares(rows: list[list[_PathSpec]], plan: Plan) -> bool:
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
    together = sum(_noise(spec, _common_step(row)).sum() for row in rows for spec in row)
    return bool(together <= SHARING_COST * apart)


def _common_step(row: list[_PathSpec]) -> np.ndarray:
    return np.max([spec.step for spec in row], axis=0)


def _noise(spec: _PathSpec, step: np.ndarray) -> np.ndarray:
    """Expected squared error of each row's product when its weights have the row scale `step` (uniform rounding)."""
    return np.square(step / spec.group.scale) / 12 * spec.importance.sum()


def _bias_owner(specs: dict[str, list[_PathSpec]]) -> dict[str, str]:
    """The source whose accumulator carries each gate's bias: the first, so that the bias stands in exactly one."""
    return {gate: row[0].source for gate, row in specs.items()}


def _accumulate(layer: Layer, name: str, block, gate_fractions: dict[str, int], first_of_gate) -> Accumulator:
    parts = []
    for row in block:
        gate = row[0].gate
        bias = layer.biases[gate] if first_of_gate[gate] == row[0].source else np.zeros(layer.rows(gate))
        parts.append(_quantize_gate(f"{layer.name}.{gate}", row, bias.astype(np.float64), gate_fractions[gate]))
    matrices = tuple(
        Matrix(spec.group.name, spec.bits, np.concatenate([part.weights[index] for part in parts]))
        for index, spec in enumerate(block[0])
    )
    return Accumulator(
        name=name,
        gates=tuple(row[0].gate for row in block),
        units=len(block[0][0].weights),
        matrices=matrices,
        bias=np.concatenate([part.bias for part in parts]),
        multipliers=np.concatenate([part.multipliers for part in parts]),
        left=tuple(part.left for part in parts),
        right=tuple(part.right for part in parts),
        scales=np.concatenate([part.scales for part in parts]),
        bounds=np.concatenate([part.bounds for part in parts]),
    )


@dataclass(frozen=True)
class _Gate:
    weights: list[np.ndarray]
    bias: np.ndarray
    multipliers: np.ndarray
    left: int
    right: int
    scales: np.ndarray
    bounds: np.ndarray


def _quantize_gate(name: str, row: list[_PathSpec], bias: np.ndarray, fraction: int) -> _Gate:
    """Integer weights, bias and multipliers of one gate; rows whose sums would not fit get a coarser scale."""
    step = _common_step(row)
    step = np.where(step > 0, step, step[step > 0].min() if (step > 0).any() else 2.0**-fraction)
    for _ in range(32):
        left, right, multipliers = _multipliers(step * 2.0**fraction)
        scales = multipliers * 2.0 ** (left - 16 - right - fraction)
        weights = [
            np.clip(np.rint(spec.weights * (spec.group.scale / scales)[:, None]), -limit, limit).astype(np.int32)
            for spec in row
            for limit in (WEIGHT_LIMITS[spec.bits],)
        ]
        steps = np.rint(bias / scales)
        bounds = np.abs(steps) + sum(
            np.abs(array).sum(axis=1, dtype=np.int64) * spec.group.limit
            for array, spec in zip(weights, row, strict=True)
        )
        too_large = bounds * 2.0**left > INT32_MAX
        if not too_large.any():
            return _Gate(weights, steps.astype(np.int32), multipliers, left, right, scales, bounds.astype(np.int64))
        step = np.where(too_large, step * 2, step)
    raise BuildError(f"{name}: no scale keeps its sums within 32 bits; use fewer bits for its weights or its inputs")


def _multipliers(ratio: np.ndarray) -> tuple[int, int, np.ndarray]:
    """Shifts of a gate and int16 multipliers of its rows: multiplier * 2^(left - 16 - right) >= ratio, and nearly it.

    ratio: (rows,) steps of the requantised value for one step of the sum.
    """
    exponent = math.floor(math.log2((MULTIPLIER_MAX - 1) / float(ratio.max())))
    right = min(SHIFT_MAX, max(1, exponent - 16))
    left = max(0, 17 - exponent)
    multipliers = np.maximum(1, np.ceil(ratio * 2.0 ** (16 + right - left)))
    return left, right, multipliers.astype(np.int16)


def _paths(layer: Layer, accumulator: Accumulator, block) -> list[Path]:
    paths = []
    for index, row in enumerate(block):
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
                    largest_accumulator=int(accumulator.bounds[part].max()),
                )
            )
    return paths
