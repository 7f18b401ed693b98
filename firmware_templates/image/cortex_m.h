/* The few system registers that the image uses, by their names in the Armv6-M, v7-M and v8-M manuals. */
#ifndef SHRINKC_IMAGE_CORTEX_M_H
#define SHRINKC_IMAGE_CORTEX_M_H

#include <stdint.h>

#define CORTEX_M_REGISTER(address) (*(volatile uint32_t *)(address))

#define CORTEX_M_DWT_CTRL CORTEX_M_REGISTER(0xE0001000u)
#define CORTEX_M_DWT_CYCCNT CORTEX_M_REGISTER(0xE0001004u)
#define CORTEX_M_DWT_LAR CORTEX_M_REGISTER(0xE0001FB0u)
#define CORTEX_M_SYST_CSR CORTEX_M_REGISTER(0xE000E010u)
#define CORTEX_M_SYST_RVR CORTEX_M_REGISTER(0xE000E014u)
#define CORTEX_M_NVIC_ICER(word) CORTEX_M_REGISTER(0xE000E180u + 4u * (word))
#define CORTEX_M_NVIC_ICPR(word) CORTEX_M_REGISTER(0xE000E280u + 4u * (word))
#define CORTEX_M_CPUID CORTEX_M_REGISTER(0xE000ED00u)
#define CORTEX_M_VTOR CORTEX_M_REGISTER(0xE000ED08u)
#define CORTEX_M_CCR CORTEX_M_REGISTER(0xE000ED14u)
#define CORTEX_M_CFSR CORTEX_M_REGISTER(0xE000ED28u)
#define CORTEX_M_HFSR CORTEX_M_REGISTER(0xE000ED2Cu)
#define CORTEX_M_BFAR CORTEX_M_REGISTER(0xE000ED38u)
#define CORTEX_M_CPACR CORTEX_M_REGISTER(0xE000ED88u)
#define CORTEX_M_MPU_TYPE CORTEX_M_REGISTER(0xE000ED90u)
#define CORTEX_M_MPU_CTRL CORTEX_M_REGISTER(0xE000ED94u)
#define CORTEX_M_MPU_RNR CORTEX_M_REGISTER(0xE000ED98u)
#define CORTEX_M_MPU_RBAR CORTEX_M_REGISTER(0xE000ED9Cu)
#define CORTEX_M_MPU_RASR CORTEX_M_REGISTER(0xE000EDA0u)
#define CORTEX_M_DHCSR CORTEX_M_REGISTER(0xE000EDF0u)
#define CORTEX_M_DEMCR CORTEX_M_REGISTER(0xE000EDFCu)

#define CORTEX_M_DWT_CTRL_CYCCNTENA 1u
#define CORTEX_M_DWT_LAR_UNLOCK 0xC5ACCE55u
#define CORTEX_M_DEMCR_TRCENA (1u << 24)
#define CORTEX_M_PART ((CORTEX_M_CPUID >> 4) & 0xFFFu)
#define CORTEX_M_PART_M0 0xC20u
#define CORTEX_M_PART_M0PLUS 0xC60u
#define CORTEX_M_CCR_UNALIGN_TRP (1u << 3)
#define CORTEX_M_DHCSR_DEBUGEN 1u
#define CORTEX_M_CPACR_FPU (0xFu << 20)
#define CORTEX_M_CFSR_STKOF (1u << 20) /* Armv8-M: the stack limit was passed */
#define CORTEX_M_MPU_TYPE_REGIONS (0xFFu << 8)
/* On, with the usual memory map where no region lies. */
#define CORTEX_M_MPU_CTRL_RUN 5u
/* A region that nobody may touch or run, of 2^(log2_size) bytes. */
#define CORTEX_M_MPU_RASR_NO_ACCESS(log2_size) ((1u << 28) | (((log2_size)-1u) << 1) | 1u)
/* Enabled, with an interrupt at each wrap, from the processor's clock. */
#define CORTEX_M_SYST_RUN 7u
#define CORTEX_M_SYST_MAX 0x00FFFFFFu

#endif
