"""The order of a step, and the plan of memory."""

import pytest

from networks import quantized, recognizer
from shrinkc.errors import InputError
from shrinkc.lower import lower
from shrinkc.lower.program import TYPE_BYTES
from shrinkc.project import Delta, Plan
from shrinkc.project.settings import Rule

NETWORK = recognizer()


def test_the_step_reads_each_vector_once_in_order():
    program = lower(quantized(NETWORK))
    reads = [(read.group.name, read.vector) for stage in program.stages for read in stage.reads]
    assert reads == [
        ("rnn1.x@8", "input"),
        ("rnn1.h@8", "rnn1_h"),
        ("rnn2.x@8", "rnn1_h"),
        ("rnn2.h@8", "rnn2_h"),
        ("head.x@8", "rnn2_h"),
    ]
    assert [stage.update.name for stage in program.stages] == ["rnn1", "rnn2", "head"]


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


def test_layers_whose_arrays_would_collide_are_refused():
    import dataclasses

    first, second, head = NETWORK.layers
    clash = dataclasses.replace(
        NETWORK, layers=(dataclasses.replace(first, name="a"), dataclasses.replace(second, name="a_h"), head)
    )
    lower(quantized(clash))  # a_h and a_h_h differ
    clash = dataclasses.replace(clash, layers=(*clash.layers[:1], dataclasses.replace(second, name="a_0"), head))
    program = lower(quantized(clash))
    assert len({field.name for field in program.fields}) == len(program.fields)
    clash = dataclasses.replace(NETWORK, layers=(dataclasses.replace(first, name="x"), second, head))
    lower(quantized(clash))
    with pytest.raises(InputError, match="two layers of one name"):
        dataclasses.replace(NETWORK, layers=(first, dataclasses.replace(second, name="rnn1"), head))
