/* TLS as RFC 5425 and RFC 9662 want it: 1.2 at least, the name verified. */
#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>

#include "agent/link/link.h"

static int refuse(struct err *e, const char *what, const char *path)
{
	unsigned long code = ERR_peek_last_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;

	ERR_clear_error();
	return err_set(e, ERR_FORMAT, "cannot use the %s '%s'%s%s", what, path, reason ? ": " : "",
		reason ? reason : "");
}

/* Whom to trust: the route's own file alone, or what the system trusts. */
static int trust(SSL_CTX *ctx, const struct route *r, struct err *e)
{
	static const char bundle[] = "/etc/ssl/certs/ca-certificates.crt";

	if (r->ca)
		return SSL_CTX_load_verify_locations(ctx, r->ca, NULL) == 1
			       ? 0
			       : refuse(e, "certificate authority", r->ca);
	if (SSL_CTX_load_verify_locations(ctx, bundle, NULL) != 1)
		(void)SSL_CTX_set_default_verify_paths(ctx);
	ERR_clear_error();
	return 0;
}

static int own_certificate(SSL_CTX *ctx, const struct route *r, struct err *e)
{
	if (!r->cert)
		return 0;
	if (SSL_CTX_use_certificate_chain_file(ctx, r->cert) != 1)
		return refuse(e, "certificate", r->cert);
	if (SSL_CTX_use_PrivateKey_file(ctx, r->key, SSL_FILETYPE_PEM) != 1 ||
		SSL_CTX_check_private_key(ctx) != 1)
		return refuse(e, "key", r->key);
	return 0;
}

/* SSL_set_tlsext_host_name() casts const away in a way that clang objects to. */
static bool send_name(SSL *ssl, const char *name)
{
	return SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
		       (void *)(uintptr_t)name) == 1;
}

static int set_name(SSL *ssl, const struct route *r, struct err *e)
{
	const char *name = r->server_name ? r->server_name : r->host;
	unsigned char address[16];
	bool ip = inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1;
	X509_VERIFY_PARAM *param = SSL_get0_param(ssl);

	X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if (ip ? X509_VERIFY_PARAM_set1_ip_asc(param, name) != 1
	       : SSL_set1_host(ssl, name) != 1 || !send_name(ssl, name))
		return err_set(e, ERR_FORMAT, "cannot verify the name '%s'", name);
	return 0;
}

int tls_new(const struct route *r, void **ret, struct err *e)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *ssl = NULL;
	int rc;

	if (!ctx || SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1) {
		SSL_CTX_free(ctx);
		return err_set(e, ERR_SYSTEM, "TLS is not there");
	}
	rc = trust(ctx, r, e);
	if (rc == 0)
		rc = own_certificate(ctx, r, e);
	SSL_CTX_set_verify(ctx, r->verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
	if (rc == 0 && !(ssl = SSL_new(ctx)))
		rc = err_set(e, ERR_SYSTEM, "TLS is not there");
	SSL_CTX_free(ctx); /* the connection holds it */
	if (rc == 0)
		rc = set_name(ssl, r, e);
	if (rc < 0) {
		SSL_free(ssl);
		return rc;
	}
	*ret = ssl;
	return 0;
}

void tls_why(void *ssl, unsigned long code, char *ret, size_t n)
{
	long verified = SSL_get_verify_result(ssl);
	const char *reason = code ? ERR_reason_error_string(code) : NULL;

	if (verified != X509_V_OK)
		snprintf(ret, n, "the certificate is refused: %s",
			X509_verify_cert_error_string(verified));
	else
		snprintf(ret, n, "TLS: %s", reason ? reason : "the other side ended it");
}
