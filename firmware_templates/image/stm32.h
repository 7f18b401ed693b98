/* What the STM32 families have in common: pins, and the independent watchdog.
 * Registers: ST's reference manuals RM0090 (F4), RM0351 (L4) and RM0433 (H7), "GPIO" and "IWDG". */
#ifndef SHRINKC_IMAGE_STM32_H
#define SHRINKC_IMAGE_STM32_H

#include <stdint.h>

#include "cortex_m.h"

#define STM32_PORT_OF(pin) ((pin) / 16u)

/* Gives a pin to a peripheral. gpio: the first address of port A; function: the pin's alternate function. */
static inline void stm32_use_pin(uint32_t gpio, uint32_t pin, uint32_t function) {
    const uint32_t port = gpio + 0x400u * STM32_PORT_OF(pin);
    const uint32_t place = pin % 16u;
    volatile uint32_t *const moder = &CORTEX_M_REGISTER(port + 0x00u);
    volatile uint32_t *const pupdr = &CORTEX_M_REGISTER(port + 0x0Cu);
    volatile uint32_t *const afr = &CORTEX_M_REGISTER(port + 0x20u + 4u * (place / 8u));
    *afr = (*afr & ~(0xFu << (4u * (place % 8u)))) | (function << (4u * (place % 8u)));
    *pupdr = (*pupdr & ~(3u << (2u * place))) | (1u << (2u * place)); /* up: a line that nobody drives is idle */
    *moder = (*moder & ~(3u << (2u * place))) | (2u << (2u * place)); /* alternate function */
}

#ifdef BOARD_UART_BASE
/* The ports of the serial port's pins, a bit each, as the families' clock enables have them. */
#define STM32_UART_PORTS ((1u << STM32_PORT_OF(BOARD_UART_TX)) | (1u << STM32_PORT_OF(BOARD_UART_RX)))

static inline void stm32_use_uart_pins(uint32_t gpio) {
    stm32_use_pin(gpio, BOARD_UART_TX, BOARD_UART_ALTERNATE);
    stm32_use_pin(gpio, BOARD_UART_RX, BOARD_UART_ALTERNATE);
}
#endif

#define STM32_IWDG_KR(iwdg) CORTEX_M_REGISTER((iwdg) + 0x00u)
#define STM32_IWDG_PR(iwdg) CORTEX_M_REGISTER((iwdg) + 0x04u)
#define STM32_IWDG_RLR(iwdg) CORTEX_M_REGISTER((iwdg) + 0x08u)

/* An option byte can have the watchdog running from reset on, with half a second; nothing stops it. */
static inline void stm32_watchdog_alive(uint32_t iwdg) {
    STM32_IWDG_KR(iwdg) = 0xAAAAu;
}

/* The longest that it has: 4096 x 256 periods of some 32 kHz, half a minute. */
static inline void stm32_watchdog_slow(uint32_t iwdg) {
    STM32_IWDG_KR(iwdg) = 0x5555u;
    STM32_IWDG_PR(iwdg) = 6u;
    STM32_IWDG_RLR(iwdg) = 0xFFFu;
    stm32_watchdog_alive(iwdg);
}

#endif
