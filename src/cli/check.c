#include "cli/asked.h"
#include "cli/commands.h"
#include "cli/exit.h"
#include "cli/findings.h"
#include "cli/observe.h"
#include "cli/packaged.h"
#include "cli/paths.h"
#include "cli/scan_options.h"
#include "core/escape.h"

static struct {
	const struct kind *kind;
	bool new, quick, exit_zero, packages;
	int fail_on;
} arg = { .fail_on = -1 };

static const struct option_row options[] = {
	OPT_KIND('k', "kind", &arg.kind, "only entities of this kind"),
	OPT_FLAG('n', "new", &arg.new,
		"exit status of the changes just found, not of the drift that stands"),
	OPT_FLAG('q', "quick", &arg.quick,
		"do not read again what has the same size, times and inode"),
	OPT_FLAG(0, "packages", &arg.packages,
		"compare with what packages delivered instead of with the baseline"),
	OPT_CHOICE(0, "fail-on", &arg.fail_on, fail_on_names, "WHAT",
		"what counts for the exit status: any (default), unexplained, or a severity and "
		"all above it"),
	OPT_FLAG(0, "exit-zero", &arg.exit_zero, "exit 0 whatever was found; errors stay errors"),
	OPT_END,
};

static const struct example examples[] = {
	{ "invar check", "look at everything, report what is new and what still stands" },
	{ "invar check /etc /usr/bin --quick", "only there, and trust unchanged time stamps" },
	{ "invar check --json --exit-zero", "for a program: one JSON object on each line" },
	{ "invar check --fail-on high", "for cron: low findings do not fail" },
	{ "invar check --packages /usr", "is every packaged file what its package delivered?" },
	{ NULL, NULL },
};

/* The part of the drift that the paths and --kind leave. */
static int narrow(struct session *s, struct arena *a, const struct scan_options *scan,
	struct chosen *ret, struct err *e)
{
	const char **words = arena_get(a, (scan->n_below + 1) * sizeof *words);
	size_t n = 0;

	for (; n < scan->n_below; n++)
		words[n] = scan->below[n].p;
	if (n == 0 && scan->kind)
		words[n++] = scan->kind->name;
	return chosen_parse(s, a, words, n, ret, e);
}

static void say_quiet(struct session *s, const struct check_summary *sum)
{
	buf_add_text(&s->out, "No changes: ");
	if (summary_total(sum))
		summary_entities(&s->out, sum);
	else
		buf_add_text(&s->out, "nothing is there,");
	buf_add_text(&s->out, " as approved, checked ");
	summary_speed(&s->out, sum);
	buf_add_text(&s->out, ".\n");
}

static void say_group(struct session *s, const struct findings *f, const char *title)
{
	if (report_counts(f->report)->changes) {
		text_tone(&s->out, &s->style, TONE_STRONG, title);
		buf_add_text(&s->out, "\n\n");
	}
	report_print(f->report, &s->out);
}

/* What a full disk keeps out of the ledger is still what was seen. */
static void say_unrecorded(struct session *s, const struct findings *f)
{
	if (!s->json)
		say_group(s, f, "Found, but not recorded: the next check finds it again");
}

static void say_counts(struct session *s, const char *title, const struct report_counts *c)
{
	const char *between = "";

	buf_addf(&s->out, "%s: ", title);
	if (!c->changes) {
		buf_add_text(&s->out, "none.\n");
		return;
	}
	report_types(&s->out, c);
	if (c->explained) {
		buf_add_text(&s->out, "; ");
		text_count(&s->out, c->explained);
		buf_add_text(&s->out, " of them explained");
	}
	if (c->explained == c->changes) {
		buf_add_text(&s->out, ".\n");
		return;
	}
	buf_add_text(&s->out, " (");
	for (int i = SEVERITY_N - 1; i >= 0; i--) {
		if (!c->severities[i])
			continue;
		buf_add_text(&s->out, between);
		text_count(&s->out, c->severities[i]);
		buf_addf(&s->out, " %s", severity_names[i]);
		between = ", ";
	}
	buf_add_text(&s->out, ").\n");
}

static void say_summary(struct session *s, const struct check_summary *sum,
	const struct findings *news, const struct findings *drift)
{
	buf_add_text(&s->out, "Checked ");
	summary_entities(&s->out, sum);
	buf_add_char(&s->out, ' ');
	summary_speed(&s->out, sum);
	buf_add_text(&s->out, ".\n");
	if (news->policy.n) {
		buf_add_text(&s->out, "Note: ");
		escape_text(&s->out, buf_span(&news->policy));
		buf_add_text(&s->out, ".\n");
	}
	say_counts(s, "Changed since the last check", &news->counts);
	say_counts(s, "Drift that stands", &drift->counts);
	if (sum->missing) {
		text_plural(&s->out, sum->missing, "rule");
		buf_add_text(&s->out, " of the policy found nothing of what should be present.\n");
	}
	if (sum->gaps) {
		text_plural(&s->out, sum->gaps, "gap");
		buf_add_text(&s->out, ": what could not be seen is not reported as changed.\n");
	}
}

static void print(struct session *s, const struct check_summary *sum, struct findings *news,
	struct findings *drift)
{
	if (!news->counts.changes && !drift->counts.changes && !sum->gaps && !sum->missing &&
		!sum->policy_changed) {
		say_quiet(s, sum);
		return;
	}
	say_group(s, news, "Changed since the last check");
	say_group(s, drift, "Standing from before");
	say_summary(s, sum, news, drift);
	if (drift->counts.changes)
		findings_advise(drift);
}

static int observe(struct session *s, struct scan_options *scan, struct findings *news,
	struct check_summary *ret, struct err *e)
{
	AUTO(observing) observing = { .record = findings_add, .ctx = news };
	struct check_listener listener = observing_listener(&observing, s);

	return pipeline_check(s->store, s->policy, scan, &listener, ret, e);
}

static int check(struct session *s, int argc, char **argv, struct findings *news,
	struct findings *drift, struct err *e)
{
	AUTO_FREE(arena) arena = arena_new();
	AUTO(chosen) chosen = { 0 };
	struct check_summary sum;
	struct scan_options scan;
	struct tree_root root;
	struct asked *asked;
	int lost;

	if (session_root(s, ROOT_APPROVED, &root, e) < 0 ||
		scan_options_make(s, arena, argv, (size_t)argc, &scan, e) < 0 ||
		asked_new(&asked, s, arena, &scan, e) < 0)
		return e->code;
	scan.trust_stamps = arg.quick;
	scan.kind = arg.kind;
	drift->but = news->keys;
	drift->kind = arg.kind;
	drift->standing = true;
	if (narrow(s, arena, &scan, &chosen, e) < 0)
		return e->code;
	if (observe(s, &scan, news, &sum, e) < 0) {
		say_unrecorded(s, news);
		return e->code;
	}
	if (drift_chosen(s, &chosen, findings_add, drift, e) < 0)
		return e->code;
	lost = asked_found(asked, &sum, e);
	/* "no changes" would be what nobody looked for */
	if (!s->json && (lost == 0 || summary_total(&sum)))
		print(s, &sum, news, drift);
	if (lost < 0)
		return lost;
	if (arg.exit_zero)
		return 0;
	return (arg.new ? news->status : drift->status) | (sum.gaps ? EXIT_GAP : 0);
}

static int check_packages(struct session *s, int argc, char **argv, struct err *e)
{
	AUTO_FREE(arena) arena = arena_new();
	struct scan_options scan;

	if (arg.kind || arg.quick || arg.new)
		return err_set(e, ERR_USAGE,
			"--packages reads every packaged file and knows no baseline: leave out "
			"--kind, --quick and --new");
	if (scan_options_make(s, arena, argv, (size_t)argc, &scan, e) < 0)
		return e->code;
	return packaged_run(s, &scan, arg.fail_on, arg.exit_zero, e);
}

static int run(struct session *s, int argc, char **argv, struct err *e)
{
	AUTO(findings) news = { 0 };
	AUTO(findings) drift = { 0 };

	if (arg.packages)
		return check_packages(s, argc, argv, e);
	findings_init(&news, s, arg.fail_on);
	findings_init(&drift, s, arg.fail_on);
	return check(s, argc, argv, &news, &drift, e);
}

const struct command command_check = {
	.name = "check",
	.args = "[PATH…]",
	.text = "observe now; print what changed and what drift stands",
	.about =
		"Compares with the last observation: what differs is recorded in the ledger and "
		"printed. Then prints what differs from the approved baseline. The baseline does "
		"not move; see invar help approve. With --json the lines of the drift have "
		"\"standing\": true; what is new stands too, and so has two lines.\n\nThe exit "
		"status adds up what stands: 1 "
		"created, 2 deleted, 4 updated or renamed; 32 when something could not be seen. A "
		"PATH where nothing is watched is an error (18).\n\nWith --packages every packaged "
		"file is compared with what its package delivered (digest, type, rights, owner, as "
		"far as the package database says), and files in the system's folders that belong "
		"to no package are named; nothing is recorded. 1 then means files of nobody, 2 "
		"missing ones, 4 ones that differ.",
	.examples = examples,
	.options = options,
	.needs = NEEDS_POLICY | NEEDS_STATE_WRITE | NEEDS_SCAN,
	.operands = OPERANDS_PATHS,
	.max = -1,
	.run = run,
};
