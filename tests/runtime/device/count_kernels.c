/* Ticks of SysTick around single calls of every kernel, at the shapes of layers of 32 and 128 units. */
#include "check.h"
#include "kernels.h"
#include "matrix.h"
#include "platform.h"

#define WIDTH 168
#define MOST_ROWS 512
#define LOOPS 1000

#ifdef COUNT_TICKS
/* The least of all that is lent to every kernel: no weight and no input changes what a call costs. */
typedef struct {
    const uint32_t *weights;
    int16_t *vector, *sent16, *input;
    int8_t *sent8;
    uint32_t *list;
    int32_t *sums;
} bench_t;

static const uint16_t ROWS[] = {128, MOST_ROWS};
static const uint16_t COLUMNS[] = {40, 64, 128, WIDTH}; /* or columns sent */
#define EACH(index, array) (size_t index = 0; index < sizeof array / sizeof array[0]; index++)

static bench_t new_bench(void)
{
    bench_t bench;
    bench.weights = platform_allocate(2 * (MOST_ROWS + 32) * (WIDTH + 32)); /* at 16 bits */
    bench.vector = platform_allocate(2 * WIDTH);
    bench.sent16 = platform_allocate(2 * WIDTH);
    bench.sent8 = platform_allocate(WIDTH);
    bench.input = platform_allocate(2 * (WIDTH + 32));
    bench.list = platform_allocate(4 * (size_t)list_words[WIDTH]);
    bench.sums = platform_allocate(4 * (MOST_ROWS + 32));
    return bench;
}

/* A loop of two instructions, LOOPS times over: the unit that ticks are converted with. */
static void known_loop(void)
{
    uint32_t left = LOOPS;
    __asm__ volatile(".syntax unified\n1: subs %0, %0, #1\n bne 1b" : "+l"(left) : : "cc");
}

static void report_ticks(const char *name, int bits, uint32_t rows, uint32_t columns, uint32_t ticks)
{
    const uint32_t numbers[] = {(uint32_t)bits, rows, columns, ticks};
    report_count(name, numbers, 4);
}

#define COUNT(name, bits, rows, columns, call)          \
    do {                                                \
        platform_start_counter();                       \
        call;                                           \
        const uint32_t ticks = platform_counter();      \
        report_ticks(name, bits, rows, columns, ticks); \
    } while (0)

static void count_dense(const bench_t *b, int kernel)
{
    for EACH (i, ROWS) {
        for EACH (j, COLUMNS) {
            const shrinkc_matrix_t matrix = {b->weights, ROWS[i], COLUMNS[j]};
            for (int k = 0; k < WIDTH; k++) {
                b->input[k] = (int16_t)(k % 2 == 0 ? k - 127 : 127 - k);
            }
            COUNT("dense", 2 << kernel, ROWS[i], COLUMNS[j],
                  dense_kernels[kernel](&matrix, b->input, b->sums, b->sums));
#if NARROW
            COUNT("narrow", 2 << kernel, ROWS[i], COLUMNS[j],
                  narrow_kernels[kernel](&matrix, (const int8_t *)b->input, b->sums, b->sums));
#endif
        }
    }
}

/* `count` columns of the vector move, all over it, and the rest stays. */
static void move(const bench_t *b, uint16_t count)
{
    for (uint16_t j = 0; j < WIDTH; j++) {
        const int moves = (j + 1) * count / WIDTH != j * count / WIDTH;
        b->vector[j] = (int16_t)(moves ? (j % 2 == 0 ? 4000 + j : -4000 - j) : 0);
        b->sent8[j] = 0;
        b->sent16[j] = 0;
    }
}

static const shrinkc_send_group_t GROUP = {WIDTH, 16384, 21, 127, 0, NULL};

static void count_delta(const bench_t *b, int kernel)
{
    for EACH (i, ROWS) {
        for EACH (j, COLUMNS) {
            const shrinkc_matrix_t matrix = {b->weights, ROWS[i], WIDTH};
            move(b, COLUMNS[j]);
            const uint16_t count = shrinkc_delta_scan_s8(&GROUP, b->vector, b->sent8, b->list);
            COUNT("delta", 2 << kernel, ROWS[i], count, delta_kernels[kernel](&matrix, b->list, count, b->sums));
        }
    }
}

/* A vector of which nothing is sent, then a third, then all. */
static void count_scans(const bench_t *b)
{
    for (uint16_t sent = 0; sent <= WIDTH; sent = (uint16_t)(sent == 0 ? WIDTH / 3 : 3 * sent)) {
        move(b, sent);
        COUNT("scan", 8, WIDTH, sent, (void)shrinkc_delta_scan_s8(&GROUP, b->vector, b->sent8, b->list));
        COUNT("scan", 16, WIDTH, sent, (void)shrinkc_delta_scan_s16(&GROUP, b->vector, b->sent16, b->list));
        move(b, sent);
        COUNT("hold", 16, WIDTH, sent, shrinkc_hold_s16(&GROUP, b->vector, b->sent16));
        COUNT("quantize", 16, WIDTH, sent, shrinkc_quantize_s16(&GROUP, b->vector, b->sent16));
#if NARROW
        move(b, sent);
        COUNT("hold", 8, WIDTH, sent, shrinkc_hold_s8(&GROUP, b->vector, b->sent8));
        COUNT("quantize", 8, WIDTH, sent, shrinkc_quantize_s8(&GROUP, b->vector, b->sent8));
#endif
    }
}

void count_kernels(void)
{
    const bench_t bench = new_bench();
    COUNT("nothing", 0, 0, 0, (void)0);
    COUNT("known_loop", 0, 0, LOOPS, known_loop());
    for (int kernel = 0; kernel < 4; kernel++) {
        count_dense(&bench, kernel);
        count_delta(&bench, kernel);
    }
    count_scans(&bench);
    platform_release_all();
}
#else
void count_kernels(void)
{
}
#endif
