/* Registers: Arm's Armv7-M manual, B2.2 and B3.2; a data cache of 4 ways, lines of 32 bytes: Cortex-M7 manual, 4.2. */
#include "cortex_m7_caches.h"

#include <stdint.h>

#include "cortex_m.h"

#define SCB_CCSIDR CORTEX_M_REGISTER(0xE000ED80u)
#define SCB_CSSELR CORTEX_M_REGISTER(0xE000ED84u)
#define SCB_ICIALLU CORTEX_M_REGISTER(0xE000EF50u)
#define SCB_DCISW CORTEX_M_REGISTER(0xE000EF60u)
#define CCR_DC (1u << 16)
#define CCR_IC (1u << 17)

static void barrier(void) {
    __asm__ volatile("dsb\n isb" ::: "memory");
}

/* Not where it is on already, as after a debugger's restart: what it holds may be newer than the memory. */
static void empty_data_cache(void) {
    SCB_CSSELR = 0; /* the data cache of level 1 */
    barrier();
    const uint32_t sets = ((SCB_CCSIDR >> 13) & 0x7FFFu) + 1u;
    for (uint32_t set = 0; set < sets && (CORTEX_M_CCR & CCR_DC) == 0u; set++) {
        for (uint32_t way = 0; way < 4u; way++) {
            SCB_DCISW = (way << 30) | (set << 5);
        }
    }
}

void cortex_m7_start_caches(void) {
    empty_data_cache();
    SCB_ICIALLU = 0;
    barrier();
    CORTEX_M_CCR |= CCR_IC | CCR_DC;
    barrier();
}
