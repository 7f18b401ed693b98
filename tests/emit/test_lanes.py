"""Element-wise loops four units at a time, and the kernels that go with them: the Helium family, here and in QEMU."""

import numpy as np
import pytest
from test_every_cell import CELLS, make

from bits import check_against_reference
from networks import both_ways, quantized, recognizer, speech_like
from shrinkc.compile.image import compile_image
from shrinkc.emit import emit
from shrinkc.emulate.run import run_image
from shrinkc.lower import dense_modes, lower, plain_modes
from shrinkc.lower.kernels import HELIUM
from shrinkc.project import Delta, Plan
from shrinkc.reference import run
from shrinkc.target import load_target
from tools import needs_qemu

ON_THE_CORE = {
    "lstm": {},
    "gru": {},
    "gru before": {"reset": "before"},
    "ligru": {},
    "sru": {"skip": "matrix"},
}


@pytest.mark.parametrize("name", CELLS)
def test_the_twins_give_the_same_bits(on_host, name):
    """Delta at 8 bits, dense over held bytes at 4; units that are no multiple of four."""
    made = quantized(make(name), Plan(), Delta(threshold=0, groups=(("rnn2.*", None),)))
    check_against_reference(made, on_host, family=HELIUM)
    made = quantized(make(name), Plan(weights=4, state=16, accumulators="separate"), Delta(threshold=3))
    check_against_reference(made, on_host, sanitize=True, family=HELIUM, modes=dense_modes(made))


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("units", [7, 8])
def test_whole_and_broken_fours_of_units(on_host, compiler, units):
    made = quantized(recognizer(units=units, last=True), Plan(activations=16))
    check_against_reference(made, on_host, compiler, sanitize=True, family=HELIUM)


def test_both_ways(on_host):
    check_against_reference(quantized(both_ways("gru")), on_host, family=HELIUM)


@needs_qemu
@pytest.mark.parametrize("units", [21, 32])
@pytest.mark.parametrize("name", ON_THE_CORE)
def test_the_core_gives_the_same_bits(name, units):
    network = recognizer(name.split()[0], inputs=10, units=units, layers=1, **ON_THE_CORE[name])
    made = quantized(network, Plan(), Delta(threshold=1))
    inputs = [made.quantize_input(one) for one in speech_like(width=10)]
    for modes in (plain_modes(made), dense_modes(made)):
        program = lower(made, HELIUM, modes)
        image = compile_image(emit(program).files, made.name, load_target("cortex-m55"))
        trace, expected = run_image(image, inputs), run(made, inputs, modes=program.modes)
        assert np.array_equal(trace.outputs, np.concatenate(expected.outputs))
        assert np.array_equal(trace.sent, np.concatenate(expected.sent))
        assert 0 < trace.stack <= image.sizes.stack
