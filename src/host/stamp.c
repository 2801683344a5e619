/* What was read of a host, as it stood then: whether reading it again would find the same. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/mem.h"
#include "host/state.h"
#include "os/clock.h"

#define STAMPS_MAX 4096
#define YOUNG_NS INT64_C(20000000) /* time stamps are made of ticks, of 10 ms at most */

struct stamp {
	uint64_t device, inode, size, mode;
	int64_t mtime, ctime;
	int missing; /* errno; 0: it is there */
};

struct stamps {
	struct arena *arena;
	struct stamped {
		const char *path;
		bool link;
		struct stamp was;
	} * list;
	size_t n, cap;
	bool open; /* something may change without another stamp: never the same again */
};

struct stamps *stamps_new(void)
{
	struct stamps *all = mem_new(sizeof *all);

	all->arena = arena_new();
	return all;
}

void stamps_free(struct stamps *all)
{
	if (!all)
		return;
	arena_free(all->arena);
	free(all->list);
	free(all);
}

static int64_t ns_of(struct timespec t)
{
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static struct stamp stamp_of(struct host *h, const char *path, bool link)
{
	struct stamp now = { 0 };
	struct stat st;
	struct err e = { 0 };

	if (host_stat(h, path, link, &st, &e) < 0) {
		now.missing = e.sys ? e.sys : EIO;
		return now;
	}
	return (struct stamp){ st.st_dev, st.st_ino, (uint64_t)st.st_size, st.st_mode,
		ns_of(st.st_mtim), ns_of(st.st_ctim), 0 };
}

static bool same(const struct stamp *a, const struct stamp *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size &&
	       a->mode == b->mode && a->mtime == b->mtime && a->ctime == b->ctime &&
	       a->missing == b->missing;
}

void host_stamp(struct host *h, const char *path, bool link)
{
	struct stamps *all = h->stamps;
	struct stamped *x;

	if (!all || all->open)
		return;
	h->stamps = NULL; /* looking at it is no reading */
	if (all->n == all->cap) {
		all->cap = all->cap ? all->cap * 2 : 64;
		all->list = mem_grow(all->list, all->cap, sizeof *all->list);
	}
	x = &all->list[all->n++];
	*x = (struct stamped){ arena_text(all->arena, span_of(path)), link,
		stamp_of(h, path, link) };
	/* Who writes within the same tick leaves the same time behind. */
	all->open = all->n == STAMPS_MAX || clock_coarse() - x->was.ctime < YOUNG_NS;
	h->stamps = all;
}

bool stamps_hold(const struct stamps *all, struct host *h)
{
	if (all->open)
		return false;
	for (size_t i = 0; i < all->n; i++) {
		struct stamp now = stamp_of(h, all->list[i].path, all->list[i].link);

		if (!same(&now, &all->list[i].was))
			return false;
	}
	return true;
}
