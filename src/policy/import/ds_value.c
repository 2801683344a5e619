#include "core/fold.h"
#include "core/glob.h"
#include "policy/import/deep_security.h"
#include "policy/print.h"

#define ANY_KEY "**"

struct group {
	struct ds_rule *r;
	struct span name; /* of its values */
	struct ds_lines keys, exclude;
	struct ds_lines names; /* of values that are excluded */
};

static bool any_name(struct span name)
{
	return span_is(name, "*") || span_is(name, "**");
}

static bool plain(struct span text)
{
	return !glob_is_wild_as(text, &glob_name);
}

static bool only_key(const struct group *g, struct span key)
{
	return g->keys.n == 1 && plain(key) && fold_same(g->keys.list[0].pattern.key, key);
}

static bool all_plain(const struct group *g)
{
	for (size_t i = 0; i < g->keys.n; i++)
		if (!plain(g->keys.list[i].pattern.key))
			return false;
	return g->keys.n > 0;
}

/* Does an exclude with a key and a name take anything from the group, and can it be said? */
static void add_exclude(struct group *g, const struct ds_line *line, const struct xml *at)
{
	struct span key = line->pattern.key, name = line->name;
	bool same_name = plain(g->name) && glob_text_as(name, g->name, &glob_name);

	if (any_name(name) || same_name) {
		ds_lines_add(g->r->a, &g->exclude, *line);
	} else if (plain(g->name)) {
		return; /* other values */
	} else if (span_is(key, ANY_KEY) || only_key(g, key)) {
		ds_lines_add(g->r->a, &g->names, *line);
	} else if (plain(key) && all_plain(g)) {
		for (size_t i = 0; i < g->keys.n; i++)
			if (fold_same(g->keys.list[i].pattern.key, key))
				ds_note(g->r, at,
					"the exclude of the values '%s' in '%s' is left out: other "
					"keys of the rule keep theirs",
					arena_text(g->r->a, name), arena_text(g->r->a, key));
	} else {
		ds_note(g->r, at,
			"the exclude of the values '%s' in '%s' is left out: keys and names are "
			"excluded each by itself here",
			arena_text(g->r->a, name), arena_text(g->r->a, key));
	}
}

static void add_name(struct buf *b, struct span name)
{
	print_text(b, name.n ? name : span_of("(default)"));
}

static const char *values_line(struct group *g)
{
	AUTO(buf) b = BUF_INIT(1 << 20);

	if (any_name(g->name) && g->names.n == 0)
		return NULL;
	buf_add_text(&b, "values: ");
	if (g->names.n)
		buf_add_text(&b, "{ include: ");
	buf_add_char(&b, '[');
	add_name(&b, any_name(g->name) ? span_of("*") : g->name);
	buf_add_char(&b, ']');
	for (size_t i = 0; i < g->names.n; i++) {
		buf_add_text(&b, i ? ", " : ", exclude: [");
		add_name(&b, g->names.list[i].name);
	}
	buf_add_text(&b, g->names.n ? "] }" : "");
	return arena_text(g->r->a, buf_span(&b));
}

static void add_group(struct group *g, struct import_rule rule)
{
	const char *extra[] = { NULL, NULL };

	for (size_t i = 0; i < g->r->exclude.n; i++)
		add_exclude(g, &g->r->exclude.list[i], g->r->node);
	for (size_t i = 0; i < g->keys.n; i++)
		if (span_is(g->keys.list[i].pattern.key, ANY_KEY))
			g->keys.n = 0;
	rule.include = ds_import_patterns(g->r->a, &g->keys);
	rule.n_include = g->keys.n;
	rule.exclude = ds_import_patterns(g->r->a, &g->exclude);
	rule.n_exclude = g->exclude.n;
	extra[0] = values_line(g);
	rule.extra = extra;
	import_add(g->r->x, &rule);
}

/* A key of which some values are excluded stands in a rule of its own: exactly those are, then. */
static bool stands_alone(const struct ds_rule *r, struct span key)
{
	if (!plain(key))
		return false;
	for (size_t i = 0; i < r->exclude.n; i++)
		if (!any_name(r->exclude.list[i].name) &&
			fold_same(r->exclude.list[i].pattern.key, key))
			return true;
	return false;
}

void ds_add_values(struct ds_rule *r, struct import_rule *rule)
{
	bool *taken = arena_get(r->a, r->include.n + 1);

	if (!r->had_include) {
		struct group g = { .r = r, .name = span_of("*") };

		add_group(&g, *rule);
	}
	for (size_t i = 0; i < r->include.n; i++) {
		struct group g = { .r = r, .name = r->include.list[i].name };
		bool alone = stands_alone(r, r->include.list[i].pattern.key);

		if (taken[i])
			continue;
		for (size_t k = i; k < (alone ? i + 1 : r->include.n); k++)
			if (!taken[k] && span_same(r->include.list[k].name, g.name) &&
				(k == i || !stands_alone(r, r->include.list[k].pattern.key))) {
				ds_lines_add(r->a, &g.keys, r->include.list[k]);
				taken[k] = true;
			}
		add_group(&g, *rule);
	}
}
