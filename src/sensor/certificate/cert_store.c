#include "sensor/certificate/cert_store.h"

#include "sensor/certificate/cert_der.h"

#define JKS_TRUSTED 2
#define JKS_DIGEST 20 /* behind the entries: SHA-1 with a password that everybody knows */

/* ---- JKS: big-endian, texts and blobs with their length in front ---- */

static bool take(struct span *rest, size_t n, struct span *ret)
{
	if (n > rest->n)
		return false;
	*ret = (struct span){ rest->p, n };
	*rest = span_from_offset(*rest, n);
	return true;
}

static bool take_number(struct span *rest, size_t bytes, uint64_t *ret)
{
	struct span s;
	uint64_t n = 0;

	if (!take(rest, bytes, &s))
		return false;
	for (size_t i = 0; i < bytes; i++)
		n = n << 8 | (uint8_t)s.p[i];
	*ret = n;
	return true;
}

static bool take_counted(struct span *rest, size_t bytes, struct span *ret)
{
	uint64_t n;

	return take_number(rest, bytes, &n) && take(rest, (size_t)n, ret);
}

static bool take_certificate(struct span *rest, struct span *ret)
{
	struct span type;

	return take_counted(rest, 2, &type) && take_counted(rest, 4, ret);
}

/* A private key and its chain: no certificate of it is trusted. */
static bool skip_key(struct span *rest)
{
	struct span ignored;
	uint64_t n;

	if (!take_counted(rest, 4, &ignored) || !take_number(rest, 4, &n))
		return false;
	while (n--)
		if (!take_certificate(rest, &ignored))
			return false;
	return true;
}

static int read_jks(struct span rest, store_each *each, void *ctx, struct err *e)
{
	uint64_t n, tag, time;
	struct span alias, der;

	if (!take_number(&rest, 4, &n))
		return err_set(e, ERR_FORMAT, "a Java key store that is cut off");
	for (uint64_t i = 0; i < n; i++) {
		if (!take_number(&rest, 4, &tag) || !take_counted(&rest, 2, &alias) ||
			!take_number(&rest, 8, &time) ||
			!(tag == JKS_TRUSTED ? take_certificate(&rest, &der) : skip_key(&rest)))
			return err_set(e, ERR_FORMAT,
				"a Java key store that ends in entry %llu of %llu",
				(unsigned long long)i + 1, (unsigned long long)n);
		if (tag == JKS_TRUSTED)
			each(ctx, alias, der);
	}
	if (rest.n != JKS_DIGEST)
		return err_set(e, ERR_FORMAT, "a Java key store with %zu bytes behind its entries",
			rest.n);
	return 0;
}

/* ---- PKCS #12 (RFC 7292), as far as it is not encrypted ---- */

#define OID_DATA "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"
#define OID_ENCRYPTED "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x06"
#define OID_CERT_BAG "\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x03"
#define OID_X509 "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x16\x01"

/* ContentInfo: what it is, and the octets in it. */
static bool take_content(struct span *rest, struct span *ret_oid, struct span *ret)
{
	struct der info, oid, explicit, octets;

	if (!der_take(rest, DER_SEQUENCE, &info) || !der_take(&info.value, DER_OID, &oid))
		return false;
	*ret_oid = oid.value;
	*ret = SPAN_NONE;
	if (der_take(&info.value, DER_CONTEXT_0, &explicit) &&
		der_take(&explicit.value, DER_BYTES, &octets))
		*ret = octets.value;
	return true;
}

static bool read_bag(struct span bag, store_each *each, void *ctx)
{
	struct der oid, explicit, cert, octets;

	if (!der_take(&bag, DER_OID, &oid) || !der_take(&bag, DER_CONTEXT_0, &explicit))
		return false;
	if (!span_is(oid.value, OID_CERT_BAG))
		return true;
	if (!der_take(&explicit.value, DER_SEQUENCE, &cert) ||
		!der_take(&cert.value, DER_OID, &oid) ||
		!der_take(&cert.value, DER_CONTEXT_0, &explicit) ||
		!der_take(&explicit.value, DER_BYTES, &octets))
		return false;
	if (span_is(oid.value, OID_X509))
		each(ctx, SPAN_NONE, octets.value);
	return true;
}

static bool read_bags(struct span octets, store_each *each, void *ctx)
{
	struct der list, bag;

	if (!der_take(&octets, DER_SEQUENCE, &list))
		return false;
	while (list.value.n)
		if (!der_take(&list.value, DER_SEQUENCE, &bag) || !read_bag(bag.value, each, ctx))
			return false;
	return true;
}

static int read_pkcs12(struct span pfx, store_each *each, void *ctx, struct err *e)
{
	struct der version, list;
	struct span oid, octets;
	bool encrypted = false;

	if (!der_take(&pfx, DER_INTEGER, &version) || !take_content(&pfx, &oid, &octets) ||
		!span_is(oid, OID_DATA) || !der_take(&octets, DER_SEQUENCE, &list))
		return err_set(e, ERR_FORMAT, "neither a Java key store nor PKCS #12");
	while (list.value.n) {
		if (!take_content(&list.value, &oid, &octets))
			return err_set(e, ERR_FORMAT, "a PKCS #12 store that is malformed");
		if (span_is(oid, OID_ENCRYPTED))
			encrypted = true;
		else if (!span_is(oid, OID_DATA) || !read_bags(octets, each, ctx))
			return err_set(e, ERR_FORMAT, "a PKCS #12 store that is malformed");
	}
	if (encrypted)
		return err_set(e, ERR_DENIED,
			"a PKCS #12 store whose certificates are encrypted: only its digest is "
			"seen");
	return 0;
}

int store_read(struct span file, store_each *each, void *ctx, struct err *e)
{
	static const char magic[] = "\xfe\xed\xfe\xed\0\0\0\2";
	struct der pfx;

	if (file.n >= 8 && memcmp(file.p, magic, 8) == 0)
		return read_jks(span_from_offset(file, 8), each, ctx, e);
	if (der_take(&file, DER_SEQUENCE, &pfx))
		return read_pkcs12(pfx.value, each, ctx, e);
	return err_set(e, ERR_FORMAT, "neither a Java key store nor PKCS #12");
}
