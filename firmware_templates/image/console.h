/* Where the image speaks: the host of semihosting, or the board's serial port. */
#ifndef SHRINKC_IMAGE_CONSOLE_H
#define SHRINKC_IMAGE_CONSOLE_H

/* Text, to whichever of the two there is. */
void console_print(const char *text);

/* Without a host of semihosting: says what the image is, tests the model, and then serves the link, for ever. */
__attribute__((noreturn)) void console_run(void);

#endif
