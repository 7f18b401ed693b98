/* What the parts of the check program share: random numbers, and one line of text for each thing checked. */
#ifndef CHECK_H
#define CHECK_H

#include <stddef.h>
#include <stdint.h>

uint32_t random_word(void);
int32_t random_between(int32_t low, int32_t high);

/* One line: the name, up to three numbers, and a digest (FNV-1a) of the bytes. */
void report(const char *name, uint32_t a, uint32_t b, uint32_t c, const void *bytes, size_t size);

/* One line: "count NAME" and the numbers. */
void report_count(const char *name, const uint32_t *numbers, int count);

void check_fixed_point(void);
void check_kernels(void);
void check_scans(void);
void check_lanes(void);
void check_narrow_kernels(void);
void check_narrow_scans(void);
void count_kernels(void);

#endif
