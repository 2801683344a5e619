#include "cli/commands.h"
#include "cli/findings.h"
#include "os/person.h"

static struct {
	const char *reason;
} arg;

static const struct option_row options[] = {
	OPT_TEXT('r', "reason", &arg.reason, "TEXT", "why this is right; goes into the ledger"),
	OPT_END,
};

static const struct example examples[] = {
	{ "invar approve /etc/ssh --reason 'ticket 4711'", "accept what changed below /etc/ssh" },
	{ "invar approve rule:sshd rule:pam --reason 'hardening'", "all that these rules report" },
	{ "invar approve all --reason 'upgrade to 12.9'", "accept everything that stands" },
	{ NULL, NULL },
};

/* No selection: show what there is to choose from, on standard output, and refuse. */
static int list(struct session *s, struct err *e)
{
	AUTO(findings) findings;
	AUTO(buf) line = BUF_INIT(8192);
	struct chosen everything = { .all = true };

	findings_init(&findings, s, -1);
	if (drift_chosen(s, &everything, findings_add, &findings, e) < 0)
		return e->code;
	if (!s->json)
		report_print(findings.report, &s->out);
	if (!findings.counts.changes)
		return err_set(e, ERR_USAGE, "nothing to approve: no drift stands");
	session_command(s, &line, "approve all --reason '…'");
	return err_set(e, ERR_USAGE, "approve what? for all %llu of these: %s",
		(unsigned long long)findings.counts.changes, buf_text(&line));
}

static void join(int argc, char **argv, struct buf *ret)
{
	for (int i = 0; i < argc; i++) {
		if (i)
			buf_add_char(ret, ' ');
		text_shell(ret, span_of(argv[i]));
	}
}

static void print(struct session *s, const struct findings *moved, uint64_t items)
{
	if (items == 0) {
		buf_add_text(&s->out, "Nothing of this differs from the baseline.\n");
		return;
	}
	report_print(moved->report, &s->out);
	buf_add_text(&s->out, "Approved: ");
	text_plural(&s->out, items, "entity");
	buf_add_text(&s->out, " moved into the baseline.\n");
}

static int run(struct session *s, int argc, char **argv, struct err *e)
{
	AUTO_FREE(arena) arena = arena_new();
	AUTO(buf) by = BUF_INIT(4096);
	AUTO(buf) words = BUF_INIT(BUF_MAX_DEFAULT);
	AUTO(findings) moved;
	AUTO(chosen) chosen = { 0 };
	struct decision decision = { .what = span_of("approve") };
	struct tree_root root;
	uint64_t items;

	findings_init(&moved, s, -1);
	if (session_root(s, ROOT_APPROVED, &root, e) < 0)
		return e->code;
	if (argc == 0)
		return list(s, e);
	if (!arg.reason)
		return err_set(e, ERR_USAGE, "say why: --reason TEXT (it goes into the ledger)");
	s->hold = true; /* nothing is printed as moved before it has */
	if (chosen_parse(s, arena, (const char *const *)argv, (size_t)argc, &chosen, e) < 0 ||
		drift_chosen(s, &chosen, findings_add, &moved, e) < 0)
		return e->code;
	person_running(&by);
	join(argc, argv, &words);
	decision.reason = span_of(arg.reason);
	decision.by = buf_span(&by);
	decision.selection = buf_span(&words);
	if (approve(s->store, s->policy, &chosen.selection, &decision, &items, e) < 0)
		return e->code;
	if (!s->json)
		print(s, &moved, items);
	return 0;
}

const struct command command_approve = {
	.name = "approve",
	.args = "SELECTION…",
	.text = "move the baseline for exactly these changes",
	.about = "SELECTION is a path (a file or everything below a folder), KIND:GLOB, rule:ID, "
		 "seq:N or seq:N-M (numbers of invar log), card:ID or all; several are added up. "
		 "The decision, who made it and why are recorded in the ledger.",
	.examples = examples,
	.options = options,
	.needs = NEEDS_POLICY | NEEDS_STATE_WRITE,
	.operands = OPERANDS_PATHS,
	.max = -1,
	.run = run,
};
