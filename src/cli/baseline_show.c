#include "cli/commands.h"
#include "cli/entity.h"
#include "cli/paths.h"
#include "core/escape.h"
#include "os/stop.h"

static const struct example examples[] = {
	{ "invar baseline show /etc/ssh", "what is approved below /etc/ssh" },
	{ "invar baseline show --json", "all of it, one JSON object on each line" },
	{ NULL, NULL },
};

static void add_json(struct session *s, const struct record *r)
{
	struct json j = JSON_INIT(&s->out);

	json_envelope(&j, buf_span(&s->host), "entity");
	json_text_member(&j, "kind", r->kind->name);
	json_exact(&j, "key", r->key);
	json_name(&j, "approved");
	json_record_fields(&j, r);
	json_object_end(&j);
	buf_add_char(&s->out, '\n');
}

static void add_text(struct session *s, const struct record *r)
{
	AUTO(buf) what = BUF_INIT(BUF_MAX_DEFAULT);

	text_key(&s->out, r->kind, r->key);
	buf_add_text(&s->out, "  ");
	text_entity(&what, r, &s->style);
	text_tone(&s->out, &s->style, TONE_FAINT, buf_text(&what));
	buf_add_char(&s->out, '\n');
}

/* A selection chooses among changes; an entity is chosen as its creation would be. */
static bool chosen(const struct change_selection *sel, struct record *r)
{
	struct ledger_record as = { .type = RECORD_CHANGE };

	as.change = (struct change){ .type = CHANGE_CREATED, .kind = r->kind, .key = r->key };
	as.change.is = r;
	return sel->n == 0 || change_selection_holds(sel, &as);
}

static int print_all(struct session *s, const struct tree_root *root,
	const struct change_selection *sel, struct err *e)
{
	AUTO_FREE(tree_cursor) cursor = NULL;
	AUTO(buf) key = BUF_INIT(BUF_MAX_DEFAULT);
	struct tree_entry entry;
	int more;

	if (tree_cursor_open(&cursor, s->store, root, e) < 0)
		return e->code;
	while ((more = tree_cursor_next(cursor, &entry, e)) > 0) {
		struct record r;

		if (stop_asked())
			return err_set(e, ERR_INTERRUPTED, "interrupted");
		if (entity_of_entry(&entry, &key, &r, e) < 0)
			return e->code;
		if (!chosen(sel, &r))
			continue;
		if (s->json)
			add_json(s, &r);
		else
			add_text(s, &r);
		if (session_flush_much(s, e) < 0)
			return e->code;
	}
	return more;
}

static int run(struct session *s, int argc, char **argv, struct err *e)
{
	AUTO_FREE(arena) arena = arena_new();
	struct change_selection sel;
	struct tree_root root;

	if (session_root(s, ROOT_APPROVED, &root, e) < 0 ||
		change_selection_parse(arena, (const char *const *)argv, (size_t)argc,
			path_here(arena), &sel, e) < 0)
		return e->code;
	return print_all(s, &root, &sel, e);
}

const struct command command_baseline_show = {
	.name = "baseline show",
	.args = "[SELECTION…]",
	.text = "print what is approved, one entity on each line",
	.about = "SELECTION is a path (a file or everything below a folder), KIND:GLOB or all.",
	.examples = examples,
	.needs = NEEDS_STATE,
	.operands = OPERANDS_PATHS,
	.max = -1,
	.run = run,
};
