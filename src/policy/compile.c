#include <stdlib.h>

#include "core/fold.h"
#include "core/mem.h"
#include "entity/registry_key.h"
#include "policy/model.h"
#include "policy/problem.h"

/* Sections cut once per rule, and laid behind each of its bases. */
struct cut {
	struct glob_section *s;
	size_t n;
};

struct compiler {
	struct policy *p;
	struct problems *problems;
	size_t routes_cap, states_cap;
};

static struct glob_section *section_add(struct compiler *c)
{
	struct policy *p = c->p;

	if (p->n_states == c->states_cap) {
		c->states_cap = c->states_cap ? c->states_cap * 2 : 256;
		p->sections = mem_grow(p->sections, c->states_cap, sizeof *p->sections);
		p->states = mem_grow(p->states, c->states_cap, sizeof *p->states);
	}
	p->states[p->n_states] = (struct state){ .route = (uint32_t)p->n_routes };
	return &p->sections[p->n_states++];
}

static void route_add(struct compiler *c, const struct cut *base, const struct cut *below,
	const struct pattern *pattern, bool exclude)
{
	struct policy *p = c->p;
	struct pattern_route r = { (uint32_t)p->n_tracks, (uint32_t)p->n_states, 0, pattern,
		exclude };

	for (size_t i = 0; i < base->n; i++)
		*section_add(c) = base->s[i];
	for (size_t i = 0; i <= below->n; i++)
		*section_add(c) = below->s[i];
	r.end = (uint32_t)p->n_states - 1;
	for (uint32_t i = r.first; i < r.end; i++)
		if (i + 1 == r.end || (i + 2 == r.end && p->sections[i + 1].how == GLOB_DEEP))
			p->states[i].gain = route_gain(&r);
	if (p->n_routes == c->routes_cap) {
		c->routes_cap = c->routes_cap ? c->routes_cap * 2 : 64;
		p->routes = mem_grow(p->routes, c->routes_cap, sizeof *p->routes);
	}
	p->routes[p->n_routes++] = r;
}

/* Everything was checked when it was bound. */
static struct cut cut(struct arena *a, struct span text, const struct glob_dialect *d)
{
	struct cut c = { NULL, 0 };
	struct err e = { 0 };

	if (glob_compile_as(a, text, d, &c.s, &c.n, &e) < 0)
		abort();
	return c;
}

/* One section for each name of a value; none is the default value. */
static struct cut cut_name(struct arena *a, struct span text)
{
	struct cut c = cut(a, text, &glob_name);

	if (c.n == 0) {
		c.s = arena_get(a, 2 * sizeof *c.s);
		c.s[0] = glob_literal(span_of(""), &glob_name);
		c.s[1] = (struct glob_section){ .how = GLOB_END };
		c.n = 1;
	}
	return c;
}

static struct cut cut_base(struct arena *a, const struct entry *entry, const struct base *base)
{
	const struct kind *k =
		entry->rule.kind->keys == KEYS_VALUE ? &kind_registry_key : entry->rule.kind;
	struct cut c = { NULL, 0 };
	struct err e = { 0 };

	if (key_pattern(k, base->text, a, &c.s, &c.n, &e) < 0)
		abort();
	for (size_t i = 0; i < c.n && k->keys == KEYS_REGISTRY; i++) {
		if (c.s[i].how != GLOB_LITERAL)
			continue;
		if (fold_same(c.s[i].text, span_of(USERS_WORD))) {
			c.s[i].how = GLOB_TEST;
			c.s[i].test = sid_is_user;
		} else if (fold_same(c.s[i].text, span_of(USERS_WORD "_Classes"))) {
			c.s[i].how = GLOB_TEST;
			c.s[i].test = sid_is_user_classes;
		}
	}
	return c;
}

static struct cut *cut_all(struct arena *a, const struct patterns *patterns,
	const struct glob_dialect *d)
{
	struct cut *cuts = arena_get(a, (patterns->n + 1) * sizeof *cuts);

	for (size_t i = 0; i < patterns->n; i++)
		cuts[i] = d == &glob_name ? cut_name(a, patterns->list[i].key)
					  : cut(a, patterns->list[i].key, d);
	return cuts;
}

static struct cut joined(struct arena *a, const struct cut *x, const struct cut *y)
{
	struct cut c = { arena_get(a, (x->n + y->n + 1) * sizeof *c.s), x->n + y->n };

	if (x->n)
		memcpy(c.s, x->s, x->n * sizeof *c.s);
	memcpy(c.s + x->n, y->s, (y->n + 1) * sizeof *c.s);
	return c;
}

static int refuse(struct compiler *c, const struct entry *entry, const char *text, struct err *e)
{
	struct place at = { entry->rule.file, entry->rule.line, entry->column };

	problem_add(c->problems, PROBLEM_ERROR, "too-many", at, entry->rule.id, "%s", text);
	return err_set(e, ERR_POLICY, "%s", text);
}

/* The lines of a rule, cut, as they stand behind each base. */
struct line {
	struct cut cut;
	const struct pattern *pattern;
	bool exclude;
};

struct lines {
	struct line *list;
	size_t n, sections;
};

static void line_add(struct lines *l, struct cut cut, const struct pattern *pattern, bool exclude)
{
	l->list[l->n++] = (struct line){ cut, pattern, exclude };
	l->sections += cut.n + 1;
}

/* What lies deeper than the rule goes: one section a level, then any number. For values the keys
 * count, and the name of the value stands behind them. */
static void add_depth(struct arena *a, struct lines *l, const struct entry *entry)
{
	size_t levels = entry->depth + (entry->rule.kind->keys == KEYS_VALUE);
	struct cut c = { arena_get(a, (levels + 2) * sizeof *c.s), levels + 1 };

	if (!entry->depth)
		return;
	for (size_t i = 0; i < levels; i++)
		c.s[i] = (struct glob_section){ .how = GLOB_ANY, .dialect = entry->dialect };
	c.s[levels] = (struct glob_section){ .how = GLOB_DEEP };
	c.s[levels + 1] = (struct glob_section){ .how = GLOB_END };
	line_add(l, c, NULL, true);
}

/* Keys by values: each pattern for keys with each for names. */
static void add_values(struct arena *a, struct lines *l, const struct entry *entry,
	const struct cut *in, const struct cut *out)
{
	const struct cut deep = cut(a, span_of("**"), &glob_registry);
	const struct cut any = cut(a, span_of("*"), &glob_name);
	const struct patterns *values = &entry->value_include;
	const struct cut *names = cut_all(a, values, &glob_name);
	const struct cut *not = cut_all(a, &entry->value_exclude, &glob_name);

	for (size_t i = 0; i < (entry->include.n ? entry->include.n : 1); i++)
		for (size_t k = 0; k < (values->n ? values->n : 1); k++)
			line_add(l,
				joined(a, entry->include.n ? &in[i] : &deep,
					values->n ? &names[k] : &any),
				entry->include.n ? &entry->include.list[i]
				: values->n      ? &values->list[k]
						 : NULL,
				false);
	for (size_t i = 0; i < entry->exclude.n; i++)
		line_add(l, joined(a, &out[i], &any), &entry->exclude.list[i], true);
	for (size_t i = 0; i < entry->value_exclude.n; i++)
		line_add(l, joined(a, &deep, &not [i]), &entry->value_exclude.list[i], true);
}

static struct lines cut_lines(struct arena *a, const struct entry *entry)
{
	const struct cut *in = cut_all(a, &entry->include, entry->dialect);
	const struct cut *out = cut_all(a, &entry->exclude, entry->dialect);
	size_t most = (entry->include.n + 1) * (entry->value_include.n + 1) + entry->exclude.n +
		      entry->value_exclude.n + 1;
	struct lines l = { arena_get(a, most * sizeof *l.list), 0, 0 };

	if (entry->rule.kind->keys == KEYS_VALUE) {
		add_values(a, &l, entry, in, out);
	} else {
		if (entry->include.n == 0)
			line_add(&l, cut(a, span_of("**"), entry->dialect), NULL, false);
		for (size_t i = 0; i < entry->include.n; i++)
			line_add(&l, in[i], &entry->include.list[i], false);
		for (size_t i = 0; i < entry->exclude.n; i++)
			line_add(&l, out[i], &entry->exclude.list[i], true);
	}
	add_depth(a, &l, entry);
	return l;
}

static int compile_paths(struct compiler *c, struct entry *entry, struct err *e)
{
	struct policy *p = c->p;
	struct arena *a = p->arena;
	struct lines l;

	if ((entry->include.n + 1) * (entry->value_include.n + 1) > STATES_MAX)
		return refuse(c, entry, "the patterns of the policy are too many", e);
	l = cut_lines(a, entry);
	for (size_t i = 0; i < entry->n_bases; i++) {
		struct cut base = cut_base(a, entry, &entry->bases[i]);
		struct track *t = &p->tracks[p->n_tracks];

		if (p->n_tracks == TRACKS_MAX)
			return refuse(c, entry, "more than 4096 bases in the policy", e);
		if (p->n_states + l.sections + base.n * l.n + 2 > STATES_MAX)
			return refuse(c, entry, "the patterns of the policy are too many", e);
		*t = (struct track){ .entry = entry,
			.base = &entry->bases[i],
			.base_n = (uint32_t)base.n,
			.first_route = (uint32_t)p->n_routes };
		for (size_t k = 0; k < l.n; k++)
			route_add(c, &base, &l.list[k].cut, l.list[k].pattern, l.list[k].exclude);
		t->n_routes = (uint32_t)p->n_routes - t->first_route;
		p->n_tracks++;
		entry->n_tracks++;
	}
	return 0;
}

/* Keys of flat kinds are no paths: their patterns were checked as text, and "unix//run/x" is no
 * path pattern. */
static int compile_entry(struct compiler *c, struct entry *entry, struct err *e)
{
	entry->policy = c->p;
	entry->first_track = (uint32_t)c->p->n_tracks;
	return entry->rule.kind->hierarchical ? compile_paths(c, entry, e) : 0;
}

static void add_witness(const struct glob_section *s, struct buf *ret)
{
	struct span rest = s->text;

	if (s->how != GLOB_WILD) {
		buf_add_span(ret, s->how == GLOB_ANY    ? span_of("x")
				  : s->how == GLOB_TEST ? span_of("S-1-5-21-1")
							: s->text);
		return;
	}
	for (; rest.n; rest = span_from_offset(rest, 1)) {
		if (rest.p[0] == '*' || (s->dialect->sets && rest.p[0] == ']'))
			continue;
		if ((rest.p[0] == '\\' && !s->dialect->fold) ||
			(rest.p[0] == '[' && s->dialect->sets))
			rest = span_from_offset(rest, 1);
		buf_add_char(ret, rest.n == 0 || rest.p[0] == '?' ? 'x' : rest.p[0]);
	}
}

/* A key the route holds: wildcards stand for "x" or nothing. Empty: none was found. */
static void witness(const struct policy *p, const struct pattern_route *r, struct buf *ret)
{
	AUTO(buf) stored = BUF_INIT((size_t)1 << 20);
	const struct kind *k = p->tracks[r->track].entry->rule.kind;
	uint32_t last = r->end;
	struct err e;

	while (last > r->first && p->sections[last - 1].how == GLOB_DEEP)
		last--;
	buf_clear(ret);
	buf_add_char(&stored, (char)k->id);
	for (uint32_t i = r->first; i + 1 < last; i++) {
		if (p->sections[i].how == GLOB_DEEP)
			continue;
		if (stored.n > 1)
			buf_add_char(&stored, '\0');
		add_witness(&p->sections[i], &stored);
	}
	buf_add(&stored, "\0", 2);
	if (last > r->first)
		add_witness(&p->sections[last - 1], &stored);
	if (key_to_text(buf_span(&stored), &k, ret, &e) < 0)
		buf_clear(ret);
}

static size_t rules_on(const struct policy *p, const struct kind *k, struct span key,
	const struct entry **ret_last)
{
	AUTO(buf) room = BUF_INIT((size_t)1 << 20);
	const struct key_path path = key_path(k, key, &room);
	size_t count = 0;

	for (size_t i = 0; i < p->n; i++) {
		const struct entry *entry = p->entries[i];
		bool held = false;

		for (uint32_t t = 0; entry->rule.kind == k && t < entry->n_tracks; t++) {
			const struct track *track = &p->tracks[entry->first_track + t];
			bool in = false, out = false;

			for (uint32_t r = 0; r < track->n_routes; r++) {
				const struct pattern_route *route =
					&p->routes[track->first_route + r];

				if (!route_passes(p, route, path))
					continue;
				in = in || !route->exclude;
				out = out ||
				      (route->exclude &&
					      (!route->pattern || route->pattern->n_tests == 0));
			}
			held = held || (in && !out);
		}
		count += held;
		if (held)
			*ret_last = entry;
	}
	return count;
}

/* Bounded search, not a proof: each pattern's own simplest match. What it misses is cut at
 * SELECTION_RULES_MAX when it is met, the first rules in policy order staying. */
static int check_overlap(struct compiler *c, struct err *e)
{
	const struct policy *p = c->p;
	AUTO(buf) path = BUF_INIT((size_t)1 << 20);

	if (p->n <= SELECTION_RULES_MAX)
		return 0;
	for (size_t i = 0; i < p->n_routes; i++) {
		const struct pattern_route *r = &p->routes[i];
		const struct kind *k = p->tracks[r->track].entry->rule.kind;
		const struct entry *last = NULL;
		struct selection s;

		if (r->exclude)
			continue;
		witness(p, r, &path);
		if (path.n && policy_select(p, k, buf_span(&path), NULL, &s) &&
			s.n == SELECTION_RULES_MAX &&
			rules_on(p, k, buf_span(&path), &last) > SELECTION_RULES_MAX)
			return refuse(c, last,
				arena_format(p->arena, "more than %d rules hold '%s'",
					SELECTION_RULES_MAX,
					problem_quote(p->arena, buf_span(&path))),
				e);
	}
	return 0;
}

int policy_compile(struct policy *p, struct problems *problems, struct err *e)
{
	struct compiler c = { .p = p, .problems = problems };

	p->tracks = mem_array(TRACKS_MAX + 1, sizeof *p->tracks);
	for (size_t i = 0; i < p->n; i++)
		if (compile_entry(&c, p->entries[i], e) < 0)
			return e->code;
	return check_overlap(&c, e);
}
