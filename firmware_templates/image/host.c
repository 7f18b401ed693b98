/* The harness on the host: the same two files through stdio, and nothing to count with. */
#include <stdio.h>

#include "harness.h"
#include "platform.h"

static FILE *input_file;
static FILE *output_file;

int platform_open(void) {
    input_file = fopen("input.bin", "rb");
    output_file = fopen("output.bin", "wb");
    return input_file == NULL || output_file == NULL ? -1 : 0;
}

int platform_read(void *to, size_t bytes, size_t *got) {
    *got = fread(to, 1, bytes, input_file);
    return ferror(input_file) != 0 ? -1 : 0;
}

int platform_write(const void *from, size_t bytes) {
    return fwrite(from, 1, bytes, output_file) == bytes ? 0 : -1;
}

int platform_close(void) {
    const int failed = fclose(input_file);
    return fclose(output_file) != 0 || failed != 0 ? -1 : 0;
}

void *platform_buffer(size_t *bytes) {
    static unsigned char buffer[131072];
    *bytes = sizeof buffer;
    return buffer;
}

counter_reading_t platform_count(step_fn *step, harness_model_state_t *state, const int16_t *in, int16_t *out) {
    const counter_reading_t nothing = {0, 0, 0};
    step(state, in, out);
    return nothing;
}

uint32_t platform_stack(step_fn *step, harness_model_state_t *state, const int16_t *in, int16_t *out) {
    step(state, in, out);
    return 0;
}

int main(void) {
    return harness_run();
}
