#include "sensor/user/table.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/sha256.h"
#include "entity/list.h"
#include "host/host.h"

#define MEMBERS_MAX 1000000

struct table table_new(struct arena *a, size_t n)
{
	struct table t;
	size_t slots = 16;

	while (slots < n * 2)
		slots *= 2;
	t.mask = (uint32_t)(slots - 1);
	t.slot = arena_get(a, slots * sizeof *t.slot);
	memset(t.slot, 0xff, slots * sizeof *t.slot);
	return t;
}

/* Eight bytes at a step: a hundred thousand names must not take long. */
uint32_t hash_text(struct span s)
{
	uint64_t h = s.n * UINT64_C(0x9e3779b97f4a7c15), x;

	for (; s.n >= sizeof x; s = span_from_offset(s, sizeof x)) {
		memcpy(&x, s.p, sizeof x);
		h = (h ^ x) * UINT64_C(0xff51afd7ed558ccd);
		h ^= h >> 32;
	}
	x = 0;
	if (s.n)
		memcpy(&x, s.p, s.n);
	h = (h ^ x) * UINT64_C(0xc4ceb9fe1a85ec53);
	return (uint32_t)(h >> 32 ^ h);
}

void chain_add(struct chain *c, uint32_t *head, struct span text)
{
	if (c->n == c->cap) {
		c->cap = c->cap ? c->cap * 2 : 1024;
		c->item = mem_grow(c->item, c->cap, sizeof *c->item);
	}
	c->item[c->n] = (struct hung){ text, *head };
	*head = (uint32_t)c->n++;
}

void chain_done(struct chain *c)
{
	free(c->item);
	*c = (struct chain){ 0 };
}

static void tell(struct scan *s, const struct kind *k, bool covers, const struct err *why)
{
	scan_gap_err(s, k, SPAN_NONE, covers, why);
}

/* At once, without the copies that a file of unknown length takes. */
static int read_whole(struct scan *s, const char *path, struct span *ret, struct err *e)
{
	struct stat st;
	char *text;
	size_t n = 0;
	int fd, rc = host_open_file(scan_host(s), path, 0, &fd, e);

	if (rc < 0)
		return rc;
	if (fstat(fd, &st) < 0 || st.st_size > (off_t)ACCOUNT_BYTES_MAX) {
		close(fd);
		return err_set(e, ERR_LIMIT, "'%s' is larger than %zu bytes", path,
			ACCOUNT_BYTES_MAX);
	}
	if (st.st_size == 0) { /* or a file system that does not say */
		close(fd);
		return host_read(scan_host(s), path, ACCOUNT_BYTES_MAX, scan_arena(s), ret, e);
	}
	text = arena_get(scan_arena(s), (size_t)st.st_size + 1);
	while (n < (size_t)st.st_size) {
		ssize_t r = read(fd, text + n, (size_t)st.st_size - n);

		if (r < 0 && errno != EINTR)
			rc = err_sys(e, "cannot read '%s'", path);
		if (r == 0 || rc < 0)
			break;
		n += r > 0 ? (size_t)r : 0;
	}
	close(fd);
	*ret = span_from(text, n);
	return rc;
}

struct source source_read(struct scan *s, const struct kind *k, const char *path, bool covers)
{
	struct source x = { .path = path };
	struct err e;
	int r = read_whole(s, path, &x.text, &e);

	x.present = r != ERR_MISSING;
	x.whole = r == 0 || !x.present;
	if (!x.whole)
		tell(s, k, covers, &e);
	return x;
}

void source_done(struct scan *s, const struct kind *k, struct source *x, bool covers)
{
	struct err e = x->bad.why;

	if (x->bad.n == 0)
		return;
	x->whole = false;
	err_prefix(&e, "%s:%zu: ", x->path, x->bad.first);
	if (x->bad.n > 1)
		err_set(&e, (enum err_code)e.code, "%s:%zu: %s; and %zu more like it", x->path,
			x->bad.first, x->bad.why.text, x->bad.n - 1);
	tell(s, k, covers, &e);
}

/* HMAC once, for a key of this purpose; behind a key that is fixed in length and secret, plain
 * SHA-256 tells nothing either, and takes a tenth of the time of an HMAC through OpenSSL. */
void digester_init(struct password_digester *d, struct host *h)
{
	host_keyed(h, span_of("invar: hashes of passwords"), d->key);
}

void digester_run(const struct password_digester *d, struct span hash, uint8_t ret[32])
{
	UNSET uint8_t both[sizeof d->key + 512];

	if (hash.n > 512) { /* no scheme is so long: only that it changed matters */
		sha256_once(hash.p, hash.n, both + sizeof d->key);
		hash = span_from(both + sizeof d->key, 32);
	} else if (hash.n) {
		memcpy(both + sizeof d->key, hash.p, hash.n);
	}
	memcpy(both, d->key, sizeof d->key);
	sha256_once(both, sizeof d->key + hash.n, ret);
}

enum account_class class_of(struct id_range r, uint32_t id)
{
	if (id < r.min)
		return ACCOUNT_SYSTEM;
	return id <= r.max ? ACCOUNT_HUMAN : ACCOUNT_OTHER;
}

void set_from_commas(struct record *r, unsigned field, struct arena *a, struct span text)
{
	struct span *items, rest = text, one;
	size_t n = 0, commas = 1;

	for (size_t i = 0; i < text.n; i++)
		commas += text.p[i] == ',';
	if (commas > MEMBERS_MAX)
		commas = MEMBERS_MAX;
	items = arena_get(a, commas * sizeof *items);
	while (n < commas && span_cut(&rest, ',', &one))
		if (one.n)
			items[n++] = one;
	if (n)
		record_set_set(r, field, a, items, n);
}
