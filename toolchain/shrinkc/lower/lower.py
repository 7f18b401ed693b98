"""Puts a QuantizedNetwork in order: which vector is read when, which equations make one loop, what is stored."""

from dataclasses import dataclass

from ..cells import Cell, define
from ..cells.expressions import Affine, Value, walk
from ..numbers.operations import Operation
from ..quantize.quantized import QuantizedLayer, QuantizedNetwork
from .layout import pack
from .memory import plan_memory
from .program import Assignment, PackedMatrix, Program, Read, Stage, Store, Update


def lower(network: QuantizedNetwork) -> Program:
    """The Program of a network. Raises InputError where two names would collide."""
    schedules = {layer.name: _Schedule.of(define(layer.cell_name, layer.cell_options)) for layer in network.layers}
    stored = {layer.name: _stored(layer, schedules[layer.name], network) for layer in network.layers}
    fields, size = plan_memory(network, stored)
    matrices = {matrix.name: matrix for layer in network.layers for matrix in _pack_layer(network, layer)}
    stages = []
    for index, layer in enumerate(network.layers):
        stages += _layer_stages(network, index, schedules[layer.name], stored[layer.name], list(matrices.values()))
    return Program(network, fields, size, tuple(stages), tuple(matrices.values()))


@dataclass(frozen=True)
class _Schedule:
    """In which stage of a cell's step each equation is computed and each source is read: 0 unless a product reads
    what the step itself computed, which must then be whole before that product starts."""

    equations: dict[str, int]
    sources: dict[str, int]
    last_use: dict[str, int]

    @classmethod
    def of(cls, cell: Cell) -> "_Schedule":
        stage: dict[str, int] = {}
        sources: dict[str, int] = {}
        last_use: dict[str, int] = {}
        for equation in cell.equations:
            reads = [node for node in walk(equation.expression) if isinstance(node, (Affine, Value))]
            products = {source for node in reads if isinstance(node, Affine) for source in node.sources}
            values = {node.name for node in reads if isinstance(node, Value)}
            for source in products:
                sources[source] = stage[source] + 1 if source in stage else 0
            earliest = [sources[source] for source in products] + [stage.get(value, 0) for value in values]
            stage[equation.name] = max(earliest, default=0)
            for value in values & stage.keys():
                last_use[value] = max(last_use.get(value, 0), stage[equation.name])
        last_use |= {state.next: max(stage.values()) for state in cell.states}
        return cls(stage, sources, last_use)

    @property
    def count(self) -> int:
        """Stages of the cell's step."""
        return 1 + max(self.equations.values())


def _stored(layer: QuantizedLayer, schedule: _Schedule, network: QuantizedNetwork) -> list[str]:
    """Equations whose results outlive their loop: read by a later stage, a product, or the next layer."""
    nexts = {state.next for state in layer.states}
    keep = [name for name, stage in schedule.equations.items() if schedule.last_use.get(name, stage) > stage]
    keep += [source for source in schedule.sources if source in schedule.equations]
    if layer is not network.layers[-1] and layer.output not in nexts:
        keep.append(layer.output)
    return list(dict.fromkeys(keep))


def _pack_layer(network: QuantizedNetwork, layer: QuantizedLayer) -> list[PackedMatrix]:
    return [
        PackedMatrix(
            name=f"{accumulator.name}_{network.group(matrix.group).source}",
            group=matrix.group,
            accumulator=accumulator.name,
            bits=matrix.bits,
            rows=matrix.weights.shape[0],
            columns=matrix.weights.shape[1],
            words=pack(matrix.weights, matrix.bits),
        )
        for accumulator in layer.accumulators
        for matrix in accumulator.matrices
    ]


def _layer_stages(
    network: QuantizedNetwork,
    index: int,
    schedule: _Schedule,
    stored: list[str],
    matrices: list[PackedMatrix],
) -> list[Stage]:
    layer = network.layers[index]
    places = _places(layer, stored)
    stages: list[Stage] = []
    waiting = {one.name: one for one in layer.accumulators if not one.delta}
    for number in range(schedule.count):
        reads = tuple(
            Read(
                group=group,
                index=place,
                vector=_vector_field(network, index, group.source, places),
                matrices=tuple(matrix for matrix in matrices if matrix.group == group.name),
            )
            for place, group in enumerate(network.groups)
            if group.layer == layer.name and schedule.sources[group.source] == number
        )
        fed = dict.fromkeys(matrix.accumulator for read in reads for matrix in read.matrices)
        starting = tuple(waiting.pop(name) for name in fed if name in waiting)
        stages.append(Stage(starting, reads, _update(network, layer, schedule, number, places)))
    return stages


def _places(layer: QuantizedLayer, stored: list[str]) -> dict[str, str]:
    """Where vectors live between loops: local name to field of the state."""
    places = {state.name: f"{layer.name}_{state.name}" for state in layer.states}
    return places | {name: f"{layer.name}_{name}" for name in stored}


def _vector_field(network: QuantizedNetwork, index: int, source: str, places: dict[str, str]) -> str:
    """The field (or `input`) that a source is read from."""
    if source != "x":
        return places[source]
    if index == 0:
        return "input"
    before = network.layers[index - 1]
    state = next((state for state in before.states if state.next == before.output), None)
    return f"{before.name}_{state.name if state else before.output}"


def _update(
    network: QuantizedNetwork, layer: QuantizedLayer, schedule: _Schedule, number: int, places: dict[str, str]
) -> Update:
    here = [equation for equation in layer.equations if schedule.equations[equation.name] == number]
    names = {equation.name for equation in here}
    last = number == schedule.count - 1
    read = {node.name for equation in here for node in _leaves(equation.operation) if node.function == "value"}
    read |= {state.next for state in layer.states if last}
    summed = {node.name for equation in here for node in _leaves(equation.operation) if node.function != "value"}
    stores = [Store(f"{layer.name}_{state.name}", state.next, f"int{state.bits}_t") for state in layer.states if last]
    stores += [
        Store(places[name], name, "int16_t" if layer.equation(name).limit < 1 << 15 else "int32_t")
        for name in places
        if name in names
    ]
    if layer is network.layers[-1] and layer.output in names:
        stores.append(Store("output", layer.output, "int16_t"))
    return Update(
        name=layer.name if schedule.count == 1 else f"{layer.name}_{number}",
        units=layer.units,
        accumulators=tuple(one for one in layer.accumulators if one.name in summed),
        loads=tuple((name, places[name]) for name in sorted(read - names)),
        assignments=tuple(
            Assignment(e.name, e.text, f"Q{(15 if e.limit < 1 << 15 else 31) - e.fraction}.{e.fraction}", e.operation)
            for e in here
        ),
        stores=tuple(stores),
    )


def _leaves(operation: Operation) -> list[Operation]:
    if not operation.arguments:
        return [operation]
    return [leaf for argument in operation.arguments for leaf in _leaves(argument)]
