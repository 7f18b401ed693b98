/* A TCG plugin for QEMU: how often each instruction of an address range runs, in each call of one place.
 *
 * Arguments: base and halfwords (the range), call and back (the address of a call instruction, and of the one behind
 * it), out (a file). For each time that the call was left, `out` gets halfwords + 1 words: the runs, within that call,
 * of the instruction at each halfword of the range, then of all that lie elsewhere. Debian packs no header of QEMU's
 * plugin interface, so what is needed of its version 1 is declared here; QEMU 7.2 and 8 load it.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum qemu_plugin_op { QEMU_PLUGIN_INLINE_ADD_U64 };
enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS };
typedef void tb_callback(qemu_plugin_id_t id, struct qemu_plugin_tb *tb);
typedef void insn_callback(unsigned int cpu, void *data);
typedef void exit_callback(qemu_plugin_id_t id, void *data);

extern void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, tb_callback *callback);
extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
extern struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
extern uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
extern void qemu_plugin_register_vcpu_insn_exec_inline(
    struct qemu_plugin_insn *insn, enum qemu_plugin_op op, void *counter, uint64_t addend);
extern void qemu_plugin_register_vcpu_insn_exec_cb(
    struct qemu_plugin_insn *insn, insn_callback *callback, enum qemu_plugin_cb_flags flags, void *data);
extern void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, exit_callback *callback, void *data);

#define EXPORT __attribute__((visibility("default")))
EXPORT extern int qemu_plugin_version;
EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int count, char **arguments);

EXPORT int qemu_plugin_version = 1;

static uint64_t base, halfwords, call_address, back_address;
static const char *out_name;
static FILE *out;
static uint64_t *counts; /* [halfwords + 1], since the start */
static uint64_t *before; /* the same, when the call was entered */
static uint32_t *within; /* the difference */

static void enter(unsigned int cpu, void *data)
{
    (void)cpu;
    (void)data;
    memcpy(before, counts, (halfwords + 1u) * sizeof *counts);
}

static void leave(unsigned int cpu, void *data)
{
    (void)cpu;
    (void)data;
    for (uint64_t place = 0; place <= halfwords; place++) {
        within[place] = (uint32_t)(counts[place] - before[place]);
    }
    if (fwrite(within, sizeof *within, halfwords + 1u, out) != halfwords + 1u) {
        perror("plugin: cannot write");
        exit(1);
    }
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
    (void)id;
    for (size_t index = 0; index < qemu_plugin_tb_n_insns(tb); index++) {
        struct qemu_plugin_insn *const insn = qemu_plugin_tb_get_insn(tb, index);
        const uint64_t address = qemu_plugin_insn_vaddr(insn);
        const uint64_t place = (address - base) / 2u;
        uint64_t *const counter = &counts[address >= base && place < halfwords ? place : halfwords];

        if (address == call_address) {
            qemu_plugin_register_vcpu_insn_exec_cb(insn, enter, QEMU_PLUGIN_CB_NO_REGS, NULL);
        }
        if (address == back_address) {
            qemu_plugin_register_vcpu_insn_exec_cb(insn, leave, QEMU_PLUGIN_CB_NO_REGS, NULL);
        }
        qemu_plugin_register_vcpu_insn_exec_inline(insn, QEMU_PLUGIN_INLINE_ADD_U64, counter, 1);
    }
}

static void finish(qemu_plugin_id_t id, void *data)
{
    (void)id;
    (void)data;
    if (fclose(out) != 0) {
        perror("plugin: cannot write");
    }
}

static void take(const char *argument)
{
    const char *const value = strchr(argument, '=');

    if (value == NULL) {
        return;
    } else if (strncmp(argument, "base=", 5) == 0) {
        base = strtoull(value + 1, NULL, 0);
    } else if (strncmp(argument, "halfwords=", 10) == 0) {
        halfwords = strtoull(value + 1, NULL, 0);
    } else if (strncmp(argument, "call=", 5) == 0) {
        call_address = strtoull(value + 1, NULL, 0);
    } else if (strncmp(argument, "back=", 5) == 0) {
        back_address = strtoull(value + 1, NULL, 0);
    } else if (strncmp(argument, "out=", 4) == 0) {
        out_name = value + 1;
    }
}

int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int count, char **arguments)
{
    (void)info;
    for (int index = 0; index < count; index++) {
        take(arguments[index]);
    }
    counts = calloc(halfwords + 1u, sizeof *counts);
    before = calloc(halfwords + 1u, sizeof *before);
    within = calloc(halfwords + 1u, sizeof *within);
    out = out_name == NULL ? NULL : fopen(out_name, "wb");
    if (counts == NULL || before == NULL || within == NULL || out == NULL) {
        perror("plugin: cannot start");
        return 1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_atexit_cb(id, finish, NULL);
    return 0;
}
