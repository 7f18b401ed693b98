/* Semihosting: file access and exit through a debugger or an emulator. */
#ifndef SHRINKC_IMAGE_SEMIHOST_H
#define SHRINKC_IMAGE_SEMIHOST_H

#include <stdint.h>

/* Finds out, once, whether anything serves semihosting. Until it does, no call here executes a BKPT. */
void semihost_start(void);

/* Text to the host's console. Does nothing without a host. */
void semihost_print(const char *text);

/* Ends the run with `code`; without a host it sleeps for ever. */
__attribute__((noreturn)) void semihost_exit(int code);

#endif
