#include "host/digests.h"

#include <stdlib.h>

#include "core/mem.h"

#define READ_BYTES ((size_t)128 << 10)
#define DIGEST_MAX ((uint64_t)512 << 20)
#define SLOTS_FIRST 256
#define KEPT_MAX 4096

struct digest {
	struct file_stamp of; /* file 0: a free slot */
	unsigned round;       /* of scans it may be believed in; 0: any */
	uint8_t sha256[SHA256_SIZE];
};

/* Open addressing; at most half full. */
struct digests {
	struct digest *slot;
	size_t n, cap;
	unsigned round;
	struct sha256_set sha;
	char block[READ_BYTES];
};

static struct digests *digests_of(struct host *h)
{
	if (!h->digests) {
		h->digests = mem_new(sizeof *h->digests);
		sha256_set_init(&h->digests->sha);
		h->digests->round = 1;
	}
	return h->digests;
}

void host_digests_free(struct digests *d)
{
	if (!d)
		return;
	free(d->slot);
	free(d);
}

void host_digests_renew(struct host *h)
{
	if (h->digests && ++h->digests->round && h->digests->n < KEPT_MAX)
		return;
	host_digests_free(h->digests);
	h->digests = NULL;
}

static struct digest *find(struct digests *d, const struct file_stamp *of)
{
	size_t at = (size_t)((of->file * UINT64_C(0x9e3779b97f4a7c15)) ^ of->device) & (d->cap - 1);

	while (d->slot[at].of.file &&
		(d->slot[at].of.file != of->file || d->slot[at].of.device != of->device))
		at = (at + 1) & (d->cap - 1);
	return &d->slot[at];
}

static void grow(struct digests *d)
{
	struct digests old = { .slot = d->slot, .cap = d->cap };

	if (d->n * 2 < d->cap)
		return;
	d->cap = d->cap ? d->cap * 2 : SLOTS_FIRST;
	d->slot = mem_array(d->cap, sizeof *d->slot);
	for (size_t i = 0; i < old.cap; i++)
		if (old.slot[i].of.file)
			*find(d, &old.slot[i].of) = old.slot[i];
	free(old.slot);
}

static void feed(struct sha256_set *s, const void *p, size_t n, bool last)
{
	sha256_feed(s, 0, p, n, last);
	while (sha256_busy(s, 0))
		sha256_run(s);
}

static int read_digest(struct digests *d, digest_read_fn *read, void *ctx, uint8_t *ret,
	struct err *e)
{
	uint64_t total = 0;
	size_t n;

	sha256_start(&d->sha, 0);
	for (;;) {
		if (read(ctx, d->block, sizeof d->block, &n, e) < 0)
			return e->code;
		if (n == 0)
			break;
		total += n;
		if (total > DIGEST_MAX)
			return err_set(e, ERR_LIMIT, "a program of more than 512 MiB is not read");
		feed(&d->sha, d->block, n, false);
	}
	feed(&d->sha, NULL, 0, true);
	sha256_digest(&d->sha, 0, ret);
	return 0;
}

static bool is_of(const struct digest *x, const struct file_stamp *now, unsigned round)
{
	return x->of.file && x->of.size == now->size && x->of.mtime == now->mtime &&
	       x->of.ctime == now->ctime && (!x->round || x->round == round);
}

int digests_get(struct host *h, const struct file_stamp *of, digest_read_fn *read, void *ctx,
	uint8_t ret[SHA256_SIZE], struct err *e)
{
	struct digests *d = digests_of(h);
	struct digest x = { .of = *of, .round = of->young ? d->round : 0 }, *slot;

	grow(d);
	slot = find(d, of);
	if (!is_of(slot, of, d->round)) {
		if (read_digest(d, read, ctx, x.sha256, e) < 0)
			return e->code;
		d->n += of->file && !slot->of.file;
		*slot = x;
	}
	memcpy(ret, slot->sha256, SHA256_SIZE);
	return 0;
}
