/* Files to trees, trees to drafts (with overrides), drafts to rules, rules to the compiled form. */
#include <stdatomic.h>
#include <stdlib.h>

#include "core/mem.h"
#include "policy/bind.h"
#include "policy/source.h"

#define POLICY_VERSION "1"

struct loader {
	struct binder b;
	struct variables variables;
	struct draft *drafts; /* malloced */
	size_t n, cap;
};

static const char *const top_keys[] = { "version", "variables", "rules", NULL };
enum top_key { TOP_VERSION, TOP_VARIABLES, TOP_RULES, TOP_N };

/* The values of a map by the table of its keys; others are problems. */
static int sort_keys(struct binder *b, const struct node *map, const char *const *keys,
	const struct node **ret, struct err *e)
{
	int rc = 0;

	if (map->type != NODE_MAP)
		return bind_refuse(b, "wrong-type", map->at, e, "found %s, expected a map",
			node_found(b->arena, map));
	for (unsigned i = 0; i + 1 < map->n; i += 2) {
		const struct node *key = map->items[i];
		size_t at = 0;

		while (keys[at] && !span_is(key->text, keys[at]))
			at++;
		if (keys[at])
			ret[at] = map->items[i + 1];
		else
			rc = bind_refuse(b, "unknown-key", key->at, e,
				"found the key %s, expected one of those documented%s",
				node_found(b->arena, key),
				problem_guess(b->arena, key->text, keys));
	}
	return rc;
}

static bool id_valid(struct span id)
{
	for (size_t i = 0; i < id.n; i++) {
		char c = id.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-'))
			return false;
	}
	return id.n > 0 && id.n <= 128;
}

static struct draft *find_draft(struct loader *l, const char *id)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->drafts[i].id, id) == 0)
			return &l->drafts[i];
	return NULL;
}

static int check_id(struct loader *l, const struct node *map, const struct node *id, struct err *e)
{
	if (!id)
		return bind_refuse(&l->b, "missing-key", map->at, e,
			"the rule has no 'id', expected one of a-z, 0-9, '.' and '-'");
	if (id->type != NODE_SCALAR || !id_valid(id->text))
		return bind_refuse(&l->b, "bad-id", id->at, e,
			"found the id %s, expected 1 to 128 of a-z, 0-9, '.' and '-'",
			node_found(l->b.arena, id));
	return 0;
}

static const char *near_ids(struct loader *l, struct span id)
{
	const char **names = arena_get(l->b.arena, (l->n + 1) * sizeof(char *));

	for (size_t i = 0; i < l->n; i++)
		names[i] = l->drafts[i].id;
	return problem_guess(l->b.arena, id, names);
}

/* `override: true` replaces the keys given; { id, disabled } needs no such word. */
static int is_override(struct loader *l, const struct draft *d, bool *ret, struct err *e)
{
	bool only_disabled = d->value[KEY_DISABLED] != NULL;

	*ret = false;
	for (unsigned i = KEY_DISABLED + 1; i < RULE_KEY_N; i++)
		only_disabled = only_disabled && !d->value[i];
	if (d->value[KEY_OVERRIDE] && bind_bool(&l->b, d->value[KEY_OVERRIDE], ret, e) < 0)
		return e->code;
	*ret = *ret || only_disabled;
	return 0;
}

static int add_draft(struct loader *l, const struct node *map, struct err *e)
{
	struct draft d = { .at = map->at };
	struct draft *old;
	bool override;
	int rc = sort_keys(&l->b, map, rule_keys, d.value, e);

	if (map->type != NODE_MAP || check_id(l, map, d.value[KEY_ID], e) < 0)
		return e->code;
	d.id = d.value[KEY_ID]->text.p;
	if (is_override(l, &d, &override, e) < 0)
		return e->code;
	old = find_draft(l, d.id);
	if (override && !old)
		return bind_refuse(&l->b, "no-such-rule", d.value[KEY_ID]->at, e,
			"found an override of '%s', expected the id of a rule before it%s", d.id,
			near_ids(l, d.value[KEY_ID]->text));
	if (!override && old)
		return bind_refuse(&l->b, "duplicate-id", d.value[KEY_ID]->at, e,
			"rule '%s' is there already, at %s:%u; expected another id, or 'override: "
			"true'",
			d.id, old->at.file, old->at.line);
	if (override) {
		for (unsigned i = KEY_DISABLED; i < RULE_KEY_N; i++)
			if (d.value[i])
				old->value[i] = d.value[i];
		return rc;
	}
	if (l->n == RULES_MAX)
		return bind_refuse(&l->b, "too-many", map->at, e, "more than %d rules", RULES_MAX);
	if (l->n == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 64;
		l->drafts = mem_grow(l->drafts, l->cap, sizeof *l->drafts);
	}
	l->drafts[l->n++] = d;
	return rc;
}

static int check_version(struct loader *l, const struct node *root, const struct node *version,
	struct err *e)
{
	if (!version)
		return bind_refuse(&l->b, "missing-key", root->at, e,
			"the file has no 'version', expected 'version: %s'", POLICY_VERSION);
	if (version->type != NODE_SCALAR || !version->plain ||
		!span_is(version->text, POLICY_VERSION))
		return bind_refuse(&l->b, "bad-version", version->at, e,
			"found version %s, expected %s (a newer file needs a newer program)",
			node_found(l->b.arena, version), POLICY_VERSION);
	return 0;
}

static int read_top(struct loader *l, const struct node *root, struct err *e)
{
	const struct node *top[TOP_N] = { NULL };
	int rc = sort_keys(&l->b, root, top_keys, top, e);

	if (root->type != NODE_MAP)
		return rc;
	if (check_version(l, root, top[TOP_VERSION], e) < 0)
		rc = e->code;
	if (top[TOP_VARIABLES])
		variables_add(&l->variables, top[TOP_VARIABLES], l->b.arena, l->b.problems);
	if (!top[TOP_RULES])
		return rc;
	if (top[TOP_RULES]->type != NODE_LIST)
		return bind_refuse(&l->b, "wrong-type", top[TOP_RULES]->at, e,
			"found %s, expected a list of rules",
			node_found(l->b.arena, top[TOP_RULES]));
	for (unsigned i = 0; i < top[TOP_RULES]->n; i++)
		if (add_draft(l, top[TOP_RULES]->items[i], e) < 0)
			rc = e->code;
	return rc;
}

static bool in_force(struct loader *l, const struct draft *d, struct err *e)
{
	bool disabled = false;

	if (d->value[KEY_DISABLED] && bind_bool(&l->b, d->value[KEY_DISABLED], &disabled, e) < 0)
		return false;
	return !disabled;
}

/* Also what is switched off is read, so that a slip in it is found. */
static void bind_all(struct loader *l, struct policy *p, struct err *e)
{
	p->entries = arena_get(p->arena, (l->n + 1) * sizeof(struct entry *));
	p->rules = arena_get(p->arena, (l->n + 1) * sizeof(struct rule *));
	for (size_t i = 0; i < l->n; i++) {
		struct entry *entry;

		if (bind_rule(&l->b, &l->drafts[i], &entry, e) < 0 ||
			!in_force(l, &l->drafts[i], e))
			continue;
		p->entries[p->n] = entry;
		p->rules[p->n++] = &entry->rule;
	}
}

static void lint_variables(const struct loader *l)
{
	for (size_t i = 0; i < l->variables.n; i++) {
		const struct variable *v = &l->variables.list[i];

		if (!v->used)
			problem_add(l->b.problems, PROBLEM_WARNING, "unused-variable", v->name->at,
				NULL, "no rule uses the variable '%s'", v->name->text.p);
	}
}

static int load(struct loader *l, struct policy *p, const struct source *sources, size_t n,
	bool lint, struct err *e)
{
	struct problems *problems = l->b.problems;
	struct err first = { 0 };
	int rc = 0;

	for (size_t i = 0; i < n; i++) {
		struct node *root = NULL;

		if (tree_parse(p->arena, sources[i].name, sources[i].text, &root, problems,
			    &first) < 0 ||
			(root && read_top(l, root, &first) < 0))
			continue; /* counted in problems->errors */
	}
	bind_all(l, p, &first);
	if (problems->errors == 0)
		rc = policy_compile(p, problems, &first);
	if (rc == 0 && problems->errors == 0 && lint) {
		lint_variables(l);
		policy_lint(p, problems);
	}
	if (rc < 0 || problems->errors)
		return problems_sum_up(problems, "the policy has", e);
	problems_sort(problems);
	return 0;
}

static int load_sources(struct policy *p, const struct source *sources, size_t n, bool lint,
	struct problems *problems, struct err *e)
{
	struct loader l = { .b = { .arena = p->arena, .problems = problems } };
	int rc;

	l.b.variables = &l.variables;
	rc = load(&l, p, sources, n, lint, e);
	variables_done(&l.variables);
	free(l.drafts);
	return rc;
}

static struct policy *policy_new(void)
{
	static atomic_uint_least64_t last;
	struct policy *p = mem_new(sizeof *p);

	p->serial = atomic_fetch_add(&last, 1) + 1;

	p->arena = arena_new();
	return p;
}

int policy_load(struct policy **ret, const char *path, bool lint, struct problems *problems,
	struct err *e)
{
	AUTO_FREE(policy) p = policy_new();
	struct source *sources;
	size_t n;

	if (sources_read(p->arena, path, FILE_BYTES_MAX, &sources, &n, problems, e) < 0 ||
		load_sources(p, sources, n, lint, problems, e) < 0)
		return e->code;
	*ret = p;
	p = NULL;
	return 0;
}

int policy_load_text(struct policy **ret, const char *name, struct span yaml, bool lint,
	struct problems *problems, struct err *e)
{
	AUTO_FREE(policy) p = policy_new();
	struct source source;

	source.name = arena_text(p->arena, span_of(name));
	source.text = yaml;
	if (load_sources(p, &source, 1, lint, problems, e) < 0)
		return e->code;
	*ret = p;
	p = NULL;
	return 0;
}

uint64_t policy_serial(const struct policy *p)
{
	return p->serial;
}

void policy_free(struct policy *p)
{
	if (!p)
		return;
	free(p->tracks);
	free(p->routes);
	free(p->sections);
	free(p->states);
	arena_free(p->arena);
	free(p);
}

void policy_freep(struct policy **p)
{
	policy_free(*p);
	*p = NULL;
}

const struct rule *const *policy_rules(const struct policy *p)
{
	return p->rules;
}

const struct rule *policy_rule(const struct policy *p, struct span id)
{
	for (size_t i = 0; i < p->n; i++)
		if (span_is(id, p->rules[i]->id))
			return p->rules[i];
	return NULL;
}
