/* Buffered reading and writing, so that the machine's file calls are few and large. */
#ifndef SHRINKC_IMAGE_STREAM_H
#define SHRINKC_IMAGE_STREAM_H

#include <stddef.h>

/* Shares the platform's buffer between the two directions. Call before anything else. */
void stream_start(void);

/* Each returns 0 when all the bytes were read or taken. */
int stream_read(void *to, size_t bytes);
int stream_write(const void *from, size_t bytes);
int stream_flush(void);

#endif
