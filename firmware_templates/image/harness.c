/* The test harness, the same on every machine: utterances in, records out. The files are in protocol.h. */
#include "harness.h"

#include <string.h>

#include "model.h"
#include "platform.h"
#include "protocol.h"
#include "stream.h"

#define FRAMES_PER_FLUSH 64u

/* Not static: the host reads it from the ELF to know the model's interface before it runs. */
extern const harness_header_t harness_header;
const harness_header_t harness_header = {
    HARNESS_OUTPUT_MAGIC, HARNESS_MODEL_ABI_VERSION,     HARNESS_MODEL_INPUTS, HARNESS_MODEL_OUTPUTS,
    HARNESS_MODEL_SEND_GROUPS,    sizeof(harness_model_state_t), HARNESS_MODEL_DIGEST,
};

static harness_model_state_t harness_state;
static int16_t input[HARNESS_MODEL_INPUTS];
static int16_t first_input[HARNESS_MODEL_INPUTS];
static int16_t output[HARNESS_MODEL_OUTPUTS];
static uint32_t frames_done;
static uint32_t deepest_stack;

static void empty_step(harness_model_state_t *state, const int16_t *in, int16_t *out) {
    (void)state;
    (void)in;
    (void)out;
}

static int run_frame(uint32_t flags) {
    if (stream_read(input, sizeof input) != 0) {
        return HARNESS_EXIT_INPUT;
    }
    const counter_reading_t reading = platform_count(harness_model_step, &harness_state, input, output);
    int failed = stream_write(output, sizeof output);
    failed |= stream_write(harness_state.sent, sizeof harness_state.sent);
    failed |= stream_write(&reading.low, sizeof reading.low);
    failed |= stream_write(&reading.wraps, sizeof reading.wraps);
    if ((flags & HARNESS_DUMP_STATE) != 0u) {
        failed |= stream_write(&harness_state, sizeof harness_state);
    }
    frames_done++;
    /* The host takes a run that writes nothing for long as one that hangs. */
    if (frames_done % FRAMES_PER_FLUSH == 0u) {
        failed |= stream_flush();
    }
    return failed != 0 ? HARNESS_EXIT_OUTPUT : 0;
}

/* The stack is measured in one more step behind the utterance's last frame, on its first frame's input: there
 * the recurrent products have something to do, no record is written, and interrupts can be kept off. */
static void measure_stack(void) {
    const uint32_t stack = platform_stack(harness_model_step, &harness_state, first_input, output);
    if (stack > deepest_stack) {
        deepest_stack = stack;
    }
}

static int run_utterance(uint32_t flags) {
    uint32_t frames;
    if (stream_read(&frames, sizeof frames) != 0) {
        return HARNESS_EXIT_INPUT;
    }
    /* All bytes, padding too, so that a dumped state is the same from run to run; not 0, which is reset's to write. */
    memset(&harness_state, 0xA5, sizeof harness_state);
    harness_model_reset(&harness_state);
    for (uint32_t frame = 0; frame < frames; frame++) {
        const int code = run_frame(flags);
        if (code != 0) {
            return code;
        }
        if (frame == 0u) {
            memcpy(first_input, input, sizeof input);
        }
    }
    if (frames != 0u) {
        measure_stack();
    }
    return 0;
}

static int write_footer(void) {
    const counter_reading_t empty = platform_count(empty_step, &harness_state, input, output);
    const uint32_t footer[4] = {HARNESS_FOOTER_MAGIC, frames_done, empty.low, deepest_stack};
    return stream_write(footer, sizeof footer) != 0 || stream_flush() != 0 ? HARNESS_EXIT_OUTPUT : 0;
}

int harness_run(void) {
    uint32_t start[3]; /* magic, flags, utterances */
    if (platform_open() != 0) {
        return HARNESS_EXIT_INPUT;
    }
    stream_start();
    if (stream_read(start, sizeof start) != 0 || start[0] != HARNESS_INPUT_MAGIC) {
        return HARNESS_EXIT_INPUT;
    }
    if (stream_write(&harness_header, sizeof harness_header) != 0 || stream_write(&start[1], sizeof start[1]) != 0) {
        return HARNESS_EXIT_OUTPUT;
    }
    for (uint32_t utterance = 0; utterance < start[2]; utterance++) {
        const int code = run_utterance(start[1]);
        if (code != 0) {
            return code;
        }
    }
    const int code = write_footer();
    return platform_close() != 0 && code == 0 ? HARNESS_EXIT_OUTPUT : code;
}
