/* STM32F405: 168 MHz from a 25 MHz crystal through the PLL, or else the 16 MHz internal oscillator it wakes with.
 * USART6 on PC6 (TX) and PC7 (RX), which on the Netduino Plus 2 are D1 and D0; its clock is then 84 MHz.
 * Registers and limits: ST's reference manual RM0090, chapters 3 (flash latency), 5 (power), 7 (clocks) and 8 (GPIO). */
#include "board.h"

#include <stdint.h>

#include "cortex_m.h"

#define RCC_CR CORTEX_M_REGISTER(0x40023800u)
#define RCC_PLLCFGR CORTEX_M_REGISTER(0x40023804u)
#define RCC_CFGR CORTEX_M_REGISTER(0x40023808u)
#define RCC_AHB1ENR CORTEX_M_REGISTER(0x40023830u)
#define RCC_APB2ENR CORTEX_M_REGISTER(0x40023844u)
#define GPIOC_MODER CORTEX_M_REGISTER(0x40020800u)
#define GPIOC_PUPDR CORTEX_M_REGISTER(0x4002080Cu)
#define GPIOC_AFRL CORTEX_M_REGISTER(0x40020820u)
#define FLASH_ACR CORTEX_M_REGISTER(0x40023C00u)

#define CR_HSEON (1u << 16)
#define CR_HSERDY (1u << 17)
#define CR_PLLON (1u << 24)
#define CR_PLLRDY (1u << 25)
/* 25 MHz / 25 x 336 / 2 = 168 MHz; the crystal as source; 336 / 7 = 48 MHz for USB. */
#define PLLCFGR_168MHZ (25u | (336u << 6) | (0u << 16) | (1u << 22) | (7u << 24))
/* APB1 at a quarter (42 MHz), APB2 at half (84 MHz), the two largest that the part allows. */
#define CFGR_BUSES ((5u << 10) | (4u << 13))
#define CFGR_SW_MASK 3u
#define CFGR_SW_PLL 2u
#define CFGR_SWS_MASK (3u << 2)
#define CFGR_SWS_PLL (2u << 2)
/* Five wait states at 168 MHz and 2.7 V or more, prefetch, both caches. */
#define ACR_168MHZ (5u | (1u << 8) | (1u << 9) | (1u << 10))
#define ACR_LATENCY_MASK 7u

#define AHB1ENR_GPIOC (1u << 2)
#define APB2ENR_USART6 (1u << 5)
/* Of pins 6 and 7: two bits a pin in MODER (2: alternate) and PUPDR (1: up), four in AFRL (8: USART6). */
#define PINS_MASK (0xFu << 12)
#define PINS_ALTERNATE (0xAu << 12)
#define PINS_UP (0x5u << 12)
#define PINS_AF_MASK (0xFFu << 24)
#define PINS_USART6 (0x88u << 24)

/* Rounds of a wait. At 16 MHz and about 6 cycles a round, 40 ms: a crystal starts in 2 ms, the PLL locks in 0.3. */
#define LONGEST_WAIT 100000u

static int wait_for(const volatile uint32_t *reg, uint32_t mask, uint32_t value) {
    for (uint32_t round = 0; round < LONGEST_WAIT; round++) {
        if ((*reg & mask) == value) {
            return 1;
        }
    }
    return 0;
}

static int start_pll(void) {
    RCC_CR |= CR_HSEON;
    if (!wait_for(&RCC_CR, CR_HSERDY, CR_HSERDY)) {
        return 0;
    }
    RCC_PLLCFGR = PLLCFGR_168MHZ;
    RCC_CR |= CR_PLLON;
    if (!wait_for(&RCC_CR, CR_PLLRDY, CR_PLLRDY)) {
        return 0;
    }
    /* The flash must be slow enough before the clock is fast. */
    FLASH_ACR = ACR_168MHZ;
    if (!wait_for(&FLASH_ACR, ACR_LATENCY_MASK, ACR_168MHZ & ACR_LATENCY_MASK)) {
        return 0;
    }
    RCC_CFGR = (RCC_CFGR & ~CFGR_SW_MASK) | CFGR_BUSES | CFGR_SW_PLL;
    return wait_for(&RCC_CFGR, CFGR_SWS_MASK, CFGR_SWS_PLL);
}

static void start_pins(void) {
    RCC_AHB1ENR |= AHB1ENR_GPIOC;
    RCC_APB2ENR |= APB2ENR_USART6;
    (void)RCC_APB2ENR; /* the clock is there two cycles after the write */
    GPIOC_AFRL = (GPIOC_AFRL & ~PINS_AF_MASK) | PINS_USART6;
    GPIOC_PUPDR = (GPIOC_PUPDR & ~PINS_MASK) | PINS_UP; /* a line that nobody drives is idle */
    GPIOC_MODER = (GPIOC_MODER & ~PINS_MASK) | PINS_ALTERNATE;
}

void board_start(void) {
    if (!start_pll()) {
        RCC_CFGR &= ~CFGR_SW_MASK; /* back to the internal oscillator, which never stopped */
        RCC_CR &= ~(CR_PLLON | CR_HSEON);
    }
    start_pins();
}
