#include "cli/commands.h"
#include "cli/entity.h"
#include "cli/infile.h"
#include "cli/paths.h"
#include "core/escape.h"
#include "os/file.h"
#include "os/stop.h"
#include "store/seal.h"

static const struct example examples[] = {
	{ "invar baseline show /etc/ssh", "what is approved below /etc/ssh" },
	{ "invar baseline show --json", "all of it, one JSON object on each line" },
	{ "invar baseline show web7.baseline 'service:*'", "the services of an exported baseline" },
	{ NULL, NULL },
};

static void add_json(struct session *s, struct span host, const struct record *r)
{
	struct json j = JSON_INIT(&s->out);

	json_envelope(&j, host, "entity");
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

struct printer {
	struct session *session;
	const struct change_selection *selection;
	struct span host; /* whose baseline it is */
	struct buf key;
	bool any;
};

static void printer_done(struct printer *p)
{
	buf_done(&p->key);
}

static int each(void *ctx, const struct tree_entry *entry, struct err *e)
{
	struct printer *p = ctx;
	struct record r;

	if (stop_asked())
		return err_set(e, ERR_INTERRUPTED, "interrupted");
	if (entity_of_entry(entry, &p->key, &r, e) < 0)
		return e->code;
	if (!chosen(p->selection, &r))
		return 0;
	p->any = true;
	if (p->session->json)
		add_json(p->session, p->host, &r);
	else
		add_text(p->session, &r);
	return session_flush_much(p->session, e);
}

static int print_ours(struct printer *p, struct err *e)
{
	struct session *s = p->session;
	AUTO_FREE(tree_cursor) cursor = NULL;
	struct tree_entry entry;
	struct tree_root root;
	int more;

	p->host = buf_span(&s->host);
	if (session_store(s, STORE_READ, e) < 0 || session_root(s, ROOT_APPROVED, &root, e) < 0 ||
		tree_cursor_open(&cursor, s->store, &root, e) < 0)
		return e->code;
	while ((more = tree_cursor_next(cursor, &entry, e)) > 0)
		if (each(p, &entry, e) < 0)
			return e->code;
	return more;
}

/* Read twice: nothing of it is shown before all of it is proven. */
static int print_file(struct printer *p, const char *path, struct err *e)
{
	AUTO_FREE(arena) arena = arena_new();
	AUTO(infile) first = { .fd = -1 };
	AUTO(infile) again = { .fd = -1 };
	struct baseline_info info;

	if (infile_open(&first, path, e) < 0 ||
		baseline_read(first.fd, &info, arena, NULL, NULL, e) < 0)
		return e->code;
	p->host = info.host;
	if (infile_open(&again, path, e) < 0)
		return e->code;
	return baseline_read(again.fd, &info, arena, each, p, e);
}

static bool is_export(const char *path)
{
	AUTO(infile) file = { .fd = file_open(path) };
	char head[BASELINE_HEAD_BYTES];
	enum file_form form;

	return file.fd >= 0 && file_form_of(file.fd, &form) == 0 && form == FILE_FORM_REGULAR &&
	       file_read(file.fd, head, sizeof head) == sizeof head &&
	       baseline_begins(span_from(head, sizeof head));
}

static int run(struct session *s, int argc, char **argv, struct err *e)
{
	bool file = argc > 0 && is_export(argv[0]);
	AUTO_FREE(arena) arena = arena_new();
	struct change_selection sel;
	AUTO(printer) p = { .session = s, .selection = &sel, .key = BUF_INIT(BUF_MAX_DEFAULT) };

	if (change_selection_parse(arena, (const char *const *)argv + file, (size_t)(argc - file),
		    path_here(arena), &sel, e) < 0)
		return e->code;
	if ((file ? print_file(&p, argv[0], e) : print_ours(&p, e)) < 0)
		return e->code;
	return sel.n && !p.any
		       ? err_set(e, ERR_MISSING, "nothing that is approved is selected by that")
		       : 0;
}

const struct command command_baseline_show = {
	.name = "baseline show",
	.args = "[FILE] [SELECTION…]",
	.text = "print what is approved, one entity on each line",
	.about = "FILE is a signed export, of this host or another: what is in it is printed, once "
		 "its signature is proven. SELECTION is a path (a file or everything below a "
		 "folder), KIND:GLOB or all.",
	.examples = examples,
	.operands = OPERANDS_PATHS,
	.max = -1,
	.run = run,
};
