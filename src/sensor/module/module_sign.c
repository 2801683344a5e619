#include "sensor/module/module_sign.h"

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include "core/buf.h"
#include "core/hex.h"

#define MAGIC "~Module signature appended~\n"
#define MAGIC_BYTES (sizeof MAGIC - 1)
#define HEAD_BYTES 12 /* struct module_signature */
#define ID_PKCS7 2

static struct span serial_and_name(const X509_NAME *issuer, const ASN1_INTEGER *serial,
	struct arena *a)
{
	AUTO(buf) b = BUF_INIT(4096);
	int at = X509_NAME_get_index_by_NID(issuer, NID_commonName, -1);
	const ASN1_STRING *name = NULL;

	if (at >= 0)
		name = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(issuer, at));
	if (name)
		buf_add(&b, ASN1_STRING_get0_data(name), (size_t)ASN1_STRING_length(name));
	buf_add_text(&b, ", serial ");
	hex_add(&b, span_from(ASN1_STRING_get0_data(serial), (size_t)ASN1_STRING_length(serial)));
	return b.full ? SPAN_NONE : arena_copy(a, buf_span(&b));
}

static struct span signer(struct span pkcs7, struct arena *a)
{
	const unsigned char *p = (const unsigned char *)pkcs7.p;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &p, (long)pkcs7.n);
	STACK_OF(CMS_SignerInfo) *all = cms ? CMS_get0_SignerInfos(cms) : NULL;
	ASN1_OCTET_STRING *id = NULL;
	ASN1_INTEGER *serial = NULL;
	X509_NAME *issuer = NULL;
	struct span ret = SPAN_NONE;

	if (all && sk_CMS_SignerInfo_num(all) > 0 &&
		CMS_SignerInfo_get0_signer_id(sk_CMS_SignerInfo_value(all, 0), &id, &issuer,
			&serial) == 1) {
		if (issuer && serial)
			ret = serial_and_name(issuer, serial, a);
		else if (id)
			ret = arena_copy(a, span_from(ASN1_STRING_get0_data(id),
						    (size_t)ASN1_STRING_length(id)));
	}
	CMS_ContentInfo_free(cms);
	ERR_clear_error();
	return ret;
}

bool module_signature(struct span tail, struct arena *a, struct span *ret_signer)
{
	const unsigned char *head;
	size_t n;

	if (tail.n < MAGIC_BYTES + HEAD_BYTES ||
		memcmp(tail.p + tail.n - MAGIC_BYTES, MAGIC, MAGIC_BYTES) != 0)
		return false;
	*ret_signer = SPAN_NONE;
	tail.n -= MAGIC_BYTES + HEAD_BYTES;
	head = (const unsigned char *)tail.p + tail.n;
	n = (size_t)head[8] << 24 | (size_t)head[9] << 16 | (size_t)head[10] << 8 | head[11];
	if (head[2] == ID_PKCS7 && n <= tail.n)
		*ret_signer = signer(span_from(tail.p + tail.n - n, n), a);
	return true;
}
