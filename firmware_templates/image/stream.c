/* Buffered reading and writing over the platform's two files. */
#include "stream.h"

#include <stdint.h>
#include <string.h>

#include "platform.h"

typedef struct {
    uint8_t *bytes;
    size_t size; /* of the buffer */
    size_t used; /* reading: filled; writing: waiting */
    size_t next; /* reading: first byte not taken yet */
} buffer_t;

static buffer_t reading;
static buffer_t writing;

void stream_start(void) {
    size_t bytes;
    uint8_t *memory = platform_buffer(&bytes);
    const size_t half = bytes / 2u;
    reading = (buffer_t){memory, half, 0, 0};
    writing = (buffer_t){memory + half, half, 0, 0};
}

int stream_read(void *to, size_t bytes) {
    uint8_t *next = to;
    while (bytes != 0u) {
        if (reading.next == reading.used) {
            reading.next = 0;
            if (platform_read(reading.bytes, reading.size, &reading.used) != 0 || reading.used == 0u) {
                reading.used = 0;
                return -1;
            }
        }
        const size_t left = reading.used - reading.next;
        const size_t part = bytes < left ? bytes : left;
        memcpy(next, reading.bytes + reading.next, part);
        reading.next += part;
        next += part;
        bytes -= part;
    }
    return 0;
}

int stream_flush(void) {
    const size_t waiting = writing.used;
    writing.used = 0;
    return waiting == 0u ? 0 : platform_write(writing.bytes, waiting);
}

int stream_write(const void *from, size_t bytes) {
    if (bytes > writing.size - writing.used && stream_flush() != 0) {
        return -1;
    }
    if (bytes > writing.size) {
        return platform_write(from, bytes);
    }
    memcpy(writing.bytes + writing.used, from, bytes);
    writing.used += bytes;
    return 0;
}
