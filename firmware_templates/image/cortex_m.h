/* The few system registers that the image uses, by their names in the Armv6-M, v7-M and v8-M manuals. */
#ifndef HARNESS_CORTEX_M_H
#define HARNESS_CORTEX_M_H

#include <stdint.h>

#define CORTEX_M_REGISTER(address) (*(volatile uint32_t *)(address))

#define CORTEX_M_SYST_CSR CORTEX_M_REGISTER(0xE000E010u)
#define CORTEX_M_SYST_RVR CORTEX_M_REGISTER(0xE000E014u)
#define CORTEX_M_CPUID CORTEX_M_REGISTER(0xE000ED00u)
#define CORTEX_M_VTOR CORTEX_M_REGISTER(0xE000ED08u)
#define CORTEX_M_CCR CORTEX_M_REGISTER(0xE000ED14u)
#define CORTEX_M_CFSR CORTEX_M_REGISTER(0xE000ED28u)
#define CORTEX_M_HFSR CORTEX_M_REGISTER(0xE000ED2Cu)
#define CORTEX_M_BFAR CORTEX_M_REGISTER(0xE000ED38u)
#define CORTEX_M_CPACR CORTEX_M_REGISTER(0xE000ED88u)
#define CORTEX_M_DHCSR CORTEX_M_REGISTER(0xE000EDF0u)

#define CORTEX_M_CCR_UNALIGN_TRP (1u << 3)
#define CORTEX_M_DHCSR_DEBUGEN 1u
#define CORTEX_M_CPACR_FPU (0xFu << 20)
/* Enabled, with an interrupt at each wrap, from the processor's clock. */
#define CORTEX_M_SYST_RUN 7u
#define CORTEX_M_SYST_MAX 0x00FFFFFFu

#endif
