/* The test harness: runs the model over input.bin and writes output.bin (protocol.h). */
#ifndef SHRINKC_IMAGE_HARNESS_H
#define SHRINKC_IMAGE_HARNESS_H

/* Returns the exit code: 0 or one of HARNESS_EXIT_*. */
int harness_run(void);

#endif
