/* POST to a URL, by WinHTTP. The other side's certificate is checked always, redirections are not
 * followed, nobody is logged in with the account of this process, no cookies are kept. Proxy: the
 * machine's (`netsh winhttp set proxy`). One request at a time; connections are kept between them.
 *
 * With a file of authorities those alone are trusted: WinHTTP leaves who issued the certificate to
 * us. Either way we look at it for each request, before its first byte is sent. */
#ifndef OS_WINDOWS_HTTP_H
#define OS_WINDOWS_HTTP_H

#include <stdint.h>

#include "core/err.h"
#include "core/span.h"

struct http;

struct http_setup {
	const char *url;
	const char *ca;      /* path of PEM certificates; NULL: those that Windows trusts */
	const char *agent;   /* User-Agent */
	uint64_t timeout_ns; /* of each step: name, connection, sending, answer */
	/* The headers hold what nobody else may see (a token): before they are sent for the first
	 * time, an OPTIONS without them has to find out who the other side is. Closing a request
	 * whose certificate is refused comes too late for its headers under Wine; that it does not
	 * on Windows is nowhere promised. */
	bool secret;
};

/* Nothing is sent yet. ERR_FORMAT: the URL or the file of authorities is none; ERR_MISSING. */
int http_open(struct http **ret, const struct http_setup *s, struct err *e) MUST_CHECK;
void http_close(struct http *h); /* accepts NULL; not while http_post is at work */

/* headers: lines, each ended by CR LF. *ret_status: of the answer, whose body is read up to 64 KiB
 * and not looked at. ERR_INTERRUPTED: http_cancel. ERR_SYSTEM, ERR_DENIED: no answer came; the text
 * says why. */
int http_post(struct http *h, struct span headers, struct span body, unsigned *ret_status,
	struct err *e) MUST_CHECK;
/* By another thread: what is at work, and what will be, ends soon. */
void http_cancel(struct http *h);

#endif
