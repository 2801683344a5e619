#include "watch/windows/folders.h"

#include <stdlib.h>

#include "core/fold.h"
#include "core/mem.h"
#include "entity/file.h"
#include "entity/key.h"
#include "os/clock.h"
#include "os/windows/wide.h"

#define WHO "the notifications of folders do not say who did it"
#define STREAM_TYPE ":$DATA"
#define ADDED_STREAM 6 /* FILE_ACTION_ADDED_STREAM, and _REMOVED_, _MODIFIED_ */

/* ---- who wants to know ---- */

static bool in_real_time(const struct folders *x, struct span path)
{
	struct selection sel;

	if (!policy_select(hearing_policy(x->h), &kind_file, path, NULL, &sel))
		return false;
	for (unsigned i = 0; i < sel.n; i++)
		if (sel.rule[i]->real_time)
			return true;
	return false;
}

/* Can a rule hold something below the folder? */
static bool reaches_below(const struct folders *x, struct span path)
{
	const struct selector *s = &x->selector;
	AUTO(buf) first = BUF_INIT(2000);
	struct scope *at = s->top(s->policy, &kind_file);
	struct span rest = path, step;

	if (span_starts(path, span_of("\\\\")))
		rest = span_from_offset(path, 2);
	for (bool begun = false; at && rest.n && span_cut(&rest, '\\', &step); begun = true) {
		struct scope *next;

		if (step.n == 0)
			continue;
		buf_clear(&first);
		if (!begun)
			buf_add_text(&first, path.p[0] == '\\' ? "//" : "/");
		buf_add_span(&first, step);
		next = s->enter(at, buf_span(&first), false);
		s->leave(at);
		at = next;
	}
	s->leave(at);
	return at != NULL;
}

static bool is_spare(const struct folders *x, struct span path)
{
	struct span rest;

	return x->spare.n && fold_starts(path, x->spare, &rest) &&
	       (rest.n == 0 || rest.p[0] == '\\');
}

static void tell_sources(struct folders *x, struct span path, int64_t now)
{
	for (size_t i = 0; i < x->n_sources; i++) {
		struct hint hint = { .kind = x->source[i].kind, .time = now, .why = span_of(WHO) };

		if (glob_joined(x->source[i].pattern, path, '\\'))
			hear_hint(x->h, &hint);
	}
}

void tell_path(struct folders *x, struct span path, bool below)
{
	struct hint hint = { .kind = &kind_file,
		.key = path,
		.below = below,
		.time = clock_now(),
		.why = span_of(WHO) };
	AUTO(buf) root = BUF_INIT(8);

	if (is_spare(x, path))
		return;
	if (path.n == 2) { /* "C:\" is the name of a drive's root */
		buf_add_span(&root, path);
		buf_add_char(&root, '\\');
		hint.key = path = buf_span(&root);
	}
	tell_sources(x, path, hint.time);
	hint.below = below && reaches_below(x, path);
	if (hint.below || in_real_time(x, path))
		hear_hint(x->h, &hint);
}

void tell_loss(struct folders *x, const struct listening *l)
{
	struct loss loss = { .means = span_of("folders"),
		.kind = &kind_file,
		.scope = span_of(l->path),
		.from = clock_now(),
		.to = clock_now(),
		.text = span_of("more changes at a time than Windows keeps") };
	AUTO(buf) root = BUF_INIT(8);

	if (loss.scope.n == 2) {
		buf_addf(&root, "%s\\", l->path);
		loss.scope = buf_span(&root);
	}
	hear_loss(x->h, &loss);
	for (size_t i = 0; i < x->n_sources; i++) /* each may be concerned */
		hear_hint(x->h, &(struct hint){ .kind = x->source[i].kind,
					.time = loss.to,
					.why = span_of(WHO) });
}

/* ---- what was heard ---- */

/* A program that opened "PROGRA~1" is told of under that name. NULL: it is the long one, or what it
 * named is gone. */
static char *long_name(const char *path)
{
	struct arena *a;
	wchar_t *w, *full;
	char *ret = NULL;
	DWORD n;

	if (!strchr(path, '~'))
		return NULL;
	a = arena_new();
	w = wide_path(a, span_of(path));
	n = GetLongPathNameW(w, NULL, 0);
	full = n ? arena_get(a, (n + 1) * sizeof *full) : NULL;
	if (full && GetLongPathNameW(w, full, n) && wcsncmp(full, L"\\\\?\\UNC\\", 8) != 0 &&
		wcslen(full) > 4) {
		struct span text = wide_to_span_z(a, full + 4);

		ret = mem_copy(text.p, text.n);
	}
	arena_free(a);
	return ret;
}

/* May the file system have made it of a longer one: "PROGRA~1", "LONGNA~2.TXT"? */
static bool is_short(struct span name)
{
	const char *dot = name.n ? memchr(name.p, '.', name.n) : NULL;
	size_t base = dot ? (size_t)(dot - name.p) : name.n, at = base;

	while (at > 0 && name.p[at - 1] >= '0' && name.p[at - 1] <= '9')
		at--;
	return base <= 8 && at < base && at > 1 && name.p[at - 1] == '~' && name.n - base <= 4;
}

/* What was removed, or renamed, under a short name: only its folder can still be looked at. */
static void tell_gone(struct folders *x, const struct listening *l, const char *path)
{
	size_t n = strlen(l->path);
	struct span rest = span_of(path + n + 1), name;

	while (span_cut(&rest, '\\', &name)) {
		if (is_short(name)) {
			tell_path(x, span_from(path, n), true);
			return;
		}
		n += 1 + name.n;
	}
}

static bool is_folder(const char *path)
{
	struct arena *a = arena_new();
	DWORD attributes = GetFileAttributesW(wide_path(a, span_of(path)));

	arena_free(a);
	return attributes != INVALID_FILE_ATTRIBUTES &&
	       (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0 &&
	       !(attributes & FILE_ATTRIBUTE_REPARSE_POINT);
}

/* A wish that comes or goes. */
static bool is_wished(const struct folders *x, const char *path)
{
	for (size_t i = 0; i < x->n_wishes; i++) {
		struct span rest;

		if (fold_starts(span_of(x->wish[i].path), span_of(path), &rest) &&
			(rest.n == 0 || rest.p[0] == '\\'))
			return true;
	}
	return false;
}

static void tell_one(struct folders *x, const struct listening *l, const FILE_NOTIFY_INFORMATION *f)
{
	AUTO(buf) path = BUF_INIT((size_t)1 << 20);
	bool comes = f->Action == FILE_ACTION_ADDED || f->Action == FILE_ACTION_RENAMED_NEW_NAME;
	bool goes = f->Action == FILE_ACTION_REMOVED || f->Action == FILE_ACTION_RENAMED_OLD_NAME;
	const char *text;
	char *full;

	buf_addf(&path, "%s\\", l->path);
	wide_to_text(f->FileName, f->FileNameLength / sizeof(wchar_t), &path);
	if (f->Action >= ADDED_STREAM && path.n > strlen(STREAM_TYPE) &&
		memcmp(path.p + path.n - strlen(STREAM_TYPE), STREAM_TYPE, strlen(STREAM_TYPE)) ==
			0)
		path.n -= strlen(STREAM_TYPE);
	if (path.full)
		return;
	text = buf_text(&path);
	full = long_name(text);
	if (goes && (!full || strcmp(full, text) == 0)) /* Wine knows no other */
		tell_gone(x, l, text);
	if (full)
		text = full;
	if ((comes || goes) && is_wished(x, text))
		x->again = true;
	tell_path(x, span_of(text), comes && is_folder(text));
	free(full);
}

void tell_heard(struct folders *x, const struct listening *l, DWORD n)
{
	const char *p = (const char *)x->heard;
	DWORD at = 0;

	for (;;) {
		const FILE_NOTIFY_INFORMATION *f = (const void *)(p + at);
		size_t head = offsetof(FILE_NOTIFY_INFORMATION, FileName);

		if (n - at < head || f->FileNameLength > n - at - head)
			return;
		tell_one(x, l, f);
		if (!f->NextEntryOffset || f->NextEntryOffset >= n - at)
			return;
		at += f->NextEntryOffset;
	}
}
