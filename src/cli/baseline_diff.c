#include "cli/commands.h"
#include "cli/entity.h"
#include "cli/findings.h"
#include "cli/infile.h"
#include "os/clock.h"
#include "store/seal.h"

static const struct example examples[] = {
	{ "invar baseline diff web7.baseline",
		"what is approved here, and differs from the export" },
	{ NULL, NULL },
};

/* Both sides come in key order: a merge, one entry of each in hand. */
struct merge {
	struct session *session;
	struct tree_cursor *cursor;
	struct tree_entry here; /* valid when more */
	int more;
	struct buf was_key, is_key;
	struct findings findings;
};

static void merge_done(struct merge *m)
{
	tree_cursor_close(m->cursor);
	buf_done(&m->was_key);
	buf_done(&m->is_key);
	findings_done(&m->findings);
}

static int next_here(struct merge *m, struct err *e)
{
	m->more = tree_cursor_next(m->cursor, &m->here, e);
	return m->more < 0 ? m->more : 0;
}

/* Only what identifies equal state across hosts counts: no times, no inodes. */
static uint64_t differing(const struct record *was, const struct record *is)
{
	return record_changes(was, is,
		kind_fields_all(is->kind) & ~kind_fields_with(is->kind, FIELD_LOCAL));
}

static int report(struct merge *m, const struct tree_entry *was, const struct tree_entry *is,
	struct err *e)
{
	struct ledger_record r = { .type = RECORD_CHANGE, .time = clock_now() };
	struct record before, after;
	struct change *c = &r.change;
	struct selection held;

	if ((was && entity_of_entry(was, &m->was_key, &before, e) < 0) ||
		(is && entity_of_entry(is, &m->is_key, &after, e) < 0))
		return e->code;
	c->type = !was ? CHANGE_CREATED : !is ? CHANGE_DELETED : CHANGE_UPDATED;
	c->observed = OBSERVED_SCAN;
	c->was = was ? &before : NULL;
	c->is = is ? &after : NULL;
	c->kind = is ? after.kind : before.kind;
	c->key = is ? after.key : before.key;
	c->who_unknown = span_of("two baselines were compared");
	if (was && is && !(c->fields = differing(&before, &after)))
		return 0;
	if (policy_select(m->session->policy, c->kind, c->key, c->is ? c->is : c->was, &held)) {
		const struct rule *rule = selection_rule(&held, c->fields);

		rule = rule ? rule : held.rule[0];
		c->rule = span_of(rule->id);
		c->severity = rule->severity;
	}
	return findings_add(&m->findings, &r, e);
}

static int each(void *ctx, const struct tree_entry *was, struct err *e)
{
	struct merge *m = ctx;

	while (m->more && span_compare(m->here.key, was->key) < 0)
		if (report(m, NULL, &m->here, e) < 0 || next_here(m, e) < 0)
			return e->code;
	if (!m->more || span_compare(m->here.key, was->key) > 0)
		return report(m, was, NULL, e);
	if (!span_same(m->here.shared, was->shared) && report(m, was, &m->here, e) < 0)
		return e->code;
	return next_here(m, e);
}

static int compare(struct merge *m, const char *path, struct err *e)
{
	AUTO_FREE(arena) arena = arena_new();
	AUTO(infile) file = { .fd = -1 };
	struct session *s = m->session;
	struct baseline_info info;
	struct tree_root root;

	if (session_root(s, ROOT_APPROVED, &root, e) < 0 || infile_open(&file, path, e) < 0 ||
		tree_cursor_open(&m->cursor, s->store, &root, e) < 0 || next_here(m, e) < 0 ||
		baseline_read(file.fd, &info, arena, each, m, e) < 0)
		return e->code;
	while (m->more)
		if (report(m, NULL, &m->here, e) < 0 || next_here(m, e) < 0)
			return e->code;
	return 0;
}

static int run(struct session *s, int argc, char **argv, struct err *e)
{
	__attribute__((cleanup(merge_done))) struct merge m = { .session = s,
		.was_key = BUF_INIT(BUF_MAX_DEFAULT),
		.is_key = BUF_INIT(BUF_MAX_DEFAULT) };

	(void)argc;
	findings_init(&m.findings, s, -1);
	s->hold = true; /* what an unproven file led to is not shown */
	if (compare(&m, argv[0], e) < 0)
		return e->code;
	if (s->json)
		return m.findings.status;
	report_print(m.findings.report, &s->out);
	if (m.findings.counts.changes) {
		buf_add_text(&s->out, "From the export to what is approved here: ");
		report_types(&s->out, &m.findings.counts);
		buf_add_text(&s->out, ".\n");
	} else {
		buf_add_text(&s->out, "The export and what is approved here are equal.\n");
	}
	return m.findings.status;
}

const struct command command_baseline_diff = {
	.name = "baseline diff",
	.args = "FILE",
	.text = "compare a signed export with what is approved",
	.about = "The export is the side before. Only what identifies equal state across hosts "
		 "counts: "
		 "no time stamps, inodes or link counts. The exit status is that of check.",
	.examples = examples,
	.needs = NEEDS_POLICY | NEEDS_STATE,
	.operands = OPERANDS_PATHS,
	.min = 1,
	.max = 1,
	.run = run,
};
