#include "sensor/file/file_walk_windows.h"

#define WINDOW 96 /* looks under way at a time */
#define LATE_MAX 48

static struct span key_of(struct walk *w, const struct folder *f, struct span name)
{
	buf_clear(&w->key);
	buf_add(&w->key, f->prefix, f->prefix_n);
	if (name.n == 0) { /* the drive itself: its last section is its name */
		size_t n = f->prefix_n - 2, at = n;

		while (at > 1 && f->prefix[at - 1] != '\0')
			at--;
		w->key.n = at > 1 ? at - 1 : at;
		buf_add(&w->key, "\0", 2);
		buf_add(&w->key, f->prefix + at, n - at);
	}
	buf_add_span(&w->key, name);
	return buf_span(&w->key);
}

static void gap(struct walk *w, struct span path, bool subtree, enum gap_reason reason,
	const char *text)
{
	struct gap g = { .kind = &kind_file,
		.key = path,
		.subtree = subtree,
		.reason = reason,
		.text = text };

	buf_clear(&w->path);
	if (path.n == 2 && path.p[1] == ':') { /* a drive's root is written so */
		buf_add_span(&w->path, path);
		buf_add_char(&w->path, '\\');
		g.key = buf_span(&w->path);
	}
	scan_gap(w->scan, &g);
}

void deliver_gaps(struct walk *w, const struct task *t)
{
	if (t->lost)
		return;
	for (const struct result *r = t->first; r; r = r->next)
		if (r->type == RESULT_GAP)
			gap(w, r->name, r->subtree, r->reason, r->text);
}

/* ---- in key order ---- */

static bool look_again(struct walk *w, struct folder *f, struct span name)
{
	struct task *t = w->more;

	if (t && (t->folder != f || t->n == BATCH_MAX)) {
		w->more = NULL;
		if (!give_late(w, t))
			return false;
		t = NULL;
	}
	if (!t) {
		t = w->more = task_new(TASK_LOOK, f);
		t->mode = LOOK_LATE;
	}
	t->name[t->n++] = arena_copy(t->arena, name);
	return true;
}

static bool deliver(struct walk *w, struct task *t)
{
	bool go = true;

	for (const struct result *r = t->lost ? NULL : t->first; r && go; r = r->next) {
		struct observation o = { .shared = r->shared,
			.local = r->local,
			.unknown = r->unknown };

		switch (r->type) {
		case RESULT_PUT:
			o.key = key_of(w, t->folder, r->name);
			scan_put(w->scan, &o);
			break;
		case RESULT_STAMP:
			if (!scan_same(w->scan, key_of(w, t->folder, r->name), r->stamp))
				go = look_again(w, t->folder, r->name);
			break;
		case RESULT_GAP:
			gap(w, r->name, r->subtree, r->reason, r->text);
			break;
		default:
			break;
		}
	}
	task_free(w->pool, t);
	return go;
}

/* ---- in any order ---- */

static void answer(struct walk *w, const struct task *t, const struct result *r)
{
	struct observation o = { .shared = r->shared, .local = r->local, .unknown = r->unknown };

	switch (r->type) {
	case RESULT_PUT:
		o.key = key_of(w, t->folder, r->name);
		scan_put_late(w->scan, &o);
		break;
	case RESULT_GONE:
		scan_gone_late(w->scan, key_of(w, t->folder, r->name));
		break;
	case RESULT_HOLLOW:
		scan_point(w->scan, key_of(w, t->folder, r->name), POINT_HOLLOW);
		break;
	case RESULT_GAP:
		gap(w, r->name, r->subtree, r->reason, r->text);
		break;
	case RESULT_STAMP:
		break;
	}
}

/* Every question has its answer: what a hung drive left open is not there, and its gap covers it.
 */
static void deliver_late(struct walk *w, struct task *t)
{
	const struct result *r = t->lost ? NULL : t->first;
	uint32_t answered = 0;

	for (; r; r = r->next) {
		answer(w, t, r);
		answered += r->type == RESULT_PUT || r->type == RESULT_GONE;
	}
	for (uint32_t i = answered; i < t->n; i++)
		scan_gone_late(w->scan, key_of(w, t->folder, t->name[i]));
	task_free(w->pool, t);
}

static bool take_late(struct walk *w)
{
	bool some = false;

	for (struct task **at = &w->late; *at;) {
		struct task *t = *at;

		if (!pool_done(w->pool, t)) {
			at = &t->next;
			continue;
		}
		*at = t->next;
		w->n_late--;
		deliver_late(w, t);
		some = true;
	}
	return some;
}

static bool take_heads(struct walk *w, bool *ret_some)
{
	*ret_some = false;
	while (w->head && pool_done(w->pool, w->head)) {
		struct task *t = w->head;

		w->head = t->next;
		if (!w->head)
			w->tail = &w->head;
		w->waiting--;
		*ret_some = true;
		if (!deliver(w, t))
			return false;
	}
	return true;
}

bool deliver_some(struct walk *w, bool wait)
{
	struct drive *hung = NULL;
	bool some;

	if (!take_heads(w, &some))
		return false;
	some |= take_late(w);
	if (!some && wait)
		hung = pool_wait(w->pool);
	if (hung)
		gap(w, span_of(hung->path), true, GAP_TIMEOUT, "the drive does not answer");
	scan_progress(w->scan, atomic_load(&w->pool->bytes), atomic_load(&w->pool->files_read));
	return !scan_stopped(w->scan);
}

bool deliver_all(struct walk *w)
{
	while (w->head || w->late || w->more) {
		struct task *t = w->more;

		if (t && !w->head) {
			w->more = NULL;
			if (!give_late(w, t))
				return false;
		}
		if (!deliver_some(w, true))
			return false;
	}
	return true;
}

bool give_look(struct walk *w, struct task *t)
{
	*w->tail = t;
	w->tail = &t->next;
	w->waiting++;
	pool_give(w->pool, t);
	while (w->waiting > WINDOW)
		if (!deliver_some(w, true))
			return false;
	return true;
}

bool give_late(struct walk *w, struct task *t)
{
	t->next = w->late;
	w->late = t;
	w->n_late++;
	pool_give(w->pool, t);
	while (w->n_late > LATE_MAX) {
		struct drive *hung;

		if (take_late(w))
			continue;
		hung = pool_wait(w->pool);
		if (hung)
			gap(w, span_of(hung->path), true, GAP_TIMEOUT, "the drive does not answer");
		if (scan_stopped(w->scan))
			return false;
	}
	return true;
}
