"""Holds the generated C on this machine against the integer reference, bit for bit."""

import numpy as np

from networks import speech_like
from shrinkc.lower import lower
from shrinkc.lower.kernels import PORTABLE
from shrinkc.reference import run


def check_against_reference(
    network, on_host, compiler="gcc", utterances=None, sanitize=False, family=PORTABLE, modes=None
):
    """Outputs, columns sent and (where frames stream) every state, after every frame; `on_host` is the fixture.

    family, modes: as `lower` takes them.
    """
    inputs = [network.quantize_input(u) for u in utterances or speech_like(width=network.inputs)]
    program = lower(network, family, modes, None if network.streams else max(map(len, inputs)))
    execution = run(network, inputs, keep_states=True, modes=program.modes)
    trace = on_host(program, inputs, compiler, sanitize)
    ends = np.cumsum([len(utterance) for utterance in inputs if len(utterance)]) - 1
    outputs = trace.outputs[ends] if network.last else trace.outputs
    assert np.array_equal(outputs, np.concatenate(execution.outputs))
    assert np.array_equal(trace.sent, np.concatenate(execution.sent))
    if not network.streams:
        return
    for name, series in execution.states.items():
        field = program.field(name.replace(".", "_"))
        raw = np.ascontiguousarray(trace.states[:, field.offset : field.offset + field.bytes])
        assert np.array_equal(raw.view(series[0].dtype), np.concatenate(series)), name
