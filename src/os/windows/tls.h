/* A client's end of TLS 1.2, by Schannel, over whatever carries bytes; what the other side has to
 * say is not read. The certificate is always checked, before a byte of ours is sent
 * (authorities.h).
 *
 * Not 1.3: how to ask for it (SCH_CREDENTIALS, from Windows 10 1809 on) cannot be tried here. */
#ifndef OS_WINDOWS_TLS_H
#define OS_WINDOWS_TLS_H

#include <stddef.h>

#include "core/err.h"
#include "core/span.h"

struct tls;

struct tls_pipe {
	void *ctx;
	int (*send)(void *ctx, struct span all, struct err *e);
	/* Wait for some. *ret 0: the other side has ended the connection. */
	int (*receive)(void *ctx, char *to, size_t most, size_t *ret, struct err *e);
};

/* Nothing is sent yet. name: whom the certificate has to name. ca: as for authorities_load. */
int tls_open(struct tls **ret, const char *name, const char *ca, struct err *e) MUST_CHECK;
void tls_close(struct tls *t); /* accepts NULL; sends nothing */

/* A new connection, as often as wanted. ERR_DENIED: the other side is not whom we trust. */
int tls_connect(struct tls *t, const struct tls_pipe *pipe, struct err *e) MUST_CHECK;
int tls_send(struct tls *t, const struct tls_pipe *pipe, struct span all, struct err *e) MUST_CHECK;

#endif
