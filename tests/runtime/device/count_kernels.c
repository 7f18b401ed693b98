/* Ticks of SysTick around single calls of every kernel, for the shapes of a layer of 128 units. */
#include "check.h"
#include "platform.h"
#include "shrinkc_kernels.h"

#define COLUMNS 128
#define ROWS 128
#define LOOPS 1000

#ifdef COUNT_TICKS
typedef struct {
    shrinkc_matrix_t matrix;
    shrinkc_send_group_t group;
    int16_t *vector, *sent16, *input;
    int8_t *sent8;
    shrinkc_active_t *active;
    int32_t *accumulators;
} bench_t;

static bench_t new_bench(void)
{
    uint32_t *words = platform_allocate(4 * ROWS / 2 * COLUMNS); /* room for 16 bits */
    bench_t bench = {{words, ROWS, COLUMNS}, {COLUMNS, 16384, 21, 127, 0, NULL}, NULL, NULL, NULL, NULL, NULL, NULL};
    bench.vector = platform_allocate(2 * COLUMNS);
    bench.sent16 = platform_allocate(2 * COLUMNS);
    bench.sent8 = platform_allocate(COLUMNS);
    bench.input = platform_allocate(2 * COLUMNS);
    bench.active = platform_allocate(sizeof(shrinkc_active_t) * COLUMNS);
    bench.accumulators = platform_allocate(4 * ROWS);
    for (uint16_t j = 0; j < COLUMNS; j++) {
        bench.vector[j] = (int16_t)(j % 2 == 0 ? 4000 + j : -4000 - j);
        bench.active[j].column = j;
        bench.active[j].delta = 3;
    }
    return bench;
}

/* A loop of two instructions, LOOPS times over: the unit that ticks are converted with. */
static void known_loop(void)
{
    uint32_t left = LOOPS;
    __asm__ volatile(".syntax unified\n1: subs %0, %0, #1\n bne 1b" : "+l"(left) : : "cc");
}

#define COUNT(name, bits, sent, call)                          \
    do {                                                       \
        platform_start_counter();                              \
        call;                                                  \
        const uint32_t ticks = platform_counter();             \
        const uint32_t numbers[] = {bits, ROWS, sent, ticks};  \
        report_count(name, numbers, 4);                        \
    } while (0)

/* Half of the columns and all: the difference is the cost of a column, the rest that of the rows. */
static void count_dense(bench_t *b)
{
    for (uint16_t columns = COLUMNS / 2; columns <= COLUMNS; columns = (uint16_t)(columns + COLUMNS / 2)) {
        b->matrix.columns = columns;
        COUNT("dense", 2, columns, shrinkc_vec_mat_mult_s2(&b->matrix, b->input, b->accumulators));
        COUNT("dense", 4, columns, shrinkc_vec_mat_mult_s4(&b->matrix, b->input, b->accumulators));
        COUNT("dense", 8, columns, shrinkc_vec_mat_mult_s8(&b->matrix, b->input, b->accumulators));
        COUNT("dense", 16, columns, shrinkc_vec_mat_mult_s16(&b->matrix, b->input, b->accumulators));
    }
}

static void count_delta(bench_t *b)
{
    for (uint16_t sent = 0; sent <= COLUMNS; sent = (uint16_t)(sent + COLUMNS / 2)) {
        COUNT("delta", 2, sent, shrinkc_delta_mat_mult_s2(&b->matrix, b->active, sent, b->accumulators));
        COUNT("delta", 4, sent, shrinkc_delta_mat_mult_s4(&b->matrix, b->active, sent, b->accumulators));
        COUNT("delta", 8, sent, shrinkc_delta_mat_mult_s8(&b->matrix, b->active, sent, b->accumulators));
        COUNT("delta", 16, sent, shrinkc_delta_mat_mult_s16(&b->matrix, b->active, sent, b->accumulators));
    }
}

/* First of a vector that is all sent, then of the same again: nothing is. */
static void count_scans(bench_t *b)
{
    uint16_t sent = 0;
    COUNT("scan", 8, sent, sent = shrinkc_delta_scan_s8(&b->group, b->vector, b->sent8, b->active));
    COUNT("scan", 8, sent, sent = shrinkc_delta_scan_s8(&b->group, b->vector, b->sent8, b->active));
    COUNT("scan", 16, sent, sent = shrinkc_delta_scan_s16(&b->group, b->vector, b->sent16, b->active));
    COUNT("scan", 16, sent, sent = shrinkc_delta_scan_s16(&b->group, b->vector, b->sent16, b->active));
    COUNT("quantize", 16, COLUMNS, shrinkc_quantize_dense(&b->group, b->vector, b->input));
}

void count_kernels(void)
{
    bench_t bench = new_bench();
    COUNT("nothing", 0, 0, (void)0);
    COUNT("known_loop", 0, LOOPS, known_loop());
    count_dense(&bench);
    count_delta(&bench);
    count_scans(&bench);
    platform_release_all();
}
#else
void count_kernels(void)
{
}
#endif
