"""The plan of memory: every array of the state struct, with its offset."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..errors import InputError
from ..quantize.quantized import Accumulator, QuantizedLayer, QuantizedNetwork, SendGroup
from .calls import rank_fields, sequence_fields
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


def plan_memory(
    network: QuantizedNetwork, stored: dict[str, list[str]], max_frames: int | None
) -> tuple[tuple[Field, ...], int]:
    """Fields of the state struct and its size in bytes.

    stored: by layer, the equations whose results must be kept beside the states.
    """
    wanted: list[_Wanted] = []
    for layer in network.layers:
        wanted += _layer_fields(layer, network, stored[layer.name])
    wanted += _scratch_fields(network)
    wanted += [
        _Wanted(name, "int16_t", width, "outputs of layers side by side") for name, width in rank_fields(network)
    ]
    if max_frames:
        text = f"outputs of a rank of layers over {max_frames} frames at most"
        wanted += [_Wanted(name, "int16_t", size, text) for name, size in sequence_fields(network, max_frames)]
    wanted.sort(key=lambda field: -TYPE_BYTES[field.type])
    if max_frames:
        first = _Wanted(
            "sent", "uint32_t", len(network.groups), "columns sent over the latest utterance, by send group"
        )
    else:
        first = _Wanted("sent", "uint16_t", len(network.groups), "columns sent in the latest step, by send group")
    return _place([first, *wanted])


@dataclass(frozen=True)
class _Wanted:
    """A field that has no place yet; see `Field`."""

    name: str
    type: str
    count: int
    what: str
    layer: str = ""


def _layer_fields(layer: QuantizedLayer, network: QuantizedNetwork, stored: list[str]) -> Iterator[_Wanted]:
    for accumulator in layer.accumulators:
        if accumulator.delta:
            text = f"sums of {', '.join(accumulator.gates)}: bias + W * held"
            yield _Wanted(f"{accumulator.name}_sums", "int32_t", padded(accumulator), text, layer.name)
    for state in layer.states:
        text = f"{state.name} of {layer.name}, Q{state.bits - 1 - state.fraction}.{state.fraction}"
        yield _Wanted(f"{layer.name}_{state.name}", f"int{state.bits}_t", state.width, text, layer.name)
    for name in stored:
        equation = layer.equation(name)
        text = f"{name} of {layer.name}"
        yield _Wanted(f"{layer.name}_{name}", f"int{equation.bits}_t", equation.width, text, layer.name)
    for name in dict.fromkeys(matrix.group for one in layer.accumulators for matrix in one.matrices):
        group = network.group(name)
        if group.delta:
            type_name = "int16_t" if group.limit > 127 else "int8_t"
            yield _Wanted(held_field(group), type_name, group.width, f"{group.name} as last sent", layer.name)


def _scratch_fields(network: QuantizedNetwork) -> Iterator[_Wanted]:
    """Memory that means nothing between steps: one array serves all groups, and one the dense sums of all layers."""
    sparse = [group.width for group in network.groups if group.delta]
    dense = [group.width for group in network.groups if not group.delta]
    if sparse:
        yield _Wanted("active", "shrinkc_active_t", max(sparse), "scratch: the columns to send")
    if dense:
        yield _Wanted("quantized", "int16_t", max(dense), "scratch: a vector on its group's grid")
    sums = [sum(padded(one) for one in layer.accumulators if not one.delta) for layer in network.layers]
    if any(sums):
        yield _Wanted(SCRATCH_SUMS, "int32_t", max(sums), "scratch: the dense sums of one layer")


def _place(wanted: Iterable[_Wanted]) -> tuple[tuple[Field, ...], int]:
    fields: dict[str, Field] = {}
    offset = 0
    for one in wanted:
        if one.name in fields:
            raise InputError(f"two arrays of the state would be called {one.name}; rename a layer")
        size = TYPE_BYTES[one.type]
        offset = -(-offset // size) * size
        fields[one.name] = Field(one.name, one.type, one.count, offset, one.what, one.layer)
        offset += size * one.count
    return tuple(fields.values()), -(-offset // _ALIGNMENT) * _ALIGNMENT
