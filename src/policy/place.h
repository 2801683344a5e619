/* Folders of Windows that have a name in policies: ${windows}, ${system32} … On Windows they are
 * where that host has them; elsewhere, and where it does not say, where they usually are. */
#ifndef POLICY_PLACE_H
#define POLICY_PLACE_H

#include "core/buf.h"

enum windows_place {
	PLACE_WINDOWS,
	PLACE_SYSTEM32,
	PLACE_SYSWOW64,
	PLACE_PROGRAM_FILES,
	PLACE_PROGRAM_FILES_X86,
	PLACE_PROGRAM_DATA,
	PLACE_USERS_FOLDER,
	PLACE_N
};

extern const char *const place_names[]; /* ended by NULL */

bool place_is(struct span name);
/* Append the path, without '\' at the end. False when the name is none of a place. */
bool place_add(struct span name, struct buf *ret);

/* What this host says: place_posix.c, place_windows.c. False: it does not. */
bool place_of_host(enum windows_place place, struct buf *ret);

#endif
