/* Down from the hives, by what the policy selects. */
#include <stdlib.h>

#include "core/mem.h"
#include "entity/key.h"
#include "entity/registry_key.h"
#include "os/windows/fault.h"
#include "os/windows/wide.h"
#include "sensor/registry/registry_look_windows.h"

#define NAMES_BYTES ((size_t)256 << 20)

/* One key at hand. */
struct key_look {
	HKEY key;
	struct selection *sel; /* kind registry-key: the rules that hold it; NULL: none */
	struct scope *inside;  /* NULL: nothing below it is selected */
	struct way way;
	struct key_info info;
	struct span target; /* of a link */
	struct found_value *values;
	struct buf names;
};

/* ---- the way ---- */

bool path_push(struct look *l, struct span section)
{
	if (l->path.n)
		buf_add_char(&l->path, '\0');
	buf_add_span(&l->path, section);
	l->depth++;
	return l->depth <= DEPTH_MAX && !l->path.full;
}

void path_pop(struct look *l)
{
	size_t n = l->path.n;

	while (n && l->path.p[n - 1])
		n--;
	l->path.n = n ? n - 1 : 0;
	l->path.full = false;
	l->depth--;
}

struct span path_name(struct span path)
{
	size_t n = path.n;

	while (n && path.p[n - 1])
		n--;
	return span_from_offset(path, n);
}

struct span path_text(struct look *l)
{
	buf_clear(&l->key);
	for (size_t i = 0; i < l->path.n; i++)
		buf_add_char(&l->key, l->path.p[i] ? l->path.p[i] : '\\');
	return buf_span(&l->key);
}

/* ---- gaps ---- */

void look_gap_as(struct look *l, enum gap_reason reason, bool subtree, const char *text)
{
	struct gap g = { .kind = l->kind,
		.key = path_text(l),
		.subtree = subtree,
		.reason = reason,
		.text = text };

	scan_gap(l->scan, &g);
}

void look_gap(struct look *l, LONG code, bool subtree, const char *what)
{
	struct err e;

	(void)err_windows(&e, (unsigned long)code, "%s", what);
	scan_gap_err(l->scan, l->kind, path_text(l), subtree, &e);
}

/* ---- one key ---- */

/* Keys of kind registry-value have no entity of their own. */
static bool asks_key(struct look *l, struct scope *above, struct span name, struct selection *ret)
{
	return !l->values && l->selector->name(above, name, ret);
}

/* What is in the key, as it was at one moment: ERROR_RETRY when it would not hold still. */
static LONG read_key(struct look *l, struct key_look *k)
{
	for (unsigned i = 0; i < ATTEMPTS; i++) {
		struct key_info after;
		LONG rc = l->values && k->inside ? key_values(l, k->key, k->inside, &k->values) : 0;

		if (rc == 0 && k->inside)
			rc = key_children(l, k->key, &k->names);
		if (rc == 0)
			rc = key_info(l, k->key, &after);
		if (rc != 0)
			return rc;
		if (key_info_same(&k->info, &after))
			return 0;
		k->info = after;
	}
	return ERROR_RETRY;
}

static void emit_key(struct look *l, struct key_look *k)
{
	uint64_t unknown;
	LONG why;

	l->r->has = 0;
	l->r->key = arena_copy(l->a, path_text(l));
	unknown = key_facts(l, k->key, &k->info, k->sel->fields, k->target, &why);
	if (k->sel->tentative && !l->selector->settle(k->sel, l->r))
		return;
	if (unknown)
		look_gap(l, why, false, "cannot read the key's security");
	scan_emit_part(l->scan, l->r, unknown);
}

static void emit_values(struct look *l, const struct found_value *v)
{
	for (; v; v = v->next) {
		value_facts(l, v);
		l->r->key = value_text(l, v->name);
		scan_emit(l->scan, l->r);
	}
}

static bool in_users(const struct look *l)
{
	return l->depth == 1 && span_is(buf_span(&l->path), "HKU");
}

static void visit_children(struct look *l, struct key_look *k)
{
	struct span rest = buf_span(&k->names);
	DWORD n;

	while (rest.n && !scan_stopped(l->scan)) {
		memcpy(&n, rest.p, sizeof n);
		visit(l, k->key, (const wchar_t *)(const void *)(rest.p + sizeof n), n, k->inside,
			k->way);
		rest = span_from_offset(rest, sizeof n + (n + 1) * sizeof(wchar_t));
	}
}

static void tell_failed(struct look *l, const struct key_look *k, LONG rc)
{
	if (rc == ERROR_RETRY)
		look_gap_as(l, GAP_UNSTABLE, true, "kept changing while it was enumerated");
	else if (rc == ERROR_NOT_ENOUGH_QUOTA || k->names.full)
		look_gap_as(l, GAP_LIMIT, true, "has more sub-keys or values than are looked at");
	else if (rc != 0 && !registry_is_gone(rc))
		look_gap(l, rc, true, "cannot enumerate the key");
}

/* Everything that is known of an open key, then what is below it. rc: whether k->info is. */
static void look_at(struct look *l, struct key_look *k, LONG rc)
{
	k->names = BUF_INIT(NAMES_BYTES);
	if (rc == 0)
		rc = read_key(l, k);
	tell_failed(l, k, rc);
	if (registry_is_gone(rc)) {
		buf_done(&k->names);
		return;
	}
	if (k->sel)
		emit_key(l, k);
	emit_values(l, k->values);
	if (!k->names.full)
		visit_children(l, k);
	buf_done(&k->names);
	if (k->inside && in_users(l))
		users_walk(l, k->inside);
}

void look_at_values(struct look *l, HKEY key, struct scope *inside)
{
	struct key_look k = { .key = key, .inside = inside };
	LONG rc;

	arena_clear(l->a);
	k.names = BUF_INIT(NAMES_BYTES);
	rc = key_info(l, key, &k.info);
	if (rc == 0)
		rc = read_key(l, &k);
	tell_failed(l, &k, rc);
	if (!registry_is_gone(rc))
		emit_values(l, k.values);
	buf_done(&k.names);
}

/* A link in the base of a rule is the way to it: its target is opened instead. */
bool link_follow(struct look *l, HKEY parent, const wchar_t *name, size_t n, struct way *way,
	HKEY *ret)
{
	enum registry_reach reach = registry_reaches(&l->bases, buf_span(&l->path), l->depth);

	if (reach == REACH_NOT || registry_open(parent, name, n, l->how, ret) != 0)
		return false;
	*way = (struct way){ .least = l->depth, .free = reach == REACH_INSIDE };
	return true;
}

static void open_and_look(struct look *l, HKEY parent, const wchar_t *name, size_t n,
	struct key_look *k)
{
	AUTO(buf) link = BUF_INIT(PATH_MAX_BYTES);
	HKEY target = NULL, own = NULL;
	LONG rc = registry_open(parent, name, n, l->how | REGISTRY_OPEN_LINK, &own);

	if (registry_is_gone(rc))
		return;
	if (rc != 0) {
		look_gap(l, rc, true, "cannot open the key");
		return;
	}
	arena_clear(l->a);
	k->key = own;
	rc = key_info(l, own, &k->info);
	if (rc == 0 && key_is_link(l, own, &k->info, &link)) {
		k->target = buf_span(&link);
		if (link_follow(l, parent, name, n, &k->way, &target)) {
			k->key = target;
			rc = key_info(l, target, &k->info);
		}
	}
	look_at(l, k, rc);
	if (target)
		RegCloseKey(target);
	RegCloseKey(own);
}

bool way_passes(struct look *l, struct way *way)
{
	enum registry_reach reach;

	if (!way->least || way->free)
		return true;
	reach = registry_reaches(&l->bases, buf_span(&l->path), way->least);
	way->free = reach == REACH_INSIDE;
	return reach != REACH_NOT;
}

/* The path at hand is the key's. */
static void visit_pushed(struct look *l, HKEY parent, const wchar_t *name, size_t n,
	struct scope *above, struct way way)
{
	struct span section = path_name(buf_span(&l->path));
	struct selection sel;
	struct key_look k = { .way = way };

	if (!way_passes(l, &k.way))
		return;
	if (asks_key(l, above, section, &sel))
		k.sel = &sel;
	k.inside = l->shallow ? NULL : l->selector->enter(above, section, false);
	if (k.sel || k.inside)
		open_and_look(l, parent, name, n, &k);
	l->selector->leave(k.inside);
}

void visit(struct look *l, HKEY parent, const wchar_t *name, size_t n, struct scope *above,
	struct way way)
{
	AUTO(buf) section = BUF_INIT(PATH_MAX_BYTES);

	scan_alive(l->scan);
	if (in_users(l) && users_is_ours(name))
		return;
	wide_to_text(name, n, &section);
	if (!path_push(l, buf_span(&section))) {
		path_pop(l);
		look_gap_as(l, GAP_LIMIT, true, "has more levels of sub-keys than are looked at");
		return;
	}
	if (l->keys++ < KEYS_MAX)
		visit_pushed(l, parent, name, n, above, way);
	else if (!l->full)
		look_gap_as(l, GAP_LIMIT, true, "more keys than are looked at in one scan");
	l->full = l->keys >= KEYS_MAX;
	path_pop(l);
}

void walk_hive(struct look *l, HKEY at, struct span name, struct scope *above)
{
	struct selection sel;
	struct key_look k = { .key = at };

	arena_clear(l->a);
	(void)path_push(l, name);
	if (asks_key(l, above, name, &sel))
		k.sel = &sel;
	k.inside = l->shallow ? NULL : l->selector->enter(above, name, false);
	if (k.sel || k.inside)
		look_at(l, &k, key_info(l, at, &k.info));
	l->selector->leave(k.inside);
	path_pop(l);
}
