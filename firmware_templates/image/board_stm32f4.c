/* STM32F405, F407, F446 and the like: BOARD_CLOCK_HZ through the PLL, from a crystal or a clock input, or else from the
 * internal 16 MHz that the part wakes with. APB1 then runs at a quarter of it, APB2 at half.
 * Registers and limits: ST's reference manuals RM0090 (F405, F407), chapters 3 (flash), 5 (power), 7 (clocks) and
 * 21 (watchdog), and RM0390 (F446), chapters 3, 5 and 6. */
#include "board.h"

#include <stdint.h>

#include "board_wait.h"
#include "cortex_m.h"
#include "stm32.h"

#define RCC_CR CORTEX_M_REGISTER(0x40023800u)
#define RCC_PLLCFGR CORTEX_M_REGISTER(0x40023804u)
#define RCC_CFGR CORTEX_M_REGISTER(0x40023808u)
#define RCC_AHB1ENR CORTEX_M_REGISTER(0x40023830u)
#define RCC_APB1ENR CORTEX_M_REGISTER(0x40023840u)
#define RCC_APB2ENR CORTEX_M_REGISTER(0x40023844u)
#define FLASH_ACR CORTEX_M_REGISTER(0x40023C00u)
#define PWR_CR CORTEX_M_REGISTER(0x40007000u)
#define PWR_CSR CORTEX_M_REGISTER(0x40007004u)
#define GPIO 0x40020000u
#define IWDG 0x40003000u

#define MHZ 1000000u
#define CLOCK_MHZ (BOARD_CLOCK_HZ / MHZ)
#define SOURCE_MHZ ((BOARD_CRYSTAL_HZ + BOARD_CLOCK_INPUT_HZ) / MHZ)
#define INTERNAL_MHZ 16u

#define CR_HSEON (1u << 16)
#define CR_HSERDY (1u << 17)
#define CR_HSEBYP (1u << 18)
#define CR_PLLON (1u << 24)
#define CR_PLLRDY (1u << 25)
#define PLLCFGR_HSE (1u << 22)
/* 1 MHz in, twice the core's clock in the middle, halved; for USB 48 MHz or the next below; the last field (PLLR) is
 * the F446's alone, and this is what it wakes with. */
#define PLLCFGR(source_mhz) ((source_mhz) | (2u * CLOCK_MHZ << 6) | ((2u * CLOCK_MHZ + 47u) / 48u << 24) | (2u << 28))
#define CFGR_BUSES ((5u << 10) | (4u << 13))
#define CFGR_SW_MASK 3u
#define CFGR_SW_PLL 2u
#define CFGR_SWS_MASK (3u << 2)
#define CFGR_SWS_PLL (2u << 2)
/* At 2.7 V or more, a wait state for each 30 MHz begun beyond the first; prefetch and both caches. */
#define ACR_LATENCY ((CLOCK_MHZ - 1u) / 30u)
#define ACR_LATENCY_MASK 7u
#define ACR_ON ((1u << 8) | (1u << 9) | (1u << 10))

/* Above 168 MHz, where the part has it: RM0390, 5.1.4. */
#define NEEDS_OVER_DRIVE (CLOCK_MHZ > 168u)
#define APB1ENR_PWR (1u << 28)
#define CR_ODEN (1u << 16)
#define CR_ODSWEN (1u << 17)
#define CSR_ODRDY (1u << 16)
#define CSR_ODSWRDY (1u << 17)

static int over_drive(void) {
    RCC_APB1ENR |= APB1ENR_PWR;
    (void)RCC_APB1ENR; /* the clock is there two cycles after the write */
    PWR_CR |= CR_ODEN;
    if (!board_wait(&PWR_CSR, CSR_ODRDY, CSR_ODRDY)) {
        return 0;
    }
    PWR_CR |= CR_ODSWEN;
    return board_wait(&PWR_CSR, CSR_ODSWRDY, CSR_ODSWRDY);
}

static uint32_t pll_source(void) {
    if (SOURCE_MHZ != 0u) {
        RCC_CR |= BOARD_CLOCK_INPUT_HZ != 0u ? CR_HSEBYP : 0u;
        RCC_CR |= CR_HSEON;
        if (board_wait(&RCC_CR, CR_HSERDY, CR_HSERDY)) {
            return PLLCFGR(SOURCE_MHZ) | PLLCFGR_HSE;
        }
        RCC_CR &= ~CR_HSEON;
    }
    return PLLCFGR(INTERNAL_MHZ);
}

static int start_pll(void) {
    RCC_PLLCFGR = pll_source();
    RCC_CR |= CR_PLLON;
    if (NEEDS_OVER_DRIVE && !over_drive()) {
        return 0;
    }
    if (!board_wait(&RCC_CR, CR_PLLRDY, CR_PLLRDY)) {
        return 0;
    }
    /* The flash must be slow enough before the clock is fast. */
    FLASH_ACR = ACR_LATENCY | ACR_ON;
    if (!board_wait(&FLASH_ACR, ACR_LATENCY_MASK, ACR_LATENCY)) {
        return 0;
    }
    RCC_CFGR = (RCC_CFGR & ~CFGR_SW_MASK) | CFGR_BUSES | CFGR_SW_PLL;
    return board_wait(&RCC_CFGR, CFGR_SWS_MASK, CFGR_SWS_PLL);
}

static void start_clock(void) {
    /* A bootloader or a debugger may have left it on the PLL, which cannot be set while it runs. */
    RCC_CFGR &= ~CFGR_SW_MASK;
    (void)board_wait(&RCC_CFGR, CFGR_SWS_MASK, 0u);
    RCC_CR &= ~CR_PLLON;
    (void)board_wait(&RCC_CR, CR_PLLRDY, 0u);
    if (!start_pll()) {
        RCC_CFGR &= ~CFGR_SW_MASK; /* back to the internal oscillator, which never stopped */
        RCC_CR &= ~(CR_PLLON | CR_HSEON);
    }
}

#ifdef BOARD_UART_BASE
/* USART2, USART3, UART4, UART5 hang on APB1, one behind the other; USART1 and USART6 on APB2. */
static void start_pins(void) {
    RCC_AHB1ENR |= STM32_UART_PORTS;
#if BOARD_UART_BASE < 0x40010000u
    RCC_APB1ENR |= 1u << (17u + (BOARD_UART_BASE - 0x40004400u) / 0x400u);
#else
    RCC_APB2ENR |= 1u << (4u + (BOARD_UART_BASE - 0x40011000u) / 0x400u);
#endif
    (void)RCC_APB2ENR;
    stm32_use_uart_pins(GPIO);
}
#else
static void start_pins(void) {
}
#endif

void board_start(void) {
    stm32_watchdog_slow(IWDG);
    start_clock();
    start_pins();
}

void board_alive(void) {
    stm32_watchdog_alive(IWDG);
}
