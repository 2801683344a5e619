#include "entity/file.h"
#include "policy/model.h"
#include "policy/problem.h"

struct explain {
	const struct policy *policy;
	const struct record *record; /* may be NULL */
	struct arena *arena;
	struct span key;
	struct key_path path; /* kinds with paths */
};

/* Is the base above the key, or the key itself? */
static bool base_covers(const struct explain *x, const struct track *t)
{
	const struct glob_section *s =
		&x->policy->sections[x->policy->routes[t->first_route].first];
	struct span rest = x->path.sections, name;

	if (t->base_n == 0)
		return true;
	for (uint32_t i = 0; i < t->base_n; i++)
		if (!span_cut(&rest, x->path.separator, &name) ||
			!glob_section_is(&s[i], name, glob_hash(name)))
			return false;
	/* a base is a key: a value of its name in the key above is none of its own */
	return t->entry->rule.kind->keys != KEYS_VALUE || rest.p;
}

static const char *tests_text(const struct explain *x, const struct entry *entry,
	const struct pattern *p)
{
	AUTO(buf) b = BUF_INIT(4096);

	for (size_t i = 0; i < p->n_tests; i++) {
		const struct test *t = &p->tests[i];

		buf_addf(&b, "%s%s: ", i ? ", " : "", entry->rule.kind->fields[t->field].name);
		if (t->how == TEST_GLOB)
			buf_addf(&b, "\"%s\"", problem_quote(x->arena, t->glob));
		else
			buf_add_text(&b, t->how == TEST_PRESENT ? "true" : "false");
	}
	return arena_text(x->arena, buf_span(&b));
}

static void row_say(const struct explain *x, struct explain_row *row, enum explain_verdict verdict,
	const struct pattern *p, const char *word)
{
	row->verdict = verdict;
	row->open = verdict == EXPLAIN_SELECTED && p->n_tests && !x->record;
	row->file = p->file;
	row->line = p->line;
	row->text = arena_format(x->arena, "%s \"%s\"%s%s%s", word, problem_quote(x->arena, p->key),
		p->n_tests ? " (" : "", p->n_tests ? tests_text(x, entry_of(row->rule), p) : "",
		p->n_tests ? ")" : "");
}

/* Of one set of lines: the first that holds, else the first whose key matches but whose tests do
 * not. Without a record a tested line holds. */
struct matched {
	const struct pattern *sure, *failed;
};

/* Of what was never observed tests say nothing: it may be included, it is not excluded. */
static void matched_add(const struct explain *x, struct matched *m, const struct pattern *p,
	bool exclude)
{
	bool passes = x->record ? pattern_passes(p, x->record) : !exclude || p->n_tests == 0;

	if (passes && !m->sure)
		m->sure = p;
	if (!passes && !m->failed)
		m->failed = p;
}

static const char *type_text(const struct explain *x, const struct rule *r)
{
	AUTO(buf) b = BUF_INIT(4096);
	const char *const *names = r->kind->fields[FILE_TYPE].names;
	const char *sep = "";

	buf_add_text(&b, "its type is none of ");
	for (unsigned i = 0; names && names[i]; i++)
		if (r->types >> i & 1) {
			buf_addf(&b, "%s%s", sep, names[i]);
			sep = ", ";
		}
	return arena_text(x->arena, buf_span(&b));
}

static void decide(const struct explain *x, struct explain_row *row, const struct matched *in,
	const struct matched *out, bool everything, const char *all)
{
	const struct entry *entry = entry_of(row->rule);

	if (out->sure) {
		row_say(x, row, EXPLAIN_EXCLUDED, out->sure, "excluded by");
	} else if (!everything && !in->sure && in->failed) {
		row_say(x, row, EXPLAIN_TEST, in->failed, "fails the tests of");
	} else if (!everything && !in->sure) {
		row->verdict = EXPLAIN_NOT_INCLUDED;
		row->text = "no include matches";
	} else if (x->record && !entry_type_fits(entry, x->record)) {
		row->verdict = EXPLAIN_TEST;
		row->text = type_text(x, row->rule);
	} else if (in->sure) {
		row_say(x, row, EXPLAIN_SELECTED, in->sure, "included by");
	} else {
		row->verdict = EXPLAIN_SELECTED;
		row->text = all;
	}
}

static void explain_track(const struct explain *x, const struct track *t, struct explain_row *row)
{
	const struct policy *p = x->policy;
	struct matched in = { NULL, NULL }, out = { NULL, NULL };

	row->open = false;
	row->file = t->base->file;
	row->line = t->base->line;
	for (uint32_t i = 0; i < t->n_routes; i++) {
		const struct pattern_route *r = &p->routes[t->first_route + i];

		if (!r->pattern && r->exclude && route_passes(p, r, x->path)) {
			row->verdict = EXPLAIN_NOT_INCLUDED; /* another base may say more */
			row->text = arena_format(x->arena, "deeper than 'depth: %u'",
				t->entry->depth - 1);
			return;
		}
		if (r->pattern && route_passes(p, r, x->path))
			matched_add(x, r->exclude ? &out : &in, r->pattern, r->exclude);
	}
	decide(x, row, &in, &out, t->entry->include.n == 0 && t->entry->value_include.n == 0,
		arena_format(x->arena, "everything below \"%s\" is held",
			problem_quote(x->arena, t->base->text)));
}

static void explain_flat(const struct explain *x, const struct entry *entry,
	struct explain_row *row)
{
	const struct patterns *sets[] = { &entry->include, &entry->exclude };
	struct matched m[2] = { { NULL, NULL }, { NULL, NULL } };

	row->open = false;
	row->file = entry->rule.file;
	row->line = entry->rule.line;
	for (size_t s = 0; s < ARRAY_LEN(sets); s++)
		for (size_t i = 0; i < sets[s]->n; i++)
			if (whole_matches(&sets[s]->list[i].whole, x->key))
				matched_add(x, &m[s], &sets[s]->list[i], s == 1);
	decide(x, row, &m[0], &m[1], entry->include.n == 0,
		arena_format(x->arena, "every %s is held", entry->rule.kind->name));
}

/* Of several bases the one that says most: selected, else excluded … */
static bool explain_entry(const struct explain *x, const struct entry *entry,
	struct explain_row *ret)
{
	static const unsigned char rank[] = { [EXPLAIN_OUTSIDE] = 0,
		[EXPLAIN_NOT_INCLUDED] = 1,
		[EXPLAIN_TEST] = 2,
		[EXPLAIN_EXCLUDED] = 3,
		[EXPLAIN_SELECTED] = 4 };
	struct explain_row row = { .rule = &entry->rule };

	ret->rule = &entry->rule;
	ret->verdict = EXPLAIN_OUTSIDE;
	if (!entry->rule.kind->hierarchical && !entry_asked(entry, x->key))
		return false;
	if (!entry->rule.kind->hierarchical) {
		explain_flat(x, entry, ret);
		return true;
	}
	if (!x->path.sections.p && !span_is(x->key, "/"))
		return false;
	for (uint32_t i = 0; i < entry->n_tracks; i++) {
		const struct track *t = &x->policy->tracks[entry->first_track + i];

		if (!base_covers(x, t))
			continue;
		explain_track(x, t, &row);
		if (rank[row.verdict] > rank[ret->verdict])
			*ret = row;
	}
	return ret->verdict != EXPLAIN_OUTSIDE;
}

size_t policy_explain(const struct policy *p, const struct kind *k, struct span key,
	const struct record *r, struct arena *a, struct explain_row **ret)
{
	AUTO(buf) room = BUF_INIT(BUF_MAX_DEFAULT);
	struct explain x = { p, r, a, key, { SPAN_NONE, '/' } };
	struct explain_row *rows = arena_get(a, (p->n + 1) * sizeof *rows);
	size_t n = 0;

	if (k->hierarchical && (key_is_windows(k, key) || (key.n && key.p[0] == '/')))
		x.path = key_path(k, key, &room);
	for (size_t i = 0; i < p->n; i++)
		if (p->entries[i]->rule.kind == k && explain_entry(&x, p->entries[i], &rows[n]))
			n++;
	*ret = rows;
	return n;
}
