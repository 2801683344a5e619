#include "sensor/file/file_digest.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/sha256.h"
#include "os/clock.h"

#define BLOCK ((size_t)128 << 10)
#define KINDS 3

static const struct {
	unsigned field;
	const char *name;
} algorithms[KINDS] = {
	{ FILE_SHA1, "SHA1" },
	{ FILE_MD5, "MD5" },
	{ FILE_SHA512, "SHA512" },
};

struct digests {
	EVP_MD *md[KINDS];
	EVP_MD_CTX *ctx[KINDS];
};

struct digests *digests_new(uint64_t fields)
{
	struct digests *d = NULL;

	for (unsigned i = 0; i < KINDS; i++) {
		if (!(fields & field_bit(algorithms[i].field)))
			continue;
		if (!d)
			d = mem_new(sizeof *d);
		d->md[i] = EVP_MD_fetch(NULL, algorithms[i].name, NULL);
		d->ctx[i] = EVP_MD_CTX_new();
	}
	digests_start(d);
	return d;
}

void digests_free(struct digests *d)
{
	if (!d)
		return;
	for (unsigned i = 0; i < KINDS; i++) {
		EVP_MD_CTX_free(d->ctx[i]);
		EVP_MD_free(d->md[i]);
	}
	free(d);
}

/* An algorithm this system does not offer (MD5 in FIPS mode) leaves its field unknown. */
static void drop(struct digests *d, unsigned i)
{
	EVP_MD_CTX_free(d->ctx[i]);
	d->ctx[i] = NULL;
}

void digests_start(struct digests *d)
{
	for (unsigned i = 0; d && i < KINDS; i++)
		if (d->ctx[i] && (!d->md[i] || EVP_DigestInit_ex2(d->ctx[i], d->md[i], NULL) != 1))
			drop(d, i);
}

void digests_add(struct digests *d, const void *p, size_t n)
{
	for (unsigned i = 0; d && i < KINDS; i++)
		if (d->ctx[i] && EVP_DigestUpdate(d->ctx[i], p, n) != 1)
			drop(d, i);
}

void digests_finish(struct digests *d, struct record *r, struct arena *a)
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned n;

	for (unsigned i = 0; d && i < KINDS; i++)
		if (d->ctx[i] && EVP_DigestFinal_ex(d->ctx[i], md, &n) == 1)
			record_set_bytes(r, algorithms[i].field, arena_copy(a, span_from(md, n)));
}

/* ---- extents ---- */

struct extents {
	struct sha256_set set;
	char *block;
	int fd;
	uint64_t left; /* data bytes we may still read */
	int64_t until;
	void (*rest)(void *ctx, size_t n);
	void *ctx;
};

static void add(struct extents *x, const void *p, size_t n, bool last)
{
	sha256_feed(&x->set, 0, p, n, last);
	sha256_run(&x->set);
}

static void add_number(struct extents *x, uint64_t n, bool last)
{
	uint8_t bytes[8];

	for (unsigned i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(n >> (8 * i));
	add(x, bytes, sizeof bytes, last);
}

static bool add_data(struct extents *x, uint64_t at, uint64_t end)
{
	while (at < end && x->left) {
		size_t want = end - at < BLOCK ? (size_t)(end - at) : BLOCK;
		ssize_t n =
			pread(x->fd, x->block, want < x->left ? want : (size_t)x->left, (off_t)at);

		if (n < 0 || clock_monotonic() > x->until)
			return false;
		if (n == 0)
			return true;
		add(x, x->block, (size_t)n, false);
		x->rest(x->ctx, (size_t)n);
		at += (uint64_t)n;
		x->left -= (uint64_t)n;
	}
	return true;
}

static bool add_extents(struct extents *x, uint64_t size)
{
	for (off_t at = 0; (uint64_t)at < size;) {
		off_t data = lseek(x->fd, at, SEEK_DATA), hole;

		if (data < 0)
			break; /* ENXIO: a hole up to the end */
		hole = lseek(x->fd, data, SEEK_HOLE);
		if (hole < 0 || clock_monotonic() > x->until)
			return false;
		add_number(x, (uint64_t)data, false);
		add_number(x, (uint64_t)(hole - data), false);
		if (!add_data(x, (uint64_t)data, (uint64_t)hole))
			return false;
		at = hole;
	}
	return true;
}

bool digest_extents(int fd, uint64_t size, uint64_t most, int64_t until,
	void (*rest)(void *ctx, size_t n), void *ctx, uint8_t ret[32])
{
	struct extents x = { .fd = fd, .left = most, .until = until, .rest = rest, .ctx = ctx };
	bool whole;

	x.block = mem_grow(NULL, BLOCK, 1);
	sha256_set_init(&x.set);
	sha256_start(&x.set, 0);
	whole = add_extents(&x, size);
	add_number(&x, size, true);
	sha256_digest(&x.set, 0, ret);
	free(x.block);
	return whole;
}
