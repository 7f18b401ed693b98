"""The network as a list of calls: which layer reads which memory and writes which."""

from ..errors import InputError
from ..network import FORWARD
from ..quantize.quantized import QuantizedLayer, QuantizedNetwork
from .program import INPUT, OUTPUT, Call, Place

SEQUENCES = ("sequence_a", "sequence_b")
"""Where whole utterances lie between two ranks, in turn: a rank reads one and writes the other."""


def gives_output(network: QuantizedNetwork, layer: QuantizedLayer) -> bool:
    """Whether a layer writes where its caller says. Otherwise the next layer reads its result in the state.

    Side by side, layers write into one array; so does whatever handles whole utterances.
    """
    rank = next(rank for rank in network.ranks if layer in rank)
    return not network.streams or len(rank) > 1 or rank == network.ranks[-1]


def make_calls(network: QuantizedNetwork, max_frames: int | None) -> tuple[Call, ...]:
    """Every call of a step (or of a whole utterance), in order.

    Raises InputError for a network of whole utterances without max_frames, and for max_frames where frames stream.
    """
    if not network.streams and (max_frames is None or not 1 <= max_frames <= 65535):
        raise InputError(
            f"{network.name} has layers that run backward, so it takes whole utterances: give --max-frames N, "
            "the frames of the longest (1 to 65535)"
        )
    if network.streams and max_frames is not None:
        raise InputError(f"{network.name} goes frame by frame and needs no longest utterance; leave --max-frames out")
    calls: list[Call] = []
    source, once = Place(INPUT, network.inputs), False
    for number, rank in enumerate(network.ranks):
        target = _target(network, number)
        first = 0
        for layer in rank:
            for direction in layer.directions:
                calls.append(Call(layer, direction == FORWARD, once, source, target, first))
                first += layer.width
        source, once = target, once or rank[0].last
    return tuple(calls)


def _target(network: QuantizedNetwork, number: int) -> Place:
    """Where a rank's outputs go. A rank that gives its last step only writes one place again and again: stride 0."""
    rank = network.ranks[number]
    width = sum(layer.outputs for layer in rank)
    if number == len(network.ranks) - 1:
        name = OUTPUT
    elif not network.streams:
        name = SEQUENCES[number % 2]
    elif gives_output(network, rank[0]):
        name = f"rank_{number}"
    else:
        layer = rank[0]
        state = next((state for state in layer.states if state.next == layer.output), None)
        name = f"{layer.name}_{state.name if state else layer.output}"
    return Place(name, 0 if rank[0].last else width)


def rank_fields(network: QuantizedNetwork) -> list[tuple[str, int]]:
    """Arrays of the state that hold the outputs of layers side by side, where frames stream: name and width."""
    return [
        (f"rank_{number}", sum(layer.outputs for layer in rank))
        for number, rank in enumerate(network.ranks[:-1])
        if network.streams and len(rank) > 1
    ]


def sequence_fields(network: QuantizedNetwork, max_frames: int) -> list[tuple[str, int]]:
    """The two arrays that whole utterances pass through: name and elements; none where one rank is all."""
    sizes: dict[str, int] = {}
    frames = max_frames
    for number, rank in enumerate(network.ranks[:-1]):
        frames = 1 if rank[0].last else frames
        name = SEQUENCES[number % 2]
        sizes[name] = max(sizes.get(name, 0), frames * sum(layer.outputs for layer in rank))
    return list(sizes.items())
