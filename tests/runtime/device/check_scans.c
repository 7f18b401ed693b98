/* Scans, grids and held inputs. A list is the family's own, so what stands in it shows in the product that follows. */
#include "check.h"
#include "kernels.h"
#include "matrix.h"
#include "platform.h"

#define ROWS 5

typedef struct {
    uint16_t width;
    int16_t *vector, *thresholds, *sent16, *held;
    int8_t *sent8;
    uint32_t *list;
    shrinkc_matrix_t matrix; /* 8 bits */
    int32_t *sums;
} scans_t;

static scans_t new_scans(uint16_t width)
{
    scans_t scans = {width, NULL, NULL, NULL, NULL, NULL, NULL, {NULL, 0, 0}, NULL};
    scans.vector = platform_allocate(2 * (size_t)width);
    scans.thresholds = platform_allocate(2 * (size_t)width);
    scans.sent16 = platform_allocate(2 * (size_t)width);
    scans.held = platform_allocate(2 * (size_t)width);
    scans.sent8 = platform_allocate(width);
    scans.list = platform_allocate(4 * (size_t)list_words[width]);
    scans.matrix = random_matrix(&delta_layouts[2], ROWS, width);
    scans.sums = random_sums(&delta_layouts[2], ROWS);
    return scans;
}

static void check_list(scans_t *scans, const char *name, uint16_t count)
{
    shrinkc_delta_mat_mult_s8(&scans->matrix, scans->list, count, scans->sums);
    report(name, scans->width, count, 0, scans->sums, 4 * ROWS);
}

static void check_step(scans_t *scans, const shrinkc_send_group_t *narrow, const shrinkc_send_group_t *wide)
{
    const size_t width = scans->width;
    check_list(scans, "scan_s8", shrinkc_delta_scan_s8(narrow, scans->vector, scans->sent8, scans->list));
    report("sent_s8", scans->width, 0, 0, scans->sent8, width);
    check_list(scans, "scan_s16", shrinkc_delta_scan_s16(wide, scans->vector, scans->sent16, scans->list));
    report("sent_s16", scans->width, 0, 0, scans->sent16, 2 * width);
    shrinkc_hold_s16(wide, scans->vector, scans->held);
    report("hold", scans->width, 0, 0, scans->held, 2 * width);
    shrinkc_quantize_s16(wide, scans->vector, scans->held);
    report("quantize", scans->width, 0, 0, scans->held, 2 * width);
}

static void check_narrow_step(scans_t *scans, const shrinkc_send_group_t *narrow)
{
#if NARROW
    shrinkc_hold_s8(narrow, scans->vector, scans->sent8);
    report("hold_s8", scans->width, 0, 0, scans->sent8, scans->width);
    shrinkc_quantize_s8(narrow, scans->vector, scans->sent8);
    report("quantize_s8", scans->width, 0, 0, scans->sent8, scans->width);
#else
    (void)scans;
    (void)narrow;
#endif
}

static void check_width(uint16_t width, int each, int with_narrow)
{
    scans_t scans = new_scans(width);
    const shrinkc_send_group_t narrow = {width, 30000, 22, 127, 5, each ? scans.thresholds : NULL};
    const shrinkc_send_group_t wide = {width, 20000, 15, 16383, 700, each ? scans.thresholds : NULL};
    for (int step = 0; step < 8; step++) {
        for (uint32_t j = 0; j < width; j++) {
            scans.vector[j] = (int16_t)random_between(-32768, 32767);
            scans.thresholds[j] = (int16_t)random_between(0, 100);
        }
        if (with_narrow) {
            check_narrow_step(&scans, &narrow);
        } else {
            check_step(&scans, &narrow, &wide);
        }
    }
    platform_release_all();
}

static void check_widths(int with_narrow)
{
    static const uint16_t WIDTHS[] = {1, 2, 3, 7, 8, 15, 16, 17, 37, 40};
    for (size_t i = 0; i < sizeof WIDTHS / sizeof WIDTHS[0]; i++) {
        check_width(WIDTHS[i], 0, with_narrow);
        check_width(WIDTHS[i], 1, with_narrow);
    }
}

void check_scans(void)
{
    check_widths(0);
}

void check_narrow_scans(void)
{
    check_widths(1);
}
