/* A look sees more than it was told of: what happened since, and what was still on its way to be
 * told. Before that is recorded, whoever hears of changes is asked whose it is. */
#include <stdlib.h>
#include <string.h>

#include "change/keys.h"
#include "change/relook.h"
#include "entity/file.h"
#include "entity/list.h"
#include "entity/port.h"
#include "entity/process.h"

#define ASKED_MAX 64 /* processes, by number */

struct asking {
	struct relook *look;
	struct late_asked x;
	struct look_again whose[ASKED_MAX];
	uint32_t pid[ASKED_MAX];
	bool ended[ASKED_MAX];
};

/* Kinds whose entities have processes of their own. */
static const struct {
	const struct kind *kind;
	unsigned pids;
} owned[] = {
	{ &kind_process, PROCESS_PIDS },
	{ &kind_port, PORT_PIDS },
};

static bool is_owned(const struct kind *k)
{
	for (size_t i = 0; i < ARRAY_LEN(owned); i++)
		if (owned[i].kind == k)
			return true;
	return false;
}

/* The first of them that is a number; 0: none. */
static uint32_t pid_of(const struct record *r)
{
	struct list list;
	struct span item = SPAN_NONE;
	char text[16];

	for (size_t i = 0; i < ARRAY_LEN(owned); i++) {
		if (owned[i].kind != r->kind || !record_has(r, owned[i].pids))
			continue;
		list = list_of(r->v[owned[i].pids].bytes);
		if (!list_next(&list, &item) || item.n >= sizeof text)
			return 0;
		memcpy(text, item.p, item.n);
		text[item.n] = '\0';
		return (uint32_t)strtoul(text, NULL, 10);
	}
	return 0;
}

/* What is created, or a listener that is gone, and nobody told of: who it was may be known by its
 * process. */
static bool may_be_asked(const struct finding *f, const struct kind *k)
{
	return (f->type == FOUND_CREATED && !k->hierarchical) ||
	       (f->type == FOUND_DELETED && k == &kind_port);
}

static int ask_for(struct asking *q, const struct finding *f, struct err *e)
{
	struct arena *a = q->look->arena;
	bool gone = f->type == FOUND_DELETED;
	const struct side *side = gone ? &f->was : &f->is;
	struct record r = { 0 };
	struct who_memo whos = { 0 };
	struct change c = { .type = gone ? CHANGE_DELETED : CHANGE_CREATED };
	AUTO(buf) key = BUF_INIT(BUF_MAX_DEFAULT);
	uint32_t pid;

	if (q->x.n == ASKED_MAX || stored_key_text(f->key, &r.kind, &key, e) < 0)
		return q->x.n == ASKED_MAX ? 0 : e->code;
	if (record_decode(side->shared, side->local, &r, e) < 0)
		return e->code;
	pid = pid_of(&r);
	if (!pid)
		return 0;
	*(gone ? &c.was : &c.is) = &r;
	c.kind = r.kind;
	c.key = r.key = arena_copy(a, buf_span(&key));
	plan_attribute(&q->look->plan, a, &whos, &c);
	if (!c.who && c.observed == OBSERVED_REALTIME) {
		q->whose[q->x.n] = (struct look_again){ .kind = c.kind,
			.key = c.key,
			.observed = c.observed,
			.happened = c.happened };
		q->ended[q->x.n] = gone;
		q->pid[q->x.n++] = pid;
	}
	who_memo_done(&whos);
	return 0;
}

/* Of files it is known, or not to be had, unless something else than a hint made us look. */
static bool looks_beside(const struct look_plan *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->looks[i].kind->hierarchical &&
			(p->looks[i].observed != OBSERVED_REALTIME || p->looks[i].before))
			return true;
	return false;
}

static int gather(struct asking *q, struct err *e)
{
	struct found *found = q->look->run.found;
	bool beside = looks_beside(&q->look->plan);
	struct finding f;
	int rc = 0;

	if (!beside && !q->look->plan.flat)
		return 0;
	found_rewind(found);
	while (rc == 0 && (rc = found_next(found, &f, e)) > 0) {
		const struct kind *k = kind_by_id((uint8_t)f.key.p[0]);

		rc = 0;
		if (f.type == FOUND_QUIET)
			continue;
		q->x.files = q->x.files || (k->hierarchical && beside);
		if (!k->hierarchical && !is_owned(k))
			q->x.flat |= UINT64_C(1) << k->id;
		if (may_be_asked(&f, k))
			rc = ask_for(q, &f, e);
	}
	return rc < 0 ? rc : 0;
}

int look_late(struct relook *l, struct err *e)
{
	const struct check_listener *listener = l->run.listener;
	struct asking q = { .look = l, .x = { .until = l->run.summary.ended } };
	const struct look_again *more;
	size_t n;

	if (!listener || !listener->late)
		return 0;
	if (gather(&q, e) < 0)
		return e->code;
	if (!q.x.files && !q.x.flat && !q.x.n)
		return 0;
	q.x.whose = q.whose;
	q.x.pid = q.pid;
	q.x.ended = q.ended;
	n = listener->late(listener->ctx, &q.x, l->arena, &more);
	return n ? plan_add(&l->plan, l->arena, more, n, e) : 0;
}
