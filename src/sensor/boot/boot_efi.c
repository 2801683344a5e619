#include "sensor/boot/boot_efi.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdint.h>

#define GUID_BYTES 16
#define HEAD_BYTES (GUID_BYTES + 12)
#define NAMES_MAX 256

static const char x509[GUID_BYTES + 1] = "\xa1\x59\xc0\xa5\xe4\x94\xa7\x4a\x87\xb5\xab\x15\x5c\x2b"
					 "\xf0\x72";

static uint32_t little(const char *p)
{
	const unsigned char *b = (const unsigned char *)p;

	return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

/* The subject's common name, else its organisation; empty: no certificate. */
static struct span name_of(struct span der, struct arena *a)
{
	const unsigned char *p = (const unsigned char *)der.p;
	X509 *x = d2i_X509(NULL, &p, (long)der.n);
	struct span ret = SPAN_NONE;

	if (x) {
		const X509_NAME *subject = X509_get_subject_name(x);
		int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
		const ASN1_STRING *s = NULL;

		if (at < 0)
			at = X509_NAME_get_index_by_NID(subject, NID_organizationName, -1);
		if (at >= 0)
			s = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
		if (s)
			ret = arena_copy(a,
				span_from(ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s)));
	}
	X509_free(x);
	ERR_clear_error();
	return ret;
}

bool efi_database_read(struct span variable, struct arena *a, struct efi_database *ret)
{
	*ret = (struct efi_database){ .names = arena_get(a, NAMES_MAX * sizeof *ret->names) };
	while (variable.n) {
		uint32_t whole, head, each;
		struct span list;

		if (variable.n < HEAD_BYTES)
			return false;
		whole = little(variable.p + GUID_BYTES);
		head = little(variable.p + GUID_BYTES + 4);
		each = little(variable.p + GUID_BYTES + 8);
		if (whole > variable.n || whole < HEAD_BYTES || head > whole - HEAD_BYTES ||
			each <= GUID_BYTES)
			return false;
		list = span_from(variable.p + HEAD_BYTES + head, whole - HEAD_BYTES - head);
		for (; list.n >= each; list = span_from_offset(list, each)) {
			struct span name = SPAN_NONE;

			ret->entries++;
			if (memcmp(variable.p, x509, GUID_BYTES) == 0 && ret->n_names < NAMES_MAX)
				name = name_of(span_from(list.p + GUID_BYTES, each - GUID_BYTES),
					a);
			if (name.n)
				ret->names[ret->n_names++] = name;
		}
		variable = span_from_offset(variable, whole);
	}
	return true;
}
