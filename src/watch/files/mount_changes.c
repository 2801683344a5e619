#include "watch/files/mount_changes.h"

#include <stdlib.h>

#include "core/mem.h"
#include "entity/who.h"
#include "watch/files/mounters.h"

#define LATE (200 * MS)    /* later it may be another one's doing */
#define WOKEN (1000 * MS)  /* from the act to us, at most */
#define COARSE (10 * MS)   /* the clock by which files are stamped */
#define CHANGES_MAX 16384u /* twice what a map holds */

struct mount_change {
	uint32_t id;
	bool gone;
	bool covered;         /* it stayed: something lies over it now, or no more */
	bool wanted;          /* files are asked for there */
	bool layers;          /* others are at the same point */
	struct whodunit *who; /* NULL: not known so far */
	char *point;
	size_t n;
};

static struct span point_of(const struct mount_change *x)
{
	return span_from(x->point, x->n);
}

void mount_changes_forget(struct files *f)
{
	for (size_t i = 0; i < f->n_changed; i++) {
		free(f->changed[i].point);
		whodunit_drop(f->changed[i].who);
	}
	free(f->changed);
	f->changed = NULL;
	f->n_changed = 0;
	f->changed_at = 0;
}

/* ---- what differs ---- */

static bool same_place(const struct mount_row *a, const struct mount_row *b)
{
	return a->id == b->id && a->device == b->device && span_same(a->point, b->point) &&
	       span_same(a->root, b->root);
}

static bool has_layers(const struct mount_map *m, const struct mount_row *row)
{
	size_t n = 0;

	for (size_t i = 0; i < m->n; i++)
		n += span_same(m->row[i].point, row->point);
	return n > 1;
}

static void add(struct files *f, const struct mount_map *m, const struct mount_row *row, bool gone,
	bool covered)
{
	struct mount_change *x;

	if (f->n_changed == CHANGES_MAX)
		return;
	f->changed = mem_grow(f->changed, f->n_changed + 1, sizeof *f->changed);
	x = &f->changed[f->n_changed++];
	*x = (struct mount_change){ .id = row->id,
		.gone = gone,
		.covered = covered,
		.wanted = !row->hidden && asker_touches(&f->asker, row->point),
		.layers = has_layers(m, row),
		.point = mem_copy(row->point.p, row->point.n),
		.n = row->point.n };
}

/* Whatever is in `a` and not in `b` shows, or showed, other files at its point. */
static void add_differences(struct files *f, const struct mount_map *a, const struct mount_map *b,
	bool gone)
{
	for (size_t i = 0, k = 0; i < a->n; i++) {
		const struct mount_row *row = &a->row[i];
		bool same = k < b->n && same_place(row, &b->row[k]);

		/* nearly always they are in the same order */
		for (size_t j = 0; !same && j < b->n; j++)
			if ((same = same_place(row, &b->row[j])))
				k = j;
		if (!same)
			add(f, a, row, gone, false);
		else if (row->hidden != b->row[k].hidden)
			add(f, a, row, gone, true);
		k += same;
	}
}

/* ---- whose it is ---- */

/* Who mounted over it, or took that away. */
static struct whodunit *who_covers(const struct files *f, const struct mount_change *x)
{
	const struct mount_change *found = NULL;

	for (size_t i = 0; i < f->n_changed; i++) {
		const struct mount_change *y = &f->changed[i];

		if (!y->covered && y->who && path_is_below(point_of(x), point_of(y)) &&
			(!found || y->n > found->n))
			found = y;
	}
	if (!found)
		return NULL;
	found->who->refs++;
	return found->who;
}

/* What is made below between the mounting and our marking it raised no event: only what is older
 * came with it. */
static int64_t older_than(const struct files *f, const struct mount_change *x)
{
	AUTO_FREE(arena) a = NULL;
	int64_t woken = f->time - WOKEN;
	struct who who;
	struct err e;

	if (x->gone || x->covered || !x->who || x->who->n == 0)
		return 0;
	a = arena_new();
	if (who_decode(span_from(x->who->bytes, x->who->n), a, &who, &e) == 0 &&
		who.started > woken)
		woken = who.started;
	return woken - COARSE;
}

static void tell(struct files *f, const struct mount_change *x)
{
	struct whodunit *who = x->who ? x->who : mounters_nobody(f->mounters, false);

	if (x->wanted)
		files_mounted(f, point_of(x), who, older_than(f, x));
	if (!x->covered)
		kinds_mounts(f->w, point_of(x), x->layers, f->time, span_from(who->bytes, who->n),
			who->why);
}

/* again: those that were told already, without. */
static void settle(struct files *f, bool again)
{
	bool all = true;

	for (int covered = 0; covered < 2; covered++)
		for (size_t i = 0; i < f->n_changed; i++) {
			struct mount_change *x = &f->changed[i];

			if (x->covered != (covered == 1) || x->who)
				continue;
			x->who = x->covered ? who_covers(f, x)
					    : mounters_who(f->mounters, x->id, x->gone);
			all = all && x->who;
			if (!again || x->who)
				tell(f, x);
		}
	if (all)
		mount_changes_forget(f);
}

void mount_changes(struct files *f, const struct mount_map *was, const struct mount_map *is)
{
	struct whodunit *nobody = mounters_nobody(f->mounters, true);

	mount_changes_forget(f);
	f->changed_at = f->now;
	add_differences(f, is, was, false);
	add_differences(f, was, is, true);
	settle(f, false);
	kinds_mounts(f->w, SPAN_NONE, false, f->time, SPAN_NONE, nobody->why);
}

void mount_changes_late(struct files *f)
{
	if (!f->changed_at)
		return;
	if (f->now - f->changed_at > LATE) {
		mount_changes_forget(f);
		return;
	}
	settle(f, true);
	files_arm(f);
}
