/* What Windows says went wrong, as our errors. */
#ifndef OS_WINDOWS_FAULT_H
#define OS_WINDOWS_FAULT_H

#include "core/err.h"

/* From a code of GetLastError, RegOpenKeyEx, … or an HRESULT; its text (in English, from a short
 * table, else only the number) is appended. FILE_NOT_FOUND, PATH_NOT_FOUND, KEY_DELETED,
 * NONE_MAPPED give ERR_MISSING; ACCESS_DENIED, PRIVILEGE_NOT_HELD and their HRESULTs ERR_DENIED;
 * SHARING_VIOLATION, LOCK_VIOLATION ERR_LOCKED; all else ERR_SYSTEM. err.sys has the code. Returns
 * the code of ours. */
int err_windows(struct err *e, unsigned long code, const char *fmt, ...) PRINTF(3, 4);

#endif
