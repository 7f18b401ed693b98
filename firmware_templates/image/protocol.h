/* The harness's two files: what the host writes for the image, and what the image writes back.
 *
 * This header is the one place that defines them; the Python side reads its numbers from here.
 * Everything is little-endian and packed without padding. u32, u16, i16: unsigned and signed integers.
 *
 * input.bin
 *   u32 HARNESS_INPUT_MAGIC, u32 flags (HARNESS_DUMP_STATE), u32 utterances
 *   per utterance: u32 frames, then frames x i16[inputs]
 *
 * output.bin
 *   harness_header_t (below), u32 flags
 *   per frame: i16[outputs], i32 decoded, u32 sent[send groups], u32 low, u32 wraps, u32 cycles,
 *              with HARNESS_DUMP_STATE also the bytes of the whole state after the step
 *   A model that takes whole utterances is called once: sent, low, wraps, cycles and the state stand with the last frame,
 *   and are 0 with the others. A model that answers with its last step has outputs of 0 before it.
 *   footer: u32 HARNESS_FOOTER_MAGIC, u32 frames, u32 ticks of an empty call (low 24 bits), u32 stack,
 *           u32 cycles of an empty call
 *
 * decoded the symbol that the model's own decoder gave for the frame, -1 none, -2 where the model has no decoder
 * low     bits 0 to 23: SysTick ticks from just before the step call to just after it, modulo 2^24;
 *         bit 31: the counter wrapped once more, and no interrupt had counted that wrap yet
 * wraps   wraps that the SysTick interrupt counted within the call
 * cycles  what DWT's cycle counter moved by, the call around the step included; 0 where none counts
 * stack   bytes of stack below the call, deepest over all utterances (see harness.c)
 *
 * The state is reset before each utterance.
 */
#ifndef SHRINKC_IMAGE_PROTOCOL_H
#define SHRINKC_IMAGE_PROTOCOL_H

#include <stdint.h>

#define HARNESS_INPUT_MAGIC 0x4E494B53u
#define HARNESS_OUTPUT_MAGIC 0x544F4B53u
#define HARNESS_FOOTER_MAGIC 0x444E4B53u
#define HARNESS_DUMP_STATE 1u
#define HARNESS_NOT_DECODED (-2)
#define HARNESS_PENDING_WRAP 0x80000000u

/* Exit codes, chosen apart from the shell's and the emulator's own. */
#define HARNESS_EXIT_FAULT 70
#define HARNESS_EXIT_INPUT 71
#define HARNESS_EXIT_OUTPUT 72

/* Instructions that the SysTick interrupt costs for one wrap (counter.S). */
#define HARNESS_WRAP_INSTRUCTIONS 5

/* The word pair that a host plants at `host_word` to say that it serves semihosting (semihost.c). */
#define HARNESS_HOST_WORD_LOW 0x51C0FFEEu
#define HARNESS_HOST_WORD_HIGH 0x5E3140DEu

typedef struct {
    uint32_t magic; /* HARNESS_OUTPUT_MAGIC */
    uint32_t abi;
    uint32_t inputs;
    uint32_t outputs;
    uint32_t send_groups;
    uint32_t state_bytes;
    uint32_t max_frames; /* of an utterance; 0: the model goes frame by frame */
    char digest[68]; /* 64 hexadecimal digits, then zeros */
} harness_header_t;

#endif
