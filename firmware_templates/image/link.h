/* The harness's two files over a serial line.
 *
 * This header is the one place that defines it; the Python side reads its numbers from here.
 * Everything is little-endian. u8, u16, u32: unsigned integers.
 *
 * A frame: u8 type, u8 bytes of payload, u16 session, u16 number, payload, u32 CRC-32 of all before it (crc32.h);
 * written as COBS (Cheshire and Baker 1999) between two bytes 0, so that whatever was lost or added, the next 0 begins
 * anew. What comes between frames, such as the console's text, is no frame and is passed over.
 *
 * The host begins a session, the board then asks, and the host answers, one frame after another:
 *   HELLO    host   u32 LINK_VERSION                    begins `session`, whatever went before; until WELCOME
 *   WELCOME  board  u32 LINK_VERSION, u32 self-test (LINK_SELF_TEST_*), harness_header_t, then the name of the board
 *                   that the image was built for, cut to LINK_BOARD_NAME bytes, the rest zeros
 *   READ     board  u32 offset in input.bin, u32 bytes  answered by DATA, of fewer bytes where the file ends
 *   WRITE    board  u32 offset in output.bin, bytes     answered by ACK
 *   END      board  u32 exit code                       answered by ACK; the session is over
 *   ASK      host   nothing                             after a silence: the board asks again; or answers IDLE, where
 *   IDLE     board  nothing                             no session is going on (reset, or given up)
 * An answer has session and number of its question. The board also asks again by itself when no answer comes, up to
 * LINK_TRIES times, then gives the session up. Offsets make a question that comes twice harmless.
 */
#ifndef SHRINKC_IMAGE_LINK_H
#define SHRINKC_IMAGE_LINK_H

#include <stddef.h>
#include <stdint.h>

#define LINK_VERSION 2

#define LINK_HELLO 0x01
#define LINK_DATA 0x02
#define LINK_ACK 0x03
#define LINK_ASK 0x04
#define LINK_WELCOME 0x81
#define LINK_READ 0x82
#define LINK_WRITE 0x83
#define LINK_END 0x84
#define LINK_IDLE 0x85

#define LINK_HEADER 6
#define LINK_CRC 4
/* So large that a whole frame is one block of COBS (254 bytes). */
#define LINK_PAYLOAD 240
/* Of the payload of READ (both) and WRITE (the first). */
#define LINK_OFFSET 4
#define LINK_BOARD_NAME 64

/* The board's waits for an answer: the first, which each further one doubles, the longest, and how many. Some 14 s. */
#define LINK_FIRST_WAIT_MS 250
#define LINK_LONGEST_WAIT_MS 2000
#define LINK_TRIES 9

#define LINK_SELF_TEST_NONE 0
#define LINK_SELF_TEST_PASSED 1
#define LINK_SELF_TEST_FAILED 2

/* What ended link_listen. */
typedef enum { LINK_SESSION, LINK_ENTER } link_event_t;

/* Waits for a session, answers its HELLO with `payload`, and returns LINK_SESSION; or, with LINK_ENTER, that somebody
 * at a terminal has pressed Enter. */
link_event_t link_listen(const void *payload, size_t bytes);

/* The two files. Each returns 0 when it could do all it was asked to; -1 when the session is over. */
int link_read(void *to, size_t bytes, size_t *got); /* a short read is the end of the file */
int link_write(const void *from, size_t bytes);

/* Ends the session with the harness's exit code. */
void link_end(int code);

#endif
