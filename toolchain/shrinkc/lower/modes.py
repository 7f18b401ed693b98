"""Which kernel each product is computed with: delta, or dense over the held values. Both give the same integers.

A delta product pays only where enough columns stay unsent, and how many is enough differs by core. The costs of a
core are measured (targets/cores/*.toml), the share of columns that a group sends is seen on the calibration set.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..quantize.quantized import Matrix, QuantizedLayer, QuantizedNetwork, SendGroup
from ..target import Costs
from .kernels import Family
from .layout import Layout
from .schedule import Schedule

DELTA, DENSE = "delta", "dense"


@dataclass(frozen=True)
class Products:
    """A family of kernels, and the mode of each send group's products in a network."""

    network: QuantizedNetwork
    family: Family
    modes: Mapping[str, str]

    def layout(self, matrix: Matrix) -> Layout:
        """How the kernel of a matrix wants its words."""
        layouts = self.family.delta if self.modes[matrix.group] == DELTA else self.family.dense
        return layouts[matrix.bits]

    def how(self, group: SendGroup) -> str:
        """How a vector is read: "delta", "hold" or "quantize" (see `Read`)."""
        if self.modes[group.name] == DELTA:
            return "delta"
        return "hold" if group.delta and group.thresholds.any() else "quantize"

    def narrow(self, group: SendGroup) -> bool:
        """Whether dense products read the group as bytes."""
        return self.family.narrow and self.modes[group.name] == DENSE and group.limit <= 127

    def input_width(self, group: SendGroup) -> int:
        """Elements of the input of dense products, with the filling."""
        return max(self.layout(matrix).padded_columns(group.width) for matrix in matrices_of(self.network, group))


def matrices_of(network: QuantizedNetwork, group: SendGroup) -> list[Matrix]:
    """All matrices that multiply a group's vector."""
    return [matrix for one in network.accumulators for matrix in one.matrices if matrix.group == group.name]


def plain_modes(network: QuantizedNetwork) -> dict[str, str]:
    """Delta for every group that has thresholds."""
    return {group.name: DELTA if group.delta else DENSE for group in network.groups}


def dense_modes(network: QuantizedNetwork) -> dict[str, str]:
    """Dense everywhere, over held values where a group has thresholds."""
    return {group.name: DENSE for group in network.groups}


def cheapest_modes(
    network: QuantizedNetwork, family: Family, costs: Costs, shares: Mapping[str, float]
) -> dict[str, str]:
    """The mode of each group that takes the fewest instructions a step, where `shares` of its columns are sent.

    A dense product is added over the kept sums of delta products, which must therefore be done before it. Where the
    sums of one accumulator are formed in several stages, its groups have one mode in common.
    """
    modes = dense_modes(network)
    for names, delta, dense in _choices(network, family, costs, shares):
        modes |= dict.fromkeys(names, DELTA if delta < dense else DENSE)
    return modes


def products_cost(
    network: QuantizedNetwork, family: Family, costs: Costs, shares: Mapping[str, float], delta_alone: bool = False
) -> float:
    """Instructions a step of all scans and products where `shares` of the columns are sent: each as is cheapest.

    delta_alone: none of them dense where it need not be.
    """
    found = _choices(network, family, costs, shares)
    return sum(delta if delta_alone and delta < math.inf else min(delta, dense) for _, delta, dense in found)


def _choices(
    network: QuantizedNetwork, family: Family, costs: Costs, shares: Mapping[str, float]
) -> Iterable[tuple[tuple[str, ...], float, float]]:
    """Groups that have one mode in common, and their instructions a step in either; infinity where delta cannot be."""
    for layer in network.layers:
        for names in _tied(layer, network):
            groups = [network.group(name) for name in names]
            delta = math.inf
            if all(group.delta for group in groups):
                delta = sum(delta_cost(network, family, costs, group, shares[group.name]) for group in groups)
            yield names, delta, sum(dense_cost(network, family, costs, group) for group in groups)


def delta_cost(network: QuantizedNetwork, family: Family, costs: Costs, group: SendGroup, share: float) -> float:
    """Instructions a step of a group's scan and delta products, where a share of its columns is sent."""
    total = group.width * (costs.scan + share * costs.send)
    for matrix in matrices_of(network, group):
        rows = family.delta[matrix.bits].padded_rows(len(matrix.weights))
        total += _product(costs.delta[matrix.bits], rows, share * group.width)
    return total


def dense_cost(network: QuantizedNetwork, family: Family, costs: Costs, group: SendGroup) -> float:
    """Instructions a step of a group's dense products over the vector or over what is held of it."""
    held = group.delta and group.thresholds.any()
    total = group.width * (costs.hold if held else costs.quantize)
    for matrix in matrices_of(network, group):
        total += product_cost(family, costs, matrix.bits, len(matrix.weights), group.width)
    return total


def product_cost(family: Family, costs: Costs, bits: int, rows: int, columns: int) -> float:
    """Instructions of one dense product, rows x columns weights of `bits` bits, without reading its vector."""
    layout = family.dense[bits]
    return _product(costs.dense[bits], layout.padded_rows(rows), layout.padded_columns(columns))


def _product(cost: tuple[float, float], rows: int, columns: float) -> float:
    multiplication, row = cost
    return rows * (row + columns * multiplication)


def _tied(layer: QuantizedLayer, network: QuantizedNetwork) -> Iterable[tuple[str, ...]]:
    """The groups of a layer, those together that must have one mode in common."""
    stages = Schedule.of(layer, network).sources
    sets: list[set[str]] = []
    for one in layer.accumulators:
        names = {matrix.group for matrix in one.matrices}
        if len({stages[network.group(name).source] for name in names}) > 1:
            sets.append(names)
        else:
            sets += [{name} for name in names]
    joined: list[set[str]] = []
    for names in sets:
        touching = [other for other in joined if other & names]
        joined = [other for other in joined if not other & names] + [names.union(*touching)]
    order = [group.name for group in network.groups]
    return [tuple(sorted(names, key=order.index)) for names in joined]
