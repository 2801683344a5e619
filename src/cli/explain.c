#include "cli/commands.h"
#include "cli/entity.h"
#include "cli/paths.h"
#include "core/escape.h"

static const struct example examples[] = {
	{ "invar explain /etc/ssh/sshd_config",
		"which rules watch it, by which line, which fields" },
	{ "invar explain /var/cache/apt", "or which line leaves it out" },
	{ NULL, NULL },
};

static const char *const verdict_words[] = {
	[EXPLAIN_OUTSIDE] = "outside",
	[EXPLAIN_NOT_INCLUDED] = "not-included",
	[EXPLAIN_EXCLUDED] = "excluded",
	[EXPLAIN_TEST] = "test",
	[EXPLAIN_SELECTED] = "selected",
};

static const char *const verdict_texts[] = {
	[EXPLAIN_OUTSIDE] = "is elsewhere",
	[EXPLAIN_NOT_INCLUDED] = "does not include it",
	[EXPLAIN_EXCLUDED] = "excludes it",
	[EXPLAIN_TEST] = "has tests it does not meet",
	[EXPLAIN_SELECTED] = "watches it",
};

struct answer {
	const struct kind *kind;
	struct span key;
	struct record *seen; /* as last observed, NULL when it was not */
	struct explain_row *rows;
	size_t n;
	struct selection held;
};

/* What was last observed settles rules that test types; without a baseline they stay open. */
static int look_up(struct session *s, struct arena *a, struct answer *x, struct err *e)
{
	struct tree_root root;
	int rc = store_open(&s->store, s->state_dir, STORE_READ, e);

	if (rc == ERR_MISSING)
		return 0;
	if (rc < 0)
		return rc;
	rc = store_root_get(s->store, ROOT_CURRENT, &root, e);
	if (rc < 0)
		return rc == ERR_MISSING ? 0 : rc;
	return entity_find(s, &root, x->kind, x->key, a, &x->seen, e);
}

static void add_row(struct session *s, const struct answer *x, const struct explain_row *row)
{
	enum tone tone = row->verdict == EXPLAIN_SELECTED ? TONE_GOOD : TONE_FAINT;

	buf_add_text(&s->out, "  ");
	text_tone(&s->out, &s->style, tone, row->rule->id);
	buf_addf(&s->out, " %s: ", verdict_texts[row->verdict]);
	escape_text(&s->out, span_of(row->text));
	buf_add_text(&s->out, "  (");
	escape_text(&s->out, span_of(row->file));
	buf_addf(&s->out, ":%u)\n", row->line);
	if (row->verdict != EXPLAIN_SELECTED)
		return;
	buf_addf(&s->out, "      %s; ", severity_names[row->rule->severity]);
	text_fields(&s->out, x->kind, row->rule->fields);
	buf_add_char(&s->out, '\n');
}

static void add_text(struct session *s, const struct answer *x)
{
	buf_addf(&s->out, "%s ", x->kind->name);
	escape_text(&s->out, x->key);
	if (x->held.n)
		buf_add_text(&s->out, " is watched: every check looks at it.\n");
	else
		buf_add_text(&s->out, " is not watched.\n");
	for (size_t i = 0; i < x->n; i++)
		if (x->rows[i].verdict != EXPLAIN_OUTSIDE)
			add_row(s, x, &x->rows[i]);
	if (x->n == 0)
		buf_add_text(&s->out, "  No rule has a base above it.\n");
	else if (!x->seen)
		buf_add_text(&s->out,
			"  It was not there at the last observation, so tests of type "
			"and content are not applied.\n");
}

static void add_json(struct session *s, const struct answer *x)
{
	struct json j = JSON_INIT(&s->out);

	json_envelope(&j, buf_span(&s->host), "explanation");
	json_text_member(&j, "kind", x->kind->name);
	json_exact(&j, "key", x->key);
	json_bool_member(&j, "watched", x->held.n > 0);
	json_name(&j, "rules");
	json_array(&j);
	for (size_t i = 0; i < x->n; i++) {
		json_object(&j);
		json_text_member(&j, "rule", x->rows[i].rule->id);
		json_text_member(&j, "verdict", verdict_words[x->rows[i].verdict]);
		json_text_member(&j, "file", x->rows[i].file);
		json_number_member(&j, "line", x->rows[i].line);
		json_text_member(&j, "text", x->rows[i].text);
		json_object_end(&j);
	}
	json_array_end(&j);
	json_object_end(&j);
	buf_add_char(&s->out, '\n');
}

static int run(struct session *s, int argc, char **argv, struct err *e)
{
	AUTO_FREE(arena) arena = arena_new();
	struct answer x = { 0 };

	if (key_typed(arena, argc, argv, &x.kind, &x.key, e) < 0 || look_up(s, arena, &x, e) < 0)
		return e->code;
	x.n = policy_explain(s->policy, x.kind, x.key, x.seen, arena, &x.rows);
	if (!policy_select(s->policy, x.kind, x.key, x.seen, &x.held))
		x.held.n = 0;
	if (s->json)
		add_json(s, &x);
	else
		add_text(s, &x);
	return 0;
}

const struct command command_explain = {
	.name = "explain",
	.args = "[KIND] KEY",
	.text = "is it watched, by which rule and line, or why not",
	.examples = examples,
	.needs = NEEDS_POLICY,
	.operands = OPERANDS_ENTITY,
	.min = 1,
	.max = 2,
	.run = run,
};
