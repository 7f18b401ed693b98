/* CRC-32 as in Ethernet, zip and zlib: reflected, polynomial 0x04C11DB7. */
#ifndef SHRINKC_IMAGE_CRC32_H
#define SHRINKC_IMAGE_CRC32_H

#include <stddef.h>
#include <stdint.h>

/* The CRC of what `crc` stands for (0: nothing) with `bytes` more behind it. */
uint32_t crc32_add(uint32_t crc, const void *from, size_t bytes);

#endif
