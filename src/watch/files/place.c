#include "watch/files/place.h"

#include <stdlib.h>

#include "core/mem.h"
#include "entity/file.h"
#include "policy/policy.h"

#define TRAIL_MAX 2048
#define PATTERNS_MAX 4096
#define ASKED_PATH_MAX ((size_t)64 << 10)

/* ---- patterns ---- */

/* Matches sections against the folder's; what is left must be able to match something more. */
bool pattern_reaches(const struct glob_section *s, struct span folder, bool at)
{
	struct span rest = folder, name;

	while (rest.n && rest.p[0] == '/')
		rest = span_from_offset(rest, 1);
	if (rest.n == 0)
		return s->how != GLOB_END || at;
	if (s->how == GLOB_END)
		return false;
	if (s->how == GLOB_DEEP)
		return true; /* whatever is below: some name may satisfy the rest */
	span_cut(&rest, '/', &name);
	return glob_section_is(s, name, glob_hash(name)) && pattern_reaches(s + 1, rest, at);
}

/* Can the pattern match the folder itself, or an entry right in it? */
static bool pattern_within(const struct glob_section *s, struct span rest)
{
	struct span name;

	while (rest.n && rest.p[0] == '/')
		rest = span_from_offset(rest, 1);
	if (s->how == GLOB_END)
		return rest.n == 0;
	if (rest.n == 0) {
		if (s->how == GLOB_DEEP)
			return s[1].how == GLOB_END || pattern_within(s + 1, rest);
		return s[1].how == GLOB_END || (s[1].how == GLOB_DEEP && s[2].how == GLOB_END);
	}
	if (s->how == GLOB_DEEP && pattern_within(s + 1, rest))
		return true;
	span_cut(&rest, '/', &name);
	if (s->how != GLOB_DEEP) {
		if (!glob_section_is(s, name, glob_hash(name)))
			return false;
		s++;
	}
	return pattern_within(s, rest);
}

static void compile_patterns(struct asker *q)
{
	const struct watch_path *p = q->patterns = kinds_paths(q->w);
	struct err e;

	arena_clear(q->arena);
	free(q->compiled);
	for (q->n_patterns = 0; p && p[q->n_patterns].pattern && q->n_patterns < PATTERNS_MAX;)
		q->n_patterns++;
	q->compiled = mem_array(q->n_patterns + 1, sizeof *q->compiled);
	for (size_t i = 0; i < q->n_patterns; i++) {
		size_t n;

		if (glob_compile(q->arena, span_of(p[i].pattern), &q->compiled[i], &n, &e) < 0)
			q->compiled[i] = NULL;
	}
}

static void find_patterns(struct asker *q, struct place *p, struct span path)
{
	for (size_t i = 0; i < q->n_patterns; i++) {
		if (!q->compiled[i] || !pattern_reaches(q->compiled[i], path, true))
			continue;
		p->reaches = true;
		if (!pattern_within(q->compiled[i], path))
			continue;
		p->patterns = mem_grow(p->patterns, p->n_patterns + 1u, sizeof *p->patterns);
		p->patterns[p->n_patterns++] = (uint16_t)i;
	}
}

static void tell(struct asker *q, size_t k, bool below, const struct heard *h)
{
	const struct glob_section *c = q->compiled[k];

	if (c && (glob_path(c, h->path) || (below && pattern_reaches(c, h->path, true))))
		kinds_path(q->w, &q->patterns[k], h->path, h->time, h->who, h->why);
}

void asker_tell(struct asker *q, const struct place *p, bool below, const struct heard *h)
{
	for (size_t i = 0; !below && i < p->n_patterns; i++)
		tell(q, p->patterns[i], false, h);
	for (size_t i = 0; below && i < q->n_patterns; i++)
		tell(q, i, true, h);
}

/* ---- rules ---- */

static bool heeds(const struct selection *s)
{
	for (unsigned i = 0; i < s->n; i++)
		if (s->rule[i]->real_time)
			return true;
	return false;
}

static bool name_wanted(const struct asker *q, const struct scope *d, struct span name)
{
	struct selection s;

	return d && q->w->selector.name(d, name, &s) && heeds(&s);
}

static void trail_cut(struct asker *q, size_t n)
{
	while (q->n_trail > n)
		q->w->selector.leave(q->trail[--q->n_trail].scope);
}

static void trail_push(struct asker *q, size_t path_n, struct scope *scope)
{
	q->trail[q->n_trail].path_n = path_n;
	q->trail[q->n_trail++].scope = scope;
}

/* How many folders of the trail lead to path, too. */
static size_t trail_common(const struct asker *q, struct span path)
{
	size_t n = 0;

	while (n < q->n_trail) {
		size_t have = q->trail[n].path_n;

		if (!path_is_below(path, span_from(q->path.p, have)))
			break;
		n++;
	}
	return n;
}

/* The scope inside the folder `path`; NULL when nothing below can be selected. Not referenced.
 * ret_parent: of what it is in. */
static struct scope *scope_of(struct asker *q, struct span path, struct scope **ret_parent)
{
	const struct selector *s = &q->w->selector;
	size_t at;

	trail_cut(q, trail_common(q, path));
	buf_clear(&q->path);
	buf_add_span(&q->path, path);
	if (q->n_trail == 0)
		trail_push(q, 1, s->top(s->policy, &kind_file));
	while ((at = q->trail[q->n_trail - 1].path_n) < path.n) {
		struct scope *d = q->trail[q->n_trail - 1].scope;
		size_t from = at == 1 ? 1 : at + 1, to = from;

		while (to < path.n && path.p[to] != '/')
			to++;
		if (q->n_trail == TRAIL_MAX)
			return *ret_parent = NULL;
		trail_push(q, to,
			d ? s->enter(d, span_from(path.p + from, to - from),
				    q->map && mount_map_is_point(q->map, span_from(path.p, to)))
			  : NULL);
	}
	*ret_parent = q->n_trail > 1 ? q->trail[q->n_trail - 2].scope : NULL;
	return q->trail[q->n_trail - 1].scope;
}

static struct span last_name(struct span path)
{
	const char *slash = memrchr(path.p, '/', path.n);

	return span_from_offset(path, (size_t)(slash - path.p) + 1);
}

static bool self_wanted(const struct asker *q, struct span path, const struct scope *parent)
{
	struct selection s;

	if (path.n == 1)
		return q->w->selector.root(q->w->selector.policy, &kind_file, &s) && heeds(&s);
	return name_wanted(q, parent, last_name(path));
}

static bool is_spare(const struct asker *q, struct span path)
{
	return q->spare.n && path_is_below(path, q->spare);
}

/* What the trail holds of the place it ends at becomes the place's own; of "/" it is kept. */
static struct scope *take_scope(struct asker *q)
{
	const struct selector *s = &q->w->selector;

	if (q->n_trail == 1)
		return s->top(s->policy, &kind_file);
	return q->trail[--q->n_trail].scope;
}

bool asker_place(struct asker *q, struct span path, struct place *ret)
{
	struct place p = { 0 };
	struct scope *scope, *parent;
	struct selection s;

	if (path.n == 0 || path.n > ASKED_PATH_MAX || is_spare(q, path))
		return false;
	scope = scope_of(q, path, &parent);
	p.self = self_wanted(q, path, parent);
	find_patterns(q, &p, path);
	if (!scope && !p.self && !p.reaches)
		return false;
	p.path = span_from(mem_copy(path.p, path.n), path.n);
	p.scope = scope ? take_scope(q) : NULL;
	p.alike = scope && q->w->selector.uniform(scope, &s);
	p.wanted = p.alike && heeds(&s);
	*ret = p;
	return true;
}

bool asker_entry(struct asker *q, struct span path, struct span name, struct place *ret)
{
	if (!asker_place(q, path, ret))
		return false;
	ret->only = mem_copy(name.p, name.n);
	return true;
}

void place_done(struct place *p, const struct selector *s)
{
	if (p->scope)
		s->leave(p->scope);
	free((void *)(uintptr_t)p->path.p);
	free(p->only);
	free(p->patterns);
	*p = (struct place){ 0 };
}

bool asker_wants(const struct asker *q, const struct place *p, struct span name)
{
	if (p->only)
		return p->self;
	return p->alike ? p->wanted : name_wanted(q, p->scope, name);
}

bool asker_below(const struct asker *q, const struct place *p, struct span name)
{
	struct scope *d = p->scope && !p->only ? q->w->selector.enter(p->scope, name, false) : NULL;

	q->w->selector.leave(d);
	return d != NULL;
}

bool asker_path(struct asker *q, struct span path)
{
	struct scope *parent;

	if (is_spare(q, path))
		return false;
	scope_of(q, path, &parent);
	return self_wanted(q, path, parent);
}

/* Is path below the base? */
static bool base_holds(const struct glob_section *s, struct span path)
{
	struct span rest = span_from_offset(path, 1), name;

	for (; s->how != GLOB_END; s++)
		if (!rest.p || !span_cut(&rest, '/', &name) ||
			!glob_section_is(s, name, glob_hash(name)))
			return false;
	return true;
}

/* Does a rule that is heard of in real time begin at, above or below the path? */
static bool near_real_time(const struct asker *q, struct span path)
{
	AUTO_FREE(arena) a = arena_new();
	const struct rule *const *r = policy_rules(q->w->policy);

	for (; *r; r++) {
		if ((*r)->kind != &kind_file || !(*r)->real_time)
			continue;
		for (const char *const *b = (*r)->bases; *b; b++) {
			struct glob_section *s;
			struct err e;
			size_t n;

			if (glob_compile(a, span_of(*b), &s, &n, &e) < 0 ||
				pattern_reaches(s, path, true))
				return true;
			if (base_holds(s, path))
				return true;
		}
	}
	return false;
}

bool asker_touches(struct asker *q, struct span path)
{
	struct scope *scope, *parent;

	if (is_spare(q, path))
		return false;
	for (size_t i = 0; i < q->n_patterns; i++)
		if (q->compiled[i] && pattern_reaches(q->compiled[i], path, true))
			return true;
	scope = scope_of(q, path, &parent);
	return (scope || self_wanted(q, path, parent)) && near_real_time(q, path);
}

void asker_start(struct asker *q, struct watcher *w)
{
	*q = (struct asker){ .w = w, .path = BUF_INIT(ASKED_PATH_MAX), .arena = arena_new() };
	q->trail = mem_array(TRAIL_MAX, sizeof *q->trail);
	compile_patterns(q);
}

void asker_reset(struct asker *q)
{
	trail_cut(q, 0);
	compile_patterns(q);
}

void asker_stop(struct asker *q)
{
	trail_cut(q, 0);
	buf_done(&q->path);
	arena_free(q->arena);
	free(q->trail);
	free(q->compiled);
	*q = (struct asker){ 0 };
}
