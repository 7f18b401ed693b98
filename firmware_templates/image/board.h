/* What a board does before and while the harness runs: board_<setup>.c, chosen by the board's TOML.
 *
 * The compiler is told, of the board's TOML: BOARD_CLOCK_HZ, BOARD_CRYSTAL_HZ and BOARD_CLOCK_INPUT_HZ (0: none), and,
 * where there is a [uart], BOARD_UART_BASE and what belongs to it (uart.h); its pins as BOARD_UART_TX, BOARD_UART_RX
 * (numbers, counted through all ports) and BOARD_UART_ALTERNATE. */
#ifndef SHRINKC_IMAGE_BOARD_H
#define SHRINKC_IMAGE_BOARD_H

/* Sets up clocks, pins and the like. Always returns: every wait in it is bounded. */
void board_start(void);

/* Keeps a watchdog that nobody can stop from biting. To be called before each step, and while waiting for the host. */
void board_alive(void);

#endif
