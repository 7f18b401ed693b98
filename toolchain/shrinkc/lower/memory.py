"""The plan of memory: every array of the state struct, with its offset."""

from collections.abc import Iterable

from ..errors import InputError
from ..quantize.quantized import Accumulator, QuantizedLayer, QuantizedNetwork, SendGroup
from .layout import padded_rows
from .program import TYPE_BYTES, Field

_ALIGNMENT = 4
SCRATCH_SUMS = "dense_sums"


def padded(accumulator: Accumulator) -> int:
    """Sums that an accumulator has room for: its rows, filled up as its widest-packed matrix asks."""
    return max(padded_rows(accumulator.rows, matrix.bits) for matrix in accumulator.matrices)


def sums_places(network: QuantizedNetwork) -> dict[str, tuple[str, int]]:
    """Where each accumulator's sums lie: its field, and its first element there.

    Delta sums are kept from step to step, each in a field of its own. Dense sums mean nothing between two layers, so
    those of all layers share one scratch array.
    """
    places: dict[str, tuple[str, int]] = {}
    for layer in network.layers:
        used = 0
        for accumulator in layer.accumulators:
            if accumulator.delta:
                places[accumulator.name] = (f"{accumulator.name}_sums", 0)
            else:
                places[accumulator.name] = (SCRATCH_SUMS, used)
                used += padded(accumulator)
    return places


def held_field(group: SendGroup) -> str:
    """Where a delta group keeps what was last sent."""
    return f"{group.name.replace('.', '_').replace('@', '_')}_held"


def plan_memory(network: QuantizedNetwork, stored: dict[str, list[str]]) -> tuple[tuple[Field, ...], int]:
    """Fields of the state struct and its size in bytes.

    stored: by layer, the equations whose results must be kept beside the states.
    """
    wanted: list[tuple[str, str, int, str]] = []
    for layer in network.layers:
        wanted += _layer_fields(layer, network, stored[layer.name])
    wanted += _scratch_fields(network)
    wanted.sort(key=lambda field: -TYPE_BYTES[field[1]])
    first = ("sent", "uint16_t", len(network.groups), "columns sent in the latest step, by send group")
    return _place([first, *wanted])


def _layer_fields(layer: QuantizedLayer, network: QuantizedNetwork, stored: list[str]):
    for accumulator in layer.accumulators:
        if accumulator.delta:
            text = f"sums of {', '.join(accumulator.gates)}: bias + W * held"
            yield f"{accumulator.name}_sums", "int32_t", padded(accumulator), text
    for state in layer.states:
        text = f"{state.name} of {layer.name}, Q{state.bits - 1 - state.fraction}.{state.fraction}"
        yield f"{layer.name}_{state.name}", f"int{state.bits}_t", layer.units, text
    for name in stored:
        equation = layer.equation(name)
        type_name = "int16_t" if equation.limit < 1 << 15 else "int32_t"
        yield f"{layer.name}_{name}", type_name, layer.units, f"{name} of {layer.name}"
    for name in dict.fromkeys(matrix.group for one in layer.accumulators for matrix in one.matrices):
        group = network.group(name)
        if group.delta:
            type_name = "int16_t" if group.limit > 127 else "int8_t"
            yield held_field(group), type_name, group.width, f"{group.name} as last sent"


def _scratch_fields(network: QuantizedNetwork):
    """Memory that means nothing between steps: one array serves all groups, and one the dense sums of all layers."""
    sparse = [group.width for group in network.groups if group.delta]
    dense = [group.width for group in network.groups if not group.delta]
    if sparse:
        yield "active", "shrinkc_active_t", max(sparse), "scratch: the columns to send"
    if dense:
        yield "quantized", "int16_t", max(dense), "scratch: a vector on its group's grid"
    sums = [sum(padded(one) for one in layer.accumulators if not one.delta) for layer in network.layers]
    if any(sums):
        yield SCRATCH_SUMS, "int32_t", max(sums), "scratch: the dense sums of one layer"


def _place(wanted: Iterable[tuple[str, str, int, str]]) -> tuple[tuple[Field, ...], int]:
    fields: list[Field] = []
    offset = 0
    for name, type_name, count, what in wanted:
        if any(field.name == name for field in fields):
            raise InputError(f"two arrays of the state would be called {name}; rename a layer")
        size = TYPE_BYTES[type_name]
        offset = -(-offset // size) * size
        fields.append(Field(name, type_name, count, offset, what))
        offset += size * count
    return tuple(fields), -(-offset // _ALIGNMENT) * _ALIGNMENT
