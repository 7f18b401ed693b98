/* STM32H742, H743, H753: 400 MHz through PLL 1, from a crystal or a clock input, or else from the internal 64 MHz (HSI),
 * which also feeds the serial ports; the buses at 200 MHz, the peripherals at 100; both caches.
 * Registers and limits: ST's reference manual RM0433, chapters 4 (flash), 6 (power), 8 (clocks) and 11 (GPIO). */
#include "board.h"

#include <stdint.h>

#include "board_wait.h"
#include "cortex_m.h"
#include "cortex_m7_caches.h"
#include "stm32.h"

#define RCC_CR CORTEX_M_REGISTER(0x58024400u)
#define RCC_CFGR CORTEX_M_REGISTER(0x58024410u)
#define RCC_D1CFGR CORTEX_M_REGISTER(0x58024418u)
#define RCC_D2CFGR CORTEX_M_REGISTER(0x5802441Cu)
#define RCC_D3CFGR CORTEX_M_REGISTER(0x58024420u)
#define RCC_PLLCKSELR CORTEX_M_REGISTER(0x58024428u)
#define RCC_PLLCFGR CORTEX_M_REGISTER(0x5802442Cu)
#define RCC_PLL1DIVR CORTEX_M_REGISTER(0x58024430u)
#define RCC_D2CCIP2R CORTEX_M_REGISTER(0x58024454u)
#define RCC_AHB4ENR CORTEX_M_REGISTER(0x580244E0u)
#define RCC_APB1LENR CORTEX_M_REGISTER(0x580244E8u)
#define RCC_APB2ENR CORTEX_M_REGISTER(0x580244F0u)
#define PWR_CSR1 CORTEX_M_REGISTER(0x58024804u)
#define PWR_CR3 CORTEX_M_REGISTER(0x5802480Cu)
#define PWR_D3CR CORTEX_M_REGISTER(0x58024818u)
#define FLASH_ACR CORTEX_M_REGISTER(0x52002000u)
#define GPIO 0x58020000u
#define IWDG1 0x58004800u

#define SOURCE_HZ (BOARD_CRYSTAL_HZ + BOARD_CLOCK_INPUT_HZ)
#define INTERNAL_HZ 64000000u
/* The PLL's input: 5 MHz where the source has them (25 MHz is common), else 4. */
#define PLL_INPUT_HZ(source_hz) ((source_hz) % 5000000u == 0u ? 5000000u : 4000000u)

#define CR_HSEON (1u << 16)
#define CR_HSERDY (1u << 17)
#define CR_HSEBYP (1u << 18)
#define CR_PLL1ON (1u << 24)
#define CR_PLL1RDY (1u << 25)
#define PLLCKSELR_HSE 2u
#define PLLCKSELR_DIVM1(hz) ((hz) / PLL_INPUT_HZ(hz) << 4)
#define PLLCKSELR_MASK (3u | (0x3Fu << 4))
/* Of PLL 1: input 4 to 8 MHz, the wide VCO, no fraction; output P alone. */
#define PLLCFGR_PLL1 ((2u << 2) | (1u << 16))
#define PLLCFGR_MASK (0xFu | (7u << 16))
/* In the middle 800 MHz, halved for each output. */
#define PLL1DIVR(hz) ((800000000u / PLL_INPUT_HZ(hz) - 1u) | (1u << 9) | (1u << 16) | (1u << 24))
/* The core as it is, its bus at half (200 MHz), each APB at half of that. */
#define D1CFGR_BUSES (8u | (4u << 4))
#define D2CFGR_BUSES ((4u << 4) | (4u << 8))
#define D3CFGR_BUSES (4u << 4)
#define CFGR_SW_MASK 7u
#define CFGR_SW_PLL1 3u
#define CFGR_SWS(source) ((source) << 3)
/* Two wait states and the third programming delay, for 185 to 210 MHz at VOS1. */
#define ACR_200MHZ (2u | (2u << 4))
#define ACR_MASK 0x3Fu

#define CR3_BYPASS 1u
#define CR3_LDOEN 2u
#define CR3_SCUEN 4u
#define CSR1_ACTVOSRDY (1u << 13)
#define D3CR_VOSRDY (1u << 13)
#define D3CR_VOS1 (3u << 14)

static int start_supply(void) {
    PWR_CR3 = (PWR_CR3 & ~(CR3_BYPASS | CR3_SCUEN)) | CR3_LDOEN; /* counts once after power-on; then it stays */
    if (!board_wait(&PWR_CSR1, CSR1_ACTVOSRDY, CSR1_ACTVOSRDY)) {
        return 0;
    }
    PWR_D3CR |= D3CR_VOS1;
    return board_wait(&PWR_D3CR, D3CR_VOSRDY, D3CR_VOSRDY);
}

/* Sets the PLL for the source that runs. */
static void choose_source(void) {
    uint32_t choice = PLLCKSELR_DIVM1(INTERNAL_HZ);
    RCC_PLL1DIVR = PLL1DIVR(INTERNAL_HZ);
    if (SOURCE_HZ != 0u) {
        RCC_CR |= BOARD_CLOCK_INPUT_HZ != 0u ? CR_HSEBYP : 0u;
        RCC_CR |= CR_HSEON;
        if (board_wait(&RCC_CR, CR_HSERDY, CR_HSERDY)) {
            choice = PLLCKSELR_HSE | PLLCKSELR_DIVM1(SOURCE_HZ);
            RCC_PLL1DIVR = PLL1DIVR(SOURCE_HZ);
        } else {
            RCC_CR &= ~CR_HSEON;
        }
    }
    RCC_PLLCKSELR = (RCC_PLLCKSELR & ~PLLCKSELR_MASK) | choice;
}

static int start_pll(void) {
    choose_source();
    RCC_PLLCFGR = (RCC_PLLCFGR & ~PLLCFGR_MASK) | PLLCFGR_PLL1;
    RCC_CR |= CR_PLL1ON;
    if (!board_wait(&RCC_CR, CR_PLL1RDY, CR_PLL1RDY)) {
        return 0;
    }
    /* Flash and buses must be slow enough before the clock is fast. */
    FLASH_ACR = (FLASH_ACR & ~ACR_MASK) | ACR_200MHZ;
    if (!board_wait(&FLASH_ACR, ACR_MASK, ACR_200MHZ)) {
        return 0;
    }
    RCC_D1CFGR = D1CFGR_BUSES;
    RCC_D2CFGR = D2CFGR_BUSES;
    RCC_D3CFGR = D3CFGR_BUSES;
    RCC_CFGR = (RCC_CFGR & ~CFGR_SW_MASK) | CFGR_SW_PLL1;
    return board_wait(&RCC_CFGR, CFGR_SWS(CFGR_SW_MASK), CFGR_SWS(CFGR_SW_PLL1));
}

static void start_clock(void) {
    /* A bootloader or a debugger may have left it on the PLL, which cannot be set while it runs. */
    RCC_CFGR &= ~CFGR_SW_MASK;
    (void)board_wait(&RCC_CFGR, CFGR_SWS(CFGR_SW_MASK), 0u);
    RCC_CR &= ~CR_PLL1ON;
    (void)board_wait(&RCC_CR, CR_PLL1RDY, 0u);
    if (!start_supply() || !start_pll()) {
        RCC_CFGR &= ~CFGR_SW_MASK; /* back to the internal oscillator, which never stopped */
        RCC_CR &= ~(CR_PLL1ON | CR_HSEON);
    }
}

#ifdef BOARD_UART_BASE
#define CCIP2R_HSI 3u
#define CCIP2R_OTHERS_SHIFT 0u
#define CCIP2R_USART1_6_SHIFT 3u

/* USART2, USART3, UART4, UART5 hang on APB1, one behind the other; USART1 and USART6 on APB2. */
static void start_pins(void) {
    RCC_AHB4ENR |= STM32_UART_PORTS;
#if BOARD_UART_BASE < 0x40010000u
    RCC_D2CCIP2R = (RCC_D2CCIP2R & ~(7u << CCIP2R_OTHERS_SHIFT)) | (CCIP2R_HSI << CCIP2R_OTHERS_SHIFT);
    RCC_APB1LENR |= 1u << (17u + (BOARD_UART_BASE - 0x40004400u) / 0x400u);
#else
    RCC_D2CCIP2R = (RCC_D2CCIP2R & ~(7u << CCIP2R_USART1_6_SHIFT)) | (CCIP2R_HSI << CCIP2R_USART1_6_SHIFT);
    RCC_APB2ENR |= 1u << (4u + (BOARD_UART_BASE - 0x40011000u) / 0x400u);
#endif
    (void)RCC_APB2ENR; /* the clock is there two cycles after the write */
    stm32_use_uart_pins(GPIO);
}
#else
static void start_pins(void) {
}
#endif

void board_start(void) {
    stm32_watchdog_slow(IWDG1);
    start_clock();
    cortex_m7_start_caches();
    start_pins();
}

void board_alive(void) {
    stm32_watchdog_alive(IWDG1);
}
