/* Keys of the registry, opened as a monitor has to: the 64-bit view, by counted names (a name may
 * hold NUL, which the ordinary functions cannot say), links themselves or what they point to, and
 * past access lists where the right to back up is held. Codes are those of winerror.h; 0: fine. */
#ifndef OS_WINDOWS_REGISTRY_H
#define OS_WINDOWS_REGISTRY_H

#include <stdbool.h>
#include <windows.h>

#include "core/buf.h"
#include "core/span.h"

#define REGISTRY_NAME_MAX 16384 /* units of a name with a NUL behind it; keys have at most 256 */

/* HKEY_LOCAL_MACHINE for "HKLM", HKEY_USERS for "HKU"; NULL: not a hive that has keys of its own
 * (HKCR and HKCC are places in HKLM). */
HKEY registry_hive(struct span name);

enum registry_how {
	REGISTRY_OPEN_LINK = 1 << 0,   /* the link, not what it points to */
	REGISTRY_OPEN_BACKUP = 1 << 1, /* SeBackupPrivilege is held: where we are denied, use it */
	REGISTRY_OPEN_SACL = 1 << 2, /* SeSecurityPrivilege is held: to read the audit list, too */
};

/* A sub-key by its name of n units (0: parent itself, as a handle of its own), for reading and
 * notification. RegCloseKey it. */
LONG registry_open(HKEY parent, const wchar_t *name, size_t n, unsigned how, HKEY *ret);

/* A key by its path of WTF-8 ("HKLM\SOFTWARE\…"), links followed. */
LONG registry_open_path(struct span path, unsigned how, HKEY *ret);

/* Append the key's own name as it is stored, with its case (WTF-8). */
bool registry_own_name(HKEY key, struct buf *ret);

/* What the kernel says of the key: REG_FLAG_VOLATILE is 1. False: it does not say (Wine). */
bool registry_flags(HKEY key, unsigned *ret);

/* It was there and is gone, or never was. */
static inline bool registry_is_gone(LONG code)
{
	return code == ERROR_FILE_NOT_FOUND || code == ERROR_PATH_NOT_FOUND ||
	       code == ERROR_KEY_DELETED;
}

#endif
