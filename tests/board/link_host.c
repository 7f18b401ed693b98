/* The board's side of the link on this machine: the line is stdin and stdout. It answers each session with its input,
 * every byte turned over, in pieces that are no multiple of a frame; or, at Enter, with a line of text. */
#include <stdint.h>
#include <stdlib.h>
#include <sys/select.h>
#include <time.h>
#include <unistd.h>

#include "board.h"
#include "link.h"
#include "protocol.h"
#include "uart.h"

#define LARGEST 65536u

void uart_start(void) {
}

void board_alive(void) {
}

/* A look waits for some 0.1 ms: with one look a millisecond (BOARD_CLOCK_HZ) the board's waits are a tenth of theirs. */
int uart_read(void) {
    static const struct timespec moment = {0, 50000};
    fd_set line;
    uint8_t byte;
    FD_ZERO(&line);
    FD_SET(STDIN_FILENO, &line);
    if (pselect(STDIN_FILENO + 1, &line, NULL, NULL, &moment, NULL) <= 0) {
        return -1;
    }
    if (read(STDIN_FILENO, &byte, 1) != 1) {
        exit(0);
    }
    return byte;
}

static uint8_t waiting[4096];
static size_t filled;

/* A frame ends with 0, a text with a newline. */
void uart_write(uint8_t byte) {
    waiting[filled++] = byte;
    if (byte == 0u || byte == '\n' || filled == sizeof waiting) {
        if (write(STDOUT_FILENO, waiting, filled) != (ssize_t)filled) {
            exit(0);
        }
        filled = 0;
    }
}

static int answer(void) {
    static uint8_t content[LARGEST];
    size_t length = 0;
    size_t got = 0;
    do {
        if (link_read(content + length, length + 1000u <= LARGEST ? 1000u : LARGEST - length, &got) != 0) {
            return 71;
        }
        length += got;
    } while (got == 1000u);
    for (size_t next = 0; next < length; next += 700u) {
        const size_t part = length - next < 700u ? length - next : 700u;
        for (size_t byte = next; byte < next + part; byte++) {
            content[byte] = (uint8_t)(content[byte] ^ 0xFFu);
        }
        if (link_write(content + next, part) != 0) {
            return 72;
        }
    }
    return (int)(length & 0xFFFFu);
}

int main(void) {
    static struct {
        uint32_t version;
        uint32_t self_test;
        harness_header_t header;
        char board[LINK_BOARD_NAME];
    } welcome = {LINK_VERSION, LINK_SELF_TEST_PASSED, {HARNESS_OUTPUT_MAGIC, 1, 2, 3, 4, 5, 0, "d1"}, "this-host"};
    for (;;) {
        if (link_listen(&welcome, sizeof welcome) == LINK_ENTER) {
            static const char text[] = "enter\r\n";
            for (size_t next = 0; next < sizeof text - 1u; next++) {
                uart_write((uint8_t)text[next]);
            }
        } else {
            link_end(answer());
        }
    }
}
