/* What the kernel would make of a file if it were executed, by its first bytes. */
#ifndef SENSOR_FILE_FILE_EXEC_H
#define SENSOR_FILE_FILE_EXEC_H

#include "core/buf.h"
#include "core/span.h"

#define FILE_EXEC_HEAD 256 /* first bytes of a file that matter: BINPRM_BUF_SIZE of Linux */

/* Append "elf", "script:/bin/sh" (the interpreter after "#!", hostile bytes as they are, without
 * its argument), or nothing for what is neither. */
void file_exec_kind(struct span head, struct buf *ret);

#endif
