/* The two calls around the model's step: one counts, one measures the stack. Thumb-1 only, so one file serves
 * every core. Arguments of both: r0 state, r1 input, r2 output, r3 step.
 *
 * counted_call runs from a fresh SysTick period: the write to SYST_CVR restarts it, so the phase of the count
 * is the same for every call, and with at least one tick an instruction the count of instructions is exact.
 */
    .syntax unified
    .thumb

    .equ SYST_CSR, 0xE000E010
    .equ SYST_CVR_OFFSET, 8
    .equ ICSR, 0xE000ED04

    .section .text.counted_call, "ax", %progbits
    .global counted_call
    .type counted_call, %function
    .thumb_func
/* Leaves SYST_CVR, ICSR and the wraps in counter_readings[0..2]. */
counted_call:
    push {r3-r7, lr}
    ldr r4, =SYST_CSR
    ldr r5, =counter_readings
    movs r6, #0
    str r6, [r5, #8]
    str r6, [r4, #SYST_CVR_OFFSET]
    blx r3
    cpsid i
    ldr r0, [r4, #SYST_CVR_OFFSET]
    ldr r1, =ICSR
    ldr r1, [r1]
    str r0, [r5]
    str r1, [r5, #4]
    pop {r3-r7, pc}
    .ltorg
    .size counted_call, . - counted_call

    .section .text.painted_call, "ax", %progbits
    .global painted_call
    .type painted_call, %function
    .thumb_func
/* Paints the free stack, calls, and returns the bytes below the call whose paint is gone. */
painted_call:
    push {r3-r7, lr}
    ldr r4, =image_stack_limit
    ldr r5, =0xC5A37E19
    mov r6, sp
paint:
    str r5, [r4]
    adds r4, #4
    cmp r4, r6
    blo paint
    blx r3
    ldr r4, =image_stack_limit
look:
    ldr r0, [r4]
    cmp r0, r5
    bne found
    adds r4, #4
    cmp r4, r6
    blo look
found:
    subs r0, r6, r4
    pop {r3-r7, pc}
    .ltorg
    .size painted_call, . - painted_call

    .section .text.SysTick_Handler, "ax", %progbits
    .global SysTick_Handler
    .type SysTick_Handler, %function
    .thumb_func
/* HARNESS_WRAP_INSTRUCTIONS instructions: change both together. */
SysTick_Handler:
    ldr r0, =counter_readings
    ldr r1, [r0, #8]
    adds r1, #1
    str r1, [r0, #8]
    bx lr
    .ltorg
    .size SysTick_Handler, . - SysTick_Handler
