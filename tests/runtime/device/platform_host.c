#include <stdio.h>
#include <stdlib.h>

#include "platform.h"

static void *blocks[64];
static int used;

void platform_print(const char *text)
{
    fputs(text, stdout);
}

void *platform_allocate(size_t bytes)
{
    if (used == 64) {
        abort();
    }
    void *block = calloc(1, bytes);
    if (block == NULL) {
        abort();
    }
    blocks[used++] = block;
    return block;
}

void platform_release_all(void)
{
    while (used > 0) {
        free(blocks[--used]);
    }
}

void platform_start_counter(void)
{
}

uint32_t platform_counter(void)
{
    return 0;
}
