/* The harness's files: through semihosting where a host serves it, else over the link. */
#include "link.h"
#include "platform.h"
#include "semihost.h"

int platform_open(void) {
    return semihost_listens() ? semihost_open() : 0; /* the link is open when the harness runs */
}

int platform_read(void *to, size_t bytes, size_t *got) {
    return semihost_listens() ? semihost_read(to, bytes, got) : link_read(to, bytes, got);
}

int platform_write(const void *from, size_t bytes) {
    return semihost_listens() ? semihost_write(from, bytes) : link_write(from, bytes);
}

int platform_close(void) {
    return semihost_listens() ? semihost_close() : 0;
}
