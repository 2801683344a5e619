#include "watch/windows/registry_places.h"

#include <stdlib.h>

#include "core/fold.h"
#include "core/mem.h"
#include "entity/registry_base.h"
#include "os/windows/registry.h"
#include "os/windows/wide.h"

#ifndef REG_NOTIFY_THREAD_AGNOSTIC /* Windows 8; without it a watch ends with its thread */
#define REG_NOTIFY_THREAD_AGNOSTIC 0x10000000
#endif
#define EVERYTHING \
	(REG_NOTIFY_CHANGE_NAME | REG_NOTIFY_CHANGE_ATTRIBUTES | REG_NOTIFY_CHANGE_LAST_SET | \
		REG_NOTIFY_CHANGE_SECURITY)
/* The kernel's list of loaded hives: has a value for each user who is logged on. */
#define HIVES "HKLM\\SYSTEM\\CurrentControlSet\\Control\\hivelist"
#define PATH_BYTES ((size_t)1 << 20)
#define NAMES_MAX 65536 /* sub-keys that a wildcard is tried on */

static const DWORD filters[] = {
	[PLACE_SUBTREE] = EVERYTHING,
	[PLACE_NAMES] = REG_NOTIFY_CHANGE_NAME,
	[PLACE_VALUES] = REG_NOTIFY_CHANGE_LAST_SET,
};

/* ---- one place ---- */

static void CALLBACK on_fired(void *ctx, BOOLEAN timed_out)
{
	struct place *x = ctx;

	(void)timed_out;
	InterlockedExchange(&x->fired, 1);
	SetEvent(x->bell);
}

bool place_arm(struct place *x)
{
	return RegNotifyChangeKeyValue(x->key, x->how == PLACE_SUBTREE,
		       filters[x->how] | REG_NOTIFY_THREAD_AGNOSTIC, x->event, TRUE) == 0;
}

static void place_close(struct place *x)
{
	if (x->wait)
		UnregisterWaitEx(x->wait, INVALID_HANDLE_VALUE);
	if (x->key)
		RegCloseKey(x->key);
	if (x->event)
		CloseHandle(x->event);
	x->wait = x->event = NULL;
	x->key = NULL;
}

static bool place_open(struct place *x)
{
	if (registry_open_path(span_of(x->path), 0, &x->key) != 0)
		return false;
	x->event = CreateEventW(NULL, FALSE, FALSE, NULL);
	if (x->event && RegisterWaitForSingleObject(&x->wait, x->event, on_fired, x, INFINITE, 0) &&
		place_arm(x))
		return true;
	place_close(x);
	return false;
}

/* A handle of a key that was deleted stays, and hears nothing any more. */
static bool place_is_alive(const struct place *x)
{
	return x->key && RegQueryInfoKeyW(x->key, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
				 NULL, NULL, NULL) == 0;
}

static void place_free(struct place *x)
{
	place_close(x);
	free(x->path);
	free(x);
}

/* ---- what should be listened at ---- */

static void want(struct places *p, struct span path, enum place_how how, uint64_t who)
{
	struct place *x = p->list;

	while (x && !(x->how == how && fold_same(span_of(x->path), path)))
		x = x->next;
	if (!x) {
		x = mem_new(sizeof *x);
		x->path = mem_copy(path.p, path.n);
		x->how = how;
		x->bell = p->bell;
		x->next = p->list;
		p->list = x;
	}
	if (!x->wanted)
		x->kinds = 0;
	x->wanted = true;
	x->kinds |= who;
}

static void expand(struct places *p, const struct wanted *w, size_t at, HKEY key, struct buf *path);

/* Into the sub-key `name`, which may be a link: it keeps its name, and what it points to is opened.
 * False: it is not there. */
static bool into(struct places *p, const struct wanted *w, size_t at, HKEY key, struct buf *path,
	struct span name)
{
	AUTO_FREE(arena) a = arena_new();
	AUTO(buf) own = BUF_INIT(PATH_BYTES);
	size_t n, before = path->n;
	wchar_t *wide = wide_from_text(a, name, &n);
	HKEY link, target;

	if (n == 0 || registry_open(key, wide, n, REGISTRY_OPEN_LINK, &link) != 0)
		return false;
	if (!registry_own_name(link, &own) || !fold_same(buf_span(&own), name)) {
		buf_clear(&own);
		buf_add_span(&own, name);
	}
	RegCloseKey(link);
	if (registry_open(key, wide, n, 0, &target) != 0)
		return false;
	buf_add_char(path, '\\');
	buf_add_span(path, buf_span(&own));
	if (at + 1 == w->n)
		want(p, buf_span(path), PLACE_SUBTREE, UINT64_C(1) << w->kind->id);
	else
		expand(p, w, at + 1, target, path);
	path->n = before;
	RegCloseKey(target);
	return true;
}

static void expand_wild(struct places *p, const struct wanted *w, size_t at, HKEY key,
	struct buf *path)
{
	wchar_t *name = mem_array(REGISTRY_NAME_MAX, sizeof *name);
	AUTO(buf) text = BUF_INIT(PATH_BYTES);

	for (DWORD i = 0; i < NAMES_MAX; i++) {
		DWORD n = REGISTRY_NAME_MAX;

		if (RegEnumKeyExW(key, i, name, &n, NULL, NULL, NULL, NULL) != 0)
			break;
		buf_clear(&text);
		wide_to_text(name, n, &text);
		if (registry_section_holds(&w->section[at], buf_span(&text)))
			into(p, w, at, key, path, buf_span(&text));
	}
	free(name);
}

static bool is_wild(const struct glob_section *s)
{
	return s->how != GLOB_LITERAL || (s->text.n && s->text.p[0] == '{');
}

/* section[at] lies in this key. Whether it comes or goes is heard of here: the key itself would not
 * tell (Windows documents it so). */
static void expand(struct places *p, const struct wanted *w, size_t at, HKEY key, struct buf *path)
{
	bool wild = is_wild(&w->section[at]), there = true;

	if (wild)
		expand_wild(p, w, at, key, path);
	else
		there = into(p, w, at, key, path, w->section[at].text);
	if (wild || !there || at + 1 == w->n)
		want(p, buf_span(path), PLACE_NAMES, 0);
}

static void expand_from_hive(struct places *p, const struct wanted *w)
{
	AUTO(buf) path = BUF_INIT(PATH_BYTES);
	HKEY hive = registry_hive(w->section[0].text), key;

	if (!hive || registry_open(hive, NULL, 0, 0, &key) != 0)
		return;
	buf_add_span(&path, w->section[0].text);
	if (w->n == 1)
		want(p, buf_span(&path), PLACE_SUBTREE, UINT64_C(1) << w->kind->id);
	else
		expand(p, w, 1, key, &path);
	RegCloseKey(key);
	p->users = p->users || hive == HKEY_USERS;
}

/* ---- all of them ---- */

/* Those that are not wanted any more go. */
static void sweep(struct places *p)
{
	for (struct place **at = &p->list; *at;) {
		struct place *x = *at;

		if (x->wanted) {
			at = &x->next;
			continue;
		}
		if (x->how == PLACE_SUBTREE && x->key)
			p->changed(p->ctx, x);
		*at = x->next;
		place_free(x);
	}
}

void places_resolve(struct places *p)
{
	p->n = p->refused = 0;
	for (struct place *x = p->list; x; x = x->next)
		x->wanted = false;
	for (size_t i = 0; i < p->n_wanted; i++)
		expand_from_hive(p, &p->wanted[i]);
	if (p->users)
		want(p, span_of(HIVES), PLACE_VALUES, 0);
	sweep(p);
	for (struct place *x = p->list; x; x = x->next) {
		if (place_is_alive(x)) {
			p->n++;
			continue;
		}
		place_close(x);
		if (p->n < PLACES_MAX && place_open(x)) {
			p->n++;
			if (x->how == PLACE_SUBTREE)
				p->changed(p->ctx, x);
		} else if (x->how == PLACE_SUBTREE) {
			p->refused++;
		}
	}
}

void places_done(struct places *p)
{
	while (p->list) {
		struct place *x = p->list;

		p->list = x->next;
		place_free(x);
	}
}
