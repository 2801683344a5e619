#include "core/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#undef err_set
#undef err_sys
#undef err_prefix

static int code_of(int sys)
{
	switch (sys) {
	case ENOENT:
	case ENOTDIR:
		return ERR_MISSING;
	case EACCES:
	case EPERM:
		return ERR_DENIED;
	default:
		return ERR_SYSTEM;
	}
}

int err_set(struct err *e, enum err_code code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(e->text, sizeof e->text, fmt, ap);
	va_end(ap);
	e->sys = 0;
	e->code = (int)code;
	return e->code;
}

int err_sys(struct err *e, const char *fmt, ...)
{
	int sys = errno;
	va_list ap;
	size_t n;

	va_start(ap, fmt);
	vsnprintf(e->text, sizeof e->text, fmt, ap);
	va_end(ap);
	n = strlen(e->text);
	snprintf(e->text + n, sizeof e->text - n, ": %s", strerror(sys));
	e->sys = sys;
	e->code = code_of(sys);
	return e->code;
}

int err_prefix(struct err *e, const char *fmt, ...)
{
	char old[sizeof e->text];
	va_list ap;
	size_t n;

	memcpy(old, e->text, sizeof old);
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof e->text, fmt, ap);
	va_end(ap);
	n = strlen(e->text);
	snprintf(e->text + n, sizeof e->text - n, "%.*s", (int)(sizeof e->text - n - 1), old);
	return e->code;
}
