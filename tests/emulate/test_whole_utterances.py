"""Models that take whole utterances, and models that answer with their last step: in QEMU, against the reference."""

import numpy as np
import pytest

from networks import both_ways, quantized, recognizer, speech_like
from shrinkc.compile.image import compile_image
from shrinkc.emit import emit
from shrinkc.emulate.run import run_image
from shrinkc.emulate.trace import Trace
from shrinkc.errors import InputError
from shrinkc.lower import FAMILIES, lower
from shrinkc.project import Delta
from shrinkc.quantize import QuantizedNetwork
from shrinkc.reference import Execution, run
from shrinkc.target import load_target
from tools import needs_arm, needs_qemu

LENGTHS = (7, 0, 1, 12)
MAX_FRAMES = 12
WRAPPER = 8
"""Bytes of stack that the harness's own function around a model of whole utterances may add, where it cannot jump."""
MODELS = {
    "both ways": lambda: both_ways("gru"),
    "both ways, last": lambda: both_ways("lstm", layers=1, last=True),
    "one way, last": lambda: recognizer("gru", layers=1, last=True),
}


def image_of(network: QuantizedNetwork, target: str):
    family = FAMILIES[load_target(target).kernels]
    sources = emit(lower(network, family, max_frames=None if network.streams else MAX_FRAMES))
    return compile_image(sources.files, sources.name, load_target(target))


def run_both(network: QuantizedNetwork, target: str) -> tuple[Trace, Execution]:
    inputs = [network.quantize_input(speech_like()[0][:length]) for length in LENGTHS]
    image = image_of(network, target)
    assert image.interface.max_frames == (0 if network.streams else MAX_FRAMES)
    trace = run_image(image, inputs, jobs=2, dump_state=True, time_limit_s=60)
    assert 0 < trace.stack <= image.sizes.stack + (0 if network.streams else WRAPPER)
    return trace, run(network, inputs)


@needs_qemu
@pytest.mark.parametrize("target", ["cortex-m0plus", "cortex-m4"])
@pytest.mark.parametrize("name", MODELS)
def test_outputs_and_counts_are_the_references(name: str, target: str) -> None:
    network = quantized(MODELS[name](), delta=Delta(threshold=2))
    trace, execution = run_both(network, target)
    assert len(trace.outputs) == sum(LENGTHS)
    ends = np.cumsum([length for length in LENGTHS if length]) - 1
    before = np.setdiff1d(np.arange(sum(LENGTHS)), ends)
    outputs = trace.outputs[ends] if network.last else trace.outputs
    assert np.array_equal(outputs, np.concatenate(execution.outputs))
    assert np.array_equal(trace.sent, np.concatenate(execution.sent))
    if network.last:
        assert not trace.outputs[before].any()
    assert (trace.instructions[ends] > 0).all()
    # What takes whole utterances is counted with the last frame; what streams, frame by frame.
    assert trace.instructions[before].any() == trace.states[before].any() == network.streams


@needs_arm
def test_an_utterance_longer_than_the_model_was_built_for() -> None:
    network = quantized(both_ways(layers=1))
    inputs = [np.zeros((length, 5), np.int16) for length in (3, MAX_FRAMES + 1)]
    with pytest.raises(InputError, match=r"utterance 1 has 13 frames, the model was built for 12; build .* 13"):
        run_image(image_of(network, "cortex-m3"), inputs)
