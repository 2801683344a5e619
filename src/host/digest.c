/* Digests of programs, each file read once a scan; the next one takes over those whose files have
 * kept their stamps. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/mem.h"
#include "host/state.h"
#include "os/clock.h"

#define READ_BYTES ((size_t)128 << 10)
#define DIGEST_MAX ((uint64_t)512 << 20)
#define SLOTS_FIRST 256
#define KEPT_MAX 4096
#define YOUNG_NS INT64_C(2000000000) /* the coarsest time stamps of a file system */

struct digest {
	dev_t device; /* with the inode 0: a free slot */
	ino_t inode;
	off_t size;
	int64_t mtime, ctime;
	unsigned round; /* of scans it may be believed in; 0: any */
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

static struct digests *digests_new(struct host *h)
{
	h->digests = mem_new(sizeof *h->digests);
	sha256_set_init(&h->digests->sha);
	h->digests->round = 1;
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

static int64_t stamp(struct timespec t)
{
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static struct digest *find(struct digests *d, dev_t device, ino_t inode)
{
	size_t at = (size_t)((inode * UINT64_C(0x9e3779b97f4a7c15)) ^ device) & (d->cap - 1);

	while (d->slot[at].inode && (d->slot[at].inode != inode || d->slot[at].device != device))
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
		if (old.slot[i].inode)
			*find(d, old.slot[i].device, old.slot[i].inode) = old.slot[i];
	free(old.slot);
}

static void feed(struct sha256_set *s, const void *p, size_t n, bool last)
{
	sha256_feed(s, 0, p, n, last);
	while (sha256_busy(s, 0))
		sha256_run(s);
}

static int read_digest(struct digests *d, int fd, struct digest *ret, struct err *e)
{
	uint64_t total = 0;
	ssize_t n;

	sha256_start(&d->sha, 0);
	while ((n = pread(fd, d->block, sizeof d->block, (off_t)total)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, "cannot read a program");
		total += (uint64_t)n;
		if (total > DIGEST_MAX)
			return err_set(e, ERR_LIMIT, "a program of more than 512 MiB is not read");
		feed(&d->sha, d->block, (size_t)n, false);
	}
	feed(&d->sha, NULL, 0, true);
	sha256_digest(&d->sha, 0, ret->sha256);
	return 0;
}

int host_digest_fd(struct host *h, int fd, uint8_t ret[SHA256_SIZE], struct err *e)
{
	struct digests *d = h->digests;
	struct digest x, *slot;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_sys(e, "cannot stat a program");
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_FORMAT, "not a regular file");
	if (!d)
		d = digests_new(h);
	grow(d);
	slot = find(d, st.st_dev, st.st_ino);
	x = (struct digest){ .device = st.st_dev,
		.inode = st.st_ino,
		.size = st.st_size,
		.mtime = stamp(st.st_mtim),
		.ctime = stamp(st.st_ctim) };
	/* Who writes to it within the same tick leaves the same time behind. */
	if (clock_now() - x.ctime < YOUNG_NS)
		x.round = d->round;
	if (!slot->inode || slot->size != x.size || slot->mtime != x.mtime ||
		slot->ctime != x.ctime || (slot->round && slot->round != d->round)) {
		if (read_digest(d, fd, &x, e) < 0)
			return e->code;
		d->n += slot->inode == 0;
		*slot = x;
	}
	memcpy(ret, slot->sha256, SHA256_SIZE);
	return 0;
}

int host_digest(struct host *h, const char *path, uint8_t ret[SHA256_SIZE], struct err *e)
{
	int fd = -1, rc = host_open_file(h, path, 0, &fd, e);

	if (rc < 0)
		return rc;
	rc = host_digest_fd(h, fd, ret, e);
	close(fd);
	return rc < 0 ? err_prefix(e, "'%s': ", path) : 0;
}
