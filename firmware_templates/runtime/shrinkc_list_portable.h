/* The list of columns to send, of the portable family. */
#ifndef SHRINKC_LIST_PORTABLE_H
#define SHRINKC_LIST_PORTABLE_H

#include <stdint.h>

/* Two words an entry: where the column's word lies in a block, in bytes, and the difference. */
typedef struct {
    uint32_t offset;
    int32_t delta;
} entry_t;

#endif
