/* The second stage of the RP2040's boot. The ROM copies the first 256 bytes of the flash to the end of the RAM, and runs
 * them if their checksum is right. This stage makes the flash readable as memory by the plainest way that every serial
 * flash knows, command 03h at a quarter of the core's clock (31 MHz of 125; the slowest limit in use is 50), and starts
 * the image behind it. Faster ways differ from flash to flash.
 * Registers: RP2040 datasheet, 4.10 (SSI), 2.8.1.3 (checksum). Thumb-1 only. */
    .syntax unified
    .cpu cortex-m0plus
    .thumb

    .equ SSI, 0x18000000
    .equ CTRLR0, 0x00
    .equ CTRLR1, 0x04
    .equ SSIENR, 0x08
    .equ BAUDR, 0x14
    .equ SPI_CTRLR0, 0xF4
    .equ CTRLR0_READ, (31 << 16) | (3 << 8) /* one line, frames of 32 bits; send a command, then read */
    .equ SPI_CTRLR0_03H, (0x03 << 24) | (2 << 8) | (6 << 2) /* 8 bits of command, 24 of address, no wait */
    .equ VTOR, 0xE000ED08
    .equ IMAGE, 0x10000100

    .section .header, "ax", %progbits
    .global image_boot2
    .type image_boot2, %object
image_boot2:
    ldr r3, =SSI
    movs r0, #0
    str r0, [r3, #SSIENR] /* off: it cannot be set while it runs */
    str r0, [r3, #CTRLR1] /* one frame a read */
    movs r0, #4
    str r0, [r3, #BAUDR]
    ldr r0, =CTRLR0_READ
    str r0, [r3, #CTRLR0]
    ldr r0, =SPI_CTRLR0_03H
    ldr r1, =SSI + SPI_CTRLR0
    str r0, [r1]
    movs r0, #1
    str r0, [r3, #SSIENR]
    ldr r0, =IMAGE
    ldr r1, =VTOR
    str r0, [r1]
    ldr r1, [r0]
    msr msp, r1
    ldr r1, [r0, #4]
    bx r1
    .ltorg
    /* CRC-32 of the 252 bytes before it: polynomial 04C11DB7h, from FFFFFFFFh, no bit turned round. compile/start.py
     * holds it against the bytes, and says what it should be. */
    .org image_boot2 + 252, 0
    .word 0x244514ff
    .size image_boot2, 256
