/* Runs a board's start-up code on this machine, with plain memory where the part has registers: a page for each that is
 * touched. Arguments: ADDRESS=VALUE, what a register holds at reset. Prints every word that is not 0 afterwards. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "board.h"

#define PAGE 4096u
#define MOST_PAGES 64

static uintptr_t pages[MOST_PAGES];
static int count;

static void map_page(uintptr_t address) {
    void *const page = (void *)(address & ~(uintptr_t)(PAGE - 1u));
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;
    if (address >> 32 != 0u || count == MOST_PAGES ||
        mmap(page, PAGE, PROT_READ | PROT_WRITE, flags, -1, 0) != page) {
        _exit(9);
    }
    pages[count++] = (uintptr_t)page;
}

static void on_fault(int number, siginfo_t *info, void *context) {
    (void)number;
    (void)context;
    map_page((uintptr_t)info->si_addr);
}

#ifdef HAS_CACHES
void cortex_m7_start_caches(void) {
}
#endif

int main(int argc, char **argv) {
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &action, NULL);
    for (int preset = 1; preset < argc; preset++) {
        char *value;
        const uintptr_t address = strtoul(argv[preset], &value, 16);
        *(volatile uint32_t *)address = (uint32_t)strtoul(value + 1, NULL, 16);
    }
    board_start();
    board_alive();
    for (int page = 0; page < count; page++) {
        for (uintptr_t address = pages[page]; address < pages[page] + PAGE; address += 4u) {
            const uint32_t value = *(volatile uint32_t *)address;
            if (value != 0u) {
                printf("%08lx %08lx\n", (unsigned long)address, (unsigned long)value);
            }
        }
    }
    return 0;
}
