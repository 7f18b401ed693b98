/* What the check program needs from below: text out, memory, and a counter. platform_host.c or platform_device.c. */
#ifndef PLATFORM_H
#define PLATFORM_H

#include <stddef.h>
#include <stdint.h>

void platform_print(const char *text);

/* Zeroed, and exactly as large as asked for on the host, so that AddressSanitizer sees one element too many. */
void *platform_allocate(size_t bytes);
void platform_release_all(void);

/* Ticks since the last call of platform_start_counter, which never reach 2^24. 0 on the host. */
void platform_start_counter(void);
uint32_t platform_counter(void);

#endif
