/* A board that runs on the clock it wakes up with. */
#include "board.h"

void board_start(void) {
}

void board_alive(void) {
}
