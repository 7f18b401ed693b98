/* The USART of STM32L4, H7 and most since. Registers: ST's reference manual RM0351, chapter 40. */
#include "uart.h"

#include "cortex_m.h"

#define USART_CR1 CORTEX_M_REGISTER(BOARD_UART_BASE + 0x00u)
#define USART_BRR CORTEX_M_REGISTER(BOARD_UART_BASE + 0x0Cu)
#define USART_ISR CORTEX_M_REGISTER(BOARD_UART_BASE + 0x1Cu)
#define USART_ICR CORTEX_M_REGISTER(BOARD_UART_BASE + 0x20u)
#define USART_RDR CORTEX_M_REGISTER(BOARD_UART_BASE + 0x24u)
#define USART_TDR CORTEX_M_REGISTER(BOARD_UART_BASE + 0x28u)

#define CR1_UE (1u << 0)
#define CR1_RE (1u << 2)
#define CR1_TE (1u << 3)
#define ISR_ERRORS 0xFu /* parity, framing, noise, overrun; the same bits of ICR clear them */
#define ISR_RXNE (1u << 5)
#define ISR_TXE (1u << 7)

void uart_start(void) {
    USART_CR1 = 0; /* off: it cannot be set while it runs */
    USART_BRR = (BOARD_UART_CLOCK_HZ + BOARD_UART_BAUD / 2u) / BOARD_UART_BAUD; /* 16 samples a bit */
    USART_CR1 = CR1_UE | CR1_TE | CR1_RE;
}

int uart_read(void) {
    const uint32_t status = USART_ISR;
    /* A byte with an error is passed on: the link's checksum refuses what is wrong. */
    USART_ICR = status & ISR_ERRORS;
    return (status & ISR_RXNE) != 0u ? (int)(USART_RDR & 0xFFu) : -1;
}

void uart_write(uint8_t byte) {
    while ((USART_ISR & ISR_TXE) == 0u) {
    }
    USART_TDR = byte;
}
