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
/* The same of what lies at a path; links are followed. */
int guarded_check_at(const char *path, struct err *e) MUST_CHECK;
/* The folder above a path: that nobody else owns it, or may take out of it what is there, whoever
 * owns that. Others may make things beside it: so they may in C:\ and in ProgramData, and whoever
 * is there first owns "ProgramData\Invar". */
int guarded_check_above(const char *path, struct err *e) MUST_CHECK;

#endif
