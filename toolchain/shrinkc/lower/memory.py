"""The plan of memory: every array of the state struct, with its offset."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ..errors import InputError
from ..quantize.quantized import QuantizedLayer, QuantizedNetwork, SendGroup
from .calls import rank_fields, sequence_fields
from .modes import DELTA, Products
from .program import TYPE_BYTES, Field, Sums

_ALIGNMENT = 4
SCRATCH_SUMS = "dense_sums"
LIST = "list"


def plan_sums(network: QuantizedNetwork, products: Products) -> dict[str, Sums]:
    """Where each accumulator's sums lie.

    Sums of delta products are kept from step to step, each in a field of its own. Those of dense products mean nothing
    between two layers, so those of all layers share one scratch array.
    """
    places: dict[str, Sums] = {}
    for layer in network.layers:
        used = 0
        for one in layer.accumulators:
            modes = {products.modes[matrix.group] for matrix in one.matrices}
            rows = max(products.layout(matrix).padded_rows(one.rows) for matrix in one.matrices)
            kept = (f"{one.name}_sums", 0) if DELTA in modes else None
            scratch = (SCRATCH_SUMS, used) if modes != {DELTA} else None
            used += rows if scratch else 0
            places[one.name] = Sums(one, rows, kept, scratch)
    return places


def read_field(group: SendGroup, products: Products) -> str:
    """Where what was last sent of a group stands, or what dense products read of it."""
    if products.how(group) == "quantize":
        return "quantized_s8" if products.narrow(group) else "quantized"
    return f"{group.name.replace('.', '_').replace('@', '_')}_held"


def plan_memory(
    network: QuantizedNetwork,
    products: Products,
    sums: Mapping[str, Sums],
    stored: Mapping[str, list[str]],
    max_frames: int | None,
) -> tuple[tuple[Field, ...], int]:
    """Fields of the state struct and its size in bytes.

    stored: by layer, the equations whose results must be kept beside the states.
    """
    wanted: list[_Wanted] = []
    for layer in network.layers:
        wanted += _layer_fields(layer, network, products, sums, stored[layer.name])
    wanted += _scratch_fields(network, products, sums)
    wanted += [
        _Wanted(name, "int16_t", width, "outputs of layers side by side") for name, width in rank_fields(network)
    ]
    if max_frames:
        text = f"outputs of a rank of layers over {max_frames} frames at most"
        wanted += [_Wanted(name, "int16_t", size, text) for name, size in sequence_fields(network, max_frames)]
    # Inputs of dense products are whole words on whole words: they stand behind sums, before what may end between two.
    wanted.sort(key=lambda field: (-(_ALIGNMENT if field.aligned else TYPE_BYTES[field.type]), field.aligned))
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
    aligned: bool = False


def _layer_fields(
    layer: QuantizedLayer,
    network: QuantizedNetwork,
    products: Products,
    sums: Mapping[str, Sums],
    stored: list[str],
) -> Iterator[_Wanted]:
    for accumulator in layer.accumulators:
        place = sums[accumulator.name]
        if place.kept:
            text = f"sums of {', '.join(accumulator.gates)}: bias + W * held"
            yield _Wanted(place.kept[0], "int32_t", place.rows, text, layer.name)
    for state in layer.states:
        text = f"{state.name} of {layer.name}, Q{state.bits - 1 - state.fraction}.{state.fraction}"
        yield _Wanted(f"{layer.name}_{state.name}", f"int{state.bits}_t", state.width, text, layer.name)
    for name in stored:
        equation = layer.equation(name)
        text = f"{name} of {layer.name}"
        yield _Wanted(f"{layer.name}_{name}", f"int{equation.bits}_t", equation.width, text, layer.name)
    for name in dict.fromkeys(matrix.group for one in layer.accumulators for matrix in one.matrices):
        group = network.group(name)
        how, field = products.how(group), read_field(group, products)
        if how == "delta":
            type_name = "int16_t" if group.limit > 127 else "int8_t"
            yield _Wanted(field, type_name, group.width, f"{group.name} as last sent", layer.name)
        elif how == "hold":
            yield _input(field, group, products, f"{group.name} as last sent", layer.name)


def _input(name: str, group: SendGroup, products: Products, what: str, layer: str = "") -> _Wanted:
    """The input of dense products: whole words, with room for filled-up columns."""
    type_name = "int8_t" if products.narrow(group) else "int16_t"
    per_word = 4 // TYPE_BYTES[type_name]
    count = -(-products.input_width(group) // per_word) * per_word
    return _Wanted(name, type_name, count, what, layer, aligned=True)


def _scratch_fields(network: QuantizedNetwork, products: Products, sums: Mapping[str, Sums]) -> Iterator[_Wanted]:
    """Memory that means nothing between steps: one array serves all groups, and one the dense sums of all layers."""
    words = [products.family.list_words(group.width) for group in network.groups if products.how(group) == "delta"]
    if words:
        yield _Wanted(LIST, "uint32_t", max(words), "scratch: the columns to send")
    inputs: dict[str, _Wanted] = {}
    for group in network.groups:
        if products.how(group) == "quantize":
            one = _input(read_field(group, products), group, products, "scratch: a vector on its group's grid")
            inputs[one.name] = max(one, inputs.get(one.name, one), key=lambda field: field.count)
    yield from inputs.values()
    used = [place.scratch[1] + place.rows for place in sums.values() if place.scratch]
    if used:
        yield _Wanted(SCRATCH_SUMS, "int32_t", max(used), "scratch: the dense sums of one layer")


def _place(wanted: Iterable[_Wanted]) -> tuple[tuple[Field, ...], int]:
    fields: dict[str, Field] = {}
    offset = 0
    for one in wanted:
        if one.name in fields:
            raise InputError(f"two arrays of the state would be called {one.name}; rename a layer")
        size = TYPE_BYTES[one.type]
        offset = -(-offset // size) * size
        if one.aligned and offset % _ALIGNMENT:
            raise AssertionError(f"{one.name} does not begin on a word")
        fields[one.name] = Field(one.name, one.type, one.count, offset, one.what, one.layer)
        offset += size * one.count
    return tuple(fields.values()), -(-offset // _ALIGNMENT) * _ALIGNMENT
