/* The test harness: runs the model over input.bin and writes output.bin (protocol.h). */
#ifndef SHRINKC_IMAGE_HARNESS_H
#define SHRINKC_IMAGE_HARNESS_H

#include <stdint.h>

#include "protocol.h"

/* The host reads it from the ELF to know the model's interface before it runs. */
extern const harness_header_t harness_header;

/* Returns the exit code: 0 or one of HARNESS_EXIT_*. */
int harness_run(void);

/* The CRC-32 of the outputs for one utterance of `frames` frames of inputs, as they lie in memory. A model that answers
 * with its last step has one vector of them. */
uint32_t harness_digest(const int16_t *inputs, uint32_t frames);

#endif
