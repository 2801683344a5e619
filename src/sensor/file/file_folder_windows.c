#include <stdlib.h>

#include "core/mem.h"
#include "sensor/file/file_windows.h"

static char *join(const char *a, size_t a_n, const char *middle, size_t middle_n, struct span b,
	size_t *ret_n)
{
	char *p = mem_new(a_n + middle_n + b.n + 1);

	memcpy(p, a, a_n);
	memcpy(p + a_n, middle, middle_n);
	memcpy(p + a_n + middle_n, b.p, b.n);
	*ret_n = a_n + middle_n + b.n;
	return p;
}

/* Stored keys, entity/key.h: the sections of the folder joined by NUL, then NUL NUL. Those of a
 * drive: "C:" is "/C:", "\\server\share" is "//server" and "share". */
static char *prefix_of(const struct folder *parent, struct span name, size_t *ret_n)
{
	AUTO(buf) b = BUF_INIT(PATH_BYTES_MAX);

	if (parent) {
		buf_add(&b, parent->prefix, parent->prefix_n - 1);
		buf_add_span(&b, name);
	} else {
		buf_add_char(&b, (char)kind_file.id);
		buf_add_char(&b, '/');
		if (name.p[0] == '\\')
			buf_add_char(&b, '/');
		for (size_t i = name.p[0] == '\\' ? 2 : 0; i < name.n; i++)
			buf_add_char(&b, name.p[i] == '\\' ? '\0' : name.p[i]);
	}
	buf_add(&b, "\0", 2);
	*ret_n = b.n;
	return mem_copy(b.p, b.n);
}

struct folder *folder_new(struct drive *d, const struct folder *parent, struct span name,
	struct scope *scope)
{
	struct folder *f = mem_new(sizeof *f);

	atomic_init(&f->refs, 1);
	atomic_init(&f->users, 0);
	f->drive = d;
	f->scope = scope;
	if (parent)
		f->path = join(parent->path, parent->path_n, "\\", 1, name, &f->path_n);
	else
		f->path = join("", 0, "", 0, name, &f->path_n);
	f->prefix = prefix_of(parent, name, &f->prefix_n);
	f->inside = parent && parent->inside;
	return f;
}

void folder_hold(struct folder *f)
{
	atomic_fetch_add(&f->refs, 1);
}

static void close_it(struct folder *f)
{
	if (f->handle)
		CloseHandle(f->handle);
	f->handle = NULL;
}

void folder_drop(struct pool *p, struct folder *f)
{
	if (!f || atomic_fetch_sub(&f->refs, 1) != 1)
		return;
	close_it(f);
	p->selector->leave(f->scope);
	free(f->path);
	free(f->prefix);
	free(f);
}

void folder_use(struct folder *f)
{
	atomic_fetch_add(&f->users, 1);
}

/* A folder whose handle is closed can be renamed and deleted again while its sub-folders are
 * walked.
 */
void folder_unuse(struct folder *f)
{
	if (atomic_fetch_sub(&f->users, 1) == 1)
		close_it(f);
}

void folder_path(const struct folder *f, struct span name, struct buf *ret)
{
	buf_add(ret, f->path, f->path_n);
	if (name.n == 0)
		return;
	buf_add_char(ret, '\\');
	buf_add_span(ret, name);
}

bool folder_holds(const struct pool *p, const struct folder *f, struct span name,
	struct selection *ret)
{
	if (!f->uniform)
		return p->selector->name(f->scope, name, ret);
	*ret = f->sel;
	return ret->n > 0;
}

/* The first that was asked for at or behind this path. */
static size_t find_asked(const struct pool *p, struct span path)
{
	size_t from = 0, to = p->n_below;

	while (from < to) {
		size_t at = from + (to - from) / 2;

		if (span_compare(p->below[at], path) < 0)
			from = at + 1;
		else
			to = at;
	}
	return from;
}

/* Does path lie below something that was asked for? */
static bool is_below(const struct pool *p, struct span path)
{
	for (size_t n = path.n; n > 0; n--) {
		struct span above = { path.p, n };
		size_t at;

		if (n < path.n && path.p[n] != '\\')
			continue;
		at = find_asked(p, above);
		if (at < p->n_below && span_same(p->below[at], above))
			return true;
	}
	return false;
}

bool folder_asked(const struct pool *p, struct span path, bool *ret_inside)
{
	AUTO(buf) more = BUF_INIT(PATH_BYTES_MAX);
	size_t at;

	*ret_inside = !p->below || is_below(p, path);
	if (*ret_inside)
		return true;
	buf_add_span(&more, path);
	buf_add_char(&more, '\\');
	at = find_asked(p, buf_span(&more));
	return at < p->n_below && span_starts(p->below[at], buf_span(&more));
}
