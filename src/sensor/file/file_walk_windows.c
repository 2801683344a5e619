/* From the drives downwards, in key order: the entries of a folder, then its sub-folders. */
#include "sensor/file/file_walk_windows.h"

#include <stdlib.h>

#include "core/mem.h"
#include "entity/key.h"

#define ATTRIBUTES_NOT_PLAIN \
	(FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_REPARSE_POINT | ATTRIBUTES_ELSEWHERE)

/* ---- entries ---- */

static bool look_at_entries(struct walk *w, struct folder *f, const struct listing *l)
{
	struct task *t = NULL;

	for (uint32_t i = 0; i < l->n; i++) {
		if (!(l->name[i].flags & NAME_SELECTED))
			continue;
		if (!t) {
			t = task_new(TASK_LOOK, f);
			t->mode = w->quick ? LOOK_STAMP : LOOK_FULL;
		}
		t->plain[t->n] = !w->quick && !(l->name[i].attributes & ATTRIBUTES_NOT_PLAIN);
		t->name[t->n++] = arena_copy(t->arena, listing_name(l, i));
		if (t->n == BATCH_MAX) {
			if (!give_look(w, t))
				return false;
			t = NULL;
		}
	}
	return !t || give_look(w, t);
}

/* ---- folders ---- */

/* What comes ahead is listed already. */
static void list_ahead(struct walk *w, struct frame *f)
{
	const struct selector *sel = w->pool->selector;

	for (; f->n_ahead < AHEAD && f->next < f->listing->n; f->next++) {
		const struct name *name = &f->listing->name[f->next];
		struct span text = listing_name(f->listing, f->next);
		struct folder *child;
		struct scope *scope;
		struct task *t;

		if (!(name->flags & NAME_FOLDER))
			continue;
		scope = sel->enter(f->folder->scope, text, false);
		if (!scope)
			continue;
		child = folder_new(f->folder->drive, f->folder, text, scope);
		child->through = (name->flags & NAME_THROUGH) != 0;
		child->id = child->through ? 0 : name->id;
		if (!child->inside)
			(void)folder_asked(w->pool, span_from(child->path, child->path_n),
				&child->inside);
		t = task_new(TASK_LIST, child);
		folder_drop(w->pool, child);
		f->ahead[(f->first + f->n_ahead++) % AHEAD] = t;
		pool_give(w->pool, t);
	}
}

/* Its entries, and then what is below it: on the stack. */
static bool enter(struct walk *w, struct task *t)
{
	struct frame *f;

	deliver_gaps(w, t);
	if (t->lost || !t->listing)
		return true;
	if (!look_at_entries(w, t->folder, t->listing))
		return false;
	f = mem_new(sizeof *f);
	f->folder = t->folder;
	folder_hold(f->folder);
	f->listing = t->listing;
	t->listing = NULL;
	f->below = w->stack;
	w->stack = f;
	return true;
}

static void leave(struct walk *w)
{
	struct frame *f = w->stack;

	w->stack = f->below;
	folder_drop(w->pool, f->folder);
	listing_free(f->listing);
	free(f);
}

static bool await(struct walk *w, const struct task *t)
{
	while (!pool_done(w->pool, t))
		if (!deliver_some(w, true))
			return false;
	return true;
}

static bool step(struct walk *w)
{
	struct frame *f = w->stack;
	struct task *t;
	bool go;

	list_ahead(w, f);
	if (f->n_ahead == 0) {
		leave(w);
		return true;
	}
	t = f->ahead[f->first];
	if (!await(w, t))
		return false;
	f->first = (f->first + 1) % AHEAD;
	f->n_ahead--;
	go = enter(w, t);
	task_free(w->pool, t);
	return go;
}

/* ---- drives ---- */

static bool look_at_root(struct walk *w, struct drive *d)
{
	struct folder *f = d->folder;
	struct task *t;

	if (!d->held || !f->inside || !f->handle)
		return true;
	t = task_new(TASK_LOOK, f);
	t->mode = w->quick ? LOOK_STAMP : LOOK_FULL;
	t->name[t->n++] = SPAN_NONE;
	return give_look(w, t);
}

static bool is_share(const struct drive *d)
{
	return d->path[0] == '\\';
}

static bool same_server(const struct drive *a, const struct drive *b)
{
	const char *end = strchr(a->path + 2, '\\');
	size_t n = end ? (size_t)(end - a->path) + 1 : strlen(a->path);

	return is_share(a) && is_share(b) && strncmp(a->path, b->path, n) == 0;
}

/* Roots come before all that lies in any of their neighbours. */
static bool look_at_roots(struct walk *w, size_t from)
{
	struct drive *first = w->drive[from];

	if (is_share(first) && from && same_server(w->drive[from - 1], first))
		return true;
	for (size_t i = from; i < w->n_drives; i++)
		if (is_share(first) && same_server(first, w->drive[i]) &&
			!look_at_root(w, w->drive[i]))
			return false;
	return true;
}

static bool walk_drive(struct walk *w, struct drive *d)
{
	struct task *t = d->list;
	bool go;

	d->list = NULL;
	if (!t)
		return true;
	go = enter(w, t);
	task_free(w->pool, t);
	while (go && w->stack)
		go = step(w);
	return go;
}

/* Each is listed once before the first is walked: their roots come first. */
static bool open_drives(struct walk *w)
{
	for (size_t i = 0; i < w->n_drives; i++) {
		struct drive *d = w->drive[i];
		bool asked = folder_asked(w->pool, span_of(d->path), &d->folder->inside);

		if (!asked || (!d->folder->scope && !d->held))
			continue;
		d->list = task_new(TASK_LIST, d->folder);
		pool_give(w->pool, d->list);
	}
	for (size_t i = 0; i < w->n_drives; i++)
		if (w->drive[i]->list && !await(w, w->drive[i]->list))
			return false;
	return true;
}

bool walk_run(struct walk *w)
{
	if (!open_drives(w))
		return false;
	for (size_t i = 0; i < w->n_drives; i++)
		if (!is_share(w->drive[i]) && !look_at_root(w, w->drive[i]))
			return false;
	for (size_t i = 0; i < w->n_drives; i++)
		if (!look_at_roots(w, i) || !walk_drive(w, w->drive[i]))
			return false;
	return deliver_all(w);
}

/* ---- points ---- */

static struct folder *folder_of_point(struct walk *w, struct drive *d, struct span path)
{
	const struct selector *sel = w->pool->selector;
	struct span rest = span_from_offset(path, strlen(d->path) + 1), step; /* "": the drive */
	struct folder *f = d->folder;

	folder_hold(f);
	while (rest.n && span_cut(&rest, '\\', &step)) {
		struct scope *scope = f->scope ? sel->enter(f->scope, step, false) : NULL;
		struct folder *child = scope ? folder_new(d, f, step, scope) : NULL;

		folder_drop(w->pool, f);
		if (!child)
			return NULL;
		f = child;
	}
	return f;
}

/* The folder a point lies in; a drive is an entry without a name in itself. */
static void split(const struct drive *d, struct span path, struct span *ret_folder,
	struct span *ret_name)
{
	size_t n = path.n, root = strlen(d->path);

	*ret_folder = span_of(d->path);
	*ret_name = SPAN_NONE;
	if (n <= root + 1)
		return;
	while (path.p[n - 1] != '\\')
		n--;
	*ret_folder = span_from(path.p, n - 1);
	*ret_name = span_from_offset(path, n);
}

static bool flush(struct walk *w, struct task **t)
{
	struct task *given = *t;

	*t = NULL;
	return !given || give_late(w, given);
}

static bool walk_point(struct walk *w, struct span path, struct task **t)
{
	struct drive *d = drives_of(w, path);
	struct span folder, name;
	struct folder *f;

	if (!d)
		return true; /* nothing there is held */
	split(d, path, &folder, &name);
	if (*t && ((*t)->n == BATCH_MAX ||
			  !span_same(folder, span_from((*t)->folder->path, (*t)->folder->path_n))))
		if (!flush(w, t))
			return false;
	if (!*t) {
		f = folder_of_point(w, d, folder);
		if (!f)
			return true;
		*t = task_new(TASK_LOOK, f);
		(*t)->mode = LOOK_POINT;
		folder_drop(w->pool, f);
	}
	(*t)->name[(*t)->n++] = arena_copy((*t)->arena, name);
	return true;
}

bool walk_points(struct walk *w)
{
	const struct scan_options *o = w->pool->options;
	struct task *t = NULL;

	for (size_t i = 0; i < o->n_points; i++)
		if (!walk_point(w, o->points[i], &t))
			return false;
	return flush(w, &t) && deliver_all(w);
}
