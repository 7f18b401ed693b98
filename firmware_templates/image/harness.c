/* The test harness, the same on every machine: utterances in, records out. The files are in protocol.h. */
#include "harness.h"

#include <string.h>

#include "crc32.h"
#include "model.h"
#include "platform.h"
#include "protocol.h"
#include "stream.h"

#define FRAMES_PER_FLUSH 64u

const harness_header_t harness_header = {
    HARNESS_OUTPUT_MAGIC, HARNESS_MODEL_ABI_VERSION, HARNESS_MODEL_INPUTS,
    HARNESS_MODEL_OUTPUTS, HARNESS_MODEL_SEND_GROUPS, sizeof(harness_model_state_t),
    HARNESS_MODEL_MAX_FRAMES, HARNESS_MODEL_DIGEST,
};

static harness_model_state_t harness_state;
static harness_decoder_t decoder;
static uint32_t frames_done;
static uint32_t deepest_stack;

static void empty_step(harness_model_state_t *state, const int16_t *in, int16_t *out) {
    (void)state;
    (void)in;
    (void)out;
}

static int write_record(const int16_t *output, counter_reading_t reading, int called, uint32_t flags) {
    static const harness_model_state_t no_state;
    const int32_t decoded = harness_decode(&decoder, output);
    int failed = stream_write(output, HARNESS_MODEL_OUTPUTS * sizeof *output);
    failed |= stream_write(&decoded, sizeof decoded);
    for (uint32_t group = 0; group < HARNESS_MODEL_SEND_GROUPS; group++) {
        const uint32_t sent = called ? harness_state.sent[group] : 0u;
        failed |= stream_write(&sent, sizeof sent);
    }
    failed |= stream_write(&reading.low, sizeof reading.low);
    failed |= stream_write(&reading.wraps, sizeof reading.wraps);
    failed |= stream_write(&reading.cycles, sizeof reading.cycles);
    if ((flags & HARNESS_DUMP_STATE) != 0u) {
        failed |= stream_write(called ? &harness_state : &no_state, sizeof harness_state);
    }
    frames_done++;
    /* The host takes a run that writes nothing for long as one that hangs. */
    if (frames_done % FRAMES_PER_FLUSH == 0u) {
        failed |= stream_flush();
    }
    return failed != 0 ? HARNESS_EXIT_OUTPUT : 0;
}

static void start_utterance(void) {
    /* All bytes, padding too, so that a dumped state is the same from run to run; not 0, which is reset's to write. */
    memset(&harness_state, 0xA5, sizeof harness_state);
    harness_decoder_reset(&decoder);
}

static void measure_stack(step_fn *step, const int16_t *input, int16_t *output) {
    const uint32_t stack = platform_stack(step, &harness_state, input, output);
    if (stack > deepest_stack) {
        deepest_stack = stack;
    }
}

#if HARNESS_MODEL_MAX_FRAMES

static int16_t input[HARNESS_MODEL_MAX_FRAMES * HARNESS_MODEL_INPUTS];
static int16_t output[HARNESS_MODEL_MAX_FRAMES * HARNESS_MODEL_OUTPUTS];
static uint16_t frames_to_run;

static void run_whole(harness_model_state_t *state, const int16_t *in, int16_t *out) {
    (void)harness_model_run(state, in, frames_to_run, out);
}

static int run_frames(uint32_t frames, uint32_t flags) {
    static const counter_reading_t nothing;
    if (frames > HARNESS_MODEL_MAX_FRAMES || stream_read(input, frames * HARNESS_MODEL_INPUTS * sizeof *input) != 0) {
        return HARNESS_EXIT_INPUT;
    }
    memset(output, 0, sizeof output);
    frames_to_run = (uint16_t)frames;
    int16_t *const answer = HARNESS_MODEL_LAST && frames != 0u ? output + (frames - 1u) * HARNESS_MODEL_OUTPUTS : output;
    const counter_reading_t reading = platform_count(run_whole, &harness_state, input, answer);
    for (uint32_t frame = 0; frame < frames; frame++) {
        const int ends = frame + 1u == frames;
        const int code = write_record(output + frame * HARNESS_MODEL_OUTPUTS, ends ? reading : nothing, ends, flags);
        if (code != 0) {
            return code;
        }
    }
    /* One more frame, alone: deep is as deep as long. */
    if (frames != 0u) {
        frames_to_run = 1;
        measure_stack(run_whole, input, output);
    }
    return 0;
}

uint32_t harness_digest(const int16_t *inputs, uint32_t frames) {
    start_utterance();
    memset(output, 0, sizeof output);
    (void)harness_model_run(&harness_state, inputs, (uint16_t)frames, output);
    return crc32_add(0, output, (HARNESS_MODEL_LAST ? 1u : frames) * HARNESS_MODEL_OUTPUTS * sizeof *output);
}

#else

static int16_t input[HARNESS_MODEL_INPUTS];
static int16_t output[HARNESS_MODEL_OUTPUTS];

static int run_frames(uint32_t frames, uint32_t flags) {
    static int16_t first_input[HARNESS_MODEL_INPUTS];
    memset(output, 0, sizeof output);
    harness_model_reset(&harness_state);
    for (uint32_t frame = 0; frame < frames; frame++) {
        if (stream_read(input, sizeof input) != 0) {
            return HARNESS_EXIT_INPUT;
        }
        int16_t *const answer = HARNESS_MODEL_LAST && frame + 1u != frames ? NULL : output;
        const counter_reading_t reading = platform_count(harness_model_step, &harness_state, input, answer);
        const int code = write_record(output, reading, 1, flags);
        if (code != 0) {
            return code;
        }
        if (frame == 0u) {
            memcpy(first_input, input, sizeof input);
        }
    }
    /* The stack is measured in one more step behind the utterance's last frame, on its first frame's input: there
     * the recurrent products have something to do, no record is written, and interrupts can be kept off. */
    if (frames != 0u) {
        measure_stack(harness_model_step, first_input, output);
    }
    return 0;
}

uint32_t harness_digest(const int16_t *inputs, uint32_t frames) {
    uint32_t crc = 0;
    start_utterance();
    harness_model_reset(&harness_state);
    for (uint32_t frame = 0; frame < frames; frame++) {
        const int silent = HARNESS_MODEL_LAST && frame + 1u != frames;
        harness_model_step(&harness_state, inputs + frame * HARNESS_MODEL_INPUTS, silent ? NULL : output);
        crc = silent ? crc : crc32_add(crc, output, sizeof output);
    }
    return crc;
}

#endif

static int run_utterance(uint32_t flags) {
    uint32_t frames;
    if (stream_read(&frames, sizeof frames) != 0) {
        return HARNESS_EXIT_INPUT;
    }
    start_utterance();
    return run_frames(frames, flags);
}

static int write_footer(void) {
    const counter_reading_t empty = platform_count(empty_step, &harness_state, input, output);
    const uint32_t footer[5] = {HARNESS_FOOTER_MAGIC, frames_done, empty.low, deepest_stack, empty.cycles};
    return stream_write(footer, sizeof footer) != 0 || stream_flush() != 0 ? HARNESS_EXIT_OUTPUT : 0;
}

int harness_run(void) {
    uint32_t start[3]; /* magic, flags, utterances */
    frames_done = 0;
    deepest_stack = 0;
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
