#include <stdlib.h>

#include "core/mem.h"
#include "os/clock.h"
#include "os/windows/fault.h"
#include "os/windows/wide.h"
#include "sensor/file/file_reader_windows.h"
#include "sensor/file/file_reparse.h"
#include "sensor/file/file_streams.h"

#define LIST_ROOM ((size_t)64 << 10) /* more is refused by servers */
#define NAMES_MAX ((size_t)256 << 20)
#define FILE_SECONDS 120

void listing_free(struct listing *l)
{
	if (!l)
		return;
	free(l->name);
	buf_done(&l->bytes);
	free(l);
}

static void add(struct listing *l, struct span text, const struct name *name)
{
	if (l->n == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 32;
		l->name = mem_grow(l->name, l->cap, sizeof *l->name);
	}
	l->name[l->n] = *name;
	l->name[l->n].at = (uint32_t)l->bytes.n;
	l->name[l->n].n = (uint32_t)text.n & 0xffffff;
	buf_add_span(&l->bytes, text);
	if (!l->bytes.full)
		l->n++;
}

/* ---- order ---- */

/* qsort has no context, and several threads sort at a time. */
struct row {
	struct span text;
	struct name name;
};

static int by_text(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	return span_compare(x->text, y->text);
}

/* A name may come twice: from a server that lies, or when the folder changes meanwhile. */
static void sort(struct listing *l)
{
	struct row *row = mem_array(l->n ? l->n : 1, sizeof *row);
	uint32_t n = 0;

	for (uint32_t i = 0; i < l->n; i++)
		row[i] = (struct row){ listing_name(l, i), l->name[i] };
	qsort(row, l->n, sizeof *row, by_text);
	for (uint32_t i = 0; i < l->n; i++)
		if (n == 0 || !span_same(listing_name(l, n - 1), row[i].text))
			l->name[n++] = row[i].name;
	l->n = n;
	free(row);
}

/* ---- one name ---- */

static bool is_link(uint32_t attributes, uint32_t tag)
{
	return (attributes & FILE_ATTRIBUTE_REPARSE_POINT) &&
	       file_reparse_type(tag, FILE_REGULAR) == FILE_SYMLINK;
}

/* What the policy and the request say of an entry. Links are never gone through below a base; on
 * the way to one they are what the path says. */
static unsigned judge(struct reader *r, const struct folder *f, struct span text,
	const struct nt_entry *x)
{
	struct pool *p = r->station->pool;
	struct selection sel;
	bool inside = f->inside, held;
	unsigned flags = 0;

	if (!inside) {
		buf_clear(&r->path);
		folder_path(f, text, &r->path);
		if (!folder_asked(p, buf_span(&r->path), &inside))
			return 0;
	}
	if (p->spare.id && x->id == p->spare.id && f->device == p->spare.device)
		return 0;
	held = folder_holds(p, f, text, &sel);
	if (held && inside)
		flags |= NAME_SELECTED;
	if (!(x->attributes & FILE_ATTRIBUTE_DIRECTORY))
		return flags;
	if (!is_link(x->attributes, x->tag))
		flags |= NAME_FOLDER;
	else if (!held)
		flags |= NAME_FOLDER | NAME_THROUGH;
	return flags;
}

/* ---- streams ---- */

static void add_streams(struct reader *r, const struct folder *f, struct listing *l,
	struct span file, const struct name *name)
{
	struct file_stream stream;
	struct selection sel;
	size_t at = 0;

	while (file_stream_next(buf_span(&r->bytes), &at, &stream) > 0) {
		struct name own = { .flags = NAME_SELECTED, .id = name->id };

		buf_clear(&r->text);
		buf_add_span(&r->text, file);
		buf_add_char(&r->text, ':');
		wide_to_text((const wchar_t *)(const void *)stream.name.p, stream.name.n / 2,
			&r->text);
		if (folder_holds(r->station->pool, f, buf_span(&r->text), &sel))
			add(l, buf_span(&r->text), &own);
	}
}

/* Names of streams sort among those of files, so they are needed now. */
static void list_streams(struct reader *r, struct folder *f, struct listing *l)
{
	uint32_t n = l->n;

	for (uint32_t i = 0; i < n && !pool_stopped(r->station->pool); i++) {
		struct name name = l->name[i];
		NTSTATUS s;
		HANDLE h;

		if (!(name.flags & NAME_SELECTED))
			continue;
		arena_clear(r->arena);
		h = reader_open(r, f, listing_name(l, i), FILE_READ_ATTRIBUTES, 0, &s);
		if (!h)
			continue; /* the look at the file says why */
		buf_clear(&r->bytes);
		if (NT_SUCCESS(nt_streams(h, &r->bytes))) {
			struct span file = arena_copy(r->arena, listing_name(l, i));

			add_streams(r, f, l, file, &name);
		}
		CloseHandle(h);
		station_beat(r->station);
	}
}

/* ---- one folder ---- */

static void gap(struct task *t, NTSTATUS s, const char *what)
{
	struct folder *f = t->folder;
	struct finding x;

	if (nt_is_missing(s))
		return; /* with all that was below it */
	finding_of(&x, s, what);
	task_gap(t, span_from(f->path, f->path_n), true, x.reason, x.text);
}

static bool is_dots(const struct nt_entry *x)
{
	return x->name[0] == '.' && (x->n == 1 || (x->n == 2 && x->name[1] == '.'));
}

static void take(struct reader *r, struct folder *f, struct listing *l, const struct nt_entry *x)
{
	struct name name = { .id = x->id, .attributes = x->attributes };

	if (x->n == 0 || is_dots(x))
		return;
	buf_clear(&r->text);
	wide_to_text(x->name, x->n, &r->text);
	name.flags = judge(r, f, buf_span(&r->text), x) & 0xff;
	if (name.flags)
		add(l, buf_span(&r->text), &name);
}

/* NULL: nothing can be said of the folder; a gap says so. */
static struct listing *read_names(struct reader *r, struct task *t)
{
	struct nt_listing from = { .folder = t->folder->handle,
		.buffer = r->block,
		.size = LIST_ROOM };
	struct listing *l = mem_new(sizeof *l);
	unsigned seconds = r->station->pool->options->file_seconds;
	int64_t until = clock_monotonic() + TIME_NS(seconds ? seconds : FILE_SECONDS);
	struct span path = { t->folder->path, t->folder->path_n };
	struct nt_entry x;
	NTSTATUS s = 0;

	l->bytes = BUF_INIT(NAMES_MAX);
	while (nt_next(&from, &x, &s)) {
		take(r, t->folder, l, &x);
		station_beat(r->station);
		if (clock_monotonic() > until) {
			task_gap(t, path, true, GAP_LIMIT, "takes too long to list");
			break;
		}
	}
	if (s)
		gap(t, s, "cannot list the folder");
	if (l->bytes.full)
		task_gap(t, path, true, GAP_LIMIT, "holds more names than are taken");
	return l;
}

/* Between its listing and now somebody may have put another folder, or a way to one, in its place.
 */
static bool is_the_one(struct task *t)
{
	struct folder *f = t->folder;
	struct nt_facts x;
	NTSTATUS s = nt_facts(f->handle, &x);

	if (s) {
		gap(t, s, "cannot look at the folder");
		return false;
	}
	if (f->id && x.id && f->id != x.id) {
		task_gap(t, span_from(f->path, f->path_n), true, GAP_UNSTABLE,
			"became another folder while it was looked at");
		return false;
	}
	f->id = x.id;
	return true;
}

bool list_open(struct reader *r, struct task *t)
{
	struct folder *f = t->folder;
	const struct selector *sel = r->station->pool->selector;
	NTSTATUS s;

	f->handle = nt_open_folder(span_from(f->path, f->path_n), f->through, &s);
	station_beat(r->station);
	if (!f->handle) {
		gap(t, s, "cannot open the folder");
		return false;
	}
	if (!is_the_one(t))
		return false;
	f->device = device_make(0, nt_serial(f->handle));
	f->streams = nt_has_streams(f->handle);
	f->uniform = f->scope && sel->uniform(f->scope, &f->sel);
	return true;
}

void list_folder(struct reader *r, struct task *t)
{
	if (!list_open(r, t) || !t->folder->scope)
		return;
	t->listing = read_names(r, t);
	if (t->folder->streams)
		list_streams(r, t->folder, t->listing);
	sort(t->listing);
}
