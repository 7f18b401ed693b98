/* The instruction counter of the image. */
#ifndef SHRINKC_IMAGE_COUNTER_H
#define SHRINKC_IMAGE_COUNTER_H

/* Starts SysTick, and the cycle counter where there is one. Call once, before any count. */
void counter_start(void);

#endif
