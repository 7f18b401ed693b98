/* nRF52833, nRF52840: the crystal, the cache of the flash, and the serial port's pins. The core runs at 64 MHz from
 * reset on. Cache: the product specifications, "NVMC", ICACHECNF. */
#include "board.h"

#include "nordic.h"

#define NVMC_ICACHECNF CORTEX_M_REGISTER(0x4001E540u)
#define ICACHECNF_ON 1u

void board_start(void) {
    nordic_watchdog_alive();
    NVMC_ICACHECNF = ICACHECNF_ON;
    nordic_start_crystal();
    nordic_start_pins();
}

void board_alive(void) {
    nordic_watchdog_alive();
}
