"""The generated C: bit for bit the integer reference, with every width, under sanitizers, from gcc and clang."""

import dataclasses
import shutil
import subprocess

import numpy as np
import pytest

from bits import check_against_reference
from networks import both_ways, quantized, recognizer, speech_like
from shrinkc.emit import Labels, emit
from shrinkc.emit.emit import _quoted, _words
from shrinkc.errors import InputError
from shrinkc.lower import FAMILIES, dense_modes, lower
from shrinkc.project import Delta, Plan
from shrinkc.project.settings import Rule

NETWORK = recognizer()
DSP = FAMILIES["dsp"]

CASES = {
    "8 bits": (Plan(), Delta()),
    "8 bits, dense": (Plan(), Delta(threshold=None)),
    "8 bits, threshold 6": (Plan(), Delta(threshold=6)),
    "separate accumulators": (Plan(accumulators="separate"), Delta(threshold=3)),
    "16-bit state": (Plan(state=16), Delta(threshold=3)),
    "4-bit weights": (Plan(weights=4), Delta(threshold=3)),
    "4-bit weights, dense": (Plan(weights=4), Delta(threshold=None)),
    "2-bit weights, 16-bit inputs": (Plan(weights=2, activations=16), Delta(threshold=100)),
    "16 by 16": (Plan(weights=16, activations=16), Delta(threshold=100)),
    "8 by 4": (Plan(activations=4), Delta()),
    "mixed": (
        Plan(weights=4, paths=(Rule("*.candidate.h", weights=8, activations=16), Rule("head.*", weights=8))),
        Delta(threshold=2, groups=(("rnn2.x", None), ("rnn2.h", None), ("rnn1.h", 9))),
    ),
    "a matrix at a time": (Plan(per_row=False, clipping="max"), Delta()),
}


SANITIZED = ("8 bits", "16 by 16", "mixed")


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("case", CASES)
def test_c_equals_the_reference(case, family, on_host):
    network = quantized(NETWORK, *CASES[case])
    check_against_reference(network, on_host, sanitize=case in SANITIZED, family=FAMILIES[family])


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("case", CASES)
def test_dense_products_over_held_values_equal_the_reference(case, family, on_host):
    network = quantized(NETWORK, *CASES[case])
    check_against_reference(
        network, on_host, sanitize=case in SANITIZED, family=FAMILIES[family], modes=dense_modes(network)
    )


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("dense", ["x", "h"])
def test_a_dense_product_adds_to_the_kept_sums_of_a_delta_product(dense, family, on_host):
    network = quantized(NETWORK, Plan(accumulators="shared"), Delta(threshold=4))
    modes = {group.name: "dense" if group.source == dense else "delta" for group in network.groups}
    check_against_reference(network, on_host, sanitize=True, family=FAMILIES[family], modes=modes)


@pytest.mark.parametrize("count", [1, 7, 8, 9, 16, 100])
def test_words_are_hexadecimal_literals_eight_a_line(count):
    words = np.random.default_rng(count).integers(0, 1 << 32, (count, 1), np.uint32)
    lines = _words(words).split(",\n    ")
    assert [len(line.split(", ")) for line in lines] == [8] * (count // 8) + [count % 8] * (count % 8 > 0)
    assert ", ".join(lines).split(", ") == [f"0x{word:08x}u" for word in words[:, 0].tolist()]


def test_weights_of_both_directions_lie_in_flash_once(on_host):
    """An SRU's projection serves both directions, whatever else differs."""
    options = {"skip": "matrix", "projection": "yes", "sizes": {"projection": 4}}
    network = both_ways("sru", layers=1, **options)
    one, other, head = network.layers
    other = dataclasses.replace(other, matrices=other.matrices | {"projection.x": one.matrices["projection.x"]})
    shared = quantized(dataclasses.replace(network, layers=(one, other, head)))
    data = [emit(lower(made, max_frames=99)).files["toy_data.c"] for made in (quantized(network), shared)]
    assert [text.count("static const uint32_t") for text in data] == [5, 4]
    check_against_reference(shared, on_host, sanitize=True)


def test_clang_agrees(on_host):
    check_against_reference(quantized(NETWORK, *CASES["mixed"]), on_host, "clang")


def test_extreme_features_saturate_alike(on_host):
    loud = [utterance * 1e4 for utterance in speech_like(2)]
    check_against_reference(quantized(NETWORK, Plan(state=16)), on_host, utterances=loud, sanitize=True)


def test_same_input_same_bytes():
    first, second = (emit(lower(quantized(NETWORK), DSP)) for _ in range(2))
    assert first == second
    other = emit(lower(quantized(NETWORK, delta=Delta(threshold=1)), DSP))
    assert other.digest != first.digest


def test_digest_stands_in_the_header():
    sources = emit(lower(quantized(NETWORK), DSP))
    assert f'#define TOY_DIGEST "{sources.digest}"' in sources.files["toy.h"]


def test_step_reads_as_a_list_of_calls():
    text = emit(lower(quantized(NETWORK), DSP)).files["toy.c"]
    step = text[text.index("void toy_step") :]
    calls = [line.split("(")[0].strip() for line in step.splitlines() if line.endswith(");")]
    assert calls == ["toy_rnn1_step", "toy_rnn2_step", "toy_head_step"]
    layer = text[text.index("static void toy_rnn1_step") :].partition("\n}\n")[0]
    calls = [line.split("(")[0].split("=")[-1].strip() for line in layer.splitlines() if line.endswith(");")]
    assert calls == [
        "shrinkc_delta_scan_s8",
        "shrinkc_delta_mat_mult_s8",
        "shrinkc_delta_scan_s8",
        "shrinkc_delta_mat_mult_s8",
        "toy_rnn1_update",
    ]
    assert "/* c_new = f * c + i * g    Q" in text


def test_no_path_of_this_machine_and_no_time():
    for text in emit(lower(quantized(NETWORK), DSP)).files.values():
        assert "/tmp" not in text and "/home" not in text and "20" + "26" not in text


@pytest.mark.parametrize(
    "text, literal",
    [("ah", '"ah"'), ('a"b', '"a\\042b"'), ("a\\", '"a\\134"'), ("??/", '"\\077\\077/"'), ("ə", '"\\311\\231"')],
)
def test_symbols_cannot_leave_their_quotes(text, literal):
    assert _quoted(text) == literal


def test_symbols_must_be_one_an_output():
    with pytest.raises(InputError, match="2 symbols for 3 outputs"):
        emit(lower(quantized(NETWORK), DSP), Labels(("a", "b")))


PROGRAM = """
#include <stdio.h>
#include "toy_io.h"
int main(void)
{
    float features[TOY_INPUTS];
    int16_t input[TOY_INPUTS];
    int i;
    while (fread(features, sizeof features, 1, stdin) == 1) {
        toy_quantize_input(features, input);
        fwrite(input, sizeof input, 1, stdout);
    }
    for (i = 0; i < TOY_OUTPUTS; i++) {
        fprintf(stderr, "%s %.9g\\n", toy_symbol((unsigned)i), (double)toy_output_value((int16_t)(i - 1)));
    }
    return 0;
}
"""


@pytest.mark.parametrize("compiler, language", [("gcc", "c99"), ("g++", "c++11")])
def test_helpers_for_features_and_outputs(tmp_path, compiler, language):
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not installed")
    network = quantized(NETWORK)
    for name, text in emit(lower(network), Labels(tuple(["sil", 'a"b', "z"]))).files.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "main.c").write_text(PROGRAM)
    warnings = ["-Wall", "-Wextra", "-Werror", f"-std={language}"]
    subprocess.run([compiler, *warnings, "-x", language[:-2], "main.c", "-o", "main"], cwd=tmp_path, check=True)
    features = np.concatenate(speech_like()).astype(np.float32)
    features[0] = [1e30, -1e30, 0, 1e-30, 0.5]
    result = subprocess.run([tmp_path / "main"], input=features.tobytes(), capture_output=True, check=True)
    assert np.array_equal(np.frombuffer(result.stdout, np.int16).reshape(-1, 5), network.quantize_input(features))
    lines = result.stderr.decode().splitlines()
    assert lines[1] == 'a"b 0'
    assert float(lines[2].split()[1]) == pytest.approx(network.output_scale)
