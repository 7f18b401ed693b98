"""The order of a step, and the plan of memory."""

import dataclasses

import numpy as np
import pytest

from networks import quantized, random_layer, recognizer, with_head
from shrinkc.cells import _DEFINITIONS, Cell, Equation, State
from shrinkc.cells.expressions import Value, affine, function
from shrinkc.errors import InputError
from shrinkc.lower import lower
from shrinkc.lower.program import TYPE_BYTES
from shrinkc.network import Network
from shrinkc.project import Delta, Plan
from shrinkc.project.settings import Rule

NETWORK = recognizer()


def test_the_step_reads_each_vector_once_in_order():
    program = lower(quantized(NETWORK))
    reads = [(read.group.name, read.vector) for stage in program.stages for read in stage.reads]
    assert reads == [
        ("rnn1.x@8", "input"),
        ("rnn1.h@8", "rnn1_h"),
        ("rnn2.x@8", "input"),
        ("rnn2.h@8", "rnn2_h"),
        ("head.x@8", "input"),
    ]
    assert [call.source.name for call in program.calls] == ["input", "rnn1_h", "rnn2_h"]
    assert [update.name for stage in program.stages for update in stage.updates] == ["rnn1", "rnn2", "head"]


@pytest.mark.parametrize("delta", [Delta(), Delta(threshold=None), Delta(groups=(("rnn2.*", None),))])
@pytest.mark.parametrize("plan", [Plan(), Plan(weights=2, state=16), Plan(accumulators="separate")])
def test_fields_are_aligned_and_do_not_overlap(plan, delta):
    program = lower(quantized(NETWORK, plan, delta))
    end = 0
    for field in program.fields:
        assert field.offset % TYPE_BYTES[field.type] == 0
        assert field.offset >= end
        end = field.offset + field.bytes
    assert program.fields[0].name == "sent"
    assert end <= program.state_bytes < end + 4


def test_a_dense_network_keeps_no_sums_and_nothing_sent():
    names = {field.name for field in lower(quantized(NETWORK, delta=Delta(threshold=None))).fields}
    assert names == {"sent", "dense_sums", "quantized", "rnn1_h", "rnn1_c", "rnn2_h", "rnn2_c"}


def test_sums_have_room_for_filled_up_rows():
    program = lower(quantized(recognizer(units=7), Plan(weights=2)))
    assert program.field("rnn1_0_sums").count == 32  # 28 rows, 16 to a word
    assert program.field("head_0_sums").count == 16


def test_a_vector_at_two_widths_is_held_twice():
    program = lower(quantized(NETWORK, Plan(paths=(Rule("rnn1.candidate.h", activations=16),))))
    assert program.field("rnn1_h_8_held").type == "int8_t"
    assert program.field("rnn1_h_16_held").type == "int16_t"


def renamed(network: Network, first: str, second: str) -> Network:
    """The two recurrent layers under other names."""
    one, two, head = network.layers
    layers = (
        dataclasses.replace(one, name=first),
        dataclasses.replace(two, name=second, reads=(first,)),
        dataclasses.replace(head, reads=(second,)),
    )
    return dataclasses.replace(network, layers=layers)


@pytest.mark.parametrize("first, second", [("a", "a_h"), ("a", "a_0"), ("x", "h"), ("a", "a_x"), ("sent", "active")])
def test_names_that_look_alike_do_not_collide(first, second):
    program = lower(quantized(renamed(NETWORK, first, second)))
    assert len({field.name for field in program.fields}) == len(program.fields)


def test_layers_whose_arrays_would_collide_are_refused(monkeypatch):
    """An SRU called a keeps h_new as a_h_new; so does a layer a_h its state `new`."""
    cell = Cell(
        "simple_new",
        (State("new", "y"),),
        (Equation("y", function("tanh", affine("state", Value("x"), Value("new")))),),
        "y",
        "made up",
    )
    monkeypatch.setitem(_DEFINITIONS, "simple_new", lambda: cell)
    random = np.random.default_rng(1)
    layers = [
        random_layer("a", "sru", 7, 7, random),
        random_layer("a_h", "simple_new", 7, 7, random, place={"reads": ("a",)}),
    ]
    network = with_head(layers, 7, 3, random)
    with pytest.raises(InputError, match="two arrays of the state would be called a_h_new; rename a layer"):
        lower(quantized(network))


def test_layers_whose_loops_would_collide_are_refused():
    network = recognizer("gru", reset="before")
    one, two, head = renamed(network, "gru", "gru_1").layers
    lower(quantized(dataclasses.replace(network, layers=(one, two, head))))  # gru_0, gru_1, gru_1_0, gru_1_1
    after = dataclasses.replace(recognizer("gru").layers[1], name="gru_1", reads=("gru",))
    with pytest.raises(InputError, match="a loop of layer gru would be called gru_1, as one of gru_1; rename one"):
        lower(quantized(dataclasses.replace(network, layers=(one, after, head))))
