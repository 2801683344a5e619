#include "os/windows/http.h"

#include <stdlib.h>
#include <windows.h>
#include <winhttp.h>
#include <wintrust.h> /* and wincrypt.h */

#include "core/arena.h"
#include "core/buf.h"
#include "core/mem.h"
#include "os/windows/authorities.h"
#include "os/windows/fault.h"
#include "os/windows/wide.h"

#define ANSWER_BYTES ((size_t)64 << 10)
#define TLS_1_2 WINHTTP_FLAG_SECURE_PROTOCOL_TLS1_2
#ifndef WINHTTP_FLAG_SECURE_PROTOCOL_TLS1_3 /* Windows 11, Server 2022 */
#define WINHTTP_FLAG_SECURE_PROTOCOL_TLS1_3 0x2000
#endif

struct http {
	struct arena *arena;
	HINTERNET session, connection;
	HINTERNET request; /* closed by whoever takes it out first, under the lock */
	SRWLOCK lock;
	bool cancelled;
	bool tls, own; /* authorities of our own */
	bool unknown;  /* the other side has to be known before it is sent headers */
	wchar_t *host, *path;
	struct authorities *authorities; /* of TLS only */
	struct err refused;              /* by authorities_check, of this request */
	bool checked;                    /* who gets this request */
};

/* ---- what goes wrong ---- */

static const struct {
	DWORD code;
	const char *text;
} faults[] = {
	{ ERROR_WINHTTP_TIMEOUT, "no answer in time" },
	{ ERROR_WINHTTP_NAME_NOT_RESOLVED, "the name cannot be resolved" },
	{ ERROR_WINHTTP_CANNOT_CONNECT, "cannot connect" },
	{ ERROR_WINHTTP_CONNECTION_ERROR, "the connection was closed, or TLS was refused" },
	{ ERROR_WINHTTP_INVALID_SERVER_RESPONSE, "the answer is no HTTP" },
	{ ERROR_WINHTTP_SECURE_FAILURE, "the other side's certificate is not trusted" },
	{ ERROR_WINHTTP_SECURE_INVALID_CA, "the other side's certificate is from nobody we trust" },
	{ ERROR_WINHTTP_SECURE_CERT_CN_INVALID, "the other side's certificate has another name" },
	{ ERROR_WINHTTP_SECURE_CERT_DATE_INVALID, "the other side's certificate is not valid now" },
	{ ERROR_WINHTTP_SECURE_CERT_WRONG_USAGE,
		"the other side's certificate is not for servers" },
	{ ERROR_WINHTTP_SECURE_CHANNEL_ERROR, "TLS does not come about" },
	{ ERROR_WINHTTP_CLIENT_AUTH_CERT_NEEDED, "the other side asks for a certificate of ours" },
};

/* Why the last call failed: of several reasons the one that came first. */
static int failed(struct http *h, const char *doing, struct err *e)
{
	DWORD code = GetLastError();
	bool cancelled;

	AcquireSRWLockShared(&h->lock);
	cancelled = h->cancelled;
	ReleaseSRWLockShared(&h->lock);
	if (h->refused.code) {
		*e = h->refused;
		return e->code;
	}
	if (cancelled)
		return err_set(e, ERR_INTERRUPTED, "it was told to end");
	for (size_t i = 0; i < ARRAY_LEN(faults); i++)
		if (faults[i].code == code)
			return err_set(e, ERR_SYSTEM, "%s", faults[i].text);
	return err_windows(e, code, "%s", doing);
}

/* ---- opening ---- */

static int take_url(struct http *h, const char *url, INTERNET_PORT *ret_port, struct err *e)
{
	URL_COMPONENTSW parts = { .dwStructSize = sizeof parts,
		.dwSchemeLength = (DWORD)-1,
		.dwHostNameLength = (DWORD)-1,
		.dwUserNameLength = (DWORD)-1,
		.dwUrlPathLength = (DWORD)-1,
		.dwExtraInfoLength = (DWORD)-1 };
	const wchar_t *wide = wide_from_text(h->arena, span_of(url), NULL);
	size_t n_path;

	if (!WinHttpCrackUrl(wide, 0, 0, &parts) || !parts.dwHostNameLength)
		return err_set(e, ERR_FORMAT, "the URL cannot be understood");
	if (parts.dwUserNameLength)
		return err_set(e, ERR_FORMAT,
			"the URL has a user's name in it, expected it in the headers");
	h->tls = parts.nScheme == INTERNET_SCHEME_HTTPS;
	*ret_port = parts.nPort;
	h->host = arena_get(h->arena, (parts.dwHostNameLength + 1) * sizeof *h->host);
	wmemcpy(h->host, parts.lpszHostName, parts.dwHostNameLength);
	n_path = parts.dwUrlPathLength + parts.dwExtraInfoLength; /* they stand one by one */
	for (size_t i = 0; i < n_path; i++)
		if (parts.lpszUrlPath[i] == '#')
			n_path = i; /* a fragment is nobody else's */
	h->path = arena_get(h->arena, (n_path + 2) * sizeof *h->path);
	wmemcpy(h->path, n_path ? parts.lpszUrlPath : L"/", n_path ? n_path : 1);
	return 0;
}

/* 1.3 only where Windows has it. */
static BOOL choose_tls(HINTERNET session)
{
	DWORD both = TLS_1_2 | WINHTTP_FLAG_SECURE_PROTOCOL_TLS1_3, one = TLS_1_2;

	return WinHttpSetOption(session, WINHTTP_OPTION_SECURE_PROTOCOLS, &both, sizeof both) ||
	       WinHttpSetOption(session, WINHTTP_OPTION_SECURE_PROTOCOLS, &one, sizeof one);
}

static int open_session(struct http *h, const struct http_setup *s, INTERNET_PORT port,
	struct err *e)
{
	const wchar_t *agent = wide_from_text(h->arena, span_of(s->agent), NULL);
	uint64_t ms = s->timeout_ns / 1000000;
	int each = ms > INT32_MAX ? INT32_MAX : ms ? (int)ms : 1;

	h->session = WinHttpOpen(agent, WINHTTP_ACCESS_TYPE_DEFAULT_PROXY, WINHTTP_NO_PROXY_NAME,
		WINHTTP_NO_PROXY_BYPASS, 0);
	if (!h->session || !WinHttpSetTimeouts(h->session, each, each, each, each) ||
		!choose_tls(h->session))
		return err_windows(e, GetLastError(), "WinHTTP does not start");
	h->connection = WinHttpConnect(h->session, h->host, port, 0);
	return h->connection ? 0 : err_windows(e, GetLastError(), "WinHTTP does not start");
}

int http_open(struct http **ret, const struct http_setup *s, struct err *e)
{
	struct http *h = mem_new(sizeof *h);
	INTERNET_PORT port;
	int rc;

	h->arena = arena_new();
	InitializeSRWLock(&h->lock);
	rc = take_url(h, s->url, &port, e);
	h->own = s->ca != NULL;
	h->unknown = s->secret && h->tls;
	if (rc == 0 && h->tls)
		rc = authorities_load(&h->authorities, s->ca, e);
	if (rc == 0)
		rc = open_session(h, s, port, e);
	if (rc < 0)
		http_close(h);
	else
		*ret = h;
	return rc;
}

static void end_request(struct http *h)
{
	HINTERNET request;

	AcquireSRWLockExclusive(&h->lock);
	request = h->request;
	h->request = NULL;
	ReleaseSRWLockExclusive(&h->lock);
	if (request)
		WinHttpCloseHandle(request);
}

void http_cancel(struct http *h)
{
	AcquireSRWLockExclusive(&h->lock);
	h->cancelled = true;
	ReleaseSRWLockExclusive(&h->lock);
	end_request(h);
}

void http_close(struct http *h)
{
	if (!h)
		return;
	end_request(h);
	if (h->connection)
		WinHttpCloseHandle(h->connection);
	if (h->session)
		WinHttpCloseHandle(h->session);
	authorities_free(h->authorities);
	arena_freep(&h->arena);
	free(h);
}

/* ---- a request ---- */

/* Connected, and nothing sent yet: who is it? Closing the request here ends it. */
static void CALLBACK on_sending(HINTERNET request, DWORD_PTR ctx, DWORD what, void *info, DWORD n)
{
	struct http *h = (struct http *)ctx;
	const CERT_CONTEXT *c = NULL;
	DWORD size = sizeof c;
	BOOL shown;

	(void)info, (void)n;
	if (!h || what != WINHTTP_CALLBACK_STATUS_SENDING_REQUEST || h->refused.code)
		return;
	shown = WinHttpQueryOption(request, WINHTTP_OPTION_SERVER_CERT_CONTEXT, &c, &size);
	/* a proxy is asked for the way there (CONNECT): ours comes behind it */
	if (!shown && GetLastError() == ERROR_WINHTTP_INCORRECT_HANDLE_STATE)
		return;
	h->checked = true;
	if (!shown || !c)
		(void)err_set(&h->refused, ERR_DENIED, "the other side showed no certificate");
	else
		(void)!authorities_check(h->authorities, c, h->host, &h->refused);
	if (c)
		CertFreeCertificateContext(c);
	if (h->refused.code)
		end_request(h);
}

/* Who issued the certificate is for on_sending to say; name and dates WinHTTP checks as well. It is
 * asked for those of Windows, too: a connection may be one that was made for somebody else, who
 * trusts others (Wine shares them between sessions). */
static BOOL check_sending(struct http *h, HINTERNET request)
{
	DWORD_PTR ctx = (DWORD_PTR)h;
	DWORD ignore = SECURITY_FLAG_IGNORE_UNKNOWN_CA;

	if (h->own &&
		!WinHttpSetOption(request, WINHTTP_OPTION_SECURITY_FLAGS, &ignore, sizeof ignore))
		return FALSE;
	return WinHttpSetOption(request, WINHTTP_OPTION_CONTEXT_VALUE, &ctx, sizeof ctx) &&
	       WinHttpSetStatusCallback(request, on_sending, WINHTTP_CALLBACK_FLAG_SEND_REQUEST,
		       0) != WINHTTP_INVALID_STATUS_CALLBACK;
}

static int open_request(struct http *h, const wchar_t *method, HINTERNET *ret, struct err *e)
{
	DWORD off = WINHTTP_DISABLE_REDIRECTS | WINHTTP_DISABLE_COOKIES |
		    WINHTTP_DISABLE_AUTHENTICATION;
	HINTERNET request = WinHttpOpenRequest(h->connection, method, h->path, NULL,
		WINHTTP_NO_REFERER, WINHTTP_DEFAULT_ACCEPT_TYPES, h->tls ? WINHTTP_FLAG_SECURE : 0);
	bool cancelled;

	if (!request)
		return failed(h, "cannot make a request", e);
	AcquireSRWLockExclusive(&h->lock);
	cancelled = h->cancelled;
	if (!cancelled)
		h->request = request;
	ReleaseSRWLockExclusive(&h->lock);
	if (cancelled) {
		WinHttpCloseHandle(request);
		return err_set(e, ERR_INTERRUPTED, "it was told to end");
	}
	*ret = request;
	if (!WinHttpSetOption(request, WINHTTP_OPTION_DISABLE_FEATURE, &off, sizeof off) ||
		(h->authorities && !check_sending(h, request)))
		return failed(h, "cannot make a request", e);
	return 0;
}

/* The body goes after the headers, when we know to whom. */
static int send_all(struct http *h, HINTERNET request, struct span headers, struct span body,
	struct err *e)
{
	AUTO_FREE(arena) a = arena_new();
	size_t n;
	const wchar_t *wide = wide_from_text(a, headers, &n);

	if (!WinHttpSendRequest(request, n ? wide : WINHTTP_NO_ADDITIONAL_HEADERS, (DWORD)n,
		    WINHTTP_NO_REQUEST_DATA, 0, (DWORD)body.n, (DWORD_PTR)h) ||
		h->refused.code)
		return failed(h, "cannot send", e);
	if (h->authorities && !h->checked)
		return err_set(e, ERR_DENIED, "the other side's certificate was not seen");
	while (body.n) {
		DWORD done = 0;

		if (!WinHttpWriteData(request, body.p, (DWORD)body.n, &done) || done == 0)
			return failed(h, "cannot send", e);
		body = span_from_offset(body, done);
	}
	return 0;
}

/* To its end, so that the connection can be used again; where it is long, it is given up. */
static void drain(HINTERNET request)
{
	char bytes[4096];
	DWORD n = 1;

	for (size_t all = 0; n && all < ANSWER_BYTES; all += n)
		if (!WinHttpReadData(request, bytes, sizeof bytes, &n))
			return;
}

static int answer(struct http *h, HINTERNET request, unsigned *ret, struct err *e)
{
	DWORD status = 0, size = sizeof status;

	if (!WinHttpReceiveResponse(request, NULL) ||
		!WinHttpQueryHeaders(request, WINHTTP_QUERY_STATUS_CODE | WINHTTP_QUERY_FLAG_NUMBER,
			WINHTTP_HEADER_NAME_BY_INDEX, &status, &size, WINHTTP_NO_HEADER_INDEX))
		return failed(h, "no answer", e);
	*ret = status;
	drain(request);
	return 0;
}

static int request(struct http *h, const wchar_t *method, struct span headers, struct span body,
	unsigned *ret_status, struct err *e)
{
	HINTERNET request = NULL;
	int rc;

	h->refused = (struct err){ 0 };
	h->checked = false;
	rc = open_request(h, method, &request, e);
	if (rc == 0)
		rc = send_all(h, request, headers, body, e);
	if (rc == 0)
		rc = answer(h, request, ret_status, e);
	end_request(h);
	return rc;
}

int http_post(struct http *h, struct span headers, struct span body, unsigned *ret_status,
	struct err *e)
{
	unsigned ignored;

	if (body.n > UINT32_MAX || headers.n > UINT32_MAX)
		return err_set(e, ERR_LIMIT, "a request of more than 4 GiB");
	if (h->unknown && request(h, L"OPTIONS", SPAN_NONE, SPAN_NONE, &ignored, e) < 0)
		return e->code;
	h->unknown = false; /* whatever it answers: its certificate was looked at */
	return request(h, L"POST", headers, body, ret_status, e);
}
