#include <stdlib.h>
#include <unistd.h>

#include "core/mem.h"
#include "sensor/file/file_walk.h"

struct folder *folder_new(struct folder *parent, struct span name)
{
	size_t n = parent ? parent->path_n + 1 + name.n : 0;
	struct folder *f = mem_new(sizeof *f + n + 1);

	f->fd = -1;
	f->path_n = n;
	if (!parent)
		return f;
	f->parent = parent;
	parent->refs++;
	memcpy(f->path, parent->path, parent->path_n);
	f->path[parent->path_n] = '/';
	memcpy(f->path + parent->path_n + 1, name.p, name.n);
	f->mount = parent->mount;
	f->magic = parent->magic;
	f->followed = parent->followed;
	return f;
}

void folder_drop(struct walk *w, struct folder *f)
{
	while (f && --f->refs == 0) {
		struct folder *parent = f->parent;

		if (f->fd >= 0) {
			close(f->fd);
			w->folders--;
		}
		w->selector->leave(f->scope);
		free(f);
		f = parent;
	}
}

void folder_release(struct walk *w, struct folder *f)
{
	pthread_mutex_lock(&w->lock);
	folder_drop(w, f);
	pthread_mutex_unlock(&w->lock);
}

void folder_path(const struct folder *f, struct span name, struct buf *ret)
{
	buf_add(ret, f->path, f->path_n);
	buf_add_char(ret, '/');
	buf_add_span(ret, name);
}

/* ---- paths that limit the walk: asked for, to be left alone, to resume behind ---- */

static bool below(struct span path, struct span folder)
{
	return span_starts(path, folder) && path.n > folder.n && path.p[folder.n] == '/';
}

static bool lies_in(struct span path, struct span folder, struct span name)
{
	return path.n == folder.n + 1 + name.n && below(path, folder) &&
	       memcmp(path.p + folder.n + 1, name.p, name.n) == 0;
}

bool walk_avoids(const struct walk *w, const struct folder *f, struct span name)
{
	struct span folder = { f->path, f->path_n };

	if (!f->guarded)
		return false;
	for (size_t i = 0; i < w->avoid.n; i++)
		if (lies_in(w->avoid.path[i], folder, name))
			return true;
	return false;
}

/* The first that was asked for at or behind this path. */
static size_t find_asked(const struct walk *w, struct span path)
{
	size_t from = 0, to = w->options->n_below;

	while (from < to) {
		size_t at = from + (to - from) / 2;

		if (span_compare(w->below[at], path) < 0)
			from = at + 1;
		else
			to = at;
	}
	return from;
}

bool walk_asks(const struct walk *w, const struct folder *f, struct span name,
	enum folder_part *ret)
{
	AUTO(buf) path = BUF_INIT((size_t)4 << 20);
	size_t n = w->options->n_below, at;

	*ret = f->part;
	if (f->part == PART_INSIDE)
		return true;
	folder_path(f, name, &path);
	at = find_asked(w, buf_span(&path));
	if (at < n && span_same(w->below[at], buf_span(&path))) {
		*ret = PART_INSIDE;
		return true;
	}
	buf_add_char(&path, '/');
	at = find_asked(w, buf_span(&path));
	return at < n && span_starts(w->below[at], buf_span(&path));
}

/* The resume key behind f's own sections and the NUL that follows them: "ssh" NUL NUL "config" when
 * it lies deeper, NUL "config" (NUL NUL "etc" in the topmost folder) when it lies directly in f. */
static struct span resume_rest(const struct walk *w, const struct folder *f)
{
	struct span key = span_from_offset(w->resume, 1); /* behind the kind */

	return f->path_n == 0 ? key : span_from_offset(key, f->path_n);
}

bool folder_place(struct walk *w, struct folder *child, struct span name)
{
	struct folder *f = child->parent;
	struct span own = { child->path, child->path_n };

	if (!walk_asks(w, f, name, &child->part))
		return false;
	for (size_t i = 0; i < w->avoid.n; i++)
		child->guarded |= below(w->avoid.path[i], own);
	if (f->on_resume) {
		struct span rest = resume_rest(w, f), step;

		child->on_resume =
			span_cut(&rest, '\0', &step) && step.n == name.n && span_same(step, name);
	}
	return true;
}

void node_resume(struct walk *w, struct node *n)
{
	struct span rest, step;

	if (!n->folder->on_resume || n->after)
		return;
	rest = resume_rest(w, n->folder);
	if (rest.n && rest.p[0] != '\0' && span_cut(&rest, '\0', &step)) {
		n->descend = n->from = true; /* the entries here are through */
		n->after = mem_copy(step.p, step.n);
	} else if (!n->descend) {
		rest = span_from_offset(rest, n->folder->path_n ? 1 : 2);
		n->after = mem_copy(rest.p, rest.n);
		n->folder->huge = true; /* sub-folders before that name are still to be entered */
	}
}
