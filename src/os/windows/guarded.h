/* What belongs to the system and its administrators alone: files and pipes of ours. */
#ifndef OS_WINDOWS_GUARDED_H
#define OS_WINDOWS_GUARDED_H

#include <stdbool.h>

#include "core/err.h"

struct arena;

/* SECURITY_ATTRIBUTES for what we make: full access for SYSTEM and Administrators, and for the user
 * when he is no administrator here; protected, so that nothing is inherited; not an inheritable
 * handle. Lives in a; NULL: *e says why. */
void *guarded_attributes(struct arena *a, struct err *e);

/* Of an open file or folder (a HANDLE with READ_CONTROL), which `what` names for people: ERR_DENIED
 * unless it belongs to SYSTEM, Administrators, TrustedInstaller or us, and nobody else may write to
 * it; secret: nor read it. */
int guarded_check(void *handle, bool secret, const char *what, struct err *e) MUST_CHECK;

#endif
