"""Network + Plan + Ranges to QuantizedNetwork."""

from dataclasses import replace

import numpy as np

from ..calibrate import Ranges
from ..errors import BuildError
from ..network import Layer, Network
from ..numbers.operations import Operation
from ..project import Delta, Plan
from .expressions import operations_of
from .formats import LayerFormats, choose_formats, quantize_to
from .groups import VectorFormat, check_names, make_groups
from .moments import Measure, Moments
from .products import quantize_products
from .quantized import (
    Accumulator,
    IntegerEquation,
    ParameterVector,
    QuantizedLayer,
    QuantizedNetwork,
    SendGroup,
    StateFormat,
)

LEAVES_MAX = 3
"""So many rescaled sums (`expressions.RESCALED_MAX`) and a rounding bit fit 32 bits."""


PASSES = 2
"""Times that a recurrent layer's weights are rounded on what the layer itself gave with those of the time before."""


def quantize(network: Network, ranges: Ranges, plan: Plan, delta: Delta, measure: Measure) -> QuantizedNetwork:
    """Integers for every weight, bias and equation of `network`.

    measure: runs the network as quantised so far over the calibration set. It is asked only where the plan compensates
    rounding or corrects biases: rank after rank, so that each layer is rounded on what the layers before it give in
    integers, and a recurrent one on its own h.
    Raises BuildError where a range cannot be proven, InputError for a threshold outside its grid and for a pattern that
    names nothing.
    """
    check_names(network, plan, delta)
    formats = choose_formats(network, ranges, plan.state)
    entry, groups = make_groups(network, ranges, formats, plan, delta)

    def rounded(layer: Layer, moments: Moments | None = None) -> QuantizedLayer:
        return _quantize_layer(layer, groups, ranges, plan, formats[layer.name], moments)

    made = _assemble(network, entry, groups, tuple(rounded(layer) for layer in network.layers))
    for rank in network.ranks:
        asking = [layer for layer in rank if _asks(layer, plan)]
        for _ in range(PASSES if any(layer.cell.states for layer in asking) else 1):
            found = measure(made, [layer.name for layer in asking]) if asking else {}
            again = {layer.name: rounded(layer, found[layer.name]) for layer in asking}
            made = replace(made, layers=tuple(again.get(layer.name, layer) for layer in made.layers))
    return made


def _asks(layer: Layer, plan: Plan) -> bool:
    """Does the rounding of this layer need to know what its products read?"""
    roundings = [
        plan.for_path(f"{layer.name}.{affine.gate}.{source}", f"{layer.name}.{source}").rounding
        for affine in layer.cell.affines
        for source in affine.sources
    ]
    return "compensated" in roundings or (plan.bias_correction and bool(roundings))


def _assemble(
    network: Network, entry: VectorFormat, groups: tuple[SendGroup, ...], layers: tuple[QuantizedLayer, ...]
) -> QuantizedNetwork:
    last = layers[-1]
    return QuantizedNetwork(
        name=network.name,
        inputs=network.inputs,
        outputs=network.outputs,
        layers=layers,
        groups=groups,
        mean=network.mean,
        scale=network.scale,
        input_scale=entry.scale,
        input_limit=entry.limit,
        output_scale=2.0 ** -last.equation(last.output).fraction,
        parameters=network.parameters,
        notes=network.notes,
    )


def _quantize_layer(
    layer: Layer,
    groups: tuple[SendGroup, ...],
    ranges: Ranges,
    plan: Plan,
    formats: LayerFormats,
    moments: Moments | None,
) -> QuantizedLayer:
    by_name = {group.name: group for group in groups}
    operations = operations_of(layer, ranges, formats)
    accumulators, paths = quantize_products(layer, by_name, ranges, plan, operations.gate_fractions, moments)
    equations = tuple(
        IntegerEquation(
            name=equation.name,
            text=str(equation),
            operation=_resolve(operations.equations[equation.name].operation, accumulators),
            fraction=formats.equations[equation.name].fraction,
            limit=formats.equations[equation.name].limit,
            width=layer.width(equation.name),
        )
        for equation in layer.cell.equations
    )
    states = tuple(
        StateFormat(
            name=state.name,
            next=state.next,
            bits=formats.equations[state.next].bits,
            fraction=formats.equations[state.next].fraction,
            width=layer.width(state.name),
        )
        for state in layer.cell.states
    )
    vectors = tuple(
        ParameterVector(name, quantize_to(layer.vectors[name], kept).astype(np.int16), kept.fraction)
        for name, kept in formats.vectors.items()
    )
    return QuantizedLayer(
        name=layer.name,
        cell_name=layer.cell_name,
        cell_options=layer.cell_options,
        inputs=layer.inputs,
        accumulators=accumulators,
        equations=equations,
        states=states,
        output=layer.cell.output,
        paths=paths,
        vectors=vectors,
        reads=layer.reads,
        directions=layer.directions,
        last=layer.last,
    )


def _resolve(operation: Operation, accumulators: tuple[Accumulator, ...]) -> Operation:
    """Replace each leaf "affine" or "affine_wide" by what reads its gate's accumulators."""
    if operation.function not in ("affine", "affine_wide"):
        arguments = tuple(_resolve(argument, accumulators) for argument in operation.arguments)
        return Operation(operation.function, arguments, operation.parameters, operation.name)
    leaves = [_leaf(one, operation.name) for one in accumulators if operation.name in one.gates]
    if len(leaves) == 1 and operation.function == "affine":
        return Operation("requantize", (), leaves[0].parameters, leaves[0].name)
    if len(leaves) > LEAVES_MAX:
        raise BuildError(
            f"the gate {operation.name} adds {len(leaves)} sums: at most {LEAVES_MAX} are sure to fit 32 bits"
        )
    total = leaves[0]
    for leaf in leaves[1:]:
        total = Operation("add", (total, leaf))
    return Operation("saturate_s16", (total,)) if operation.function == "affine" else total


def _leaf(accumulator: Accumulator, gate: str) -> Operation:
    index = accumulator.gates.index(gate)
    parameters = (index * accumulator.units, accumulator.left[index], accumulator.right[index])
    return Operation("rescale", (), parameters, accumulator.name)
