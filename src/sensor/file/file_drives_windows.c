/* Which drives are walked: fixed ones of this machine that some rule concerns, and any drive or
 * network share that a rule names by itself. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/fold.h"
#include "core/mem.h"
#include "sensor/file/file_walk_windows.h"

#define DRIVES_MAX 256

static struct drive *find(struct walk *w, struct span path)
{
	for (size_t i = 0; i < w->n_drives; i++)
		if (fold_same(span_of(w->drive[i]->path), path))
			return w->drive[i];
	return NULL;
}

/* "C:" is one section, "\\server\share" two. */
static void add(struct walk *w, struct span path)
{
	const struct selector *sel = w->pool->selector;
	struct span server = SPAN_NONE, last = path;
	struct scope *top = sel->top(sel->policy, &kind_file), *scope = NULL, *inside;
	AUTO(buf) section = BUF_INIT(2000);
	struct drive *d;

	if (!top || find(w, path) || w->n_drives == DRIVES_MAX) {
		sel->leave(top);
		return;
	}
	buf_add_char(&section, '/');
	if (path.p[0] == '\\') {
		last = span_from_offset(path, 2);
		(void)span_cut(&last, '\\', &server);
		buf_add_char(&section, '/');
		buf_add_span(&section, server);
		scope = sel->enter(top, buf_span(&section), false);
		sel->leave(top);
		if (!scope)
			return;
		buf_clear(&section);
		top = scope;
	}
	buf_add_span(&section, last);
	d = mem_new(sizeof *d);
	d->path = mem_copy(path.p, path.n);
	d->held = sel->name(top, buf_span(&section), &d->sel);
	inside = sel->enter(top, buf_span(&section), false);
	sel->leave(top);
	d->folder = folder_new(d, NULL, path, inside);
	w->drive = mem_grow(w->drive, w->n_drives + 1, sizeof(struct drive *));
	w->drive[w->n_drives++] = d;
}

/* "\\server\share" at the front of a base; false: none, or a pattern. */
static bool share_of(struct span base, struct span *ret)
{
	size_t n = 2;

	for (unsigned sections = 0; n < base.n && sections < 2; n++) {
		if (strchr("*?[", base.p[n]))
			return false;
		sections += base.p[n] == '\\' || base.p[n] == '/';
		if (sections == 2)
			break;
	}
	*ret = span_from(base.p, n);
	return n > 2 && memchr(base.p + 2, '\\', n - 2) != NULL;
}

static void add_base(struct walk *w, struct span base)
{
	struct span share;
	char letter[3];

	if (base.n >= 2 && isalpha((unsigned char)base.p[0]) && base.p[1] == ':') {
		snprintf(letter, sizeof letter, "%c:", toupper((unsigned char)base.p[0]));
		add(w, span_of(letter));
	} else if (base.n > 2 && base.p[0] == '\\' && base.p[1] == '\\' && share_of(base, &share)) {
		add(w, share);
	}
}

static void add_named(struct walk *w)
{
	const struct selector *sel = w->pool->selector;
	struct rule_asks x;

	for (size_t i = 0; sel->asks && sel->asks(sel->policy, &kind_file, i, &x); i++)
		for (const char *const *base = x.bases; base && *base; base++)
			add_base(w, span_of(*base));
}

static void add_fixed(struct walk *w)
{
	DWORD letters = GetLogicalDrives();

	for (unsigned i = 0; i < 26; i++) {
		wchar_t root[] = { (wchar_t)('A' + i), ':', '\\', 0 };
		char path[] = { (char)('A' + i), ':', 0 };

		if ((letters >> i & 1) && GetDriveTypeW(root) == DRIVE_FIXED)
			add(w, span_of(path));
	}
}

static int by_key(const void *a, const void *b)
{
	const struct drive *const *x = a, *const *y = b;

	return span_compare(span_from((*x)->folder->prefix, (*x)->folder->prefix_n),
		span_from((*y)->folder->prefix, (*y)->folder->prefix_n));
}

void drives_find(struct walk *w)
{
	add_named(w);
	add_fixed(w);
	if (w->n_drives > 1)
		qsort(w->drive, w->n_drives, sizeof(struct drive *), by_key);
}

struct drive *drives_of(struct walk *w, struct span path)
{
	for (size_t i = 0; i < w->n_drives; i++) {
		struct span drive = span_of(w->drive[i]->path);

		if (path.n >= drive.n && fold_same(span_from(path.p, drive.n), drive) &&
			(path.n == drive.n || path.p[drive.n] == '\\'))
			return w->drive[i];
	}
	return NULL;
}

void drives_drop(struct walk *w)
{
	for (size_t i = 0; i < w->n_drives; i++) {
		folder_drop(w->pool, w->drive[i]->folder);
		free(w->drive[i]->path);
		free(w->drive[i]);
	}
	free(w->drive);
}
