#include "sensor/certificate/cert_pgp.h"

#include <openssl/evp.h>

#include "core/buf.h"
#include "core/time.h"
#include "sensor/certificate/cert_name.h"

enum {
	TAG_SIGNATURE = 2,
	TAG_SECRET_KEY = 5,
	TAG_KEY = 6,
	TAG_SECRET_SUBKEY = 7,
	TAG_MARKER = 10,
	TAG_TRUST = 12,
	TAG_USER = 13,
	TAG_SUBKEY = 14,
	TAG_ATTRIBUTE = 17,
	TAG_PADDING = 21,
};

#define KEYBOX_OPENPGP 2
#define KEYBOX_HEAD 20

static uint8_t at(struct span s, size_t i)
{
	return (uint8_t)s.p[i];
}

static uint32_t big(struct span s, size_t from, size_t n)
{
	uint32_t v = 0;

	for (size_t i = 0; i < n; i++)
		v = v << 8 | at(s, from + i);
	return v;
}

/* ---- packets ---- */

struct packet {
	unsigned tag;
	struct span body;
};

/* The length behind the first byte: *head bytes of it. False: partial (data, never keys), or cut.
 */
static bool new_length(struct span s, size_t *head, size_t *n)
{
	uint8_t first = s.n > 1 ? at(s, 1) : 0;

	if (s.n < 2 || (first >= 224 && first < 255))
		return false;
	*head = first < 192 ? 2 : first < 224 ? 3 : 6;
	if (s.n < *head)
		return false;
	*n = first < 192   ? first
	     : first < 224 ? ((size_t)(first - 192) << 8) + at(s, 2) + 192
			   : big(s, 2, 4);
	return true;
}

static bool old_length(struct span s, size_t *head, size_t *n)
{
	size_t bytes = (size_t)1 << (at(s, 0) & 3);

	if (bytes == 8 || s.n < 1 + bytes)
		return false;
	*head = 1 + bytes;
	*n = big(s, 1, bytes);
	return true;
}

static bool packet_next(struct span *rest, struct packet *ret)
{
	size_t head, n;
	bool is_new;

	if (!rest->n || !(at(*rest, 0) & 0x80))
		return false;
	is_new = at(*rest, 0) & 0x40;
	if (!(is_new ? new_length : old_length)(*rest, &head, &n) || n > rest->n - head)
		return false;
	ret->tag = is_new ? at(*rest, 0) & 0x3f : at(*rest, 0) >> 2 & 0x0f;
	ret->body = (struct span){ rest->p + head, n };
	*rest = span_from_offset(*rest, head + n);
	return true;
}

/* ---- keys ---- */

static struct span digits(struct span bytes, struct arena *a)
{
	static const char hex[] = "0123456789ABCDEF";
	char *text = arena_get(a, bytes.n * 2 + 1);

	for (size_t i = 0; i < bytes.n; i++) {
		text[2 * i] = hex[at(bytes, i) >> 4];
		text[2 * i + 1] = hex[at(bytes, i) & 15];
	}
	return (struct span){ text, bytes.n * 2 };
}

/* The digest over the packet with a head of its own: SHA-1 in version 4, SHA-256 in 5 and 6. */
static int fingerprint(struct span body, struct arena *a, struct span *ret, struct err *e)
{
	uint8_t version = body.n ? at(body, 0) : 0;
	AUTO(buf) text = BUF_INIT(body.n + 16);
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	if (version < 4 || version > 6)
		return err_set(e, ERR_FORMAT, "an OpenPGP key of version %u", version);
	buf_add_char(&text, (char)(version == 4 ? 0x99 : version == 5 ? 0x9a : 0x9b));
	for (int shift = version == 4 ? 8 : 24; shift >= 0; shift -= 8)
		buf_add_char(&text, (char)(body.n >> shift));
	buf_add_span(&text, body);
	if (text.full || EVP_Digest(text.p, text.n, digest, &n,
				 version == 4 ? EVP_sha1() : EVP_sha256(), NULL) != 1)
		return err_set(e, ERR_SYSTEM, "libcrypto makes no digest of an OpenPGP key");
	*ret = digits(span_from(digest, n), a);
	return 0;
}

/* RFC 9580 §9.1; the size of a number in front, or of a curve by its identifier. */
static void algorithm(struct pgp_key *k, struct arena *a)
{
	struct span body = k->body, rest;
	size_t head = at(body, 0) == 4 ? 6 : 10; /* versions 5 and 6 count the key's bytes */
	size_t n;

	if (body.n <= head)
		return;
	rest = span_from_offset(body, head);
	switch (at(body, 5)) {
	case 1:
	case 2:
	case 3:
	case 16:
	case 17:
		k->key_type = span_of(at(body, 5) == 16   ? "elgamal"
				      : at(body, 5) == 17 ? "dsa"
							  : "rsa");
		k->key_bits = rest.n >= 2 ? big(rest, 0, 2) : 0;
		return;
	case 18:
	case 19:
	case 22:
		n = at(rest, 0);
		k->key_type = n < rest.n ? oid_name(span_from(rest.p + 1, n), a) : span_of("ec");
		k->key_bits = span_is(k->key_type, "secp384r1")   ? 384
			      : span_is(k->key_type, "secp521r1") ? 521
								  : 256;
		return;
	case 27:
		k->key_type = span_of("ed25519");
		k->key_bits = 256;
		return;
	case 28:
		k->key_type = span_of("ed448");
		k->key_bits = 456;
		return;
	default:
		k->key_type = span_of(arena_format(a, "algorithm %u", at(body, 5)));
		return;
	}
}

static int begin_key(struct pgp_key *k, struct span body, struct arena *a, struct err *e)
{
	*k = (struct pgp_key){ .body = body };
	if (body.n < 6)
		return err_set(e, ERR_FORMAT, "an OpenPGP key of %zu bytes", body.n);
	if (fingerprint(body, a, &k->fingerprint, e) < 0)
		return e->code;
	k->created = (int64_t)big(body, 1, 4) * TIME_SECOND;
	algorithm(k, a);
	return 0;
}

static int add_packet(struct pgp_key *k, const struct packet *p, struct arena *a, struct err *e)
{
	switch (p->tag) {
	case TAG_USER:
		if (!k->user.n)
			k->user = p->body;
		return 0;
	case TAG_SUBKEY:
		if (k->n_subkeys == PGP_SUBKEYS_MAX)
			return err_set(e, ERR_LIMIT, "an OpenPGP key with more than %d subkeys",
				PGP_SUBKEYS_MAX);
		return fingerprint(p->body, a, &k->subkey[k->n_subkeys++], e);
	case TAG_SECRET_SUBKEY:
	case TAG_SIGNATURE:
	case TAG_MARKER:
	case TAG_TRUST:
	case TAG_ATTRIBUTE:
	case TAG_PADDING:
		return 0;
	default:
		return err_set(e, ERR_FORMAT, "a packet of type %u among OpenPGP keys", p->tag);
	}
}

int pgp_next(struct span *rest, struct arena *a, struct pgp_key *ret, struct err *e)
{
	struct packet p;
	struct span here;
	bool begun = false;

	while (rest->n) {
		here = *rest;
		if (!packet_next(rest, &p))
			return err_set(e, ERR_FORMAT, "not a row of OpenPGP packets");
		if (p.tag == TAG_KEY) {
			if (begun) {
				*rest = here;
				return 1;
			}
			if (begin_key(ret, p.body, a, e) < 0)
				return e->code;
			begun = true;
			continue;
		}
		if (!begun && (p.tag == TAG_MARKER || p.tag == TAG_TRUST || p.tag == TAG_PADDING))
			continue;
		if (!begun)
			return err_set(e, ERR_FORMAT,
				"a packet of type %u where an OpenPGP key begins", p.tag);
		if (add_packet(ret, &p, a, e) < 0)
			return e->code;
	}
	return begun;
}

/* ---- keybox: blobs with a length, a type, and where in them the packets are ---- */

bool pgp_is_keybox(struct span file)
{
	return file.n >= 12 && memcmp(file.p + 8, "KBXf", 4) == 0;
}

bool pgp_keybox_next(struct span file, size_t *pos, struct span *ret)
{
	while (file.n - *pos >= KEYBOX_HEAD) {
		struct span blob = span_from_offset(file, *pos);
		uint32_t n = big(blob, 0, 4), from, length;

		if (n < KEYBOX_HEAD || n > blob.n)
			return false;
		*pos += n;
		if (at(blob, 4) != KEYBOX_OPENPGP)
			continue;
		from = big(blob, 8, 4);
		length = big(blob, 12, 4);
		if (from > n || length > n - from)
			continue;
		*ret = span_from(blob.p + from, length);
		return true;
	}
	return false;
}
