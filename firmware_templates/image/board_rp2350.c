/* RP2350, its Arm cores: 150 MHz from a 12 MHz crystal. The ROM has set up the flash.
 * Addresses: RP2350 datasheet, 2.2.4 and 7.5.3. */
#include "board.h"

#include <stdint.h>

#define RP2_CLOCKS 0x40010000u
#define RP2_RESETS 0x40020000u
#define RP2_IO_BANK0 0x40028000u
#define RP2_PADS_BANK0 0x40038000u
#define RP2_XOSC 0x40048000u
#define RP2_PLL_SYS 0x40050000u
#define RP2_UART0 0x40070000u
#define RP2_WATCHDOG 0x400D8000u
#define RP2_RESET_IO_BANK0 (1u << 6)
#define RP2_RESET_PADS_BANK0 (1u << 9)
#define RP2_RESET_PLL_SYS (1u << 14)
#define RP2_RESET_UART0 (1u << 26)
#define RP2_POSTDIV1 5u
#define RP2_POSTDIV2 2u
/* Input on, 4 mA, pulled up (a line that nobody drives is idle), Schmitt trigger; bit 8, which cuts the pad off from
 * reset on, is 0. */
#define RP2_PAD ((1u << 6) | (1u << 4) | (1u << 3) | (1u << 1))

#include "rp2.h"

/* What the ROM looks for in the first 4 KB of the flash, or else it boots nothing: the smallest IMAGE_DEF, a block that
 * is its own loop. RP2350 datasheet, 5.9.5.1. */
extern const uint32_t image_block[5];
__attribute__((section(".header"), used)) const uint32_t image_block[5] = {
    0xFFFFDED3u, /* start */
    0x10210142u, /* item IMAGE_TYPE, one word: an executable, secure, for the Arm cores of an RP2350 */
    0x000001FFu, /* last item: one word before it */
    0u,          /* the next block of the loop, from here: this one */
    0xAB123579u, /* end */
};

void board_start(void) {
    rp2_start();
}

void board_alive(void) {
}
