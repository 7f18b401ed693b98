/* nRF51: the crystal, and the serial port's pins. The core runs at 16 MHz from reset on, and has no SysTick. */
#include "board.h"

#include "nordic.h"

void board_start(void) {
    nordic_watchdog_alive();
    nordic_start_crystal();
    nordic_start_pins();
}

void board_alive(void) {
    nordic_watchdog_alive();
}
