/* The image on its serial port: a greeting, a self-test, and the harness over the link. */
#include "console.h"

#include <string.h>

#include "about.h"
#include "board.h"
#include "harness.h"
#include "link.h"
#include "model.h"
#include "protocol.h"
#include "semihost.h"
#include "uart.h"

/* From the linker script: their addresses are the numbers. */
extern uint8_t image_bytes[];
extern uint8_t image_weights_bytes[];

typedef struct {
    uint32_t version;
    uint32_t self_test;
    harness_header_t header;
    char board[LINK_BOARD_NAME];
} welcome_t;

void console_print(const char *text) {
    if (semihost_listens()) {
        semihost_print(text);
        return;
    }
    for (; *text != '\0'; text++) {
        if (*text == '\n') {
            uart_write('\r');
        }
        uart_write((uint8_t)*text);
    }
}

static void print_number(uint32_t value) {
    char text[11];
    size_t start = sizeof text - 1u;
    text[start] = '\0';
    do {
        text[--start] = (char)('0' + value % 10u);
        value /= 10u;
    } while (value != 0u);
    console_print(text + start);
}

static uint32_t self_test(void) {
    if (about_frames == 0u) {
        return LINK_SELF_TEST_NONE;
    }
    board_alive();
    return harness_digest(about_inputs, about_frames) == about_digest ? LINK_SELF_TEST_PASSED : LINK_SELF_TEST_FAILED;
}

static void greet(uint32_t tested) {
    console_print("\nshrinkc: ");
    console_print(about_model);
    console_print(" on ");
    console_print(about_board);
    console_print("\ndigest ");
    console_print(HARNESS_MODEL_DIGEST);
    console_print("\nweights ");
    print_number((uint32_t)(uintptr_t)image_weights_bytes);
    console_print(" bytes, state ");
    print_number(sizeof(harness_model_state_t));
    console_print(" bytes, image ");
    print_number((uint32_t)(uintptr_t)image_bytes);
    console_print(" bytes\nself-test: ");
    if (tested == LINK_SELF_TEST_NONE) {
        console_print("no utterance is stored\n");
    } else {
        print_number(about_frames);
        console_print(tested == LINK_SELF_TEST_PASSED ? " frames, pass\n" : " frames, FAIL\n");
    }
    console_print("waiting for shrinkc verify --on board\n");
}

void console_run(void) {
    welcome_t welcome;
    uart_start();
    welcome.version = LINK_VERSION;
    welcome.self_test = self_test();
    memcpy(&welcome.header, &harness_header, sizeof welcome.header);
    memset(welcome.board, 0, sizeof welcome.board);
    for (size_t next = 0; next < sizeof welcome.board && about_board[next] != '\0'; next++) {
        welcome.board[next] = about_board[next];
    }
    greet(welcome.self_test);
    for (;;) {
        if (link_listen(&welcome, sizeof welcome) == LINK_ENTER) {
            greet(welcome.self_test);
        } else {
            link_end(harness_run());
        }
    }
}
