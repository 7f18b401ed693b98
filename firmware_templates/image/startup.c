/* Start-up: vector table, floating point unit, memory, then the harness. */
#include <stdint.h>
#include <string.h>

#include "board.h"
#include "console.h"
#include "cortex_m.h"
#include "counter.h"
#include "harness.h"
#include "platform.h"
#include "semihost.h"

/* From the linker script. */
extern uint32_t image_stack_limit[];
extern uint32_t image_stack_top[];
extern uint32_t image_data_load[];
extern uint32_t image_data_start[];
extern uint32_t image_data_end[];
extern uint32_t image_bss_start[];
extern uint32_t image_bss_end[];
extern uint32_t image_buffer_start[];
extern uint32_t image_buffer_end[];

#define LARGEST_BUFFER 131072u
/* Size of the guard below the stack, as a power of two. The MPU's least is 256 bytes on Armv6-M. */
#define LARGEST_GUARD 16u
#define LEAST_GUARD 8u

void Reset_Handler(void);
void Fault_Handler(void);
void SysTick_Handler(void);
void image_start(void);

typedef union {
    void *stack;
    void (*handler)(void);
} vector_t;

/* No device interrupt is ever enabled, so the 16 system vectors are all there is. */
extern const vector_t image_vectors[16];
__attribute__((section(".vectors"), used)) const vector_t image_vectors[16] = {
    {.stack = image_stack_top},     {.handler = Reset_Handler}, {.handler = Fault_Handler},
    {.handler = Fault_Handler},     {.handler = Fault_Handler}, {.handler = Fault_Handler},
    {.handler = Fault_Handler},     {.handler = Fault_Handler}, {.handler = Fault_Handler},
    {.handler = Fault_Handler},     {.handler = Fault_Handler}, {.handler = Fault_Handler},
    {.handler = Fault_Handler},     {.handler = Fault_Handler}, {.handler = Fault_Handler},
    {.handler = SysTick_Handler},
};

void *platform_buffer(size_t *bytes) {
    const size_t spare = (uintptr_t)image_buffer_end - (uintptr_t)image_buffer_start;
    *bytes = spare < LARGEST_BUFFER ? spare : LARGEST_BUFFER;
    return image_buffer_start;
}

static void copy_memory(void) {
    memcpy(image_data_start, image_data_load, (uintptr_t)image_data_end - (uintptr_t)image_data_start);
    memset(image_bss_start, 0, (uintptr_t)image_bss_end - (uintptr_t)image_bss_start);
}

/* Apart from Reset_Handler, so that nothing that may use vector registers comes before they are switched on. */
__attribute__((noinline)) void image_start(void) {
    copy_memory();
    board_start();
    semihost_start();
    counter_start();
    if (semihost_listens()) {
        semihost_exit(harness_run());
    }
    console_run();
}

/* Lets a push below the stack fault. Past its lower end the RAM ends too, but not every board (nor QEMU's MPS2)
 * faults there. Armv8-M has a register for it; before that, the MPU forbids what lies below, if there is an MPU. */
static void guard_stack(void) {
#if defined(__ARM_ARCH_8M_MAIN__) || defined(__ARM_ARCH_8_1M_MAIN__)
    __asm__ volatile("msr msplim, %0" : : "r"(image_stack_limit));
#else
    const uint32_t limit = (uint32_t)(uintptr_t)image_stack_limit;
    uint32_t log2_size = LARGEST_GUARD;
    while ((limit & ((1u << log2_size) - 1u)) != 0u) { /* a region starts at a multiple of its size */
        log2_size--;
    }
    if ((CORTEX_M_MPU_TYPE & CORTEX_M_MPU_TYPE_REGIONS) == 0u || log2_size < LEAST_GUARD) {
        return;
    }
    CORTEX_M_MPU_RNR = 0;
    CORTEX_M_MPU_RBAR = limit - (1u << log2_size);
    CORTEX_M_MPU_RASR = CORTEX_M_MPU_RASR_NO_ACCESS(log2_size);
    CORTEX_M_MPU_CTRL = CORTEX_M_MPU_CTRL_RUN;
#endif
}

void Reset_Handler(void) {
#if __ARM_ARCH >= 7
    CORTEX_M_VTOR = (uint32_t)(uintptr_t)image_vectors;
#else
    /* Armv6-M always traps unaligned accesses; this makes a larger core that runs its code do the same. */
    CORTEX_M_CCR |= CORTEX_M_CCR_UNALIGN_TRP;
#endif
#if defined(__ARM_FP) || defined(__ARM_FEATURE_MVE)
    CORTEX_M_CPACR |= CORTEX_M_CPACR_FPU;
#endif
    guard_stack();
    __asm__ volatile("dsb\n isb" ::: "memory");
    image_start();
}
