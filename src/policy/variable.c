#include "policy/variable.h"

#include <stdlib.h>

#include "core/escape.h"
#include "core/mem.h"
#include "entity/key.h"
#include "policy/model.h"
#include "policy/place.h"

#define NESTING_MAX 8

void variables_done(struct variables *v)
{
	free(v->list);
	*v = (struct variables){ 0 };
}

static struct variable *find(struct variables *v, struct span name)
{
	for (size_t i = 0; i < v->n; i++)
		if (span_same(v->list[i].name->text, name))
			return &v->list[i];
	return NULL;
}

static bool name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-' || c == '.';
}

static bool name_valid(struct span name)
{
	for (size_t i = 0; i < name.n; i++)
		if (!name_char(name.p[i]))
			return false;
	return name.n > 0 && !span_starts(name, span_of("env."));
}

void variables_add(struct variables *v, const struct node *map, struct arena *a,
	struct problems *problems)
{
	if (map->type != NODE_MAP) {
		problem_add(problems, PROBLEM_ERROR, "wrong-type", map->at, NULL,
			"found %s, expected a map of names to texts", node_found(a, map));
		return;
	}
	for (unsigned i = 0; i + 1 < map->n; i += 2) {
		const struct node *name = map->items[i], *value = map->items[i + 1];
		struct variable *old = find(v, name->text);

		if (!name_valid(name->text)) {
			problem_add(problems, PROBLEM_ERROR, "bad-variable", name->at, NULL,
				"found %s as the name of a variable, expected letters, digits, "
				"'_', '-' and '.', not beginning with 'env.'",
				node_found(a, name));
		} else if (value->type != NODE_SCALAR) {
			problem_add(problems, PROBLEM_ERROR, "wrong-type", value->at, NULL,
				"found %s, expected a text", node_found(a, value));
		} else if (old) {
			*old = (struct variable){ name, value, old->used };
		} else if (v->n == VARIABLES_MAX) {
			problem_add(problems, PROBLEM_ERROR, "too-many", name->at, NULL,
				"more than %d variables", VARIABLES_MAX);
			return;
		} else {
			if (v->n == v->cap) {
				v->cap = v->cap ? v->cap * 2 : 16;
				v->list = mem_grow(v->list, v->cap, sizeof *v->list);
			}
			v->list[v->n++] = (struct variable){ name, value, false };
		}
	}
}

struct expansion {
	struct variables *v;
	struct arena *arena;
	struct problems *problems;
	struct place at; /* of the text in the rule, for every problem */
	const char *user;
	bool plain; /* '\\' is no escape */
	struct buf out;
};

static int refuse(struct expansion *x, const char *text, struct err *e)
{
	problem_add(x->problems, PROBLEM_ERROR, "bad-variable", x->at, NULL, "%s", text);
	return err_set(e, ERR_POLICY, "%s", text);
}

static const char *names_near(struct expansion *x, struct span name)
{
	const char **names = arena_get(x->arena, (x->v->n + PLACE_N + 1) * sizeof(char *));

	for (size_t i = 0; i < x->v->n; i++)
		names[i] = x->v->list[i].name->text.p;
	for (size_t i = 0; i < PLACE_N; i++)
		names[x->v->n + i] = place_names[i];
	return problem_guess(x->arena, name, names);
}

static int add_environment(struct expansion *x, struct span name, struct err *e)
{
	static const char *const personal[] = { "HOME", "USER", "LOGNAME", "USERPROFILE", "APPDATA",
		"LOCALAPPDATA", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "PWD", "TMPDIR" };
	const char *key = arena_text(x->arena, name);
	const char *value = getenv(key);

	for (size_t i = 0; i < ARRAY_LEN(personal); i++)
		if (strcmp(key, personal[i]) == 0)
			x->user = personal[i];
	if (!value)
		return refuse(x,
			arena_format(x->arena,
				"found '${env.%s}', but the environment has no such variable",
				problem_quote(x->arena, name)),
			e);
	/* YAML holds such texts only, and what is printed must load again */
	if (strstr(value, "${") || escape_needed(span_of(value)))
		return refuse(x,
			arena_format(x->arena,
				"the environment variable '%s' holds '${' or bytes that are no "
				"printable UTF-8",
				key),
			e);
	buf_add_text(&x->out, value);
	return 0;
}

static int add_text(struct expansion *x, struct span text, unsigned nesting, struct err *e);

static int add_variable(struct expansion *x, struct span name, unsigned nesting, struct err *e)
{
	struct span env = span_of("env.");
	struct variable *found;

	if (span_starts(name, env))
		return add_environment(x, span_from_offset(name, env.n), e);
	found = find(x->v, name);
	if (!found && place_add(name, &x->out))
		return 0;
	if (!found)
		return refuse(x,
			arena_format(x->arena,
				"found '${%s}', expected a name from 'variables' or "
				"'env.NAME'%s",
				problem_quote(x->arena, name), names_near(x, name)),
			e);
	if (nesting == NESTING_MAX)
		return refuse(x,
			arena_format(x->arena,
				"variable '%s' is made of variables made of "
				"variables … more than %d deep",
				problem_quote(x->arena, name), NESTING_MAX),
			e);
	found->used = true;
	return add_text(x, found->value->text, nesting + 1, e);
}

static int add_text(struct expansion *x, struct span text, unsigned nesting, struct err *e)
{
	for (size_t i = 0; i < text.n; i++) {
		struct span rest = span_from_offset(text, i), name;

		if (rest.p[0] == '\\' && rest.n > 1 && !x->plain) { /* "\${" is no variable */
			buf_add(&x->out, rest.p, 2);
			i++;
			continue;
		}
		if (!span_starts(rest, span_of("${"))) {
			buf_add_char(&x->out, rest.p[0]);
			continue;
		}
		if (nesting == 0)
			x->at.column += (unsigned)i;
		rest = span_from_offset(rest, 2);
		if (!span_cut(&rest, '}', &name) || !rest.p)
			return refuse(x, "found '${' without a '}' behind it", e);
		if (add_variable(x, name, nesting, e) < 0)
			return e->code;
		if (nesting == 0)
			x->at.column -= (unsigned)i;
		i += name.n + 2;
	}
	return 0;
}

/* "${windows}\\x" begins with a place of Windows. */
static bool begins_with_place(struct span text)
{
	struct span rest = span_from_offset(text, 2), name;

	return span_starts(text, span_of("${")) && span_cut(&rest, '}', &name) && place_is(name);
}

int variables_expand(struct variables *v, const struct node *n, struct arena *a, struct span *ret,
	const char **ret_user, bool plain, struct problems *problems, struct err *e)
{
	struct expansion x = { .v = v,
		.arena = a,
		.problems = problems,
		.at = n->at,
		.plain = plain || path_is_windows(n->text) || begins_with_place(n->text),
		.out = BUF_INIT(TEXT_MAX) };
	int rc;

	if (!n->plain)
		x.at.column++; /* the quote */
	rc = add_text(&x, n->text, 0, e);
	if (rc == 0 && x.out.full) {
		problem_add(problems, PROBLEM_ERROR, "too-large", n->at, NULL,
			"the text has more than %d bytes", TEXT_MAX);
		rc = err_set(e, ERR_POLICY, "a text is too long");
	}
	if (rc == 0) {
		*ret = arena_copy(a, buf_span(&x.out));
		if (x.user)
			*ret_user = x.user;
	}
	buf_done(&x.out);
	return rc;
}
