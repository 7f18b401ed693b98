/* BBC micro:bit v1 (nRF51822): the crystal, and the UART's pins to the interface chip's USB serial port.
 * Registers: Nordic's nRF51 Series Reference Manual, chapters 12 (clock), 14 (GPIO) and 29 (UART). */
#include "board.h"

#include <stdint.h>

#include "cortex_m.h"

#define CLOCK_HFCLKSTART CORTEX_M_REGISTER(0x40000000u)
#define CLOCK_HFCLKSTARTED CORTEX_M_REGISTER(0x40000100u)
#define GPIO_OUTSET CORTEX_M_REGISTER(0x50000508u)
#define GPIO_PIN_CNF(pin) CORTEX_M_REGISTER(0x50000700u + 4u * (pin))
#define UART_PSELTXD CORTEX_M_REGISTER(0x4000250Cu)
#define UART_PSELRXD CORTEX_M_REGISTER(0x40002514u)

#define PIN_TX 24u
#define PIN_RX 25u
#define CNF_OUTPUT 3u
#define CNF_INPUT_PULL_UP (3u << 2)

/* Rounds of a wait: at 16 MHz and about 6 cycles a round, 40 ms; the crystal starts in 1. */
#define LONGEST_WAIT 100000u

void board_start(void) {
    /* The RC oscillator that it wakes with is too far off for a serial port. */
    CLOCK_HFCLKSTARTED = 0;
    CLOCK_HFCLKSTART = 1;
    for (uint32_t round = 0; round < LONGEST_WAIT && CLOCK_HFCLKSTARTED == 0u; round++) {
    }
    GPIO_OUTSET = 1u << PIN_TX;
    GPIO_PIN_CNF(PIN_TX) = CNF_OUTPUT;
    GPIO_PIN_CNF(PIN_RX) = CNF_INPUT_PULL_UP;
    UART_PSELTXD = PIN_TX;
    UART_PSELRXD = PIN_RX;
}
