#include "sensor/certificate/cert_x509.h"

#include <limits.h>

#include "core/hex.h"
#include "core/time.h"
#include "sensor/certificate/cert_der.h"
#include "sensor/certificate/cert_name.h"

#define SERIAL_MAX 64 /* bytes; RFC 5280 allows 20 */

struct parse {
	struct arena *arena;
	struct x509 *x;
	bool v1, constrained, signs; /* no version; has basicConstraints; keyCertSign */
};

static bool digits(struct span s, size_t at, size_t n, char *ret)
{
	for (size_t i = 0; i < n; i++) {
		if (at + i >= s.n || s.p[at + i] < '0' || s.p[at + i] > '9')
			return false;
		ret[i] = s.p[at + i];
	}
	return true;
}

/* UTCTime "YYMMDDHHMMSSZ" (up to 2049) and GeneralizedTime "YYYYMMDDHHMMSSZ". False also beyond
 * what 64 bits of nanoseconds reach (2262): such an end is none. */
static bool time_of(const struct der *d, int64_t *ret)
{
	char text[] = "YYYY-MM-DDTHH:MM:SSZ";
	size_t at = d->tag == DER_UTC_TIME ? 2 : 4;
	static const int places[] = { 5, 8, 11, 14, 17 };
	struct err e;

	if (d->tag != DER_UTC_TIME && d->tag != DER_TIME)
		return false;
	if (!digits(d->value, 0, at, text + 4 - at))
		return false;
	if (at == 2) {
		bool past = text[2] >= '5';

		text[0] = past ? '1' : '2';
		text[1] = past ? '9' : '0';
	}
	for (size_t i = 0; i < ARRAY_LEN(places); i++, at += 2)
		if (!digits(d->value, at, 2, text + places[i]))
			return false;
	return time_parse(span_of(text), 0, ret, &e) == 0;
}

static bool parse_validity(struct parse *p, struct span validity)
{
	struct der begin, end;

	if (!der_next(&validity, &begin) || !der_next(&validity, &end))
		return false;
	p->x->has_begin = time_of(&begin, &p->x->begin);
	p->x->has_end = time_of(&end, &p->x->end);
	return true;
}

/* How many bits an INTEGER has. */
static unsigned integer_bits(struct span n)
{
	unsigned bits;

	while (n.n && n.p[0] == 0)
		n = span_from_offset(n, 1);
	if (!n.n || n.n > UINT_MAX / 16)
		return 0;
	bits = (unsigned)(n.n - 1) * 8;
	for (uint8_t top = (uint8_t)n.p[0]; top; top >>= 1)
		bits++;
	return bits;
}

static unsigned curve_bits(struct span curve)
{
	static const struct {
		const char *name;
		unsigned bits;
	} rows[] = { { "prime256v1", 256 }, { "secp256k1", 256 }, { "secp384r1", 384 },
		{ "secp521r1", 521 }, { "brainpoolP256r1", 256 }, { "brainpoolP384r1", 384 },
		{ "brainpoolP512r1", 512 }, { "ed25519", 256 }, { "ed448", 456 },
		{ "x25519", 256 } };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (span_is(curve, rows[i].name))
			return rows[i].bits;
	return 0;
}

static bool parse_key(struct parse *p, struct span info)
{
	struct der algorithm, oid, parameters, bits, key, modulus;
	struct span rest;

	if (!der_take(&info, DER_SEQUENCE, &algorithm) || !der_take(&info, DER_BITS, &bits) ||
		!der_take(&algorithm.value, DER_OID, &oid))
		return false;
	p->x->key_type = oid_name(oid.value, p->arena);
	rest = span_from_offset(bits.value, 1); /* behind the count of unused bits */
	if (span_is(p->x->key_type, "rsa")) {
		if (der_take(&rest, DER_SEQUENCE, &key) &&
			der_take(&key.value, DER_INTEGER, &modulus))
			p->x->key_bits = integer_bits(modulus.value);
		return true;
	}
	if (span_is(p->x->key_type, "ec") && der_take(&algorithm.value, DER_OID, &parameters))
		p->x->key_type = oid_name(parameters.value, p->arena);
	p->x->key_bits = curve_bits(p->x->key_type);
	return true;
}

static void add_usage(struct parse *p, struct span usage)
{
	if (p->x->n_usages < X509_USAGES_MAX)
		p->x->usages[p->x->n_usages++] = usage;
}

static void parse_usage(struct parse *p, struct span value)
{
	static const char *const names[] = { "digitalSignature", "nonRepudiation",
		"keyEncipherment", "dataEncipherment", "keyAgreement", "keyCertSign", "cRLSign",
		"encipherOnly", "decipherOnly" };
	struct der bits;

	if (!der_take(&value, DER_BITS, &bits))
		return;
	for (size_t i = 0; i < ARRAY_LEN(names) && 1 + i / 8 < bits.value.n; i++) {
		if (!((uint8_t)bits.value.p[1 + i / 8] >> (7 - i % 8) & 1))
			continue;
		add_usage(p, span_of(names[i]));
		p->signs |= i == 5;
	}
}

static void parse_purposes(struct parse *p, struct span value)
{
	struct der list, oid;

	if (!der_take(&value, DER_SEQUENCE, &list))
		return;
	while (der_take(&list.value, DER_OID, &oid))
		add_usage(p, oid_name(oid.value, p->arena));
}

static void parse_constraints(struct parse *p, struct span value)
{
	struct der list, ca;

	p->constrained = true;
	if (der_take(&value, DER_SEQUENCE, &list) && der_take(&list.value, DER_BOOLEAN, &ca))
		p->x->is_ca = ca.value.n == 1 && ca.value.p[0] != 0;
}

static bool parse_extensions(struct parse *p, struct span list)
{
	struct der all, one, oid, critical, value;

	if (!der_take(&list, DER_SEQUENCE, &all))
		return false;
	while (all.value.n) {
		if (!der_take(&all.value, DER_SEQUENCE, &one) ||
			!der_take(&one.value, DER_OID, &oid))
			return false;
		(void)der_take(&one.value, DER_BOOLEAN, &critical);
		if (!der_take(&one.value, DER_BYTES, &value))
			return false;
		if (span_is(oid.value, "\x55\x1d\x13"))
			parse_constraints(p, value.value);
		else if (span_is(oid.value, "\x55\x1d\x0f"))
			parse_usage(p, value.value);
		else if (span_is(oid.value, "\x55\x1d\x25"))
			parse_purposes(p, value.value);
	}
	return true;
}

static bool parse_serial(struct parse *p, struct span serial)
{
	AUTO(buf) text = BUF_INIT(2 * SERIAL_MAX);

	if (serial.n > SERIAL_MAX)
		return false;
	hex_add(&text, serial);
	p->x->serial = arena_copy(p->arena, buf_span(&text));
	return true;
}

/* From the subject's key on. */
static bool parse_tail(struct parse *p, struct span tbs)
{
	struct der key, part;

	if (!der_take(&tbs, DER_SEQUENCE, &key) || !parse_key(p, key.value))
		return false;
	while (der_next(&tbs, &part)) /* unique ids of issuer and subject, then extensions */
		if (part.tag == DER_CONTEXT_3 && !parse_extensions(p, part.value))
			return false;
	return tbs.n == 0;
}

static bool parse_tbs(struct parse *p, struct span tbs)
{
	struct der version, serial, algorithm, issuer, validity, subject, oid;
	struct span ignored;

	p->v1 = !der_take(&tbs, DER_CONTEXT_0, &version);
	if (!der_take(&tbs, DER_INTEGER, &serial) || !der_take(&tbs, DER_SEQUENCE, &algorithm) ||
		!der_take(&tbs, DER_SEQUENCE, &issuer) ||
		!der_take(&tbs, DER_SEQUENCE, &validity) ||
		!der_take(&tbs, DER_SEQUENCE, &subject) ||
		!der_take(&algorithm.value, DER_OID, &oid))
		return false;
	p->x->signature = oid_name(oid.value, p->arena);
	p->x->self_signed = span_same(issuer.value, subject.value);
	return parse_serial(p, serial.value) && parse_validity(p, validity.value) &&
	       name_text(issuer.value, p->arena, &p->x->issuer, &ignored) &&
	       name_text(subject.value, p->arena, &p->x->subject, &p->x->name) &&
	       parse_tail(p, tbs);
}

int x509_parse(struct span der, struct arena *a, struct x509 *ret, struct err *e)
{
	struct x509 x = { .key_bits = 0 };
	struct parse p = { .arena = a, .x = &x };
	struct der whole, tbs, algorithm, signature;

	if (!der_take(&der, DER_SEQUENCE, &whole) || der.n ||
		!der_take(&whole.value, DER_SEQUENCE, &tbs) ||
		!der_take(&whole.value, DER_SEQUENCE, &algorithm) ||
		!der_take(&whole.value, DER_BITS, &signature))
		return err_set(e, ERR_FORMAT, "not the DER of a certificate");
	if (!parse_tbs(&p, tbs.value))
		return err_set(e, ERR_FORMAT, "a certificate whose inside is malformed");
	/* as libcrypto decides: version 1 knows no constraints, and a key may be meant to sign */
	if (!p.constrained)
		x.is_ca = (p.v1 && x.self_signed) || p.signs;
	*ret = x;
	return 0;
}
