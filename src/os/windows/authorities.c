#include "os/windows/authorities.h"

#include <stddef.h>
#include <stdlib.h>
#include <windows.h>
#include <wintrust.h> /* and wincrypt.h */

#include "core/buf.h"
#include "core/mem.h"
#include "os/file.h"
#include "os/windows/fault.h"

#define PEM_BYTES ((size_t)1 << 20)
#define PEM_MAX 256
#define BEGIN "-----BEGIN CERTIFICATE-----"
/* As Windows 7 has it, which all that came later take. */
#define CONFIG_BYTES \
	((DWORD)(offsetof(CERT_CHAIN_ENGINE_CONFIG, hExclusiveTrustedPeople) + sizeof(HCERTSTORE)))
#define END "-----END CERTIFICATE-----"

struct authorities {
	HCERTSTORE store;        /* NULL, as the engine: those of Windows */
	HCERTCHAINENGINE engine; /* trusts the store alone */
};

static int read_file(const char *path, struct buf *ret, struct err *e)
{
	int fd = file_open(path), rc;

	if (fd < 0)
		return err_sys(e, "cannot open the authorities '%.300s'", path);
	rc = file_read_all(fd, PEM_BYTES, ret);
	if (rc < 0)
		rc = err_sys(e, "cannot read the authorities '%.300s'", path);
	else if (rc > 0)
		rc = err_set(e, ERR_LIMIT, "the authorities '%.300s' have more than 1 MiB", path);
	file_close(fd);
	return rc;
}

static bool add_one(HCERTSTORE store, const char *p, size_t n)
{
	DWORD size = 0;
	BYTE *der;
	BOOL fine;

	if (!CryptStringToBinaryA(p, (DWORD)n, CRYPT_STRING_BASE64HEADER, NULL, &size, NULL, NULL))
		return false;
	der = mem_new(size ? size : 1);
	fine = CryptStringToBinaryA(p, (DWORD)n, CRYPT_STRING_BASE64HEADER, der, &size, NULL,
		       NULL) &&
	       CertAddEncodedCertificateToStore(store, X509_ASN_ENCODING, der, size,
		       CERT_STORE_ADD_REPLACE_EXISTING, NULL);
	free(der);
	return fine;
}

static int add_all(HCERTSTORE store, const char *text, const char *path, struct err *e)
{
	unsigned n = 0;

	for (const char *at = text; (at = strstr(at, BEGIN)) != NULL; n++) {
		const char *end = strstr(at, END);

		if (!end || n == PEM_MAX || !add_one(store, at, (size_t)(end - at) + strlen(END)))
			return err_set(e, ERR_FORMAT,
				"'%.300s': certificate %u cannot be read, or is one too many", path,
				n + 1);
		at = end;
	}
	return n ? 0 : err_set(e, ERR_FORMAT, "'%.300s' has no PEM certificate", path);
}

int authorities_load(struct authorities **ret, const char *path, struct err *e)
{
	AUTO(buf) text = BUF_INIT(PEM_BYTES + 1);
	struct authorities *x;
	CERT_CHAIN_ENGINE_CONFIG config = { .cbSize = CONFIG_BYTES,
		.dwFlags = CERT_CHAIN_CACHE_ONLY_URL_RETRIEVAL };

	if (!path) {
		*ret = mem_new(sizeof **ret);
		return 0;
	}
	if (read_file(path, &text, e) < 0)
		return e->code;
	x = mem_new(sizeof *x);
	x->store = CertOpenStore(CERT_STORE_PROV_MEMORY, 0, 0, CERT_STORE_CREATE_NEW_FLAG, NULL);
	if (!x->store) {
		(void)err_windows(e, GetLastError(), "cannot keep certificates");
	} else if (add_all(x->store, buf_text(&text), path, e) == 0) {
		config.hExclusiveRoot = x->store;
		if (CertCreateCertificateChainEngine(&config, &x->engine)) {
			*ret = x;
			return 0;
		}
		(void)err_windows(e, GetLastError(), "cannot check certificates");
	}
	authorities_free(x);
	return e->code;
}

void authorities_free(struct authorities *x)
{
	if (!x)
		return;
	if (x->engine)
		CertFreeCertificateChainEngine(x->engine);
	if (x->store)
		CertCloseStore(x->store, 0);
	free(x);
}

/* Whatever the engine took for its roots: the chain must end with one of ours. */
static bool ends_with_ours(const struct authorities *x, const CERT_CHAIN_CONTEXT *chain)
{
	const CERT_SIMPLE_CHAIN *last = chain->cChain ? chain->rgpChain[chain->cChain - 1] : NULL;
	const CERT_CONTEXT *found;

	if (!last || !last->cElement)
		return false;
	found = CertFindCertificateInStore(x->store, X509_ASN_ENCODING, 0, CERT_FIND_EXISTING,
		last->rgpElement[last->cElement - 1]->pCertContext, NULL);
	if (found)
		CertFreeCertificateContext(found);
	return found != NULL;
}

static int check_chain(const struct authorities *x, const CERT_CHAIN_CONTEXT *chain,
	const wchar_t *name, struct err *e)
{
	AUTO(buf) copy = BUF_INIT(4096); /* the policy's name may be written to */
	SSL_EXTRA_CERT_CHAIN_POLICY_PARA ssl = { .cbSize = sizeof ssl,
		.dwAuthType = AUTHTYPE_SERVER };
	CERT_CHAIN_POLICY_PARA para = { .cbSize = sizeof para, .pvExtraPolicyPara = &ssl };
	CERT_CHAIN_POLICY_STATUS status = { .cbSize = sizeof status };

	buf_add(&copy, name, (wcslen(name) + 1) * sizeof *name);
	ssl.pwszServerName = (wchar_t *)(void *)copy.p;
	if ((x->store && !ends_with_ours(x, chain)) || chain->TrustStatus.dwErrorStatus)
		return err_set(e, ERR_DENIED, "the other side's certificate is not from %s (%#lx)",
			x->store ? "the authorities of 'ca'" : "anybody this system trusts",
			(unsigned long)chain->TrustStatus.dwErrorStatus);
	if (!CertVerifyCertificateChainPolicy(CERT_CHAIN_POLICY_SSL, chain, &para, &status))
		return err_windows(e, GetLastError(), "cannot check a certificate");
	if (status.dwError)
		return err_set(e, ERR_DENIED,
			"the other side's certificate is not for this name, or not for servers "
			"(%#lx)",
			(unsigned long)status.dwError);
	return 0;
}

int authorities_check(const struct authorities *x, const CERT_CONTEXT *c, const wchar_t *name,
	struct err *e)
{
	static char server_auth[] = szOID_PKIX_KP_SERVER_AUTH;
	char *usages[] = { server_auth };
	CERT_CHAIN_PARA para = { .cbSize = sizeof para };
	const CERT_CHAIN_CONTEXT *chain;
	int rc;

	para.RequestedUsage.dwType = USAGE_MATCH_TYPE_AND;
	para.RequestedUsage.Usage.cUsageIdentifier = 1;
	para.RequestedUsage.Usage.rgpszUsageIdentifier = usages;
	if (!CertGetCertificateChain(x->engine, c, NULL, c->hCertStore, &para, 0, NULL, &chain))
		return err_windows(e, GetLastError(), "cannot check a certificate");
	rc = check_chain(x, chain, name, e);
	CertFreeCertificateChain(chain);
	return rc;
}
