/* Whom to trust, when it is not for Windows to say. */
#ifndef OS_WINDOWS_AUTHORITIES_H
#define OS_WINDOWS_AUTHORITIES_H

#include <wchar.h>

#include "core/err.h"

struct authorities;
struct _CERT_CONTEXT; /* wincrypt.h */

/* A file of PEM certificates, at most 256 of them and 1 MiB; NULL: those that Windows trusts.
 * ERR_FORMAT, ERR_LIMIT, ERR_MISSING. */
int authorities_load(struct authorities **ret, const char *path, struct err *e) MUST_CHECK;
void authorities_free(struct authorities *x); /* accepts NULL */

/* Does the certificate, with those that came along in its store, lead to one of them, is it valid
 * now, made for servers, and has it this name? Asks nobody else. ERR_DENIED: no. */
int authorities_check(const struct authorities *x, const struct _CERT_CONTEXT *c,
	const wchar_t *name, struct err *e) MUST_CHECK;

#endif
