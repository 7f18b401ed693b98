/* What a board does before the harness runs: board_<setup>.c, chosen by the board's TOML. */
#ifndef SHRINKC_IMAGE_BOARD_H
#define SHRINKC_IMAGE_BOARD_H

/* Sets up clocks and the like. Always returns: every wait in it is bounded. */
void board_start(void);

#endif
