/* The USART of STM32F1, F2 and F4. Registers: ST's reference manual RM0090, chapter 30. */
#include "uart.h"

#include "cortex_m.h"

#define USART_SR CORTEX_M_REGISTER(BOARD_UART_BASE + 0x00u)
#define USART_DR CORTEX_M_REGISTER(BOARD_UART_BASE + 0x04u)
#define USART_BRR CORTEX_M_REGISTER(BOARD_UART_BASE + 0x08u)
#define USART_CR1 CORTEX_M_REGISTER(BOARD_UART_BASE + 0x0Cu)

#define SR_RXNE (1u << 5)
#define SR_TXE (1u << 7)
#define SR_ERRORS 0xFu /* overrun, noise, framing, parity: cleared by reading SR, then DR */
#define CR1_RE (1u << 2)
#define CR1_TE (1u << 3)
#define CR1_UE (1u << 13)

void uart_start(void) {
    USART_CR1 = CR1_UE;
    USART_BRR = (BOARD_UART_CLOCK_HZ + BOARD_UART_BAUD / 2u) / BOARD_UART_BAUD; /* 16 samples a bit */
    USART_CR1 = CR1_UE | CR1_TE | CR1_RE;
}

int uart_read(void) {
    const uint32_t status = USART_SR;
    if ((status & (SR_RXNE | SR_ERRORS)) == 0u) {
        return -1;
    }
    /* A byte with an error is passed on: the link's checksum refuses what is wrong. */
    const uint32_t byte = USART_DR & 0xFFu;
    return (status & SR_RXNE) != 0u ? (int)byte : -1;
}

void uart_write(uint8_t byte) {
    while ((USART_SR & SR_TXE) == 0u) {
    }
    USART_DR = byte;
}
