/* Semihosting: file access and exit through a debugger or an emulator. */
#ifndef SHRINKC_IMAGE_SEMIHOST_H
#define SHRINKC_IMAGE_SEMIHOST_H

#include <stddef.h>

/* Finds out, once, whether anything serves semihosting. Until it does, no call here executes a BKPT. */
void semihost_start(void);

/* What it found. */
int semihost_listens(void);

/* Text to the host's console. Does nothing without a host. */
void semihost_print(const char *text);

/* Ends the run with `code`; without a host it sleeps for ever. */
__attribute__((noreturn)) void semihost_exit(int code);

/* The harness's files, as platform.h has them. */
int semihost_open(void);
int semihost_read(void *to, size_t bytes, size_t *got);
int semihost_write(const void *from, size_t bytes);
int semihost_close(void);

#endif
