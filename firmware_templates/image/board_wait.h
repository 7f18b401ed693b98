/* A wait that ends: for an oscillator that may not be there, or an emulator that has no clocks. */
#ifndef SHRINKC_IMAGE_BOARD_WAIT_H
#define SHRINKC_IMAGE_BOARD_WAIT_H

#include <stdint.h>

/* Rounds of a wait. At 16 MHz and about 6 cycles a round, 40 ms: a crystal starts in 2 ms, a PLL locks in 0.3; at
 * 64 MHz still 9 ms. */
#define BOARD_LONGEST_WAIT 100000u

/* Whether (*reg & mask) became `value`. */
static inline int board_wait(const volatile uint32_t *reg, uint32_t mask, uint32_t value) {
    for (uint32_t round = 0; round < BOARD_LONGEST_WAIT; round++) {
        if ((*reg & mask) == value) {
            return 1;
        }
    }
    return 0;
}

#endif
