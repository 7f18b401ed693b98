/* Semihosting, and the harness's files on top of it.
 *
 * A BKPT that nobody serves faults (or locks up a part whose fault handler executes the next one). So none is
 * executed before there is proof that somebody listens:
 *   - the host has planted a 64-bit word at `host_word`: QEMU does so with "-device loader", a debug probe's script
 *     with a memory write. Start-up leaves the word alone, and it is cleared once read, so that a later reset
 *     without the host finds nothing. RAM that wakes up with it by chance: 1 in 2^64; or
 *   - on ARMv7-M and ARMv8-M, a debugger has set DHCSR.C_DEBUGEN, and the board has no serial port: with one, a probe
 *     that has just programmed the part and left the bit set must not keep the image from its console. ARMv6-M cores
 *     cannot read their own DHCSR.
 * QEMU implements no DHCSR, and nothing that it answers is certain to differ from every real part, so guessing
 * at the emulator is not done. Without a host the image runs its console on the serial port (console.c).
 */
#include "semihost.h"

#include <stddef.h>

#include "cortex_m.h"
#include "protocol.h"

#define SYS_OPEN 0x01u
#define SYS_CLOSE 0x02u
#define SYS_WRITE0 0x04u
#define SYS_WRITE 0x05u
#define SYS_READ 0x06u
#define SYS_EXIT_EXTENDED 0x20u

#define OPEN_READ_BINARY 1u
#define OPEN_WRITE_BINARY 5u
#define APPLICATION_EXIT 0x20026u

/* Where the host leaves its word. Its section is neither loaded nor cleared (image.ld.j2). */
extern volatile uint32_t host_word[2];
__attribute__((section(".host"))) volatile uint32_t host_word[2];

static int host_listens;
static uint32_t input_file;
static uint32_t output_file;

int semihost_listens(void) {
    return host_listens;
}

void semihost_start(void) {
    host_listens = host_word[0] == HARNESS_HOST_WORD_LOW && host_word[1] == HARNESS_HOST_WORD_HIGH;
    host_word[0] = 0;
    host_word[1] = 0;
#if __ARM_ARCH >= 7 && !defined(BOARD_UART_BASE)
    if ((CORTEX_M_DHCSR & CORTEX_M_DHCSR_DEBUGEN) != 0u) {
        host_listens = 1;
    }
#endif
}

static uint32_t host_call(uint32_t operation, const void *argument) {
    register uint32_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    if (!host_listens) {
        return UINT32_MAX;
    }
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory", "cc");
    return r0;
}

void semihost_print(const char *text) {
    (void)host_call(SYS_WRITE0, text);
}

void semihost_exit(int code) {
    const uint32_t arguments[2] = {APPLICATION_EXIT, (uint32_t)code};
    (void)host_call(SYS_EXIT_EXTENDED, arguments);
    for (;;) {
        __asm__ volatile("wfi");
    }
}

static uint32_t open_file(const char *name, size_t length, uint32_t mode) {
    const uint32_t arguments[3] = {(uint32_t)(uintptr_t)name, mode, (uint32_t)length};
    return host_call(SYS_OPEN, arguments);
}

int semihost_open(void) {
    static const char input_name[] = "input.bin";
    static const char output_name[] = "output.bin";
    input_file = open_file(input_name, sizeof input_name - 1u, OPEN_READ_BINARY);
    output_file = open_file(output_name, sizeof output_name - 1u, OPEN_WRITE_BINARY);
    return input_file == UINT32_MAX || output_file == UINT32_MAX ? -1 : 0;
}

int semihost_read(void *to, size_t bytes, size_t *got) {
    const uint32_t arguments[3] = {input_file, (uint32_t)(uintptr_t)to, (uint32_t)bytes};
    const uint32_t missing = host_call(SYS_READ, arguments); /* bytes not read */
    if (missing > bytes) {
        return -1;
    }
    *got = bytes - missing;
    return 0;
}

int semihost_write(const void *from, size_t bytes) {
    const uint32_t arguments[3] = {output_file, (uint32_t)(uintptr_t)from, (uint32_t)bytes};
    return host_call(SYS_WRITE, arguments) == 0u ? 0 : -1; /* bytes not written */
}

int semihost_close(void) {
    const uint32_t input_argument[1] = {input_file};
    const uint32_t output_argument[1] = {output_file};
    const int failed = host_call(SYS_CLOSE, input_argument) != 0u;
    return host_call(SYS_CLOSE, output_argument) != 0u || failed ? -1 : 0;
}
