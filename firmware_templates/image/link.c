/* The board's side of the link (link.h). */
#include "link.h"

#include <string.h>

#include "board.h"
#include "crc32.h"
#include "uart.h"

#define LARGEST_FRAME (LINK_HEADER + LINK_PAYLOAD + LINK_CRC)
typedef char a_frame_is_one_block[LARGEST_FRAME <= 254 ? 1 : -1];

/* Cycles that one look for a byte takes, about: waits are counted in looks, since not every part has a timer. */
#define LOOK_CYCLES 32u
#define LOOKS_PER_MS (BOARD_CLOCK_HZ / LOOK_CYCLES / 1000u)

typedef struct {
    uint8_t bytes[LARGEST_FRAME];
    size_t length; /* filled */
    uint8_t left;  /* bytes of the block of COBS that are to come */
    int zero;      /* does a 0 come before the next block? */
    int spoilt;    /* longer than any frame: wait for its end */
} receiver_t;

static receiver_t receiver;
static uint8_t sent[LARGEST_FRAME]; /* the frame that is sent, kept to be sent again */
static size_t sent_length;
static uint16_t session;
static uint16_t number;
static int greeted; /* a HELLO came that no WELCOME has answered */
static uint32_t read_offset;
static uint32_t write_offset;

static uint16_t half_at(const uint8_t *bytes) {
    return (uint16_t)(bytes[0] | (bytes[1] << 8));
}

static uint32_t word_at(const uint8_t *bytes) {
    return half_at(bytes) | ((uint32_t)half_at(bytes + 2) << 16);
}

static void put_half(uint8_t *bytes, uint16_t value) {
    bytes[0] = (uint8_t)(value & 0xFFu);
    bytes[1] = (uint8_t)(value >> 8);
}

static void put_word(uint8_t *bytes, uint32_t value) {
    put_half(bytes, (uint16_t)(value & 0xFFFFu));
    put_half(bytes + 2, (uint16_t)(value >> 16));
}

static void receive_anew(void) {
    receiver.length = 0;
    receiver.left = 0;
    receiver.zero = 0;
    receiver.spoilt = 0;
}

static void keep(uint8_t byte) {
    if (receiver.length == sizeof receiver.bytes) {
        receiver.spoilt = 1;
        return;
    }
    receiver.bytes[receiver.length++] = byte;
}

/* Whether what came up to a 0 is a frame. */
static int is_frame(void) {
    if (receiver.spoilt || receiver.left != 0u || receiver.length < LINK_HEADER + LINK_CRC) {
        return 0;
    }
    const size_t covered = receiver.length - LINK_CRC;
    return receiver.bytes[1] == covered - LINK_HEADER &&
           word_at(receiver.bytes + covered) == crc32_add(0, receiver.bytes, covered);
}

/* Takes a byte of the line; returns 1 when it ends a frame, which stays in receiver.bytes until the next byte. */
static int take(uint8_t byte) {
    if (byte == 0u) {
        const int whole = is_frame();
        receive_anew();
        return whole;
    }
    if (receiver.left == 0u) { /* the length of a block */
        if (receiver.zero) {
            keep(0);
        }
        receiver.zero = byte != 0xFFu;
        receiver.left = (uint8_t)(byte - 1u);
    } else {
        keep(byte);
        receiver.left--;
    }
    return 0;
}

/* Writes the frame in `sent` as COBS. */
static void send_frame(void) {
    uart_write(0);
    for (size_t start = 0; start <= sent_length;) {
        size_t end = start;
        while (end < sent_length && sent[end] != 0u) {
            end++;
        }
        uart_write((uint8_t)(end - start + 1u));
        for (size_t next = start; next < end; next++) {
            uart_write(sent[next]);
        }
        start = end + 1u;
    }
    uart_write(0);
}

/* Makes `sent` of what already stands in its payload. */
static void seal(uint8_t type, size_t payload) {
    sent[0] = type;
    sent[1] = (uint8_t)payload;
    put_half(sent + 2, session);
    put_half(sent + 4, number);
    put_word(sent + LINK_HEADER + payload, crc32_add(0, sent, LINK_HEADER + payload));
    sent_length = LINK_HEADER + payload + LINK_CRC;
}

static int begins_session(void) {
    if (receiver.bytes[0] != LINK_HELLO) {
        return 0;
    }
    session = half_at(receiver.bytes + 2);
    greeted = 1;
    return 1;
}

typedef enum { NOTHING, ANSWERED, ASKED_FOR, BROKEN_OFF } outcome_t;

/* Waits `looks` for the answer `type` to what was sent, until the host asks for it, or begins a new session. */
static outcome_t wait_for(uint8_t type, uint32_t looks) {
    while (looks-- != 0u) {
        const int byte = uart_read();
        if (byte < 0) {
            board_alive();
            continue;
        }
        if (!take((uint8_t)byte)) {
            continue;
        }
        if (begins_session()) {
            return BROKEN_OFF;
        }
        if (half_at(receiver.bytes + 2) != session) {
            continue;
        }
        if (receiver.bytes[0] == LINK_ASK) {
            return ASKED_FOR;
        }
        if (receiver.bytes[0] == type && half_at(receiver.bytes + 4) == number) {
            return ANSWERED;
        }
    }
    return NOTHING;
}

/* Asks until the answer `type` has come: 0, and it stands in receiver.bytes; -1: the session is over. */
static int ask(uint8_t question, size_t payload, uint8_t type) {
    if (greeted) {
        return -1;
    }
    uint32_t wait_ms = LINK_FIRST_WAIT_MS;
    number++;
    seal(question, payload);
    for (uint32_t tries = 0; tries < LINK_TRIES;) {
        send_frame();
        switch (wait_for(type, wait_ms * LOOKS_PER_MS)) {
        case ANSWERED:
            return 0;
        case BROKEN_OFF:
            return -1;
        case ASKED_FOR: /* the host is there: no reason to give up */
            break;
        case NOTHING:
            wait_ms = wait_ms < LINK_LONGEST_WAIT_MS / 2u ? wait_ms * 2u : LINK_LONGEST_WAIT_MS;
            tries++;
            break;
        }
    }
    return -1;
}

link_event_t link_listen(const void *payload, size_t bytes) {
    int first = 1; /* is the next byte the first of its line? */
    while (!greeted) {
        const int byte = uart_read();
        if (byte < 0) {
            board_alive();
            continue;
        }
        if (first && (byte == '\r' || byte == '\n')) {
            receive_anew();
            return LINK_ENTER;
        }
        first = byte == 0;
        if (take((uint8_t)byte) && !begins_session() && receiver.bytes[0] == LINK_ASK) {
            session = half_at(receiver.bytes + 2);
            number = half_at(receiver.bytes + 4);
            seal(LINK_IDLE, 0);
            send_frame();
        }
    }
    greeted = 0;
    number = 0;
    read_offset = 0;
    write_offset = 0;
    memcpy(sent + LINK_HEADER, payload, bytes);
    seal(LINK_WELCOME, bytes);
    send_frame();
    return LINK_SESSION;
}

int link_read(void *to, size_t bytes, size_t *got) {
    uint8_t *next = to;
    *got = 0;
    while (*got < bytes) {
        const size_t wanted = bytes - *got < LINK_PAYLOAD ? bytes - *got : LINK_PAYLOAD;
        put_word(sent + LINK_HEADER, read_offset);
        put_word(sent + LINK_HEADER + LINK_OFFSET, (uint32_t)wanted);
        if (ask(LINK_READ, 2u * LINK_OFFSET, LINK_DATA) != 0) {
            return -1;
        }
        const size_t came = receiver.bytes[1] < wanted ? receiver.bytes[1] : wanted;
        memcpy(next + *got, receiver.bytes + LINK_HEADER, came);
        read_offset += (uint32_t)came;
        *got += came;
        if (came < wanted) {
            break;
        }
    }
    return 0;
}

int link_write(const void *from, size_t bytes) {
    const uint8_t *next = from;
    while (bytes != 0u) {
        const size_t part = bytes < LINK_PAYLOAD - LINK_OFFSET ? bytes : LINK_PAYLOAD - LINK_OFFSET;
        put_word(sent + LINK_HEADER, write_offset);
        memcpy(sent + LINK_HEADER + LINK_OFFSET, next, part);
        if (ask(LINK_WRITE, LINK_OFFSET + part, LINK_ACK) != 0) {
            return -1;
        }
        write_offset += (uint32_t)part;
        next += part;
        bytes -= part;
    }
    return 0;
}

void link_end(int code) {
    put_word(sent + LINK_HEADER, (uint32_t)code);
    (void)ask(LINK_END, sizeof(uint32_t), LINK_ACK);
}
