/* One unit: its settings, its relations, and whether it is enabled. */
#include "host/units_state.h"

#include <stdlib.h>

#include "core/attr.h"

#define SOURCES_MAX 128 /* drop-ins of one unit */
#define NAMES_MAX 256

/* ---- settings ---- */

static void load_settings(struct unit_search *s, struct unit_source *source, struct span key,
	struct span text)
{
	AUTO(buf) all = BUF_INIT(UNIT_FILE_MAX * 48);
	struct unit_reader r = unit_reader(text, s->arena);
	struct unit_setting x;

	while (unit_reader_next(&r, &x))
		buf_add(&all, &x, sizeof x);
	source->n = all.n / sizeof x;
	source->settings = arena_get(s->arena, all.n + 1);
	if (all.n)
		memcpy(source->settings, all.p, all.n);
	if (r.bad) {
		struct err why;

		(void)!err_set(&why, ERR_FORMAT,
			"'%s' line %u is no setting (%u such lines in all)", source->path.p,
			r.first_bad, r.bad);
		unit_problem_add(s, key, &why);
	}
}

static void load_source(struct unit_search *s, struct unit_source *source, struct span key)
{
	struct err why;
	struct span text;

	if (source->settings || source->read)
		return;
	if (host_read(s->h, source->path.p, UNIT_FILE_MAX, s->arena, &text, &why) < 0) {
		struct stat st;
		struct err ignored;

		/* A drop-in that is a link to /dev/null stands for nothing. */
		if (why.code == ERR_MISSING ||
			(why.code == ERR_FORMAT &&
				host_stat(s->h, source->path.p, false, &st, &ignored) == 0 &&
				S_ISCHR(st.st_mode)))
			return;
		unit_problem_add(s, key, &why);
		return;
	}
	source->read = true;
	sha256_once(text.p, text.n, source->sha256);
	load_settings(s, source, key, text);
}

bool unit_settings_next(struct unit_settings *s, const struct unit_setting **ret)
{
	while (s->source <= s->of->n_drop_ins) {
		const struct unit_source *now =
			s->source == 0 ? s->of->fragment : s->of->drop_ins[s->source - 1];

		if (now && s->i < now->n) {
			*ret = &now->settings[s->i++];
			return true;
		}
		s->source++;
		s->i = 0;
	}
	return false;
}

struct span unit_get(const struct unit *u, const char *section, const char *key)
{
	struct unit_settings s = { .of = u };
	const struct unit_setting *x;
	struct span value = SPAN_NONE;

	while (unit_settings_next(&s, &x))
		if (span_is(x->key, key) && span_is(x->section, section))
			value = x->value;
	return value;
}

/* ---- drop-ins ---- */

/* Every name whose .d folders speak of this unit, the most specific first: its own, its aliases,
 * its template, what its name begins with up to a dash, its type (systemd.unit(5)). */
static size_t drop_in_names(const struct unit_search *s, const struct unit *u, struct span *ret)
{
	struct span type = unit_type(u->name), template = unit_template(u->name, s->arena);
	struct span stem = template.n ? template : u->name;
	size_t n = 0, n_alias = 0;
	const struct relation *alias = relations_of(s, u->name, UNIT_ALIAS, &n_alias);

	ret[n++] = u->name;
	for (size_t i = 0; i < n_alias && n < NAMES_MAX / 2; i++)
		ret[n++] = alias[i].other;
	if (template.n)
		ret[n++] = template;
	for (size_t i = stem.n - type.n - 1; i > 1 && n < NAMES_MAX - 1; i--)
		if (stem.p[i - 1] == '-' && i < stem.n - type.n - 1)
			ret[n++] = span_of(arena_format(s->arena, "%.*s.%.*s", (int)i, stem.p,
				SPAN_ARG(type)));
	ret[n++] = type;
	return n;
}

struct drop_in {
	struct span name; /* of its file */
	size_t at;        /* in the order they were found in */
	struct unit_source *source;
};

static int compare_drop_ins(const void *x, const void *y)
{
	const struct drop_in *a = x, *b = y;
	int r = span_compare(a->name, b->name);

	return r ? r : (a->at > b->at) - (a->at < b->at);
}

static void too_many(struct unit_search *s, const struct unit *u)
{
	struct err why;

	(void)!err_set(&why, ERR_LIMIT, "more than %d drop-ins: the others are not looked at",
		SOURCES_MAX);
	unit_problem_add(s, u->name, &why);
}

static size_t collect_drop_ins(struct unit_search *s, const struct unit *u, struct drop_in *ret)
{
	struct span names[NAMES_MAX];
	size_t n = 0, n_names = drop_in_names(s, u, names);

	for (size_t i = 0; i < n_names; i++) {
		size_t k;
		const struct relation *r = relations_of(s, names[i], UNIT_DROP_IN, &k);

		for (size_t j = 0; j < k; j++) {
			if (n == SOURCES_MAX) {
				too_many(s, u);
				return n;
			}
			ret[n] = (struct drop_in){ unit_base_name(r[j].other), n, r[j].source };
			n++;
		}
	}
	return n;
}

/* They are read in the order of their file names, whichever folder they are in; of the same name
 * only the first found counts. */
static void find_drop_ins(struct unit_search *s, struct unit *u)
{
	struct drop_in found[SOURCES_MAX];
	size_t n = collect_drop_ins(s, u, found);

	if (n == 0)
		return;
	qsort(found, n, sizeof *found, compare_drop_ins);
	u->drop_ins = arena_get(s->arena, (n + 1) * sizeof *u->drop_ins);
	for (size_t i = 0; i < n; i++) {
		if (i && span_same(found[i].name, found[i - 1].name))
			continue;
		load_source(s, found[i].source, u->name);
		u->drop_ins[u->n_drop_ins++] = found[i].source;
	}
}

/* ---- is it enabled? As unit_file_lookup_state() of systemd finds out ---- */

struct links {
	bool config, runtime, vendor;
};

static void add_links(struct links *l, const struct relation *r, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		l->config |= r[i].class == FOLDER_CONFIG;
		l->runtime |= r[i].class >= FOLDER_RUNTIME;
		l->vendor |= r[i].class == FOLDER_VENDOR;
	}
}

static void links_to(const struct unit_search *s, struct span name, struct links *l)
{
	static const enum unit_relation types[] = { UNIT_WANTED_BY, UNIT_REQUIRED_BY,
		UNIT_UPHELD_BY, UNIT_ALIAS };

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		size_t n;
		const struct relation *r = relations_of(s, name, types[i], &n);

		add_links(l, r, n);
	}
}

/* A template is enabled by links to its instances. */
static void links_to_instances(const struct unit_search *s, struct span name, struct links *l)
{
	const struct relation *all = (const void *)s->relations.p;
	size_t n = s->relations.n / sizeof *all, low = 0, high = n;
	struct span stem = { name.p, name.n - unit_type(name).n - 1 };

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (span_compare(all[mid].of, stem) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < n && span_starts(all[low].of, stem); low++)
		if (all[low].type <= UNIT_UPHELD_BY &&
			span_same(unit_type(all[low].of), unit_type(name)))
			add_links(l, &all[low], 1);
}

static enum unit_enabled by_install(const struct unit *u)
{
	struct unit_settings s = { .of = u };
	const struct unit_setting *x;
	bool also = false;

	while (unit_settings_next(&s, &x)) {
		if (!span_is(x->section, "Install") || x->value.n == 0)
			continue;
		if (span_is(x->key, "WantedBy") || span_is(x->key, "RequiredBy") ||
			span_is(x->key, "UpheldBy") || span_is(x->key, "Alias"))
			return UNIT_DISABLED;
		also |= span_is(x->key, "Also");
	}
	return also ? UNIT_INDIRECT : UNIT_STATIC;
}

static bool is_masked(struct unit_search *s, const struct unit_entry *entry)
{
	struct stat st;
	struct err why;

	if (span_is(entry->target, "/dev/null"))
		return true;
	return host_stat(s->h, entry->path.p, false, &st, &why) == 0 && S_ISREG(st.st_mode) &&
	       st.st_size == 0;
}

static enum unit_enabled enabled_of(struct unit_search *s, const struct unit *u,
	const struct unit_entry *entry)
{
	enum folder_class class = entry ? s->folders[entry->folder].class : FOLDER_VENDOR;
	struct links l = { 0 };

	if (entry && span_same(entry->name, u->name) && class == FOLDER_TRANSIENT)
		return UNIT_TRANSIENT;
	if (entry && span_same(entry->name, u->name) && class == FOLDER_GENERATOR)
		return UNIT_GENERATED;
	links_to(s, u->name, &l);
	if (unit_is_template(u->name))
		links_to_instances(s, u->name, &l);
	if (l.config)
		return UNIT_ENABLED;
	if (l.runtime)
		return UNIT_ENABLED_RUNTIME;
	if (l.vendor && !span_same(entry ? entry->name : u->name, u->name))
		return UNIT_STATIC; /* an instance that the vendor wants */
	if (entry && entry->target.n && span_same(entry->name, u->name) && class != FOLDER_VENDOR)
		return class == FOLDER_CONFIG ? UNIT_LINKED : UNIT_LINKED_RUNTIME;
	return by_install(u);
}

/* ---- all of one ---- */

void unit_fill(struct unit_search *s, struct unit *u)
{
	const struct unit_entry *entry = entries_find(s, u->name);

	if (!entry || (entry->target.n && !span_is(entry->target, "/dev/null") &&
			      unit_is_template(unit_base_name(entry->target)) &&
			      !unit_is_template(u->name)))
		entry = entries_find(s, unit_template(u->name, s->arena));
	u->key = span_of(arena_format(s->arena, "%s%.*s", s->prefix, SPAN_ARG(u->name)));
	u->of_users = s->of_users;
	u->user = s->user;
	if (entry && is_masked(s, entry)) {
		u->enabled = s->folders[entry->folder].class == FOLDER_CONFIG ? UNIT_MASKED
			     : s->folders[entry->folder].class == FOLDER_VENDOR
				     ? UNIT_MASKED
				     : UNIT_MASKED_RUNTIME;
		return;
	}
	if (entry) {
		u->fragment = arena_get(s->arena, sizeof *u->fragment);
		u->fragment->path = entry->path;
		load_source(s, u->fragment, u->name);
	}
	find_drop_ins(s, u);
	u->enabled = enabled_of(s, u, entry);
}

/* ---- what starts what ---- */

static void trigger(struct unit_search *s, const struct unit *u, struct span what)
{
	struct relation r = { .of = what, .other = u->name, .type = UNIT_TRIGGERED_BY };

	if (unit_type(what).n)
		buf_add(&s->relations, &r, sizeof r);
}

void unit_add_triggers(struct unit_search *s, const struct unit *u)
{
	static const struct {
		const char *type, *section, *key, *starts;
	} rows[] = { { "timer", "Timer", "Unit", "service" }, { "path", "Path", "Unit", "service" },
		{ "socket", "Socket", "Service", "service" },
		{ "automount", "Automount", NULL, "mount" } };
	struct span type = unit_type(u->name), stem = { u->name.p, u->name.n - type.n - 1 }, what;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (!span_is(type, rows[i].type) || !u->fragment)
			continue;
		what = rows[i].key ? unit_get(u, rows[i].section, rows[i].key) : SPAN_NONE;
		if (what.n == 0) {
			struct span accept = unit_get(u, "Socket", "Accept");
			bool each = accept.n && strchr("yYtT1", accept.p[0]);

			what = span_of(arena_format(s->arena, "%.*s%s.%s", SPAN_ARG(stem),
				each ? "@" : "", rows[i].starts));
		}
		trigger(s, u, what);
	}
}

void unit_relate(struct unit_search *s, struct unit *u)
{
	for (unsigned t = 0; t < UNIT_RELATION_N; t++) {
		size_t n, k = 0;
		const struct relation *r = relations_of(s, u->name, t, &n);
		struct span *list;

		if (t == UNIT_DROP_IN || n == 0)
			continue;
		list = arena_get(s->arena, n * sizeof *list);
		for (size_t i = 0; i < n; i++)
			list[k++] = r[i].other;
		u->related[t] = list;
		u->n_related[t] = k;
	}
}
