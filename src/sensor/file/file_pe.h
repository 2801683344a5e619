/* What Windows would make of a file if it were run, by its first bytes. */
#ifndef SENSOR_FILE_FILE_PE_H
#define SENSOR_FILE_FILE_PE_H

#include "core/buf.h"
#include "core/span.h"

#define FILE_PE_HEAD 4096 /* first bytes that matter: headers of programs lie in the first page */

/* Append "pe:program", "pe:library", "pe:native" (drivers and what runs without Win32), "pe:efi",
 * or "mz" for what begins as a DOS program and has no header of Windows in its first page ("PE
 * Format", learn.microsoft.com); nothing for what is neither. */
void file_pe_kind(struct span head, struct buf *ret);

#endif
