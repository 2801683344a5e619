#include "os/windows/tls.h"

#include <stdlib.h>
/* clang-format off */
#include <windows.h>
#define SECURITY_WIN32
#include <security.h>
#include <schannel.h>
/* clang-format on */

#include "core/arena.h"
#include "core/buf.h"
#include "core/mem.h"
#include "os/windows/authorities.h"
#include "os/windows/fault.h"
#include "os/windows/wide.h"

#define READ_BYTES ((size_t)16 << 10)
#define HANDSHAKE_BYTES ((size_t)256 << 10) /* that are there and not understood yet */
#define STEPS_MAX 256
#define WANTED \
	(ISC_REQ_SEQUENCE_DETECT | ISC_REQ_REPLAY_DETECT | ISC_REQ_CONFIDENTIALITY | \
		ISC_REQ_STREAM | ISC_REQ_ALLOCATE_MEMORY | ISC_REQ_USE_SUPPLIED_CREDS | \
		ISC_REQ_MANUAL_CRED_VALIDATION)

struct tls {
	struct arena *arena;
	wchar_t *name;
	struct authorities *authorities;
	CredHandle credentials;
	CtxtHandle context;
	bool has_credentials, has_context;
	SecPkgContext_StreamSizes sizes;
};

/* ---- what goes wrong ---- */

static const struct {
	SECURITY_STATUS code;
	const char *text;
} faults[] = {
	{ SEC_E_INVALID_TOKEN, "what the other side says is no TLS" },
	{ SEC_E_ALGORITHM_MISMATCH, "the other side has no cipher in common with us" },
	{ SEC_E_UNSUPPORTED_FUNCTION, "the other side does not take TLS 1.2" },
	{ SEC_E_ILLEGAL_MESSAGE, "the other side refused, or what it says is no TLS" },
	{ SEC_E_INTERNAL_ERROR, "TLS does not come about" },
};

static int failed(SECURITY_STATUS code, struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(faults); i++)
		if (faults[i].code == code)
			return err_set(e, ERR_SYSTEM, "%s", faults[i].text);
	return err_windows(e, (unsigned long)code, "TLS does not come about");
}

/* ---- opening ---- */

static int take_credentials(struct tls *t, struct err *e)
{
	SCHANNEL_CRED how = { .dwVersion = SCHANNEL_CRED_VERSION,
		.grbitEnabledProtocols = SP_PROT_TLS1_2_CLIENT,
		.dwFlags = SCH_CRED_MANUAL_CRED_VALIDATION | SCH_CRED_NO_DEFAULT_CREDS |
			   SCH_USE_STRONG_CRYPTO };
	static wchar_t package[] = UNISP_NAME_W;
	SECURITY_STATUS code = AcquireCredentialsHandleW(NULL, package, SECPKG_CRED_OUTBOUND, NULL,
		&how, NULL, NULL, &t->credentials, NULL);

	t->has_credentials = code == SEC_E_OK;
	return t->has_credentials ? 0 : err_windows(e, (unsigned long)code, "TLS is not there");
}

int tls_open(struct tls **ret, const char *name, const char *ca, struct err *e)
{
	struct tls *t = mem_new(sizeof *t);

	t->arena = arena_new();
	t->name = wide_from_text(t->arena, span_of(name), NULL);
	if (authorities_load(&t->authorities, ca, e) < 0 || take_credentials(t, e) < 0) {
		tls_close(t);
		return e->code;
	}
	*ret = t;
	return 0;
}

static void forget(struct tls *t)
{
	if (t->has_context)
		(void)DeleteSecurityContext(&t->context);
	t->has_context = false;
}

void tls_close(struct tls *t)
{
	if (!t)
		return;
	forget(t);
	if (t->has_credentials)
		(void)FreeCredentialsHandle(&t->credentials);
	authorities_free(t->authorities);
	arena_freep(&t->arena);
	free(t);
}

/* ---- the handshake ---- */

static int take(const struct tls_pipe *pipe, struct buf *in, struct err *e)
{
	char *at = buf_room(in, READ_BYTES);
	size_t n = 0;

	if (!at)
		return err_set(e, ERR_LIMIT, "the other side's part of the handshake is too long");
	if (pipe->receive(pipe->ctx, at, READ_BYTES, &n, e) < 0)
		return e->code;
	if (n == 0)
		return err_set(e, ERR_CLOSED,
			"the other side ended the connection in the handshake");
	in->n += n;
	return 0;
}

/* What was not used of it stays. */
static void keep_extra(struct buf *in, const SecBuffer *extra)
{
	size_t left = extra->BufferType == SECBUFFER_EXTRA ? extra->cbBuffer : 0;

	if (left > 0 && left <= in->n)
		memmove(in->p, in->p + in->n - left, left);
	in->n = left <= in->n ? left : 0;
}

/* 1: it goes on; 0: it is done. */
static int step(struct tls *t, const struct tls_pipe *pipe, struct buf *in, struct err *e)
{
	SecBuffer given[] = { { (ULONG)in->n, SECBUFFER_TOKEN, in->p },
		{ 0, SECBUFFER_EMPTY, NULL } };
	SecBuffer made = { 0, SECBUFFER_TOKEN, NULL };
	SecBufferDesc from = { SECBUFFER_VERSION, ARRAY_LEN(given), given };
	SecBufferDesc to = { SECBUFFER_VERSION, 1, &made };
	ULONG got = 0;
	bool begun = t->has_context;
	SECURITY_STATUS code =
		InitializeSecurityContextW(&t->credentials, begun ? &t->context : NULL, t->name,
			WANTED, 0, 0, begun ? &from : NULL, 0, &t->context, &to, &got, NULL);
	int rc = 0;

	if (code == SEC_E_INCOMPLETE_MESSAGE)
		return take(pipe, in, e) < 0 ? e->code : 1;
	t->has_context = begun || code == SEC_E_OK || code == SEC_I_CONTINUE_NEEDED;
	if (made.pvBuffer && made.cbBuffer) /* that may be an alert: why we end it */
		rc = pipe->send(pipe->ctx, span_from(made.pvBuffer, made.cbBuffer), e);
	if (made.pvBuffer)
		(void)FreeContextBuffer(made.pvBuffer);
	if (code ==
		SEC_I_INCOMPLETE_CREDENTIALS) /* a certificate is asked for: once more, without */
		return rc < 0 ? rc : 1;
	if (code != SEC_E_OK && code != SEC_I_CONTINUE_NEEDED)
		return failed(code, e);
	keep_extra(in, &given[1]);
	if (rc == 0 && code == SEC_I_CONTINUE_NEEDED && in->n == 0)
		rc = take(pipe, in, e);
	return rc < 0 ? rc : code == SEC_I_CONTINUE_NEEDED;
}

static int check(struct tls *t, struct err *e)
{
	const CERT_CONTEXT *c = NULL;
	SECURITY_STATUS code =
		QueryContextAttributesW(&t->context, SECPKG_ATTR_REMOTE_CERT_CONTEXT, &c);
	int rc;

	if (code != SEC_E_OK || !c)
		return err_set(e, ERR_DENIED, "the other side showed no certificate");
	rc = authorities_check(t->authorities, c, t->name, e);
	CertFreeCertificateContext(c);
	if (rc < 0)
		return rc;
	code = QueryContextAttributesW(&t->context, SECPKG_ATTR_STREAM_SIZES, &t->sizes);
	return code == SEC_E_OK && t->sizes.cbMaximumMessage ? 0 : failed(code, e);
}

int tls_connect(struct tls *t, const struct tls_pipe *pipe, struct err *e)
{
	AUTO(buf) in = BUF_INIT(HANDSHAKE_BYTES);
	int rc = 1;

	forget(t);
	for (unsigned i = 0; rc > 0 && i < STEPS_MAX; i++)
		rc = step(t, pipe, &in, e);
	if (rc > 0)
		rc = err_set(e, ERR_LIMIT, "the handshake does not end");
	if (rc == 0)
		rc = check(t, e);
	if (rc < 0)
		forget(t);
	return rc;
}

/* ---- sending ---- */

static int seal(struct tls *t, struct span piece, struct buf *out, struct err *e)
{
	const SecPkgContext_StreamSizes *s = &t->sizes;
	char *at = buf_room(out, s->cbHeader + piece.n + s->cbTrailer);
	SecBuffer part[4] = { { .BufferType = SECBUFFER_EMPTY } };
	SecBufferDesc all = { SECBUFFER_VERSION, ARRAY_LEN(part), part };
	SECURITY_STATUS code;

	if (!at)
		return err_set(e, ERR_LIMIT, "more than can be sent at once");
	memcpy(at + s->cbHeader, piece.p, piece.n);
	part[0] = (SecBuffer){ s->cbHeader, SECBUFFER_STREAM_HEADER, at };
	part[1] = (SecBuffer){ (ULONG)piece.n, SECBUFFER_DATA, at + s->cbHeader };
	part[2] = (SecBuffer){ s->cbTrailer, SECBUFFER_STREAM_TRAILER, at + s->cbHeader + piece.n };
	part[3] = (SecBuffer){ 0, SECBUFFER_EMPTY, NULL };
	code = EncryptMessage(&t->context, 0, &all, 0);
	if (code != SEC_E_OK)
		return failed(code, e);
	out->n += part[0].cbBuffer + part[1].cbBuffer + part[2].cbBuffer;
	return 0;
}

int tls_send(struct tls *t, const struct tls_pipe *pipe, struct span all, struct err *e)
{
	AUTO(buf) out = BUF_INIT(BUF_MAX_DEFAULT);

	if (!t->has_context)
		return err_set(e, ERR_CLOSED, "there is no connection");
	while (all.n) {
		size_t n = all.n < t->sizes.cbMaximumMessage ? all.n : t->sizes.cbMaximumMessage;

		if (seal(t, span_from(all.p, n), &out, e) < 0)
			return e->code;
		all = span_from_offset(all, n);
	}
	return pipe->send(pipe->ctx, buf_span(&out), e);
}
