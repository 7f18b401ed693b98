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
void image_reset(void);
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

/* Apart from image_reset, so that nothing that may use vector registers comes before they are switched on. */
__attribute__((noinline)) void image_start(void) {
    copy_memory();
    semihost_start(); /* first, so that a fault in what follows is told */
    board_start();
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

/* A bootloader may have used interrupts, and has perhaps not stopped what raises them. Their vectors would be code. */
static void silence_interrupts(void) {
#if __ARM_ARCH >= 7
    const uint32_t words = 8; /* 240 interrupts, the most of Armv7-M; words without any ignore the write */
#else
    const uint32_t words = 1;
#endif
    for (uint32_t word = 0; word < words; word++) {
        CORTEX_M_NVIC_ICER(word) = UINT32_MAX;
        CORTEX_M_NVIC_ICPR(word) = UINT32_MAX;
    }
}

/* A Cortex-M0 has its vectors at 0, and reserves the register. */
static int has_vtor(void) {
#if __ARM_ARCH >= 7
    return 1;
#else
    return CORTEX_M_PART != CORTEX_M_PART_M0;
#endif
}

void image_reset(void) {
    if (has_vtor()) {
        CORTEX_M_VTOR = (uint32_t)(uintptr_t)image_vectors;
    }
#if __ARM_ARCH < 7
    /* Armv6-M always traps unaligned accesses; this makes a larger core that runs its code do the same. */
    CORTEX_M_CCR |= CORTEX_M_CCR_UNALIGN_TRP;
#endif
#if defined(__ARM_FP) || defined(__ARM_FEATURE_MVE)
    CORTEX_M_CPACR |= CORTEX_M_CPACR_FPU;
#endif
    guard_stack();
    silence_interrupts();
    __asm__ volatile("dsb\n isb\n cpsie i" ::: "memory");
    image_start();
}

/* The stack is set here too, for those who come by this address and not by a reset: a bootloader, or a debugger that
 * has just loaded the image. They may also have left the other stack in use, and a limit. */
__attribute__((naked)) void Reset_Handler(void) {
    __asm__ volatile(
        "cpsid i\n"
        "movs r0, #0\n"
#if defined(__ARM_ARCH_8M_MAIN__) || defined(__ARM_ARCH_8_1M_MAIN__)
        "msr msplim, r0\n"
#endif
        "msr control, r0\n"
        "isb\n"
        "ldr r0, =image_stack_top\n"
        "msr msp, r0\n"
        "ldr r0, =image_reset\n"
        "bx r0\n"
        ".ltorg\n");
}
