#include "cli/commands.h"
#include "cli/entity.h"
#include "cli/paths.h"
#include "cli/records.h"
#include "core/escape.h"
#include "entity/key.h"
#include "entity/key_typed.h"

#define HISTORY_DEFAULT 10
#define MOVES_MAX 1000  /* renames that are followed */
#define TEXT_SHOWN 4096 /* bytes of a text, without --full */

static struct {
	uint64_t limit;
} arg = { .limit = HISTORY_DEFAULT };

static const struct option_row options[] = {
	OPT_NUMBER('n', "limit", &arg.limit, "N", INT64_MAX,
		"the newest N records of its history (default 10)"),
	OPT_END,
};

static const struct example examples[] = {
	{ "invar show file /etc/passwd", "its fields as approved and as last seen" },
	{ "invar show /etc/passwd", "the same: a path is a file" },
	{ NULL, NULL },
};

struct shown {
	struct session *session;
	const struct kind *kind;
	struct span key, now; /* now: where it was renamed to, when it is not there */
	struct span before;   /* of the history: its name before the last rename that was met */
	unsigned moves;
	struct arena *arena;
	struct record *approved, *current;
	struct selection held;
	uint64_t records;
};

/* The key as typed, or as we print it. */
static int find(struct session *s, struct arena *a, struct shown *x, struct err *e)
{
	struct tree_root approved, current;
	struct span plain;

	if (session_root(s, ROOT_APPROVED, &approved, e) < 0 ||
		session_root(s, ROOT_CURRENT, &current, e) < 0)
		return e->code;
	for (int again = 0; again < 2; again++) {
		if (entity_find(s, &approved, x->kind, x->key, a, &x->approved, e) < 0 ||
			entity_find(s, &current, x->kind, x->key, a, &x->current, e) < 0)
			return e->code;
		if (x->approved || x->current) {
			x->key = x->current ? x->current->key : x->approved->key;
			return 0;
		}
		if (!key_unescaped(a, x->key, &plain))
			return 0;
		x->key = plain;
	}
	return 0;
}

/* Digests and lists whole; a text of many pages, which somebody may have planted, is not. */
static struct text_style style_of(const struct session *s)
{
	return (struct text_style){ .full = true,
		.text_max = s->style.full ? 0 : TEXT_SHOWN,
		.width = s->style.width };
}

static void add_values(struct session *s, const struct record *r, const char *title)
{
	const struct text_style style = style_of(s);
	size_t width = 0;

	buf_addf(&s->out, "\n%s\n", title);
	for (unsigned i = 0; i < r->kind->n_fields; i++)
		if (record_has(r, i) && strlen(r->kind->fields[i].name) > width)
			width = strlen(r->kind->fields[i].name);
	for (unsigned i = 0; i < r->kind->n_fields; i++) {
		if (!record_has(r, i))
			continue;
		buf_addf(&s->out, "  %-*s  ", (int)width, r->kind->fields[i].name);
		text_value_styled(&s->out, &r->kind->fields[i], r->v[i], &style);
		buf_add_char(&s->out, '\n');
	}
}

static void add_states(struct session *s, const struct shown *x)
{
	const struct text_style style = style_of(s);
	uint64_t differs;

	if (!x->approved) {
		add_values(s, x->current, "Not approved; last seen:");
		return;
	}
	if (!x->current) {
		add_values(s, x->approved, "Gone; approved was:");
		return;
	}
	differs = record_changes(x->approved, x->current,
		x->held.n ? x->held.fields : kind_fields_all(x->kind));
	add_values(s, x->current, differs ? "Last seen:" : "Approved, and last seen:");
	if (!differs)
		return;
	buf_add_text(&s->out, "\nApproved → last seen:\n");
	text_difference(&s->out, x->approved, x->current, differs, &style);
}

static void add_rules(struct session *s, const struct shown *x)
{
	buf_add_text(&s->out, x->held.n ? "\nWatched by:\n" : "\nWatched by no rule.\n");
	for (size_t i = 0; i < x->held.n; i++) {
		const struct rule *rule = x->held.rule[i];

		buf_addf(&s->out, "  %s (%s)  ", rule->id, severity_names[rule->severity]);
		escape_value(&s->out, span_of(rule->title));
		buf_add_text(&s->out, "  ");
		escape_value(&s->out, span_of(rule->file));
		buf_addf(&s->out, ":%u\n", rule->line);
	}
}

/* A gap of its own, or one that covers it by what its key begins with. */
static bool concerns_gap(const struct shown *x, const struct gap_note *g)
{
	if (g->kind != x->kind)
		return false;
	return span_same(g->key, x->key) ||
	       (!g->kind->hierarchical && g->subtree && span_starts(x->key, g->key));
}

/* Itself, or with a folder above it. *ret_rest: what of its name stayed. */
static bool is_renamed(const struct change *c, const struct kind *kind, struct span key,
	struct span side, struct span *ret_rest)
{
	if (c->type != CHANGE_RENAMED || c->kind != kind || !key.n || !span_starts(key, side))
		return false;
	*ret_rest = span_from_offset(key, side.n);
	return !ret_rest->n || (c->subtree && key_is_below(kind, key, side));
}

/* Its history goes on under the name it had before, back to when that was created: an older one of
 * that name was another. */
static bool follow_back(struct shown *x, const struct change *c)
{
	struct span name = x->before.n ? x->before : x->key, rest;

	if (is_renamed(c, x->kind, name, c->key, &rest) && x->moves++ < MOVES_MAX) {
		x->before = span_of(
			arena_format(x->arena, "%.*s%.*s", SPAN_ARG(c->old_key), SPAN_ARG(rest)));
		return true;
	}
	if (c->kind != x->kind || !x->before.n || !span_same(c->key, x->before))
		return false;
	if (c->type == CHANGE_CREATED)
		x->before = SPAN_NONE;
	return true;
}

static bool concerns(struct shown *x, const struct ledger_record *r)
{
	if (r->type == RECORD_GAP)
		return concerns_gap(x, &r->gap);
	if (r->type != RECORD_CHANGE)
		return false;
	return follow_back(x, &r->change) ||
	       (r->change.kind == x->kind &&
		       (span_same(r->change.key, x->key) || span_same(r->change.old_key, x->key)));
}

static int add_history(void *ctx, const struct ledger_record *r, struct err *e)
{
	struct shown *x = ctx;

	if (!concerns(x, r))
		return 0;
	if (!x->session->json && x->records == 0)
		buf_add_text(&x->session->out, "\nHistory, newest first:\n");
	if (session_log(x->session, r, e) < 0)
		return e->code;
	return ++x->records >= arg.limit;
}

static void add_now(struct session *s, const struct shown *x)
{
	AUTO(buf) words = BUF_INIT(BUF_MAX_DEFAULT);

	buf_addf(&words, "show %s ", x->kind->name);
	text_shell(&words, x->now);
	buf_add_text(&s->out, "\nRenamed to ");
	key_show(x->kind, x->now, &s->out);
	buf_add_text(&s->out, "; see: ");
	session_command(s, &s->out, buf_text(&words));
	buf_add_char(&s->out, '\n');
}

static void add_json(struct session *s, const struct shown *x)
{
	struct json j = JSON_INIT(&s->out);

	json_envelope(&j, buf_span(&s->host), "entity");
	json_text_member(&j, "kind", x->kind->name);
	json_exact(&j, "key", x->key);
	json_name(&j, "rules");
	json_array(&j);
	for (size_t i = 0; i < x->held.n; i++)
		(void)json_text(&j, span_of(x->held.rule[i]->id));
	json_array_end(&j);
	if (x->approved) {
		json_name(&j, "approved");
		json_record_fields(&j, x->approved);
	}
	if (x->current) {
		json_name(&j, "current");
		json_record_fields(&j, x->current);
	}
	json_object_end(&j);
	buf_add_char(&s->out, '\n');
}

struct moved {
	struct arena *arena;
	const struct kind *kind;
	struct span key, now;
};

/* Renamed itself, or with a folder above it; newest first. */
static int find_renamed(void *ctx, const struct ledger_record *r, struct err *e)
{
	struct moved *m = ctx;
	const struct change *c = &r->change;
	struct span rest;

	(void)e;
	if (r->type != RECORD_CHANGE || !is_renamed(c, m->kind, m->key, c->old_key, &rest))
		return 0;
	m->now = span_of(arena_format(m->arena, "%.*s%.*s", SPAN_ARG(c->key), SPAN_ARG(rest)));
	return 1;
}

static int look_up_renamed(struct session *s, struct arena *a, struct shown *x, struct err *e)
{
	struct moved moved = { .arena = a, .kind = x->kind, .key = x->key };

	if (records_each(s, 1, LEDGER_END, true, find_renamed, &moved, e) < 0)
		return e->code;
	x->now = moved.now;
	return 0;
}

/* Neither approved nor seen: under another name, or never. */
static int refuse(const struct session *s, const struct shown *x, struct err *e)
{
	AUTO(buf) shown = BUF_INIT(BUF_MAX_DEFAULT);
	AUTO(buf) words = BUF_INIT(BUF_MAX_DEFAULT);
	AUTO(buf) line = BUF_INIT(BUF_MAX_DEFAULT);

	text_shell(&shown, x->key);
	buf_addf(&words, "%s %s ", x->now.n ? "show" : "explain", x->kind->name);
	text_shell(&words, x->now.n ? x->now : x->key);
	session_command(s, &line, buf_text(&words));
	if (x->now.n)
		return err_set(e, ERR_MISSING, "%s %.200s was renamed; see: %.200s", x->kind->name,
			buf_text(&shown), buf_text(&line));
	return err_set(e, ERR_MISSING, "nothing is known of %s %.200s; is it watched? %.200s",
		x->kind->name, buf_text(&shown), buf_text(&line));
}

static int run(struct session *s, int argc, char **argv, struct err *e)
{
	AUTO_FREE(arena) arena = arena_new();
	struct shown x = { .session = s, .arena = arena };
	int rc;

	if (key_typed(arena, argc, argv, &x.kind, &x.key, e) < 0 || find(s, arena, &x, e) < 0)
		return e->code;
	if (!x.current && look_up_renamed(s, arena, &x, e) < 0)
		return e->code;
	if (!x.approved && !x.current)
		return refuse(s, &x, e);
	(void)policy_select(s->policy, x.kind, x.key, x.current ? x.current : x.approved, &x.held);
	if (s->json) {
		add_json(s, &x);
	} else {
		buf_addf(&s->out, "%s ", x.kind->name);
		key_show(x.kind, x.key, &s->out);
		buf_add_char(&s->out, '\n');
		if (x.now.n)
			add_now(s, &x);
		add_rules(s, &x);
		add_states(s, &x);
	}
	rc = records_each(s, 1, LEDGER_END, true, add_history, &x, e);
	return rc < 0 ? rc : 0;
}

const struct command command_show = {
	.name = "show",
	.args = "[KIND] KEY",
	.text = "one entity: as approved, as last seen, rules, history",
	.examples = examples,
	.options = options,
	.needs = NEEDS_POLICY | NEEDS_STATE,
	.operands = OPERANDS_ENTITY,
	.min = 1,
	.max = 2,
	.run = run,
};
