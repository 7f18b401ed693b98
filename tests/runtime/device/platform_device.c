/* A Cortex-M with nothing but memory, under QEMU: start-up, semihosting, SysTick. */
#include <string.h>

#include "platform.h"

#define SYST_CSR (*(volatile uint32_t *)0xE000E010u)
#define SYST_RVR (*(volatile uint32_t *)0xE000E014u)
#define SYST_CVR (*(volatile uint32_t *)0xE000E018u)
#define CCR (*(volatile uint32_t *)0xE000ED14u)
#define CPACR (*(volatile uint32_t *)0xE000ED88u)

#define SYS_WRITE0 4
#define SYS_EXIT 0x18
#define STOPPED_BY_ITSELF 0x20026
#define STOPPED_BY_FAULT 0x20023

extern uint32_t stack_top, data_start, data_end, data_load, bss_start, bss_end, heap_start;
int main(void);
void reset(void);

static uintptr_t next_free;

static void semihost(uint32_t operation, uint32_t parameter)
{
    register uint32_t r0 __asm__("r0") = operation;
    register uint32_t r1 __asm__("r1") = parameter;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

static void fault(void)
{
    platform_print("fault\n");
    semihost(SYS_EXIT, STOPPED_BY_FAULT);
}

/* Apart from reset, so that nothing that may use vector registers comes before they are switched on. */
__attribute__((noinline)) static void start(void)
{
    memcpy(&data_start, &data_load, (size_t)((uintptr_t)&data_end - (uintptr_t)&data_start));
    memset(&bss_start, 0, (size_t)((uintptr_t)&bss_end - (uintptr_t)&bss_start));
    platform_release_all();
    main();
    semihost(SYS_EXIT, STOPPED_BY_ITSELF);
}

void reset(void)
{
    CCR |= 8; /* unaligned accesses trap, as on a v6-M core, whatever core this is */
#if defined(__ARM_FP) || defined(__ARM_FEATURE_MVE)
    CPACR |= 0xFu << 20;
    __asm__ volatile("dsb\n isb" : : : "memory");
#endif
    start();
}

__attribute__((section(".vectors"), used)) static void (*const vectors[16])(void) = {
    (void (*)(void))(uintptr_t)&stack_top, reset, fault, fault, fault, fault, fault};

void platform_print(const char *text)
{
    semihost(SYS_WRITE0, (uint32_t)(uintptr_t)text);
}

void *platform_allocate(size_t bytes)
{
    void *block = (void *)next_free;
    next_free += (bytes + 7) & ~(size_t)7;
    memset(block, 0, bytes);
    return block;
}

void platform_release_all(void)
{
    next_free = (uintptr_t)&heap_start;
}

void platform_start_counter(void)
{
    SYST_RVR = 0xFFFFFF;
    SYST_CSR = 5; /* the processor's clock, no interrupt */
    SYST_CVR = 0;
}

uint32_t platform_counter(void)
{
    return 0xFFFFFF - SYST_CVR;
}
