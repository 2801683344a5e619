/* Reparse points of Windows, from their bytes (MS-FSCC 2.1.2). */
#ifndef SENSOR_FILE_FILE_REPARSE_H
#define SENSOR_FILE_FILE_REPARSE_H

#include "core/buf.h"
#include "core/span.h"
#include "entity/file.h"

#define FILE_REPARSE_MAX ((size_t)16 << 10) /* MAXIMUM_REPARSE_DATA_BUFFER_SIZE */

/* What an entry with this tag is to people. A tag that stands for another name (a symbolic link, a
 * junction, a mounted volume, any "name surrogate") is a symlink; those of WSL are what they stand
 * for; placeholders, compressed and deduplicated files are what `otherwise` says. */
enum file_type file_reparse_type(uint32_t tag, enum file_type otherwise);

/* Append "symlink", "mount-point", "cloud", …; a tag without a name as "0x90001018". */
void file_reparse_name(uint32_t tag, struct buf *ret);

/* Append where it leads, in WTF-8: the name that is in force (the "substitute name", not the one
 * for display, which may say anything), without the "\??\" of absolute ones: "C:\x",
 * "\\server\share", "..\x", "\\?\Volume{…}\". Nothing for tags without a target. False: the bytes
 * do not follow the format; nothing appended. */
bool file_reparse_target(struct span bytes, struct buf *ret);

#endif
