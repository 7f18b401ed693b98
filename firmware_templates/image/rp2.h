/* RP2040 and RP2350: clocks, pins and the watchdog. board_rp2040.c and board_rp2350.c give the addresses (RP2_RESETS,
 * ...), the bits of the resets (RP2_RESET_...), the PLL's last dividers (RP2_POSTDIV1, RP2_POSTDIV2) and what a pad is to
 * be (RP2_PAD).
 * Registers: RP2040 datasheet, 2.14 (resets), 2.15 (clocks), 2.16 (crystal), 2.18 (PLL), 2.19 (GPIO), 4.7 (watchdog);
 * the same, with other addresses, in the RP2350 datasheet, 7.5, 8.1, 8.2, 8.6, 9 and 12.9. */
#ifndef SHRINKC_IMAGE_RP2_H
#define SHRINKC_IMAGE_RP2_H

#include <stdint.h>

#include "board_wait.h"
#include "cortex_m.h"

/* Writes to the copy of a register behind it set or clear the bits that are 1. */
#define RP2_SET(address) CORTEX_M_REGISTER((address) + 0x2000u)
#define RP2_CLEAR(address) CORTEX_M_REGISTER((address) + 0x3000u)

#define RP2_RESETS_RESET (RP2_RESETS + 0x00u)
#define RP2_RESETS_DONE CORTEX_M_REGISTER(RP2_RESETS + 0x08u)
#define RP2_REF_CTRL CORTEX_M_REGISTER(RP2_CLOCKS + 0x30u)
#define RP2_REF_SELECTED CORTEX_M_REGISTER(RP2_CLOCKS + 0x38u)
#define RP2_SYS_CTRL (RP2_CLOCKS + 0x3Cu)
#define RP2_SYS_SELECTED CORTEX_M_REGISTER(RP2_CLOCKS + 0x44u)
#define RP2_PERI_CTRL CORTEX_M_REGISTER(RP2_CLOCKS + 0x48u)
#define RP2_XOSC_CTRL CORTEX_M_REGISTER(RP2_XOSC + 0x00u)
#define RP2_XOSC_STATUS CORTEX_M_REGISTER(RP2_XOSC + 0x04u)
#define RP2_XOSC_STARTUP CORTEX_M_REGISTER(RP2_XOSC + 0x0Cu)
#define RP2_PLL_CS CORTEX_M_REGISTER(RP2_PLL_SYS + 0x00u)
#define RP2_PLL_PWR (RP2_PLL_SYS + 0x04u)
#define RP2_PLL_FBDIV CORTEX_M_REGISTER(RP2_PLL_SYS + 0x08u)
#define RP2_PLL_PRIM CORTEX_M_REGISTER(RP2_PLL_SYS + 0x0Cu)
#define RP2_GPIO_CTRL(pin) CORTEX_M_REGISTER(RP2_IO_BANK0 + 8u * (pin) + 4u)
#define RP2_GPIO_PAD(pin) CORTEX_M_REGISTER(RP2_PADS_BANK0 + 4u * (pin) + 4u)

#define RP2_WATCHDOG_ENABLE (1u << 30)
#define RP2_REF_ROSC 0u
#define RP2_REF_XOSC 2u
#define RP2_SYS_AUX 1u /* of which PLL_SYS is number 0 */
#define RP2_SYS_CHOICE 0xE1u
#define RP2_PERI_XOSC ((1u << 11) | (4u << 5))
#define RP2_XOSC_ON (0xAA0u | (0xFABu << 12)) /* 1 to 15 MHz; enabled */
#define RP2_XOSC_STABLE (1u << 31)
/* 1 ms, in units of 256 periods. */
#define RP2_XOSC_DELAY ((BOARD_CRYSTAL_HZ / 1000u + 128u) / 256u)
/* 12 MHz x 125 = 1500 MHz, which the last dividers bring down to the core's clock. */
#define RP2_PLL_FEEDBACK 125u
#define RP2_PLL_LOCK (1u << 31)
#define RP2_PLL_PD_VCO_AND_ALL ((1u << 0) | (1u << 5))
#define RP2_PLL_PD_POSTDIV (1u << 3)
#define RP2_FUNCTION_UART 2u

#if BOARD_CRYSTAL_HZ / 1000u * RP2_PLL_FEEDBACK != BOARD_CLOCK_HZ / 1000u * RP2_POSTDIV1 * RP2_POSTDIV2
#error "the PLL's dividers do not give this clock"
#endif

static inline int rp2_release(uint32_t bits) {
    RP2_CLEAR(RP2_RESETS_RESET) = bits;
    return board_wait(&RP2_RESETS_DONE, bits, bits);
}

static inline int rp2_start_pll(void) {
    RP2_SET(RP2_RESETS_RESET) = RP2_RESET_PLL_SYS;
    if (!rp2_release(RP2_RESET_PLL_SYS)) {
        return 0;
    }
    RP2_PLL_FBDIV = RP2_PLL_FEEDBACK; /* the reference is undivided from its reset on */
    RP2_CLEAR(RP2_PLL_PWR) = RP2_PLL_PD_VCO_AND_ALL;
    if (!board_wait(&RP2_PLL_CS, RP2_PLL_LOCK, RP2_PLL_LOCK)) {
        return 0;
    }
    RP2_PLL_PRIM = (RP2_POSTDIV1 << 16) | (RP2_POSTDIV2 << 12);
    RP2_CLEAR(RP2_PLL_PWR) = RP2_PLL_PD_POSTDIV;
    return 1;
}

/* On the crystal, then the core on the PLL. The ring oscillator that the part wakes with stays where these fail. */
static inline void rp2_start_clock(void) {
    RP2_CLEAR(RP2_SYS_CTRL) = RP2_SYS_CHOICE; /* off the PLL, where a debugger has left it there */
    (void)board_wait(&RP2_SYS_SELECTED, 1u, 1u);
    RP2_REF_CTRL = RP2_REF_ROSC;
    (void)board_wait(&RP2_REF_SELECTED, 1u << RP2_REF_ROSC, 1u << RP2_REF_ROSC);
    RP2_XOSC_STARTUP = RP2_XOSC_DELAY;
    RP2_XOSC_CTRL = RP2_XOSC_ON;
    if (!board_wait(&RP2_XOSC_STATUS, RP2_XOSC_STABLE, RP2_XOSC_STABLE)) {
        return;
    }
    RP2_REF_CTRL = RP2_REF_XOSC;
    (void)board_wait(&RP2_REF_SELECTED, 1u << RP2_REF_XOSC, 1u << RP2_REF_XOSC);
    RP2_PERI_CTRL = RP2_PERI_XOSC;
    if (rp2_start_pll()) {
        RP2_SET(RP2_SYS_CTRL) = RP2_SYS_AUX;
        (void)board_wait(&RP2_SYS_SELECTED, 2u, 2u);
    }
}

#ifdef BOARD_UART_BASE
static inline void rp2_start_pins(void) {
    /* The reset of UART 1 is the next bit. */
    const uint32_t uart = BOARD_UART_BASE == RP2_UART0 ? RP2_RESET_UART0 : RP2_RESET_UART0 << 1;
    if (rp2_release(RP2_RESET_IO_BANK0 | RP2_RESET_PADS_BANK0 | uart)) {
        RP2_GPIO_PAD(BOARD_UART_TX) = RP2_PAD;
        RP2_GPIO_PAD(BOARD_UART_RX) = RP2_PAD;
        RP2_GPIO_CTRL(BOARD_UART_TX) = RP2_FUNCTION_UART;
        RP2_GPIO_CTRL(BOARD_UART_RX) = RP2_FUNCTION_UART;
    }
}
#else
static inline void rp2_start_pins(void) {
}
#endif

static inline void rp2_start(void) {
    RP2_CLEAR(RP2_WATCHDOG) = RP2_WATCHDOG_ENABLE;
    rp2_start_clock();
    rp2_start_pins();
}

#endif
