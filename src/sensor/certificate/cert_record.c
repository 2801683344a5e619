#include "sensor/certificate/cert_record.h"

#include "core/hex.h"
#include "core/utf8.h"
#include "entity/certificate.h"
#include "entity/list.h"

#define NAME_BYTES 96      /* of a subject in a key */
#define KEY_DIGEST_BYTES 8 /* too many for anybody to make a second certificate of that key */

struct span cert_key(struct arena *a, const char *prefix, struct span name,
	const uint8_t digest[SHA256_SIZE])
{
	AUTO(buf) key = BUF_INIT(4096);
	size_t n = 0, one;
	uint32_t c;

	while (n < name.n) {
		one = utf8_next(span_from_offset(name, n), &c);
		one = one ? one : 1;
		if (n + one > NAME_BYTES)
			break;
		n += one;
	}
	buf_addf(&key, "%s:", prefix);
	buf_add(&key, name.n ? name.p : "?", name.n ? n : 1);
	buf_add_char(&key, '#');
	hex_add(&key, span_from(digest, KEY_DIGEST_BYTES));
	return arena_copy(a, buf_span(&key));
}

static void set_text(struct record *r, unsigned field, struct span text)
{
	if (text.n)
		record_set_bytes(r, field, text);
}

void cert_fill(struct arena *a, struct record *r, struct x509 *x, int64_t now)
{
	record_set_bytes(r, CERTIFICATE_SUBJECT, x->subject);
	record_set_bytes(r, CERTIFICATE_ISSUER, x->issuer);
	set_text(r, CERTIFICATE_SERIAL, x->serial);
	set_text(r, CERTIFICATE_KEY_TYPE, x->key_type);
	set_text(r, CERTIFICATE_SIGNATURE, x->signature);
	if (x->key_bits)
		record_set_number(r, CERTIFICATE_KEY_BITS, x->key_bits);
	if (x->has_begin)
		record_set_time(r, CERTIFICATE_NOT_BEFORE, x->begin);
	if (x->has_end)
		record_set_time(r, CERTIFICATE_NOT_AFTER, x->end);
	if (x->has_end)
		record_set_number(r, CERTIFICATE_EXPIRED, now > x->end);
	record_set_number(r, CERTIFICATE_IS_CA, x->is_ca);
	record_set_number(r, CERTIFICATE_SELF_SIGNED, x->self_signed);
	if (x->n_usages)
		record_set_set(r, CERTIFICATE_KEY_USAGE, a, x->usages, x->n_usages);
}
