/* The caches of a Cortex-M7. */
#ifndef SHRINKC_IMAGE_CORTEX_M7_CACHES_H
#define SHRINKC_IMAGE_CORTEX_M7_CACHES_H

/* Switches both on. What lies in them at reset is chance, so it is thrown away first. */
void cortex_m7_start_caches(void);

#endif
