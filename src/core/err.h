/* What went wrong, as a value: a code to branch on and a sentence for people. */
#ifndef CORE_ERR_H
#define CORE_ERR_H

#include <assert.h>

#include "core/attr.h"

/* Negative, so that a function can return 0 or one of these. Add one only when some caller
 * branches on it. */
enum err_code {
	ERR_SYSTEM = -1,       /* the operating system said no; err.sys has its errno */
	ERR_MISSING = -2,      /* the thing named does not exist */
	ERR_DENIED = -3,       /* we lack the right to look at it */
	ERR_CHANGED = -4,      /* it changed while it was looked at */
	ERR_LIMIT = -5,        /* larger, deeper or longer than what we accept */
	ERR_FORMAT = -6,       /* bytes that do not follow their format */
	ERR_USAGE = -7,        /* the command line is wrong */
	ERR_POLICY = -8,       /* the policy is wrong */
	ERR_LOCKED = -9,       /* somebody else is writing */
	ERR_DAMAGED = -10,     /* the store contradicts itself */
	ERR_VERSION = -11,     /* written by another, newer format */
	ERR_INTERRUPTED = -12, /* a signal asked us to stop */
	ERR_EXISTS = -13,      /* it is there already and was not to be replaced */
	ERR_WRITE = -14,       /* output could not be written */
	ERR_CLOSED = -15,      /* the other side is gone */
	ERR_TIMEOUT = -16,     /* it did not come in time */
};

struct err {
	int code; /* 0 or an enum err_code */
	int sys;  /* errno when code came from the system, else 0 */
	char text[512];
};

/* Set code and text; returns code, so that `return err_set(…)` is the whole failing path. */
int err_set(struct err *e, enum err_code code, const char *fmt, ...) PRINTF(3, 4);

/* Like err_set, from errno, whose text is appended: ENOENT and ENOTDIR give ERR_MISSING, EACCES and
 * EPERM give ERR_DENIED, all else ERR_SYSTEM. */
int err_sys(struct err *e, const char *fmt, ...) PRINTF(2, 3);

/* Put words in front of the text ("in 'x.yaml': "); the code stays. Returns the code. */
int err_prefix(struct err *e, const char *fmt, ...) PRINTF(2, 3);

/* An error is negative. Said so that the compiler knows it, too: else it warns, once it inlines, of
 * outputs unset on paths that cannot be taken. */
static inline int err_negative(int code)
{
	assert(code < 0);
	return code;
}
#define err_set(...) err_negative(err_set(__VA_ARGS__))
#define err_sys(...) err_negative(err_sys(__VA_ARGS__))
#define err_prefix(...) err_negative(err_prefix(__VA_ARGS__))

#endif
