#include <stdlib.h>

#include "core/mem.h"
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
static struct cut cut(struct arena *a, struct span text)
{
	struct cut c = { NULL, 0 };
	struct err e = { 0 };

	if (glob_compile(a, text, &c.s, &c.n, &e) < 0)
		abort();
	return c;
}

static struct cut *cut_all(struct arena *a, const struct patterns *patterns)
{
	struct cut *cuts = arena_get(a, (patterns->n + 1) * sizeof *cuts);

	for (size_t i = 0; i < patterns->n; i++)
		cuts[i] = cut(a, patterns->list[i].key);
	return cuts;
}

static size_t sections_in(const struct cut *cuts, size_t n)
{
	size_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += cuts[i].n + 1;
	return sum;
}

static int refuse(struct compiler *c, const struct entry *entry, const char *text, struct err *e)
{
	struct place at = { entry->rule.file, entry->rule.line, entry->column };

	problem_add(c->problems, PROBLEM_ERROR, "too-many", at, entry->rule.id, "%s", text);
	return err_set(e, ERR_POLICY, "%s", text);
}

static int compile_paths(struct compiler *c, struct entry *entry, struct err *e)
{
	struct policy *p = c->p;
	struct arena *a = p->arena;
	struct cut *in = cut_all(a, &entry->include), *out = cut_all(a, &entry->exclude);
	struct cut all = cut(a, span_of("**"));
	size_t lines = entry->include.n + entry->exclude.n + 1;
	size_t sections = sections_in(in, entry->include.n) + sections_in(out, entry->exclude.n);

	for (size_t i = 0; i < entry->n_bases; i++) {
		struct cut base = cut(a, entry->bases[i].text);
		struct track *t = &p->tracks[p->n_tracks];

		if (p->n_tracks == TRACKS_MAX)
			return refuse(c, entry, "more than 4096 bases in the policy", e);
		if (p->n_states + sections + base.n * lines + 2 > STATES_MAX)
			return refuse(c, entry, "the patterns of the policy are too many", e);
		*t = (struct track){ .entry = entry,
			.base = &entry->bases[i],
			.base_n = (uint32_t)base.n,
			.first_route = (uint32_t)p->n_routes };
		if (entry->include.n == 0)
			route_add(c, &base, &all, NULL, false);
		for (size_t k = 0; k < entry->include.n; k++)
			route_add(c, &base, &in[k], &entry->include.list[k], false);
		for (size_t k = 0; k < entry->exclude.n; k++)
			route_add(c, &base, &out[k], &entry->exclude.list[k], true);
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

/* A path the route holds: wildcards stand for "x" or nothing. */
static void witness(const struct policy *p, const struct pattern_route *r, struct buf *ret)
{
	buf_clear(ret);
	for (uint32_t i = r->first; i < r->end; i++) {
		const struct glob_section *s = &p->sections[i];

		if (s->how == GLOB_DEEP)
			continue;
		buf_add_char(ret, '/');
		if (s->how != GLOB_WILD) {
			buf_add_span(ret, s->how == GLOB_ANY ? span_of("x") : s->text);
			continue;
		}
		for (size_t k = 0; k < s->text.n; k++) {
			if (s->text.p[k] == '\\')
				k++;
			else if (s->text.p[k] == '*')
				continue;
			buf_add_char(ret, s->text.p[k] == '?' ? 'x' : s->text.p[k]);
		}
	}
	if (ret->n == 0)
		buf_add_char(ret, '/');
}

static size_t rules_on(const struct policy *p, const struct kind *k, struct span key,
	const struct entry **ret_last)
{
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

				if (!route_passes(p, route, key))
					continue;
				in = in || !route->exclude;
				out = out || (route->exclude && route->pattern->n_tests == 0);
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
		if (policy_select(p, k, buf_span(&path), NULL, &s) && s.n == SELECTION_RULES_MAX &&
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
