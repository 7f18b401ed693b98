"""A hand-made model with the interface of the generated ones, and the same arithmetic in numpy."""

import numpy as np

INPUTS, OUTPUTS, GROUPS = 3, 2, 2
DIGEST = "0123456789abcdef" * 4

HEADER = f"""
#ifndef TINY_H
#define TINY_H
#include <stdint.h>
#ifdef __cplusplus
extern "C" {{
#endif
#define TINY_INPUTS {INPUTS}
#define TINY_OUTPUTS {OUTPUTS}
#define TINY_SEND_GROUPS {GROUPS}
#define TINY_ABI_VERSION 1
#define TINY_DIGEST "{DIGEST}"
typedef struct {{
    uint16_t sent[TINY_SEND_GROUPS];
    int16_t last[TINY_INPUTS];
    int32_t sum;
}} tiny_state_t;
void tiny_reset(tiny_state_t *state);
void tiny_step(tiny_state_t *state, const int16_t *input, int16_t *output);
#ifdef __cplusplus
}}
#endif
#endif
"""

SOURCE = """
#include "tiny.h"
#include <string.h>
#include "shrinkc_tiny.h"

extern const int8_t tiny_weights[TINY_INPUTS];

void tiny_reset(tiny_state_t *state) {
    memset(state, 0, sizeof *state);
}

void tiny_step(tiny_state_t *state, const int16_t *input, int16_t *output) {
    EXTRA
    state->sent[0] = 0;
    for (int column = 0; column < TINY_INPUTS; column++) {
        const int32_t change = input[column] - state->last[column];
        if (change != 0) {
            state->sent[0]++;
            state->last[column] = input[column];
            state->sum = shrinkc_add(state->sum, tiny_weights[column] * change);
        }
    }
    state->sent[1] = (uint16_t)(state->sent[0] * 2u);
    output[0] = (int16_t)(state->sum >> 4);
    output[1] = (int16_t)(state->sum / 7);
}
"""

DATA = """
#include <stdint.h>
#include "tiny.h"
extern const int8_t tiny_weights[TINY_INPUTS];
const int8_t tiny_weights[TINY_INPUTS] = {3, -5, 7};
"""

RUNTIME_HEADER = """
#ifndef SHRINKC_TINY_H
#define SHRINKC_TINY_H
#include <stdint.h>
int32_t shrinkc_add(int32_t a, int32_t b);
#endif
"""

RUNTIME = """
#include "shrinkc_tiny.h"
int32_t shrinkc_add(int32_t a, int32_t b) {
    return a + b;
}
"""


def sources(extra: str = "(void)0;", functions: str = "", data: str = DATA) -> dict[str, str]:
    """The model's files; `extra` are statements at the start of a step, `functions` definitions before it."""
    source = SOURCE.replace("EXTRA", extra).replace("void tiny_reset", f"{functions}\nvoid tiny_reset", 1)
    return {
        "tiny.h": HEADER,
        "tiny.c": source,
        "tiny_data.c": data,
        "shrinkc_tiny.h": RUNTIME_HEADER,
        "shrinkc_tiny.c": RUNTIME,
    }


def utterances(lengths: list[int], seed: int = 1) -> list[np.ndarray]:
    """Random inputs, many of them unchanged from one frame to the next: int16 (frames, INPUTS) each."""
    random = np.random.default_rng(seed)
    result = []
    for frames in lengths:
        steps = random.integers(-40, 41, (frames, INPUTS)) * (random.random((frames, INPUTS)) < 0.5)
        result.append(np.clip(np.cumsum(steps, axis=0), -500, 500).astype(np.int16))
    return result


def reference(inputs: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Outputs int16 (all frames, OUTPUTS) and columns sent uint16 (all frames, GROUPS)."""
    outputs, sent = [], []
    for utterance in inputs:
        before = np.vstack([np.zeros((1, INPUTS), np.int16), utterance])[:-1]
        changed = (utterance != before).sum(axis=1)
        sums = utterance.astype(np.int64) @ np.array([3, -5, 7])
        outputs.append(np.stack([sums >> 4, np.trunc(sums / 7)], axis=1).astype(np.int16))
        sent.append(np.stack([changed, 2 * changed], axis=1).astype(np.uint16))
    return np.concatenate(outputs), np.concatenate(sent)
