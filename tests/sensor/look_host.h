/* A folder looked at as a host, a state of it, and what looks and checks tell. */
#ifndef TESTS_SENSOR_LOOK_HOST_H
#define TESTS_SENSOR_LOOK_HOST_H

#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../check.h"
#include "change/pipeline.h"
#include "entity/file.h"

struct hints {
	struct look_again *list;
	size_t n;
	size_t (*late)(void *ctx, const struct late_asked *x, struct arena *a,
		const struct look_again **ret); /* may be NULL */
};

static char root[600], work[512];

static inline const char *real(const char *path)
{
	static char names[4][PATH_MAX];
	static unsigned next;
	char *ret = names[next++ % ARRAY_LEN(names)];

	assert_true((size_t)snprintf(ret, PATH_MAX, "%s%s", root, path) < PATH_MAX);
	return ret;
}

static inline int drop(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st, (void)flag, (void)ftw;
	return remove(path);
}

static inline void remove_all(const char *path)
{
	nftw(path, drop, 16, FTW_DEPTH | FTW_PHYS);
}

struct side {
	struct store *store;
	struct buf lines;
	struct buf *who; /* not NULL: why it is not known, a line per change */
};

static struct scan_options options;
static struct policy *policy;

static inline int hear(void *ctx, const struct ledger_record *r, struct err *e)
{
	struct side *s = ctx;
	const struct change *c = &r->change;

	(void)e;
	if (r->type == RECORD_GAP)
		buf_addf(&s->lines, "gap %.*s\n", SPAN_ARG(r->gap.key));
	if (r->type != RECORD_CHANGE)
		return 0;
	if (s->who)
		buf_addf(s->who, "%.*s: %.*s\n", SPAN_ARG(c->key), SPAN_ARG(c->who_unknown));
	buf_addf(&s->lines, "%s %.*s > %.*s +%llu %llx %.*s\n", change_type_names[c->type],
		SPAN_ARG(c->old_key), SPAN_ARG(c->key), (unsigned long long)c->subtree,
		(unsigned long long)c->fields, SPAN_ARG(c->rule));
	return 0;
}

static inline void open_side(struct side *s, const char *name)
{
	char dir[600];
	struct err e = { 0 };
	struct check_summary sum;
	struct check_listener l = { .ctx = s, .record = hear };

	*s = (struct side){ .lines = BUF_INIT(1 << 24) };
	snprintf(dir, sizeof dir, "%s/%s", work, name);
	if (store_open(&s->store, dir, STORE_CREATE, &e) < 0 ||
		pipeline_init(s->store, policy, &options, false, &l, &sum, &e) < 0)
		fail_msg("%s", e.text);
}

static inline void close_side(struct side *s)
{
	store_close(s->store);
	buf_done(&s->lines);
}

static inline struct tree_root check(struct side *s)
{
	struct check_listener l = { .ctx = s, .record = hear };
	struct scan_options o = options;
	struct check_summary sum;
	struct err e = { 0 };

	buf_clear(&s->lines);
	o.memory = NULL;
	if (pipeline_check(s->store, policy, &o, &l, &sum, &e) < 0)
		fail_msg("%s", e.text);
	return sum.root;
}

static inline struct tree_root look(struct side *s, const struct hints *h)
{
	struct check_listener l = { .ctx = s, .record = hear, .late = h->late };
	struct check_summary sum;
	struct err e = { 0 };

	buf_clear(&s->lines);
	if (pipeline_look(s->store, policy, &options, h->list, h->n, &l, &sum, &e) < 0)
		fail_msg("%s", e.text);
	return sum.root;
}

#endif
