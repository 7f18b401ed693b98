/* What happens on a fault: the registers go to the console, and the run ends with HARNESS_EXIT_FAULT. */
#include <stddef.h>
#include <stdint.h>

#include "console.h"
#include "cortex_m.h"
#include "protocol.h"
#include "semihost.h"

#define FRAME_WORDS 8u /* r0 r1 r2 r3 r12 lr pc xpsr, as the core stacks them */

extern uint32_t image_stack_limit[];
extern uint32_t image_stack_top[];

void Fault_Handler(void);
void fault_report(const uint32_t *frame);

/* A stack of its own: the one in use may be what failed. */
extern uint64_t fault_stack[64];
uint64_t fault_stack[64];

__attribute__((naked)) void Fault_Handler(void) {
    __asm__ volatile(
        "mrs r0, msp\n"
        "ldr r1, =fault_stack + 512\n"
        "msr msp, r1\n"
        "ldr r1, =fault_report\n"
        "bx r1\n"
        ".ltorg\n");
}

static void print_word(const char *name, uint32_t value) {
    char text[10];
    for (unsigned digit = 0; digit < 8u; digit++) {
        text[digit] = "0123456789abcdef"[(value >> (28u - 4u * digit)) & 15u];
    }
    text[8] = ' ';
    text[9] = '\0';
    console_print(name);
    console_print(text);
}

/* Armv6-M has no fault status registers. */
static int has_fault_status(void) {
    return CORTEX_M_PART != CORTEX_M_PART_M0 && CORTEX_M_PART != CORTEX_M_PART_M0PLUS;
}

/* Whether the frame is not there to read: it would lie outside the stack, or the core refused to write it. */
static int stack_overflowed(uintptr_t frame) {
    if (has_fault_status() && (CORTEX_M_CFSR & CORTEX_M_CFSR_STKOF) != 0u) {
        return 1;
    }
    return frame < (uintptr_t)image_stack_limit || frame + 4u * FRAME_WORDS > (uintptr_t)image_stack_top;
}

void fault_report(const uint32_t *frame) {
    static const char *const names[FRAME_WORDS] = {"r0=", "r1=", "r2=", "r3=", "r12=", "lr=", "pc=", "xpsr="};
    console_print("fault: ");
    print_word("sp=", (uint32_t)(uintptr_t)frame);
    if (stack_overflowed((uintptr_t)frame)) {
        console_print("stack=overflow ");
    } else {
        for (size_t word = 0; word < FRAME_WORDS; word++) {
            print_word(names[word], frame[word]);
        }
    }
    if (has_fault_status()) {
        print_word("cfsr=", CORTEX_M_CFSR);
        print_word("hfsr=", CORTEX_M_HFSR);
        print_word("bfar=", CORTEX_M_BFAR);
    }
    console_print("\n");
    semihost_exit(HARNESS_EXIT_FAULT);
}
