/* Where a walk begins: at the hives, or at what somebody asked to look at again. */
#include "core/buf.h"
#include "entity/key.h"
#include "os/windows/wide.h"
#include "sensor/registry/registry_look_windows.h"

/* On the way to a target. */
struct step {
	HKEY key;
	struct scope *inside;
	struct way way;
};

static void step_done(struct look *l, struct step *s)
{
	if (s->key)
		RegCloseKey(s->key);
	l->selector->leave(s->inside);
	*s = (struct step){ 0 };
}

static bool open_hive(struct look *l, struct span name, HKEY *ret)
{
	HKEY hive = registry_hive(name);
	LONG rc = hive ? registry_open(hive, NULL, 0, l->how, ret) : ERROR_FILE_NOT_FOUND;

	if (rc == 0)
		return true;
	if (!hive)
		return false;
	(void)path_push(l, name);
	look_gap(l, rc, true, "cannot open the hive");
	path_pop(l);
	return false;
}

static void walk_whole(struct look *l, struct span hive)
{
	struct scope *top = l->selector->top(l->selector->policy, l->kind);
	HKEY key;

	if (top && open_hive(l, hive, &key)) {
		walk_hive(l, key, hive, top);
		RegCloseKey(key);
	}
	l->selector->leave(top);
}

/* ---- to a target ---- */

static bool step_failed(struct look *l, struct span section, LONG rc)
{
	bool user = l->depth == 2 && span_starts(buf_span(&l->path), span_of("HKU"));

	if (user && registry_is_gone(rc) && users_is_away(section))
		look_gap_as(l, GAP_AWAY, true, users_why_away(section));
	else if (!registry_is_gone(rc))
		look_gap(l, rc, true, "cannot open the key");
	return false;
}

/* Written otherwise it is another key to whoever asked: one that is not there. */
static bool is_called(struct look *l, HKEY key, struct span section)
{
	buf_clear(&l->text);
	return !registry_own_name(key, &l->text) || span_same(buf_span(&l->text), section);
}

static bool step_open(struct look *l, struct step *s, struct span section, struct step *next)
{
	AUTO(buf) link = BUF_INIT(PATH_MAX_BYTES);
	size_t n;
	wchar_t *name = wide_from_text(l->a, section, &n);
	LONG rc = registry_open(s->key, name, n, l->how | REGISTRY_OPEN_LINK, &next->key);
	struct key_info info;
	HKEY target;

	if (rc != 0)
		return step_failed(l, section, rc);
	if (!is_called(l, next->key, section))
		return false;
	if (key_info(l, next->key, &info) != 0 || !key_is_link(l, next->key, &info, &link))
		return true;
	if (!link_follow(l, s->key, name, n, &next->way, &target)) /* nothing is below it */
		return false;
	RegCloseKey(next->key);
	next->key = target;
	return true;
}

/* The section is on the path already. False: nothing further down is there to be looked at. */
static bool step_into(struct look *l, struct step *s, struct span section)
{
	struct step next = { .way = s->way };
	bool fine = way_passes(l, &next.way);

	if (fine)
		next.inside = l->selector->enter(s->inside, section, false);
	fine = fine && next.inside && step_open(l, s, section, &next);
	step_done(l, s);
	*s = next;
	return fine;
}

/* The hive itself. */
static bool step_first(struct look *l, struct step *s, struct span hive)
{
	struct scope *top = l->selector->top(l->selector->policy, l->kind);

	if (top && open_hive(l, hive, &s->key))
		s->inside = l->selector->enter(top, hive, false);
	l->selector->leave(top);
	(void)path_push(l, hive);
	return s->inside != NULL;
}

/* The last section: a value of the key at hand, a key, or both. */
static void look_at_last(struct look *l, struct step *s, struct span last, bool deep)
{
	const wchar_t *name;
	HKEY key;
	size_t n;

	if (l->values) {
		l->only = last.n ? last : (struct span){ "", 0 };
		look_at_values(l, s->key, s->inside);
		l->only = SPAN_NONE;
	}
	if (last.n == 0 || (l->values && !deep))
		return;
	name = wide_from_text(l->lasting, last, &n);
	if (registry_open(s->key, name, n, l->how | REGISTRY_OPEN_LINK, &key) == 0) {
		bool called = is_called(l, key, last);

		RegCloseKey(key);
		if (!called)
			return;
	}
	l->shallow = !deep;
	visit(l, s->key, name, n, s->inside, s->way);
	l->shallow = false;
}

/* deep: with all that is below it. */
static void walk_target(struct look *l, struct span text, bool deep)
{
	AUTO(buf) room = BUF_INIT(PATH_MAX_BYTES);
	struct span rest = key_path(l->kind, text, &room).sections, section;
	struct step s = { 0 };
	bool fine;

	if (span_is(text, "/")) {
		walk_whole(l, span_of("HKLM"));
		walk_whole(l, span_of("HKU"));
		return;
	}
	if (!span_cut(&rest, '\0', &section))
		return;
	if (!rest.p) { /* a hive by itself */
		l->shallow = !deep;
		walk_whole(l, section);
		l->shallow = false;
		return;
	}
	fine = step_first(l, &s, section);
	while (fine && span_cut(&rest, '\0', &section) && rest.p) {
		fine = path_push(l, section) && step_into(l, &s, section);
		arena_clear(l->a);
	}
	if (fine)
		look_at_last(l, &s, section, deep);
	step_done(l, &s);
	while (l->depth)
		path_pop(l);
}

void walk_all(struct look *l)
{
	const struct scan_options *o = scan_options(l->scan);

	users_tidy();
	if (!o->below && !o->points)
		walk_target(l, span_of("/"), true);
	for (size_t i = 0; o->below && i < o->n_below; i++)
		walk_target(l, o->below[i], true);
	for (size_t i = 0; o->points && i < o->n_points; i++)
		walk_target(l, o->points[i], false);
}
