"""Puts a QuantizedNetwork in order: which vector is read when, which equations make one loop, what is stored."""

from ..errors import InputError
from ..quantize.quantized import IntegerEquation, QuantizedLayer, QuantizedNetwork, StateFormat
from .calls import gives_output, make_calls
from .layout import pack
from .memory import plan_memory
from .program import INPUT, OUTPUT, Assignment, PackedMatrix, Program, Read, Stage, Step, Store, Update
from .schedule import Schedule, reads_input, sums_read, values_read


def lower(network: QuantizedNetwork, max_frames: int | None = None) -> Program:
    """The Program of a network. max_frames: frames of the longest utterance, for a network that takes whole ones.

    Raises InputError where two names would collide, or where max_frames is missing or of no use.
    """
    schedules = {layer.name: Schedule.of(layer, network) for layer in network.layers}
    stored = {layer.name: _stored(layer, schedules[layer.name], network) for layer in network.layers}
    fields, size = plan_memory(network, stored, max_frames)
    matrices = tuple(matrix for layer in network.layers for matrix in _pack_layer(network, layer))
    steps = tuple(
        _step(network, layer, schedules[layer.name], stored[layer.name], matrices) for layer in network.layers
    )
    _check_names(steps)
    return Program(network, fields, size, steps, make_calls(network, max_frames), matrices, max_frames)


def _check_names(steps: tuple[Step, ...]) -> None:
    """Loops of several stages are numbered: the second of a layer `gru` is `gru_1`, as a layer may be called too."""
    owners: dict[str, str] = {}
    for step in steps:
        for update in (update for stage in step.stages for update in stage.updates):
            other = owners.setdefault(update.name, step.name)
            if other != step.name:
                raise InputError(
                    f"a loop of layer {other} would be called {update.name}, as one of {step.name}; rename one"
                )


def _stored(layer: QuantizedLayer, schedule: Schedule, network: QuantizedNetwork) -> list[str]:
    """Equations whose results are kept beside the states: for a later stage, a product, or the next layer."""
    nexts = {state.next for state in layer.states}
    kept = list(schedule.stored)
    if not gives_output(network, layer) and layer.output not in nexts:
        kept.append(layer.output)
    return list(dict.fromkeys(kept))


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


def _step(
    network: QuantizedNetwork,
    layer: QuantizedLayer,
    schedule: Schedule,
    stored: list[str],
    matrices: tuple[PackedMatrix, ...],
) -> Step:
    # Where vectors live between loops: local name to field of the state.
    places = {name: f"{layer.name}_{name}" for name in (*(state.name for state in layer.states), *stored)}
    gives = gives_output(network, layer)
    stages: list[Stage] = []
    waiting = {one.name: one for one in layer.accumulators if not one.delta}
    for number in range(schedule.count):
        reads = tuple(
            Read(
                group=group,
                index=place,
                vector=INPUT if group.source == "x" else places[group.source],
                matrices=tuple(matrix for matrix in matrices if matrix.group == group.name),
            )
            for place, group in enumerate(network.groups)
            if group.layer == layer.name and schedule.sources[group.source] == number
        )
        fed = dict.fromkeys(matrix.accumulator for read in reads for matrix in read.matrices)
        starting = tuple(waiting.pop(name) for name in fed if name in waiting)
        stages.append(Stage(starting, reads, _updates(layer, schedule, number, places, gives)))
    return Step(layer, tuple(stages), gives)


def _updates(
    layer: QuantizedLayer, schedule: Schedule, number: int, places: dict[str, str], gives: bool
) -> tuple[Update, ...]:
    """The loops of one stage, one for each width: only products lead from one width to another."""
    here = [equation for equation in layer.equations if schedule.equations[equation.name] == number]
    states = [state for state in layer.states if schedule.takes[state.name] == number]
    widths = list(dict.fromkeys(equation.width for equation in here))
    updates = []
    for index, width in enumerate(widths):
        suffix = f"_{number}" * (schedule.count > 1) + f"_{index}" * (len(widths) > 1)
        equations = [equation for equation in here if equation.width == width]
        taking = [state for state in states if state.width == width]
        updates.append(_update(layer, f"{layer.name}{suffix}", equations, taking, places, gives))
    return tuple(updates)


def _update(
    layer: QuantizedLayer,
    name: str,
    equations: list[IntegerEquation],
    states: list[StateFormat],
    places: dict[str, str],
    gives: bool,
) -> Update:
    names = {equation.name for equation in equations}
    read = set().union(*(values_read(equation.operation) for equation in equations))
    read |= {state.next for state in states}
    summed = set().union(*(sums_read(equation.operation) for equation in equations))
    stores = [Store(f"{layer.name}_{state.name}", state.next, f"int{state.bits}_t") for state in states]
    stores += [
        Store(places[equation.name], equation.name, f"int{equation.bits}_t")
        for equation in equations
        if equation.name in places
    ]
    if gives and layer.output in names:
        stores.append(Store(OUTPUT, layer.output, "int16_t"))
    return Update(
        name=name,
        units=equations[0].width,
        accumulators=tuple(one for one in layer.accumulators if one.name in summed),
        loads=tuple((value, places[value]) for value in sorted(read - names)),
        assignments=tuple(
            Assignment(e.name, e.text, f"Q{e.bits - 1 - e.fraction}.{e.fraction}", e.operation) for e in equations
        ),
        stores=tuple(stores),
        reads_input=any(reads_input(equation.operation) for equation in equations),
    )
