/* STM32L47x, L48x: 80 MHz through the PLL from the internal 16 MHz (HSI16), which also feeds the serial ports.
 * Registers and limits: ST's reference manual RM0351, chapters 3 (flash), 5 (power), 6 (clocks) and 8 (GPIO). */
#include "board.h"

#include <stdint.h>

#include "board_wait.h"
#include "cortex_m.h"
#include "stm32.h"

#define RCC_CR CORTEX_M_REGISTER(0x40021000u)
#define RCC_CFGR CORTEX_M_REGISTER(0x40021008u)
#define RCC_PLLCFGR CORTEX_M_REGISTER(0x4002100Cu)
#define RCC_AHB2ENR CORTEX_M_REGISTER(0x4002104Cu)
#define RCC_APB1ENR1 CORTEX_M_REGISTER(0x40021058u)
#define RCC_APB2ENR CORTEX_M_REGISTER(0x40021060u)
#define RCC_CCIPR CORTEX_M_REGISTER(0x40021088u)
#define FLASH_ACR CORTEX_M_REGISTER(0x40022000u)
#define GPIO 0x48000000u
#define IWDG 0x40003000u

#define CR_HSION (1u << 8)
#define CR_HSIRDY (1u << 10)
#define CR_PLLON (1u << 24)
#define CR_PLLRDY (1u << 25)
/* 16 MHz x 10 / 2, from HSI16, to the core alone. */
#define PLLCFGR_80MHZ (2u | (10u << 8) | (1u << 24))
#define CFGR_SW_MASK 3u
#define CFGR_SW_HSI16 1u
#define CFGR_SW_PLL 3u
#define CFGR_SWS(source) ((source) << 2)
/* Four wait states above 64 MHz at voltage range 1, which the part wakes with; prefetch and both caches. */
#define ACR_80MHZ (4u | (1u << 8) | (1u << 9) | (1u << 10))
#define ACR_LATENCY_MASK 7u

static int start_pll(void) {
    RCC_PLLCFGR = PLLCFGR_80MHZ;
    RCC_CR |= CR_PLLON;
    if (!board_wait(&RCC_CR, CR_PLLRDY, CR_PLLRDY)) {
        return 0;
    }
    /* The flash must be slow enough before the clock is fast. */
    FLASH_ACR = ACR_80MHZ;
    if (!board_wait(&FLASH_ACR, ACR_LATENCY_MASK, ACR_80MHZ & ACR_LATENCY_MASK)) {
        return 0;
    }
    RCC_CFGR = (RCC_CFGR & ~CFGR_SW_MASK) | CFGR_SW_PLL;
    return board_wait(&RCC_CFGR, CFGR_SWS(CFGR_SW_MASK), CFGR_SWS(CFGR_SW_PLL));
}

static void start_clock(void) {
    RCC_CR |= CR_HSION;
    if (!board_wait(&RCC_CR, CR_HSIRDY, CR_HSIRDY)) {
        return; /* it stays on the 4 MHz that it wakes with */
    }
    /* A bootloader or a debugger may have left it on the PLL, which cannot be set while it runs. */
    RCC_CFGR = (RCC_CFGR & ~CFGR_SW_MASK) | CFGR_SW_HSI16;
    (void)board_wait(&RCC_CFGR, CFGR_SWS(CFGR_SW_MASK), CFGR_SWS(CFGR_SW_HSI16));
    RCC_CR &= ~CR_PLLON;
    (void)board_wait(&RCC_CR, CR_PLLRDY, 0u);
    if (!start_pll()) {
        RCC_CFGR = (RCC_CFGR & ~CFGR_SW_MASK) | CFGR_SW_HSI16;
        RCC_CR &= ~CR_PLLON;
    }
}

#ifdef BOARD_UART_BASE
#define IS_USART1 (BOARD_UART_BASE == 0x40013800u)
/* Of USART1, USART2, USART3, UART4, UART5. */
#define UART_NUMBER (IS_USART1 ? 0u : 1u + (BOARD_UART_BASE - 0x40004400u) / 0x400u)
#define CCIPR_HSI16 2u

static void start_pins(void) {
    RCC_CCIPR = (RCC_CCIPR & ~(3u << (2u * UART_NUMBER))) | (CCIPR_HSI16 << (2u * UART_NUMBER));
    RCC_AHB2ENR |= STM32_UART_PORTS;
    if (IS_USART1) {
        RCC_APB2ENR |= 1u << 14;
    } else {
        RCC_APB1ENR1 |= 1u << (16u + UART_NUMBER);
    }
    (void)RCC_APB2ENR; /* the clock is there two cycles after the write */
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
