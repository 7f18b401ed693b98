/* Counts what a call of the model's step takes: with the 24-bit SysTick and an interrupt for its wraps, and with the
 * cycle counter of Armv7-M and Armv8-M, where the part has one and it runs (QEMU's does not). */
#include "counter.h"

#include "board.h"
#include "cortex_m.h"
#include "platform.h"
#include "protocol.h"

#define ICSR_PENDSTSET (1u << 26)

/* Written by counter.S: SYST_CVR and ICSR after the call, and the wraps counted within it. */
extern volatile uint32_t counter_readings[3];
volatile uint32_t counter_readings[3];

/* counter.S */
void counted_call(harness_model_state_t *state, const int16_t *in, int16_t *out, step_fn *step);
uint32_t painted_call(harness_model_state_t *state, const int16_t *in, int16_t *out, step_fn *step);

#if __ARM_ARCH >= 7

static int counts_cycles;

static uint32_t cycles_now(void) {
    return counts_cycles ? CORTEX_M_DWT_CYCCNT : 0u;
}

static void start_cycles(void) {
    CORTEX_M_DEMCR |= CORTEX_M_DEMCR_TRCENA;
    CORTEX_M_DWT_LAR = CORTEX_M_DWT_LAR_UNLOCK; /* a lock that the Cortex-M7 has; others pass the write over */
    CORTEX_M_DWT_CTRL |= CORTEX_M_DWT_CTRL_CYCCNTENA;
    const uint32_t before = CORTEX_M_DWT_CYCCNT;
    __asm__ volatile("nop\n nop\n nop\n nop" ::: "memory");
    counts_cycles = CORTEX_M_DWT_CYCCNT != before;
}

#else

static uint32_t cycles_now(void) {
    return 0;
}

static void start_cycles(void) {
}

#endif

void counter_start(void) {
    start_cycles();
    CORTEX_M_SYST_RVR = CORTEX_M_SYST_MAX;
    CORTEX_M_SYST_CSR = CORTEX_M_SYST_RUN;
}

counter_reading_t platform_count(step_fn *step, harness_model_state_t *state, const int16_t *in, int16_t *out) {
    board_alive();
    counter_reading_t reading;
    const uint32_t before = cycles_now();
    counted_call(state, in, out, step); /* returns with interrupts off */
    reading.cycles = cycles_now() - before;
    const uint32_t value = counter_readings[0];
    reading.low = (0u - value) & CORTEX_M_SYST_MAX; /* it counts down from 2^24 */
    reading.wraps = counter_readings[2];
    /* A pending wrap came before the reading if the counter had hardly left the top, else just after it. */
    if ((counter_readings[1] & ICSR_PENDSTSET) != 0u && value > CORTEX_M_SYST_MAX / 2u) {
        reading.low |= HARNESS_PENDING_WRAP;
    }
    __asm__ volatile("cpsie i" ::: "memory");
    return reading;
}

uint32_t platform_stack(step_fn *step, harness_model_state_t *state, const int16_t *in, int16_t *out) {
    __asm__ volatile("cpsid i" ::: "memory"); /* an interrupt's frame is none of the model's */
    const uint32_t stack = painted_call(state, in, out, step);
    __asm__ volatile("cpsie i" ::: "memory");
    return stack;
}
