#include "sensor/certificate/cert_set.h"

#include "core/hex.h"
#include "entity/certificate.h"
#include "entity/list.h"
#include "host/package.h"
#include "os/clock.h"
#include "sensor/certificate/cert_pgp.h"
#include "sensor/certificate/cert_record.h"
#include "sensor/certificate/cert_x509.h"

#define BUCKETS 1024

void cert_set_init(struct cert_set *s, struct scan *scan)
{
	*s = (struct cert_set){ .scan = scan,
		.arena = scan_arena(scan),
		.n_buckets = BUCKETS,
		.now = clock_now() };
	s->bucket = arena_get(s->arena, BUCKETS * sizeof(struct cert *));
}

/* The digest decides where it is; FNV of a digest's first bytes would be no better. */
static struct cert **bucket_of(struct cert_set *s, const uint8_t digest[SHA256_SIZE])
{
	return &s->bucket[(digest[0] | (size_t)digest[1] << 8) % s->n_buckets];
}

static struct span digest_of(const struct cert *c)
{
	return c->record->v[CERTIFICATE_SHA256].bytes;
}

static struct cert *find(struct cert_set *s, const uint8_t digest[SHA256_SIZE], const char *prefix)
{
	for (struct cert *c = *bucket_of(s, digest); c; c = c->next)
		if (span_same(digest_of(c), span_from(digest, SHA256_SIZE)) &&
			span_starts(c->record->key, span_of(prefix)))
			return c;
	return NULL;
}

static struct cert *add(struct cert_set *s, const uint8_t digest[SHA256_SIZE],
	enum certificate_type type)
{
	struct cert *c = arena_get(s->arena, sizeof *c);
	struct cert **bucket = bucket_of(s, digest);

	c->next = *bucket;
	*bucket = c;
	c->record = record_new(s->arena, &kind_certificate);
	record_set_number(c->record, CERTIFICATE_TYPE, type);
	record_set_bytes(c->record, CERTIFICATE_SHA256,
		arena_copy(s->arena, span_from(digest, SHA256_SIZE)));
	return c;
}

static void add_text(struct cert_set *s, struct cert_texts *t, struct span text)
{
	struct span *more;

	if (t->n == t->cap) {
		t->cap = t->cap ? 2 * t->cap : 4;
		more = arena_get(s->arena, t->cap * sizeof *more);
		if (t->n)
			memcpy(more, t->p, t->n * sizeof *more);
		t->p = more;
	}
	t->p[t->n++] = text;
}

static void set_text(struct record *r, unsigned field, struct span text)
{
	if (text.n)
		record_set_bytes(r, field, text);
}

struct cert *cert_of_der(struct cert_set *s, struct span der)
{
	uint8_t digest[SHA256_SIZE];
	struct cert *c;
	struct x509 x;
	struct err e;
	bool whole;

	sha256_once(der.p, der.n, digest);
	c = find(s, digest, "ca:");
	if (c)
		return c;
	whole = x509_parse(der, s->arena, &x, &e) == 0;
	c = add(s, digest, whole ? CERTIFICATE_X509 : CERTIFICATE_OPAQUE);
	c->record->key = cert_key(s->arena, "ca", whole ? x.name : SPAN_NONE, digest);
	if (whole)
		cert_fill(s->arena, c->record, &x, s->now);
	return c;
}

struct cert *cert_of_key(struct cert_set *s, const char *prefix, const struct pgp_key *k)
{
	uint8_t digest[SHA256_SIZE];
	struct cert *c;

	sha256_once(k->body.p, k->body.n, digest);
	c = find(s, digest, prefix);
	if (!c) {
		c = add(s, digest, CERTIFICATE_OPENPGP);
		c->record->key = span_of(
			arena_format(s->arena, "%s:%.*s", prefix, SPAN_ARG(k->fingerprint)));
		set_text(c->record, CERTIFICATE_KEY_TYPE, k->key_type);
		if (k->key_bits)
			record_set_number(c->record, CERTIFICATE_KEY_BITS, k->key_bits);
		record_set_time(c->record, CERTIFICATE_NOT_BEFORE, k->created);
		set_text(c->record, CERTIFICATE_SUBJECT, k->user);
	}
	for (size_t i = 0; i < k->n_subkeys; i++)
		add_text(s, &c->subkeys, k->subkey[i]);
	return c;
}

struct cert *cert_of_file(struct cert_set *s, const char *prefix, struct span path,
	struct span content)
{
	AUTO(buf) key = BUF_INIT(1 << 16);
	uint8_t digest[SHA256_SIZE];
	struct cert *c;

	sha256_once(content.p, content.n, digest);
	c = add(s, digest, CERTIFICATE_OPAQUE);
	buf_addf(&key, "%s:", prefix);
	buf_add_span(&key, path);
	c->record->key = arena_copy(s->arena, buf_span(&key));
	return c;
}

void cert_add_source(struct cert_set *s, struct cert *c, struct span path)
{
	if (!c->sources.n || !span_same(c->sources.p[c->sources.n - 1], path)) /* twice in one */
		add_text(s, &c->sources, path);
}

static void set_stores(struct cert_set *s, struct cert *c)
{
	static const struct {
		enum cert_store store;
		const char *name;
	} rows[] = { { STORE_APK, "apk" }, { STORE_APT, "apt" }, { STORE_BUNDLE, "bundle" },
		{ STORE_JAVA, "java" }, { STORE_OPENSSL, "openssl" },
		{ STORE_SECURE_BOOT, "secure-boot" } };
	struct span names[ARRAY_LEN(rows)];
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (c->stores & rows[i].store)
			names[n++] = span_of(rows[i].name);
	if (n)
		record_set_set(c->record, CERTIFICATE_STORES, s->arena, names, n);
}

static void set_list(struct cert_set *s, struct record *r, unsigned field, struct cert_texts *t)
{
	if (t->n)
		record_set_set(r, field, s->arena, t->p, t->n);
}

static void set_package(struct cert_set *s, struct cert *c)
{
	const struct package *p = NULL;

	for (size_t i = 0; i < c->sources.n && !p; i++)
		p = host_path_owner(scan_host(s->scan), c->sources.p[i]);
	if (p)
		record_set_bytes(c->record, CERTIFICATE_PACKAGE, p->key);
}

static void emit(struct cert_set *s, struct cert *c)
{
	const uint64_t places = field_bit(CERTIFICATE_STORES) | field_bit(CERTIFICATE_SOURCES) |
				field_bit(CERTIFICATE_ONLY_IN_BUNDLE) |
				field_bit(CERTIFICATE_DISTRUSTED) | field_bit(CERTIFICATE_PACKAGE);
	uint64_t asked = scan_asks(s->scan, &kind_certificate, c->record->key);

	if (!asked)
		return;
	set_stores(s, c);
	set_list(s, c->record, CERTIFICATE_SOURCES, &c->sources);
	set_list(s, c->record, CERTIFICATE_SUBKEYS, &c->subkeys);
	if (c->record->v[CERTIFICATE_TYPE].number == CERTIFICATE_X509)
		record_set_number(c->record, CERTIFICATE_ONLY_IN_BUNDLE, !c->alone);
	record_set_number(c->record, CERTIFICATE_DISTRUSTED, c->distrusted);
	if (asked & field_bit(CERTIFICATE_PACKAGE))
		set_package(s, c);
	scan_emit_part(s->scan, c->record, s->torn ? places : 0);
}

void cert_set_emit(struct cert_set *s)
{
	for (size_t i = 0; i < s->n_buckets; i++)
		for (struct cert *c = s->bucket[i]; c; c = c->next)
			emit(s, c);
}
