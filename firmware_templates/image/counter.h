/* The instruction counter of the image. */
#ifndef HARNESS_COUNTER_H
#define HARNESS_COUNTER_H

/* Starts SysTick. Call once, before any count. */
void counter_start(void);

#endif
