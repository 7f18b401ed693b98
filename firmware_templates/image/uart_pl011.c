/* Arm's PL011, as in RP2040 and RP2350. Registers: Arm DDI 0183, chapter 3. */
#include "uart.h"

#include "cortex_m.h"

#define UART_DR CORTEX_M_REGISTER(BOARD_UART_BASE + 0x00u)
#define UART_FR CORTEX_M_REGISTER(BOARD_UART_BASE + 0x18u)
#define UART_IBRD CORTEX_M_REGISTER(BOARD_UART_BASE + 0x24u)
#define UART_FBRD CORTEX_M_REGISTER(BOARD_UART_BASE + 0x28u)
#define UART_LCR_H CORTEX_M_REGISTER(BOARD_UART_BASE + 0x2Cu)
#define UART_CR CORTEX_M_REGISTER(BOARD_UART_BASE + 0x30u)

#define FR_RXFE (1u << 4)
#define FR_TXFF (1u << 5)
#define LCR_H_FIFOS (1u << 4)
#define LCR_H_8_BITS (3u << 5)
#define CR_ENABLE (1u << 0)
#define CR_TX (1u << 8)
#define CR_RX (1u << 9)
/* Periods of a bit over 16, in 64ths. */
#define DIVIDER ((4u * BOARD_UART_CLOCK_HZ + BOARD_UART_BAUD / 2u) / BOARD_UART_BAUD)

void uart_start(void) {
    UART_CR = 0;
    UART_IBRD = DIVIDER >> 6;
    UART_FBRD = DIVIDER & 63u;
    UART_LCR_H = LCR_H_8_BITS | LCR_H_FIFOS; /* this write takes the divider over */
    UART_CR = CR_ENABLE | CR_TX | CR_RX;
}

int uart_read(void) {
    return (UART_FR & FR_RXFE) == 0u ? (int)(UART_DR & 0xFFu) : -1;
}

void uart_write(uint8_t byte) {
    while ((UART_FR & FR_TXFF) != 0u) {
    }
    UART_DR = byte;
}
