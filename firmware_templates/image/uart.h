/* The board's serial port: uart_<driver>.c, chosen by [uart] in the board's TOML, which also gives
 * BOARD_UART_BASE, BOARD_UART_CLOCK_HZ and BOARD_UART_BAUD. 8 data bits, no parity, 1 stop bit, no interrupts. */
#ifndef SHRINKC_IMAGE_UART_H
#define SHRINKC_IMAGE_UART_H

#include <stdint.h>

/* After board_start(), which has set up the port's clock and pins. */
void uart_start(void);

/* The next byte, or -1 when none waits (or the board has no port). */
int uart_read(void);

/* Waits for room. */
void uart_write(uint8_t byte);

#endif
