/* What nRF51 and nRF52 have in common: the crystal, pins, and the watchdog.
 * Registers: Nordic's nRF51 Series Reference Manual, chapters 12 (clock), 14 (GPIO), 22 (watchdog) and 29 (UART); the
 * same addresses in the product specifications of nRF52833 and nRF52840. */
#ifndef SHRINKC_IMAGE_NORDIC_H
#define SHRINKC_IMAGE_NORDIC_H

#include <stdint.h>

#include "board_wait.h"
#include "cortex_m.h"

#define NORDIC_HFCLKSTART CORTEX_M_REGISTER(0x40000000u)
#define NORDIC_HFCLKSTARTED CORTEX_M_REGISTER(0x40000100u)
#define NORDIC_WDT_RUNSTATUS CORTEX_M_REGISTER(0x40010400u)
#define NORDIC_WDT_RR(channel) CORTEX_M_REGISTER(0x40010600u + 4u * (channel))
#define NORDIC_GPIO(pin) (0x50000000u + 0x300u * ((pin) / 32u))
#define NORDIC_OUTSET(pin) CORTEX_M_REGISTER(NORDIC_GPIO(pin) + 0x508u)
#define NORDIC_PIN_CNF(pin) CORTEX_M_REGISTER(NORDIC_GPIO(pin) + 0x700u + 4u * ((pin) % 32u))

#define NORDIC_CNF_OUTPUT 3u
#define NORDIC_CNF_INPUT_PULL_UP (3u << 2)
#define NORDIC_WDT_RELOAD 0x6E524635u
#define NORDIC_WDT_CHANNELS 8u

/* The RC oscillator that the part wakes with is too far off for a serial port. */
static inline void nordic_start_crystal(void) {
    NORDIC_HFCLKSTARTED = 0;
    NORDIC_HFCLKSTART = 1;
    for (uint32_t round = 0; round < BOARD_LONGEST_WAIT && NORDIC_HFCLKSTARTED == 0u; round++) {
    }
}

#ifdef BOARD_UART_BASE
static inline void nordic_start_pins(void) {
    NORDIC_OUTSET(BOARD_UART_TX) = 1u << (BOARD_UART_TX % 32u);
    NORDIC_PIN_CNF(BOARD_UART_TX) = NORDIC_CNF_OUTPUT;
    NORDIC_PIN_CNF(BOARD_UART_RX) = NORDIC_CNF_INPUT_PULL_UP;
    CORTEX_M_REGISTER(BOARD_UART_BASE + 0x50Cu) = BOARD_UART_TX; /* PSELTXD: port x 32 + pin */
    CORTEX_M_REGISTER(BOARD_UART_BASE + 0x514u) = BOARD_UART_RX; /* PSELRXD */
}
#else
static inline void nordic_start_pins(void) {
}
#endif

/* A bootloader may have started the watchdog, which nothing stops but a reset; channels that are off ignore this. */
static inline void nordic_watchdog_alive(void) {
    if (NORDIC_WDT_RUNSTATUS != 0u) {
        for (uint32_t channel = 0; channel < NORDIC_WDT_CHANNELS; channel++) {
            NORDIC_WDT_RR(channel) = NORDIC_WDT_RELOAD;
        }
    }
}

#endif
