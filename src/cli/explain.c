#include "cli/beside.h"
#include "cli/commands.h"
#include "cli/entity.h"
#include "cli/look.h"
#include "cli/paths.h"
#include "cli/realtime.h"
#include "core/escape.h"
#include "entity/key_typed.h"

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
	struct look look;
	bool ours;     /* in the state folder */
	bool followed; /* a rule that holds it goes through links */
};

/* The key as typed, or as we print it. What was last observed settles rules that test types;
 * without a baseline they stay open. */
static int look_up(struct session *s, struct arena *a, struct answer *x, struct err *e)
{
	struct tree_root root;
	struct span plain;
	int rc = store_open(&s->store, s->state_dir, STORE_READ, e);

	if (rc == ERR_MISSING)
		return 0;
	if (rc < 0)
		return rc;
	rc = store_root_get(s->store, ROOT_CURRENT, &root, e);
	if (rc < 0)
		return rc == ERR_MISSING ? 0 : rc;
	rc = entity_find(s, &root, x->kind, x->key, a, &x->seen, e);
	if (rc == 0 && !x->seen && key_unescaped(a, x->key, &plain))
		rc = entity_find(s, &root, x->kind, plain, a, &x->seen, e);
	if (rc == 0 && x->seen)
		x->key = x->seen->key;
	return rc;
}

static void add_row(struct session *s, const struct answer *x, const struct explain_row *row)
{
	enum tone tone = row->verdict == EXPLAIN_SELECTED ? TONE_GOOD : TONE_FAINT;

	buf_add_text(&s->out, "  ");
	text_tone(&s->out, &s->style, tone, row->rule->id);
	buf_addf(&s->out, " %s: ",
		row->open ? "watches it while it meets the tests" : verdict_texts[row->verdict]);
	buf_add_text(&s->out, row->text); /* escaped by the policy */
	buf_add_text(&s->out, "  (");
	escape_value(&s->out, span_of(row->file));
	buf_addf(&s->out, ":%u)\n", row->line);
	if (row->verdict != EXPLAIN_SELECTED)
		return;
	buf_addf(&s->out, "      %s; ", severity_names[row->rule->severity]);
	text_fields(&s->out, x->kind, row->rule->fields);
	buf_add_char(&s->out, '\n');
}

static bool behind_link(const struct answer *x)
{
	return x->look.found == LOOK_LINK && !x->seen && !x->followed;
}

static void add_behind_link(struct session *s, const struct answer *x)
{
	AUTO(buf) words = BUF_INIT(BUF_MAX_DEFAULT);

	buf_add_text(&s->out, " is not looked at: ");
	look_say_link(&s->out, &x->look);
	if (x->look.real_gone) {
		buf_add_text(&s->out, ", and nothing is at ");
		key_show(x->kind, x->look.real, &s->out);
	} else {
		buf_addf(&words, "explain %s ", x->kind->name);
		text_shell(&words, x->look.real);
		buf_add_text(&s->out, "; see: ");
		session_command(s, &s->out, buf_text(&words));
	}
	buf_add_char(&s->out, '\n');
}

/* Of a kind without paths nothing tells what is there but an observation, and that leaves out what
 * meets no test: then it is not to be said that it is not there. */
static bool is_open(const struct answer *x)
{
	bool open = false;

	for (size_t i = 0; i < x->n; i++) {
		if (x->rows[i].verdict == EXPLAIN_SELECTED && !x->rows[i].open)
			return false;
		open = open || x->rows[i].open;
	}
	return open && !x->kind->hierarchical && !x->seen;
}

static void add_answer(struct session *s, const struct answer *x)
{
	bool gone = x->look.found == LOOK_GONE;

	buf_addf(&s->out, "%s ", x->kind->name);
	key_show(x->kind, x->key, &s->out);
	if (x->ours)
		buf_add_text(&s->out, " is not watched: it is the state folder's.\n");
	else if (behind_link(x))
		add_behind_link(s, x);
	else if (!x->held.n)
		buf_addf(&s->out, " is not watched%s.\n", gone ? "; it is not there now" : "");
	else if (gone)
		buf_addf(&s->out, " %s watched; it is not there now.\n",
			x->seen ? "is" : "would be");
	else if (is_open(x))
		buf_add_text(&s->out,
			" is watched only while it meets the tests of a rule below. At the last "
			"observation it met none, or was not there.\n");
	else if (!x->kind->hierarchical && !x->seen)
		buf_add_text(&s->out, " would be watched if it were there.\n");
	else
		buf_add_text(&s->out, " is watched: every check looks at it.\n");
}

/* A base above it alone says little: most policies have dozens of rules for one folder. */
static bool worth_a_line(const struct session *s, const struct explain_row *row)
{
	return row->verdict != EXPLAIN_OUTSIDE && (s->full || row->verdict != EXPLAIN_NOT_INCLUDED);
}

/* Rules that watch it are what was asked for, then come those that may. */
static unsigned place_of(const struct explain_row *row)
{
	return row->verdict != EXPLAIN_SELECTED ? 2 : row->open ? 1 : 0;
}

static void add_rules(struct session *s, const struct answer *x)
{
	size_t shown = 0, others = 0;

	for (unsigned place = 0; place <= 2; place++)
		for (size_t i = 0; i < x->n; i++) {
			if (place_of(&x->rows[i]) != place)
				continue;
			if (worth_a_line(s, &x->rows[i])) {
				add_row(s, x, &x->rows[i]);
				shown++;
			} else if (x->rows[i].verdict != EXPLAIN_OUTSIDE) {
				others++;
			}
		}
	if (!others)
		return;
	buf_add_text(&s->out, "  ");
	text_plural(&s->out, others, shown ? "other rule" : "rule");
	if (x->kind->hierarchical)
		buf_add_text(&s->out, " with a base above it");
	else
		buf_addf(&s->out, " of kind %s", x->kind->name);
	buf_addf(&s->out, " %s not reach it (--full lists %s).\n", others == 1 ? "does" : "do",
		others == 1 ? "it" : "them");
}

static bool is_watched(const struct answer *x)
{
	return x->held.n > 0 && !x->ours && !behind_link(x);
}

static bool say_realtime(const struct answer *x, struct buf *ret)
{
	return realtime_say(ret, x->kind, x->look.real.n ? x->look.real : x->key, &x->held);
}

static void add_realtime(struct session *s, const struct answer *x)
{
	AUTO(buf) how = BUF_INIT(BUF_MAX_DEFAULT);
	const char *const *blind = realtime_blind(x->kind);
	bool yes = say_realtime(x, &how);

	buf_addf(&s->out, "  %s: %s.\n",
		yes ? "In real time, while invar watch or the agent runs"
		    : "Not in real time, only by scans",
		buf_text(&how));
	for (; yes && *blind; blind++)
		buf_addf(&s->out, "      not so: %s; the next scan sees it\n", *blind);
}

/* Ids of rules are ours: [a-z0-9.-]. */
static void add_beside(struct session *s, const struct answer *x)
{
	static const char *const words[] = {
		[BESIDE_NO] = "not watched",
		[BESIDE_SOME] = "watched where a rule names it or its tests are met",
		[BESIDE_YES] = "watched",
	};
	struct beside b;

	if (!beside_find(s->policy, x->kind, x->key, &b))
		return;
	buf_addf(&s->out, "  Kind %s, %s: %s", b.kind->name, b.what, words[b.watched]);
	for (unsigned i = 0; i < b.held.n; i++)
		buf_addf(&s->out, "%s%s", i ? ", " : " by ", b.held.rule[i]->id);
	buf_add_text(&s->out, ".\n");
}

static void add_text(struct session *s, const struct answer *x)
{
	add_answer(s, x);
	add_rules(s, x);
	if (is_watched(x))
		add_realtime(s, x);
	if (x->n == 0 && x->kind->hierarchical)
		buf_add_text(&s->out, "  No rule has a base above it.\n");
	else if (x->n == 0)
		buf_addf(&s->out, "  No rule is about kind %s.\n", x->kind->name);
	else if (!x->seen && !x->ours && !behind_link(x) && !is_open(x))
		buf_addf(&s->out,
			"  It was not there at the last observation, so tests of %s are not "
			"applied.\n",
			x->kind->hierarchical ? "type and content" : "fields");
	add_beside(s, x);
}

static void add_json_realtime(struct json *j, const struct answer *x)
{
	AUTO(buf) how = BUF_INIT(BUF_MAX_DEFAULT);

	json_bool_member(j, "real_time", say_realtime(x, &how));
	json_text_member(j, "real_time_by", buf_text(&how));
	json_name(j, "only_by_scans");
	json_array(j);
	for (const char *const *blind = realtime_blind(x->kind); *blind; blind++)
		(void)json_text(j, span_of(*blind));
	json_array_end(j);
}

static void add_json_beside(struct session *s, struct json *j, const struct answer *x)
{
	struct beside b;

	if (!beside_find(s->policy, x->kind, x->key, &b))
		return;
	json_name(j, "beside");
	json_object(j);
	json_text_member(j, "kind", b.kind->name);
	json_text_member(j, "watched", beside_words[b.watched]);
	json_name(j, "rules");
	json_array(j);
	for (unsigned i = 0; i < b.held.n; i++)
		(void)json_text(j, span_of(b.held.rule[i]->id));
	json_array_end(j);
	json_object_end(j);
}

static void add_json(struct session *s, const struct answer *x)
{
	struct json j = JSON_INIT(&s->out);

	json_envelope(&j, buf_span(&s->host), "explanation");
	json_text_member(&j, "kind", x->kind->name);
	json_exact(&j, "key", x->key);
	json_bool_member(&j, "watched", is_watched(x));
	if (is_watched(x))
		add_json_realtime(&j, x);
	if (x->kind->hierarchical && x->kind->keys == KEYS_PLAIN)
		json_bool_member(&j, "there", x->look.found != LOOK_GONE && !x->look.real_gone);
	if (is_open(x))
		json_bool_member(&j, "depends_on_tests", true);
	if (x->ours) {
		json_text_member(&j, "not_looked_at", "it is the state folder's");
	} else if (behind_link(x)) {
		AUTO(buf) why = BUF_INIT(BUF_MAX_DEFAULT);

		look_say_link(&why, &x->look);
		json_text_member(&j, "not_looked_at", buf_text(&why));
	}
	add_json_beside(s, &j, x);
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

static void look(struct session *s, struct arena *a, struct answer *x)
{
	const char *state = look_state_folder(s, a);
	struct span inside = state ? span_of(state) : SPAN_NONE;

	if (!x->kind->hierarchical || x->kind->keys != KEYS_PLAIN)
		return;
	look_at(s, a, x->key, &x->look);
	x->ours = state && span_starts(x->look.real, inside) &&
		  (x->look.real.n == inside.n || x->look.real.p[inside.n] == '/');
	for (size_t i = 0; i < x->held.n; i++)
		x->followed |= x->held.rule[i]->follow_links;
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
	look(s, arena, &x);
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
