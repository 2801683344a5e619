/* Two who touched the same thing become one who. */
#include "entity/who.h"

/* The two lists and who is named in one of them. */
#define ROOM (2 * WHO_ALSO_MAX + 1)

struct joining {
	struct who_also list[ROOM]; /* the newest first */
	size_t n;
	bool cut;
};

static bool same_process(const struct who_also *a, const struct who_also *b)
{
	return a->pid == b->pid && a->started == b->started;
}

/* The same program with the same arguments, as far as they are kept. */
static bool same_program(const struct who_also *a, const struct who_also *b)
{
	if (!span_same(a->exe, b->exe) || a->place != b->place || a->n_argv != b->n_argv)
		return false;
	for (size_t i = 0; i < a->n_argv; i++)
		if (!span_same(a->argv[i], b->argv[i]))
			return false;
	return true;
}

static struct who_also named(const struct who *w, struct arena *a)
{
	struct who_also x = { .relation = WHO_TOO,
		.pid = w->pid,
		.uid = w->uid,
		.started = w->started,
		.exe = w->exe.n ? w->exe : w->comm,
		.sha256 = w->sha256,
		.user = w->user,
		.place = w->place };

	who_shorten(&x, w->argv, w->n_argv, w->argv_cut, a);
	return x;
}

void who_shorten(struct who_also *x, const struct span *argv, size_t n, bool cut, struct arena *a)
{
	struct span *list;

	x->n_argv = n < WHO_ALSO_ARGS ? n : WHO_ALSO_ARGS;
	x->argv_cut = cut || n > x->n_argv;
	list = arena_get(a, x->n_argv * sizeof *list);
	for (size_t i = 0; i < x->n_argv; i++) {
		list[i] = argv[i];
		if (list[i].n > WHO_ALSO_BYTES) {
			list[i].n = WHO_ALSO_BYTES;
			x->argv_cut = true;
		}
	}
	x->argv = list;
}

/* Older than all that are in the list; self: the one named. */
static void add(struct joining *j, const struct who_also *self, const struct who_also *x)
{
	bool is_self = same_process(self, x), seen = false;

	if (is_self && same_program(self, x))
		return;
	for (size_t i = 0; i < j->n; i++) {
		struct who_also *y = &j->list[i];

		if (!same_process(x, y))
			continue;
		seen = true;
		if (!same_program(x, y))
			continue;
		if (!y->sha256.n)
			y->sha256 = x->sha256;
		if (!y->until)
			y->until = x->until;
		return;
	}
	j->list[j->n] = *x;
	if (is_self || seen)
		j->list[j->n].relation = WHO_BEFORE;
	j->n++;
}

/* What is dropped first: a newer process, then a newer program; never the first one. */
static size_t least(const struct joining *j)
{
	const struct who_also *first = &j->list[j->n - 1];
	size_t i;

	for (i = 0; i < j->n; i++)
		if (j->list[i].relation == WHO_TOO && !same_process(&j->list[i], first))
			return i;
	for (i = 0; i < j->n; i++)
		if (!same_process(&j->list[i], first))
			return i;
	return j->n > 2 ? 1 : 0;
}

static void bound(struct joining *j)
{
	while (j->n > WHO_ALSO_MAX) {
		size_t at = least(j);

		memmove(&j->list[at], &j->list[at + 1], (j->n - at - 1) * sizeof *j->list);
		j->n--;
		j->cut = true;
	}
}

/* Processes in a list; unless they are also the one at `but`. */
static uint32_t count(const struct who_also *list, size_t n, const struct who_also *but)
{
	uint32_t ret = 0;

	for (size_t i = 0; i < n; i++) {
		size_t k = 0;

		while (k < i && !same_process(&list[i], &list[k]))
			k++;
		ret += k == i && !same_process(&list[i], but);
	}
	return ret;
}

bool who_is_own(const struct who *w, const struct who_also *x)
{
	return w->pid == x->pid && w->started == x->started;
}

uint32_t who_unnamed(const struct who *w)
{
	struct who_also self = { .pid = w->pid, .started = w->started };
	uint32_t listed = count(w->also, w->n_also, &self);

	return w->others > listed ? w->others - listed : 0;
}

static uint32_t sum(uint32_t a, uint32_t b)
{
	return a > UINT32_MAX - b ? UINT32_MAX : a + b;
}

bool who_is_stronger(uint32_t part, uint32_t other)
{
	static const unsigned char strength[WHO_PARTS] = {
		[WHO_LET_GO] = 0,
		[WHO_TOUCHED] = 1,
		[WHO_NAMED] = 2,
	};

	return strength[part] > strength[other];
}

static void add_also(struct joining *j, const struct who_also *self, const struct who *w)
{
	for (size_t i = 0; i < w->n_also; i++)
		add(j, self, &w->also[i]);
}

void who_merge(const struct who *last, const struct who *earlier, struct arena *a, struct who *ret)
{
	struct joining j = { .cut = last->also_cut || earlier->also_cut };
	struct who_also later = named(last, a), before = named(earlier, a), *list;
	bool stronger = who_is_stronger(earlier->part, last->part);
	bool swap = stronger && !same_process(&later, &before);
	struct who_also self = swap ? before : later;
	struct who is = swap ? *earlier : *last;

	if (stronger)
		is.part = earlier->part;
	add(&j, &self, &later);
	add_also(&j, &self, last);
	add(&j, &self, &before);
	add_also(&j, &self, earlier);
	is.others = sum(count(j.list, j.n, &self), sum(who_unnamed(last), who_unnamed(earlier)));
	*ret = is;
	bound(&j);
	list = arena_get(a, j.n * sizeof *list);
	if (j.n)
		memcpy(list, j.list, j.n * sizeof *list);
	ret->also = list;
	ret->n_also = j.n;
	ret->also_cut = j.cut;
}

bool who_join(struct span last, struct span earlier, struct buf *ret)
{
	AUTO_FREE(arena) a = NULL;
	struct who is, was;
	struct err e;

	if (span_same(last, earlier)) {
		buf_add_span(ret, last);
		return true;
	}
	a = arena_new();
	if ((last.n && who_decode(last, a, &is, &e) < 0) ||
		(earlier.n && who_decode(earlier, a, &was, &e) < 0))
		return false;
	if (last.n && earlier.n) {
		who_merge(&is, &was, a, &is);
	} else {
		is = last.n ? is : was;
		is.others = sum(is.others, 1);
	}
	who_encode(&is, ret);
	return true;
}
