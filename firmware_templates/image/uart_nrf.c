/* The UART (not the UARTE) of nRF51 and nRF52. board_start() has chosen the pins (PSELTXD, PSELRXD).
 * Registers: Nordic's nRF51 Series Reference Manual, chapter 29; nRF52832 Product Specification, "UART". */
#include "uart.h"

#include "cortex_m.h"

#define UART_STARTRX CORTEX_M_REGISTER(BOARD_UART_BASE + 0x000u)
#define UART_STARTTX CORTEX_M_REGISTER(BOARD_UART_BASE + 0x008u)
#define UART_RXDRDY CORTEX_M_REGISTER(BOARD_UART_BASE + 0x108u)
#define UART_TXDRDY CORTEX_M_REGISTER(BOARD_UART_BASE + 0x11Cu)
#define UART_ENABLE CORTEX_M_REGISTER(BOARD_UART_BASE + 0x500u)
#define UART_RXD CORTEX_M_REGISTER(BOARD_UART_BASE + 0x518u)
#define UART_TXD CORTEX_M_REGISTER(BOARD_UART_BASE + 0x51Cu)
#define UART_BAUDRATE CORTEX_M_REGISTER(BOARD_UART_BASE + 0x524u)
#define UART_CONFIG CORTEX_M_REGISTER(BOARD_UART_BASE + 0x56Cu)

#define ENABLED 4u
/* baud * 2^32 / 16 MHz, to the 20 upper bits that count: the divider hangs on the 16 MHz clock of all these parts. */
#define BAUDRATE ((uint32_t)((((uint64_t)BOARD_UART_BAUD << 32) / 16000000u + 0x800u) & 0xFFFFF000u))

void uart_start(void) {
    UART_CONFIG = 0; /* no parity, no flow control */
    UART_BAUDRATE = BAUDRATE;
    UART_ENABLE = ENABLED;
    UART_RXDRDY = 0;
    UART_TXDRDY = 0;
    UART_STARTTX = 1;
    UART_STARTRX = 1;
}

int uart_read(void) {
    if (UART_RXDRDY == 0u) {
        return -1;
    }
    UART_RXDRDY = 0; /* before the read: more bytes in the queue raise it again */
    return (int)(UART_RXD & 0xFFu);
}

void uart_write(uint8_t byte) {
    UART_TXD = byte;
    while (UART_TXDRDY == 0u) {
    }
    UART_TXDRDY = 0;
}
