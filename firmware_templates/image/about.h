/* What the image says of itself, and tests itself with: about.c, written for each build (about.c.j2). */
#ifndef SHRINKC_IMAGE_ABOUT_H
#define SHRINKC_IMAGE_ABOUT_H

#include <stdint.h>

extern const char about_model[];
extern const char about_board[];

/* One utterance of the calibration set, as the model takes it, and the CRC-32 of the outputs that the integer
 * reference gives for it. No frames: none is stored. */
extern const int16_t about_inputs[];
extern const uint32_t about_frames;
extern const uint32_t about_digest;

#endif
