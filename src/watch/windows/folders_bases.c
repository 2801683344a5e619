#include "watch/windows/folders.h"

#include <stdlib.h>

#include "core/fold.h"
#include "core/mem.h"
#include "entity/file.h"
#include "entity/key.h"
#include "os/windows/optional.h"
#include "os/windows/wide.h"

#define WISHES_MAX 2048
#define SOURCES_MAX 256
#define WHAT \
	(FILE_NOTIFY_CHANGE_FILE_NAME | FILE_NOTIFY_CHANGE_DIR_NAME | \
		FILE_NOTIFY_CHANGE_ATTRIBUTES | FILE_NOTIFY_CHANGE_SIZE | \
		FILE_NOTIFY_CHANGE_LAST_WRITE | FILE_NOTIFY_CHANGE_CREATION | \
		FILE_NOTIFY_CHANGE_SECURITY)
#define WHAT_STREAMS 0xe00u /* FILE_NOTIFY_CHANGE_STREAM_NAME, _SIZE, _WRITE */

/* ---- what is wanted ---- */

/* Up to the folder above the first wildcard. */
static void wish(struct folders *x, const char *pattern)
{
	size_t wild = strcspn(pattern, "*?"), n = strlen(pattern);
	bool exact = pattern[wild] == '\0';
	char *p;

	if (!path_is_windows(span_of(pattern)) || x->n_wishes == WISHES_MAX)
		return;
	for (n = wild; !exact && n > 0 && pattern[n] != '\\' && pattern[n] != '/';)
		n--;
	p = arena_get(x->arena, n + 1);
	memcpy(p, pattern, n);
	for (size_t i = 0; i < n; i++)
		if (p[i] == '/')
			p[i] = '\\';
	while (n > 2 && p[n - 1] == '\\')
		p[--n] = '\0';
	x->wish[x->n_wishes++] = (struct wish){ .path = p, .exact = exact };
}

static bool in_real_time(const struct policy *p, const struct kind *k)
{
	const struct rule *const *rules = policy_rules(p);

	for (size_t i = 0; rules[i]; i++)
		if (rules[i]->kind == k && rules[i]->real_time)
			return true;
	return false;
}

static void add_source(struct folders *x, const struct kind *k, const char *pattern)
{
	struct source *s = &x->source[x->n_sources];
	struct err ignored;
	size_t n;

	if (x->n_sources == SOURCES_MAX || !path_is_windows(span_of(pattern)))
		return;
	s->kind = k;
	if (glob_compile_as(x->arena, span_of(pattern), &glob_windows, &s->pattern, &n, &ignored))
		return;
	x->n_sources++;
	wish(x, pattern);
}

static int by_path(const void *a, const void *b)
{
	const struct wish *x = a, *y = b;

	return fold_compare(span_of(x->path), span_of(y->path));
}

void bases_find(struct folders *x)
{
	const struct policy *p = hearing_policy(x->h);
	const struct rule *const *rules = policy_rules(p);

	x->wish = arena_get(x->arena, WISHES_MAX * sizeof *x->wish);
	x->source = arena_get(x->arena, SOURCES_MAX * sizeof *x->source);
	for (size_t i = 0; rules[i]; i++)
		for (const char *const *b = rules[i]->bases;
			rules[i]->kind == &kind_file && rules[i]->real_time && b && *b; b++)
			wish(x, *b);
	for (size_t i = 0; sensors[i]; i++)
		for (const struct watch_source *w = sensors[i]->watches; w && w->means; w++)
			if (w->means == WATCH_FILE && in_real_time(p, sensors[i]->kind))
				add_source(x, sensors[i]->kind, w->what);
	qsort(x->wish, x->n_wishes, sizeof *x->wish, by_path); /* a folder before what is in it */
}

/* ---- listening at one folder ---- */

bool listening_arm(struct listening *l)
{
	DWORD what = WHAT | (on_wine() ? 0 : WHAT_STREAMS);

	memset(&l->io, 0, sizeof l->io);
	l->armed = ReadDirectoryChangesW(l->handle, l->bytes, FOLDER_ROOM, l->deep, what, NULL,
			   &l->io, NULL) != 0;
	return l->armed;
}

void listening_free(struct folders *x, struct listening *l)
{
	struct listening **at = &x->list;
	DWORD n;

	while (*at && *at != l)
		at = &(*at)->next;
	if (*at)
		*at = l->next;
	if (l->armed) { /* and when there is nothing to cancel: it may be writing its end */
		(void)CancelIoEx(l->handle, &l->io);
		(void)GetOverlappedResult(l->handle, &l->io, &n, TRUE);
	}
	CloseHandle(l->handle);
	free(l->path);
	free(l->asked);
	free(l->bytes);
	free(l);
}

char *path_on_disk(HANDLE h, const char *asked)
{
	struct arena *a = arena_new();
	DWORD n = GetFinalPathNameByHandleW(h, NULL, 0, FILE_NAME_NORMALIZED | VOLUME_NAME_DOS);
	wchar_t *w = arena_get(a, ((size_t)n + 2) * sizeof *w);
	const char *ret = asked;

	if (n && GetFinalPathNameByHandleW(h, w, n + 1, FILE_NAME_NORMALIZED | VOLUME_NAME_DOS)) {
		struct span text = wide_to_span_z(a, w + (wcsncmp(w, L"\\\\?\\", 4) == 0 ? 4 : 0));

		while (text.n > 2 && text.p[text.n - 1] == '\\')
			text.n--;
		if (fold_same(text, span_of(asked)))
			ret = arena_text(a, text);
	}
	ret = mem_text(ret);
	arena_free(a);
	return (char *)(uintptr_t)ret;
}

static HANDLE open_folder(const char *path)
{
	struct arena *a = arena_new();
	AUTO(buf) text = BUF_INIT((size_t)1 << 20);
	HANDLE h;

	buf_add_text(&text, path);
	if (text.n == 2)
		buf_add_char(&text, '\\');
	h = CreateFileW(wide_path(a, buf_span(&text)), FILE_LIST_DIRECTORY,
		FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING,
		FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OVERLAPPED, NULL);
	arena_free(a);
	return h == INVALID_HANDLE_VALUE ? NULL : h;
}

static void say(struct folders *x, const struct listening *l, bool in_force, bool gone)
{
	AUTO(buf) scope = BUF_INIT((size_t)1 << 20);
	struct means means = { .kind = &kind_file,
		.name = span_of("folders"),
		.in_force = in_force,
		.gone = gone };

	buf_add_text(&scope, l->path);
	if (scope.n == 2)
		buf_add_char(&scope, '\\');
	means.scope = buf_span(&scope);
	if (!l->deep)
		means.text = span_of("the folder alone: waits for what rules name in it");
	else if (on_wine())
		means.text = span_of("Wine says nothing of sub-folders that were there before");
	hear_means(x->h, &means);
}

/* False: there is no such folder. */
static bool listen(struct folders *x, const char *path, bool deep)
{
	struct listening *l;
	HANDLE h;

	for (l = x->list; l; l = l->next)
		if (l->deep == deep && fold_same(span_of(l->asked), span_of(path))) {
			l->wanted = true;
			return true;
		}
	h = open_folder(path);
	if (!h)
		return false;
	l = mem_new(sizeof *l);
	l->handle = h;
	l->deep = deep;
	l->wanted = true;
	l->asked = mem_text(path);
	l->path = path_on_disk(h, path);
	l->bytes = mem_new(FOLDER_ROOM);
	l->serial = ++x->serials;
	l->next = x->list;
	x->list = l;
	if (!CreateIoCompletionPort(h, x->port, l->serial, 0) || !listening_arm(l)) {
		say(x, l, false, false);
		listening_free(x, l);
		return false;
	}
	say(x, l, true, false);
	return true;
}

/* ---- which folders ---- */

/* All of it is heard of from a folder above. */
static bool covered(const struct folders *x, const char *path)
{
	for (const struct listening *l = x->list; l; l = l->next) {
		struct span rest;

		if (l->wanted && l->deep && fold_starts(span_of(path), span_of(l->asked), &rest) &&
			(rest.n == 0 || rest.p[0] == '\\'))
			return true;
	}
	return false;
}

/* The folder above; false: it is a drive, or a share. */
static bool go_up(char *path)
{
	size_t n = strlen(path), least = path[0] == '\\' ? 2 : 0;
	char *last = strrchr(path, '\\');

	if (!last || (size_t)(last - path) <= least || n <= 2)
		return false;
	if (least && memchr(path + 2, '\\', (size_t)(last - path) - 2) == NULL)
		return false; /* what is left would be a server */
	*last = '\0';
	return true;
}

/* The folder it lies in tells when it comes, goes or is renamed. */
static void listen_above(struct folders *x, const char *path)
{
	char *above = mem_text(path);

	while (go_up(above) && !covered(x, above) && !listen(x, above, false))
		;
	free(above);
}

static void look_for(struct folders *x, struct wish *w)
{
	bool was = w->looked && w->present, known = w->looked;

	w->looked = true;
	w->present = covered(x, w->path) || listen(x, w->path, true);
	if (!covered(x, w->path) || w->present)
		listen_above(x, w->path);
	if (known && w->present != was) {
		char *path = mem_text(w->path);
		HANDLE h = open_folder(path);

		if (h) {
			char *spelt = path_on_disk(h, path);

			tell_path(x, span_of(spelt), true);
			free(spelt);
			CloseHandle(h);
		} else {
			tell_path(x, span_of(path), false);
		}
		free(path);
	}
}

void bases_look(struct folders *x)
{
	struct listening *next;

	x->again = false;
	for (struct listening *l = x->list; l; l = l->next)
		l->wanted = false;
	for (size_t i = 0; i < x->n_wishes; i++)
		look_for(x, &x->wish[i]);
	for (struct listening *l = x->list; l; l = next) {
		next = l->next;
		if (l->wanted)
			continue;
		say(x, l, false, true);
		listening_free(x, l);
	}
}
