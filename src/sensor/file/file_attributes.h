/* Attributes of a file on Windows, as text. */
#ifndef SENSOR_FILE_FILE_ATTRIBUTES_H
#define SENSOR_FILE_FILE_ATTRIBUTES_H

#include "core/buf.h"

/* Append the letters as attrib prints them, without its blanks ("ASHR"), then a name for each of
 * the others ("AR compressed sparse"), then bits nobody named in hex (MS-FSCC 2.6). Nothing for
 * what other fields say: a folder, a reparse point, a device, "normal". */
void file_attributes_text(uint32_t bits, struct buf *ret);

#endif
