/* The registry: RegNotifyChangeKeyValue at the bases of rules of the registry, and at the keys that
 * other kinds are read from. It says that something below a key changed, not what and not who: each
 * notification is asked for again first, then told as a hint for the whole base, once in a while
 * where a tree is busy. */
#include <stdlib.h>
#include <windows.h>

#include "core/mem.h"
#include "entity/registry_base.h"
#include "os/clock.h"
#include "os/windows/fault.h"
#include "watch/windows/registry_places.h"
#include "watch/windows/rooms.h"

#define RESOLVE_MS 250        /* between two looks at which bases there are */
#define RESOLVE_ALL_MS 300000 /* and without being told: what no notification tells of */
#define WANTED_MAX 8192
#define WHO "the registry's notifications do not say who did it"

struct room {
	struct hearing *h;
	struct arena *arena;
	struct wanted *wanted;
	size_t n_wanted;
	uint64_t kinds; /* those that are heard of */
	struct places places;
	bool quiet;   /* the first round: what is there is no news */
	bool resolve; /* some base may have come or gone */
	uint64_t resolved;
	struct buf slow; /* path of a place that does not become quiet; empty: none */
};

/* ---- what to listen at ---- */

static void add_wanted(struct room *x, const struct kind *k, const struct glob_section *s, size_t n)
{
	if (x->n_wanted == WANTED_MAX || n == 0)
		return;
	x->wanted[x->n_wanted++] = (struct wanted){ k, s, n };
	x->kinds |= UINT64_C(1) << k->id;
}

/* The rules of a kind of the registry itself. */
static void add_rules(struct room *x, const struct selector *s, const struct kind *k)
{
	struct registry_bases b;

	registry_bases_of(s, k, x->arena, &b);
	for (size_t i = 0; i < b.n; i++)
		if (b.list[i].real_time)
			add_wanted(x, k, b.list[i].section, b.list[i].n);
}

static bool in_real_time(const struct policy *p, const struct kind *k)
{
	const struct rule *const *rules = policy_rules(p);

	for (size_t i = 0; rules[i]; i++)
		if (rules[i]->kind == k && rules[i]->real_time)
			return true;
	return false;
}

/* What another kind is read from. */
static void add_source(struct room *x, const struct kind *k, const char *key)
{
	struct glob_section *s;
	struct err ignored;
	size_t n;

	if (glob_compile_as(x->arena, span_of(key), &glob_registry, &s, &n, &ignored) == 0)
		add_wanted(x, k, s, n);
}

static void plan(struct room *x)
{
	const struct policy *p = hearing_policy(x->h);
	const struct selector s = policy_selector(p);

	x->wanted = arena_get(x->arena, WANTED_MAX * sizeof *x->wanted);
	for (const struct kind *const *k = kinds; *k; k++)
		if ((*k)->keys == KEYS_REGISTRY || (*k)->keys == KEYS_VALUE)
			add_rules(x, &s, *k);
	for (size_t i = 0; sensors[i]; i++)
		for (const struct watch_source *w = sensors[i]->watches; w && w->means; w++)
			if (w->means == WATCH_REGISTRY && w->what &&
				in_real_time(p, sensors[i]->kind))
				add_source(x, sensors[i]->kind, w->what);
}

/* ---- hints ---- */

static void tell(struct room *x, const struct place *p)
{
	for (const struct kind *const *k = kinds; *k; k++) {
		struct hint hint = { .kind = *k, .time = p->time, .why = span_of(WHO) };

		if (!(p->kinds >> (*k)->id & 1))
			continue;
		/* A hive by itself names no value: all of the kind, then. */
		if ((*k)->keys == KEYS_REGISTRY ||
			((*k)->keys == KEYS_VALUE && strchr(p->path, '\\'))) {
			hint.key = span_of(p->path);
			hint.below = true;
		}
		hear_hint(x->h, &hint);
	}
}

static void note(struct place *p)
{
	if (pace_note(&p->pace, GetTickCount64()))
		p->time = clock_now();
}

/* A base came, or goes right now: its place may not live until the hint is due. */
static void changed(void *ctx, struct place *p)
{
	struct room *x = ctx;

	if (x->quiet)
		return;
	p->time = clock_now();
	tell(x, p);
}

static void take_fired(struct room *x)
{
	for (struct place *p = x->places.list; p; p = p->next) {
		if (!InterlockedExchange(&p->fired, 0))
			continue;
		/* Re-arm first: what happens from here on fires again. */
		if (!place_arm(p) || p->how != PLACE_SUBTREE)
			x->resolve = true;
		if (p->how == PLACE_SUBTREE)
			note(p);
	}
}

/* Tells what is due; returns when the next is. */
static uint64_t tell_due(struct room *x, uint64_t now)
{
	uint64_t next = x->resolved + (x->resolve ? RESOLVE_MS : RESOLVE_ALL_MS);

	for (struct place *p = x->places.list; p; p = p->next) {
		if (pace_take(&p->pace, now))
			tell(x, p);
		else if (p->pace.pending && p->pace.due < next)
			next = p->pace.due;
	}
	return next;
}

/* ---- the room ---- */

static void say_means(struct room *x)
{
	AUTO(buf) text = BUF_INIT(65536);

	buf_add_text(&text, "says that something below a key changed; the scan finds what");
	if (x->places.refused) {
		buf_clear(&text);
		buf_addf(&text, "%zu of %zu keys cannot be listened at", x->places.refused,
			x->places.refused + x->places.n);
	}
	if (x->slow.n) {
		buf_addf(&text, "; looked at every %d s, since it changes all the time: '",
			PACE_MOST_MS / 1000);
		buf_add_span(&text, buf_span(&x->slow));
		buf_add_char(&text, '\'');
	}
	for (const struct kind *const *k = kinds; *k; k++)
		if (x->kinds >> (*k)->id & 1)
			hear_means(x->h, &(struct means){ .kind = *k,
						 .name = span_of("registry"),
						 .in_force = true,
						 .text = buf_span(&text) });
}

/* One of those that are looked at more rarely is named, as long as there is one. */
static void say_slow(struct room *x, uint64_t now)
{
	const struct place *p = x->places.list;

	while (p && !pace_is_slowest(&p->pace, now))
		p = p->next;
	if (span_is(buf_span(&x->slow), p ? p->path : ""))
		return;
	buf_clear(&x->slow);
	if (p)
		buf_add_text(&x->slow, p->path);
	say_means(x);
}

static void resolve(struct room *x)
{
	size_t refused = x->places.refused;

	x->resolve = false;
	places_resolve(&x->places);
	x->resolved = GetTickCount64();
	if (x->quiet || refused != x->places.refused)
		say_means(x);
	x->quiet = false;
}

static int watch(struct room *x, struct err *e)
{
	const HANDLE waits[] = { hearing_end(x->h), x->places.bell };

	for (;;) {
		uint64_t now, next;
		DWORD woken;

		take_fired(x);
		now = GetTickCount64();
		if (now - x->resolved >= (x->resolve ? RESOLVE_MS : RESOLVE_ALL_MS))
			resolve(x);
		next = tell_due(x, now);
		say_slow(x, now);
		now = GetTickCount64();
		woken = WaitForMultipleObjects(ARRAY_LEN(waits), waits, FALSE,
			next > now ? (DWORD)(next - now) : 0);
		if (woken == WAIT_OBJECT_0)
			return 0;
		if (woken == WAIT_FAILED)
			return err_windows(e, GetLastError(), "cannot wait for the registry");
	}
}

static int run(struct hearing *h, struct err *e)
{
	struct room x = { .h = h, .arena = arena_new(), .quiet = true, .slow = BUF_INIT(65536) };
	int rc = 0;

	plan(&x);
	if (x.n_wanted) {
		x.places = (struct places){ .wanted = x.wanted,
			.n_wanted = x.n_wanted,
			.bell = CreateEventW(NULL, FALSE, FALSE, NULL),
			.changed = changed,
			.ctx = &x };
		if (!x.places.bell) {
			rc = err_windows(e, GetLastError(), "cannot make an event");
		} else {
			resolve(&x);
			hear_ready(h);
			rc = watch(&x, e);
			places_done(&x.places);
			CloseHandle(x.places.bell);
		}
	}
	buf_done(&x.slow);
	arena_free(x.arena);
	return rc;
}

const struct hearing_room hearing_registry = { "registry", run };
