/* RP2040: 125 MHz from a 12 MHz crystal. The second stage of its boot is board_rp2040_boot2.S.
 * Addresses: RP2040 datasheet, 2.2.3 and 2.14.3. */
#include "board.h"

#define RP2_CLOCKS 0x40008000u
#define RP2_RESETS 0x4000C000u
#define RP2_IO_BANK0 0x40014000u
#define RP2_PADS_BANK0 0x4001C000u
#define RP2_XOSC 0x40024000u
#define RP2_PLL_SYS 0x40028000u
#define RP2_UART0 0x40034000u
#define RP2_WATCHDOG 0x40058000u
#define RP2_RESET_IO_BANK0 (1u << 5)
#define RP2_RESET_PADS_BANK0 (1u << 8)
#define RP2_RESET_PLL_SYS (1u << 12)
#define RP2_RESET_UART0 (1u << 22)
#define RP2_POSTDIV1 6u
#define RP2_POSTDIV2 2u
/* Input on, 4 mA, pulled up (a line that nobody drives is idle), Schmitt trigger. */
#define RP2_PAD ((1u << 6) | (1u << 4) | (1u << 3) | (1u << 1))

#include "rp2.h"

void board_start(void) {
    rp2_start();
}

void board_alive(void) {
}
