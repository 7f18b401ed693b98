/* What the harness needs of the machine it runs on: a Cortex-M (service.c, counter.c), or the host. */
#ifndef SHRINKC_IMAGE_PLATFORM_H
#define SHRINKC_IMAGE_PLATFORM_H

#include <stddef.h>
#include <stdint.h>

#include "model.h"

typedef void step_fn(harness_model_state_t *state, const int16_t *input, int16_t *output);

typedef struct {
    uint32_t low; /* these as in protocol.h */
    uint32_t wraps;
    uint32_t cycles;
} counter_reading_t;

/* Files. Each returns 0 when it could do all it was asked to. */
int platform_open(void);
int platform_read(void *to, size_t bytes, size_t *got); /* a short read is the end of the file */
int platform_write(const void *from, size_t bytes);
int platform_close(void);

/* Memory for the streams' two buffers, as much as the machine has to spare. */
void *platform_buffer(size_t *bytes);

/* Calls `step` and says what the counter saw, or how many bytes of stack it took (0: cannot tell). */
counter_reading_t platform_count(step_fn *step, harness_model_state_t *state, const int16_t *in, int16_t *out);
uint32_t platform_stack(step_fn *step, harness_model_state_t *state, const int16_t *in, int16_t *out);

#endif
