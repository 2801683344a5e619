/* Inode flags (FS_IOC_GETFLAGS, set by chattr). */
#ifndef SENSOR_FILE_FILE_FLAGS_H
#define SENSOR_FILE_FILE_FLAGS_H

#include <stdint.h>

#include "core/buf.h"

/* Append the letters of the flags that are set, in the order of lsattr and without its dashes:
 * "ie". Bits that lsattr has no letter for are left out. */
void file_flags_text(uint32_t flags, struct buf *ret);

#endif
