"""Puts a QuantizedNetwork in order: which vector is read when, which equations make one loop, what is stored."""

from collections.abc import Mapping

from ..errors import InputError
from ..quantize.quantized import IntegerEquation, QuantizedLayer, QuantizedNetwork, SendGroup, StateFormat
from .calls import gives_output, make_calls
from .kernels import PORTABLE, Family
from .memory import plan_memory, plan_sums, read_field
from .modes import DELTA, Products, plain_modes
from .program import (
    BIAS,
    INPUT,
    OUTPUT,
    Assignment,
    PackedMatrix,
    Product,
    Program,
    Read,
    Stage,
    Step,
    Store,
    Sums,
    Update,
)
from .schedule import Schedule, reads_input, sums_read, values_read


def lower(
    network: QuantizedNetwork,
    family: Family = PORTABLE,
    modes: Mapping[str, str] | None = None,
    max_frames: int | None = None,
) -> Program:
    """The Program of a network for a family of kernels.

    modes: "delta" or "dense" by send group; None: delta for every group that has thresholds. max_frames: frames of the
    longest utterance, for a network that takes whole ones. Raises InputError where two names would collide, or where
    max_frames is missing or of no use.
    """
    products = Products(network, family, plain_modes(network) if modes is None else modes)
    schedules = {layer.name: Schedule.of(layer, network) for layer in network.layers}
    stored = {layer.name: _stored(layer, schedules[layer.name], network) for layer in network.layers}
    sums = plan_sums(network, products)
    fields, size = plan_memory(network, products, sums, stored, max_frames)
    matrices = tuple(matrix for layer in network.layers for matrix in _pack_layer(products, layer))
    orders = {layer.name: _order(products, layer, schedules[layer.name], matrices, sums) for layer in network.layers}
    steps = tuple(
        _step(network, layer, schedules[layer.name], stored[layer.name], orders[layer.name]) for layer in network.layers
    )
    _check_names(steps)
    calls = make_calls(network, max_frames)
    return Program(network, family, products.modes, fields, size, steps, calls, matrices, sums, max_frames)


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


def _pack_layer(products: Products, layer: QuantizedLayer) -> list[PackedMatrix]:
    return [
        PackedMatrix(
            name=f"{accumulator.name}_{products.network.group(matrix.group).source}",
            group=matrix.group,
            accumulator=accumulator.name,
            bits=matrix.bits,
            rows=matrix.weights.shape[0],
            columns=matrix.weights.shape[1],
            layout=products.layout(matrix),
            words=products.layout(matrix).pack(matrix.weights),
        )
        for accumulator in layer.accumulators
        for matrix in accumulator.matrices
    ]


def _order(
    products: Products,
    layer: QuantizedLayer,
    schedule: Schedule,
    matrices: tuple[PackedMatrix, ...],
    sums: Mapping[str, Sums],
) -> list[list[Read]]:
    """The reads of each stage of a layer: delta before dense, whose products start from what was kept."""
    network = products.network
    begun: set[str] = set()
    stages: list[list[Read]] = []
    for number in range(schedule.count):
        here = [
            (index, group)
            for index, group in enumerate(network.groups)
            if group.layer == layer.name and schedule.sources[group.source] == number
        ]
        here.sort(key=lambda item: products.modes[item[1].name] != DELTA)
        stages.append([_read(products, layer, index, group, matrices, sums, begun) for index, group in here])
    return stages


def _read(
    products: Products,
    layer: QuantizedLayer,
    index: int,
    group: SendGroup,
    matrices: tuple[PackedMatrix, ...],
    sums: Mapping[str, Sums],
    begun: set[str],
) -> Read:
    """One group's read. begun: accumulators whose dense sums have a first product already; this adds to them."""
    made = []
    for matrix in (matrix for matrix in matrices if matrix.group == group.name):
        place = sums[matrix.accumulator]
        if products.modes[group.name] == DELTA:
            assert place.kept is not None and matrix.accumulator not in begun
            made.append(Product(matrix, None, place.kept))
        else:
            first = matrix.accumulator not in begun
            begun.add(matrix.accumulator)
            made.append(Product(matrix, (place.kept or (BIAS, 0)) if first else place.result, place.result))
    return Read(
        group=group,
        index=index,
        vector=INPUT if group.source == "x" else f"{layer.name}_{group.source}",
        how=products.how(group),
        field=read_field(group, products),
        narrow=products.narrow(group),
        products=tuple(made),
    )


def _step(
    network: QuantizedNetwork,
    layer: QuantizedLayer,
    schedule: Schedule,
    stored: list[str],
    reads: list[list[Read]],
) -> Step:
    # Where vectors live between loops: local name to field of the state.
    places = {name: f"{layer.name}_{name}" for name in (*(state.name for state in layer.states), *stored)}
    gives = gives_output(network, layer)
    stages = tuple(
        Stage(tuple(reads[number]), _updates(layer, schedule, number, places, gives))
        for number in range(schedule.count)
    )
    return Step(layer, stages, gives)


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
