/* Runs every function of the runtime on random data and prints digests of what came out. The lines are the same on
 * the host and on every core. Lines that start with "count" are the device's own. */
#include "check.h"
#include "platform.h"

static uint32_t random_state = 2463534242u;

uint32_t random_word(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state;
}

int32_t random_between(int32_t low, int32_t high)
{
    const uint32_t width = (uint32_t)high - (uint32_t)low + 1;
    const uint32_t offset = width == 0 ? random_word() : random_word() % width;
    return (int32_t)((uint32_t)low + offset);
}

static char *append(char *end, const char *text)
{
    while (*text != 0) {
        *end++ = *text++;
    }
    return end;
}

static char *append_number(char *end, uint32_t value, uint32_t base)
{
    char digits[11];
    int count = 0;
    do {
        digits[count++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    *end++ = ' ';
    while (count > 0) {
        *end++ = digits[--count];
    }
    return end;
}

void report(const char *name, uint32_t a, uint32_t b, uint32_t c, const void *bytes, size_t size)
{
    uint32_t digest = 2166136261u;
    for (size_t i = 0; i < size; i++) {
        digest = (digest ^ ((const uint8_t *)bytes)[i]) * 16777619u;
    }
    char line[96], *end = append(line, name);
    end = append_number(end, a, 10);
    end = append_number(end, b, 10);
    end = append_number(end, c, 10);
    end = append_number(end, digest, 16);
    *append(end, "\n") = 0;
    platform_print(line);
}

void report_count(const char *name, const uint32_t *numbers, int count)
{
    char line[96], *end = append(append(line, "count "), name);
    for (int i = 0; i < count; i++) {
        end = append_number(end, numbers[i], 10);
    }
    *append(end, "\n") = 0;
    platform_print(line);
}

int main(void)
{
    check_fixed_point();
    check_kernels();
    check_scans();
    check_lanes();
#if NARROW
    check_narrow_kernels();
    check_narrow_scans();
#endif
    count_kernels();
    platform_print("done\n");
    return 0;
}
