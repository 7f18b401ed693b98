"""Steps in stages: what reads a result of the step waits, and states are taken when nobody reads the old ones."""

import pytest

from networks import both_ways, quantized, recognizer
from shrinkc.cells import _DEFINITIONS, Cell, Equation, State
from shrinkc.cells.expressions import Value, affine, function, mix
from shrinkc.errors import InputError
from shrinkc.lower import lower
from shrinkc.lower.program import BIAS, Place, Program, Stage
from shrinkc.network import Network
from shrinkc.project import Delta, Plan


def program_of(network: Network, max_frames: int | None = None, delta: Delta | None = None) -> Program:
    return lower(quantized(network, delta=delta), max_frames=max_frames)


def reads(stage: Stage) -> list[str]:
    return [read.group.name for read in stage.reads]


def stores(stage: Stage) -> list[dict[str, str]]:
    """By loop: field to the value that it takes."""
    return [{store.field: store.value for store in update.stores} for update in stage.updates]


def computed(stage: Stage) -> list[list[str]]:
    return [[one.name for one in update.assignments] for update in stage.updates]


PROJECTION = {"projection": "yes", "peepholes": "yes", "sizes": {"projection": 4}}


def test_an_lstm_with_projection_is_two_loops_of_two_widths():
    program = program_of(recognizer("lstm", layers=1, **PROJECTION))
    first, second = program.steps[0].stages
    assert (reads(first), reads(second)) == (["rnn1.x@8", "rnn1.h@8"], ["rnn1.m@8"])
    assert computed(first) == [["i", "f", "g", "c_new", "o", "m"]]
    assert computed(second) == [["h_new"]]
    assert [[update.units for update in stage.updates] for stage in (first, second)] == [[7], [4]]
    # c is taken in the first loop, while h waits for its product.
    assert stores(first) == [{"rnn1_c": "c_new", "rnn1_m": "m"}]
    assert stores(second) == [{"rnn1_h": "h_new"}]
    assert program.field("rnn1_h").count == 4 and program.field("rnn1_c").count == 7


def test_a_gru_that_resets_before_keeps_h_until_its_second_loop():
    first, second = program_of(recognizer("gru", layers=1, reset="before")).steps[0].stages
    assert (reads(first), reads(second)) == (["rnn1.x@8", "rnn1.h@8"], ["rnn1.rh@8"])
    assert (computed(first), computed(second)) == ([["z", "r", "rh"]], [["n", "h_new"]])
    assert stores(first) == [{"rnn1_z": "z", "rnn1_rh": "rh"}]
    assert stores(second) == [{"rnn1_h": "h_new"}]
    assert second.updates[0].loads == (("h", "rnn1_h"), ("z", "rnn1_z"))


def test_a_gru_that_resets_after_is_one_loop():
    (stage,) = program_of(recognizer("gru", layers=1)).steps[0].stages
    assert computed(stage) == [["z", "r", "n", "h_new"]]
    assert stores(stage) == [{"rnn1_h": "h_new"}]


def test_a_state_waits_until_nobody_reads_the_old_one(monkeypatch):
    """c_new is there in the first loop, but the second still reads c: the next value waits beside it."""
    x, c, y = Value("x"), Value("c"), Value("y")
    waiting = Cell(
        "waiting",
        (State("c", "c_new"),),
        (
            Equation("c_new", mix(function("sigmoid", affine("forget", x)), c, function("tanh", affine("new", x)))),
            Equation("y", function("tanh", affine("first", x))),
            Equation("z", function("sigmoid", affine("second", y)) * c),
        ),
        "z",
        "made up",
    )
    monkeypatch.setitem(_DEFINITIONS, "waiting", lambda: waiting)
    first, second = program_of(recognizer("waiting", layers=1)).steps[0].stages
    assert stores(first) == [{"rnn1_c_new": "c_new", "rnn1_y": "y"}]
    assert stores(second) == [{"rnn1_c": "c_new", "rnn1_z": "z"}]
    assert second.updates[0].loads == (("c", "rnn1_c"), ("c_new", "rnn1_c_new"))


def starts(stage: Stage) -> list[tuple[str, str]]:
    """(accumulator, the field that its sums start from) of each product."""
    return [(one.matrix.accumulator, one.start[0]) for read in stage.reads for one in read.products if one.start]


def test_dense_sums_start_from_the_biases_once():
    first, second = program_of(recognizer("gru", layers=1, reset="before"), delta=Delta(threshold=None)).steps[0].stages
    begun = [name for name, start in starts(first) + starts(second) if start == BIAS]
    assert len(set(begun)) == len(begun) and {name for name, _ in starts(first) + starts(second)} == set(begun)


def test_a_dense_product_starts_from_what_delta_products_keep():
    network = quantized(recognizer(layers=1), Plan(accumulators="shared"))
    modes = {group.name: "delta" if group.source == "h" else "dense" for group in network.groups}
    (stage,) = lower(network, modes=modes).steps[0].stages
    assert reads(stage) == ["rnn1.h@8", "rnn1.x@8"]
    assert starts(stage) == [("rnn1_0", "rnn1_0_sums")]
    assert stage.reads[1].products[0].target == ("dense_sums", 0)


def test_calls_of_a_stream_name_where_each_layer_left_its_result():
    program = program_of(recognizer("sru", inputs=7))
    assert [(call.layer.name, call.source, call.target, call.once) for call in program.calls] == [
        ("rnn1", Place("input", 7), Place("rnn1_h_new", 7), False),
        ("rnn2", Place("rnn1_h_new", 7), Place("rnn2_h_new", 7), False),
        ("head", Place("rnn2_h_new", 7), Place("output", 3), False),
    ]
    # A layer whose result is its own state needs no second place for it.
    assert program_of(recognizer("lstm")).calls[1].source == Place("rnn1_h", 7)


def test_behind_a_last_step_each_layer_is_called_once():
    calls = program_of(recognizer("lstm", last=True)).calls
    assert [(call.layer.name, call.once, call.target.stride) for call in calls] == [
        ("rnn1", False, 7),
        ("rnn2", False, 0),
        ("head", True, 3),
    ]


def whole(program: Program) -> list[tuple]:
    return [(call.layer.name, call.forward, call.source.name, call.target.name, call.first) for call in program.calls]


def test_whole_utterances_pass_through_two_sequences_in_turn():
    program = program_of(both_ways("lstm"), 20)
    assert whole(program) == [
        ("rnn1_f", True, "input", "sequence_a", 0),
        ("rnn1_b", False, "input", "sequence_a", 7),
        ("rnn2_f", True, "sequence_a", "sequence_b", 0),
        ("rnn2_b", False, "sequence_a", "sequence_b", 7),
        ("head", True, "sequence_b", "output", 0),
    ]
    assert {call.target.stride for call in program.calls[:4]} == {14}
    assert program.field("sequence_a").count == program.field("sequence_b").count == 20 * 14
    assert program.field("sent").type == "uint32_t"


def test_one_layer_of_tied_weights_is_called_in_both_directions():
    program = program_of(both_ways("lstm", layers=1, tied=True), 9)
    assert whole(program)[:2] == [("rnn1", True, "input", "sequence_a", 0), ("rnn1", False, "input", "sequence_a", 7)]
    assert len(program.steps) == 2


def test_sequences_are_as_large_as_what_passes_through_them():
    """Three ranks and a head: the third writes where the first did, and only its last step."""
    program = program_of(both_ways("lstm", layers=3, last=True), 20)
    assert program.field("sequence_a").count == program.field("sequence_b").count == 20 * 14
    # One rank that gives its last step alone needs room for one frame.
    program = program_of(both_ways("lstm", layers=1, last=True), 20)
    assert program.field("sequence_a").count == 14
    assert [call.once for call in program.calls] == [False, False, True]
    # A sum of both directions is half as wide.
    program = program_of(both_ways("lstm", layers=1, merge="add"), 20)
    assert (program.field("sequence_a").count, program.field("sequence_b").count) == (20 * 14, 20 * 7)


def test_memory_grows_with_the_longest_utterance_by_its_sequences_alone():
    small, large = (program_of(both_ways("gru"), frames) for frames in (10, 110))
    assert large.state_bytes - small.state_bytes == 100 * 2 * 2 * 14
    assert program_of(both_ways("gru"), 65535).max_frames == 65535


@pytest.mark.parametrize("max_frames", [None, 0, 65536, -1])
def test_whole_utterances_need_their_longest(max_frames):
    with pytest.raises(InputError, match=r"toy has layers that run backward.* give --max-frames N"):
        program_of(both_ways(), max_frames)


def test_a_stream_has_no_longest_utterance():
    with pytest.raises(InputError, match="toy goes frame by frame and needs no longest utterance; leave --max-frames"):
        program_of(recognizer(), 100)
