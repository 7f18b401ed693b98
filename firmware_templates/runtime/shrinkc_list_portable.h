/* The list of columns to send, of the portable family. Two words an entry, so that one LDM loads a column's place and
 * its difference; and two words before them, which every product of the list needs. */
#ifndef SHRINKC_LIST_PORTABLE_H
#define SHRINKC_LIST_PORTABLE_H

#include "shrinkc_fixed_point.h"

typedef struct {
    uint32_t offset; /* 4 * column: in bytes, where a tile is one word */
    int32_t delta;
} entry_t;

typedef struct {
    int32_t total;    /* of the differences */
    uint32_t largest; /* none is larger in magnitude */
} list_head_t;

SHRINKC_INLINE const list_head_t *head_of(const uint32_t *list)
{
    return (const list_head_t *)(const void *)list;
}

SHRINKC_INLINE const entry_t *entries_of(const uint32_t *list)
{
    return (const entry_t *)(const void *)(list + 2);
}

#endif
