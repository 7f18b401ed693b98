/* The UART of Arm's Cortex-M System Design Kit, as on the MPS2 and MPS3 boards.
 * Registers: Arm DDI 0479, "APB UART". */
#include "uart.h"

#include "cortex_m.h"

#define UART_DATA CORTEX_M_REGISTER(BOARD_UART_BASE + 0x00u)
#define UART_STATE CORTEX_M_REGISTER(BOARD_UART_BASE + 0x04u)
#define UART_CTRL CORTEX_M_REGISTER(BOARD_UART_BASE + 0x08u)
#define UART_BAUDDIV CORTEX_M_REGISTER(BOARD_UART_BASE + 0x10u)

#define STATE_TX_FULL 1u
#define STATE_RX_FULL 2u
#define STATE_OVERRUNS 12u /* cleared by writing them */
#define CTRL_TX_RX 3u

void uart_start(void) {
    UART_BAUDDIV = (BOARD_UART_CLOCK_HZ + BOARD_UART_BAUD / 2u) / BOARD_UART_BAUD;
    UART_STATE = STATE_OVERRUNS;
    UART_CTRL = CTRL_TX_RX;
}

int uart_read(void) {
    return (UART_STATE & STATE_RX_FULL) != 0u ? (int)(UART_DATA & 0xFFu) : -1;
}

void uart_write(uint8_t byte) {
    while ((UART_STATE & STATE_TX_FULL) != 0u) {
    }
    UART_DATA = byte;
}
