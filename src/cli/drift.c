#include "cli/commands.h"
#include "cli/exit.h"
#include "cli/findings.h"
#include "cli/paths.h"

static struct {
	int fail_on;
	bool exit_zero;
} arg = { .fail_on = -1 };

static const struct option_row options[] = {
	OPT_CHOICE(0, "fail-on", &arg.fail_on, fail_on_names, "WHAT",
		"what counts for the exit status: any (default), unexplained, or a severity and "
		"all above it"),
	OPT_FLAG(0, "exit-zero", &arg.exit_zero, "exit 0 whatever stands; errors stay errors"),
	OPT_END,
};

static const struct example examples[] = {
	{ "invar drift", "everything that differs from the baseline" },
	{ "invar drift /etc rule:sshd", "what is below /etc, or reported by the rule sshd" },
	{ NULL, NULL },
};

/* What makes "no drift" less than it says. */
static void say_standing(struct session *s, const struct standing *standing)
{
	if (standing->gaps) {
		text_plural(&s->out, standing->gaps, "place");
		buf_add_text(&s->out, " could not be looked at in the last check.\n");
	}
	if (!standing->policy_changed)
		return;
	buf_add_text(&s->out, "The policy changed since the last check; run check:\n");
	session_advise(s, "check", "look for what it watches now");
}

static void print(struct session *s, struct findings *f, const struct standing *standing)
{
	bool sure = !standing->gaps && !standing->policy_changed;

	if (f->counts.changes) {
		report_print(f->report, &s->out);
		buf_add_text(&s->out, "Drift that stands: ");
		report_types(&s->out, &f->counts);
		buf_add_text(&s->out, ".\n");
	} else {
		buf_add_text(&s->out, sure ? "No drift: the last observation is as approved.\n"
					   : "No drift is known.\n");
	}
	say_standing(s, standing);
	if (f->counts.changes)
		findings_advise(f);
}

static int check_root(struct session *s, struct arena *a, struct err *e)
{
	struct span root;

	if (!s->root)
		return 0;
	if (path_absolute(a, s->root, &root, e) < 0)
		return e->code;
	return pipeline_root_check(s->store, root.p, e);
}

static int run(struct session *s, int argc, char **argv, struct err *e)
{
	AUTO_FREE(arena) arena = arena_new();
	AUTO(findings) findings;
	AUTO(chosen) chosen = { 0 };
	struct standing standing;
	struct tree_root root;

	findings_init(&findings, s, arg.fail_on);
	if (session_root(s, ROOT_APPROVED, &root, e) < 0 || check_root(s, arena, e) < 0 ||
		pipeline_standing(s->store, s->policy, &standing, e) < 0 ||
		chosen_parse(s, arena, (const char *const *)argv, (size_t)argc, &chosen, e) < 0 ||
		drift_chosen(s, &chosen, findings_add, &findings, e) < 0)
		return e->code;
	if (!s->json)
		print(s, &findings, &standing);
	if (arg.exit_zero)
		return 0;
	return findings.status | (standing.gaps ? EXIT_GAP : 0);
}

const struct command command_drift = {
	.name = "drift",
	.args = "[SELECTION…]",
	.text = "what differs from the baseline, without looking again",
	.about = "SELECTION is a path (a file or everything below a folder), KIND:GLOB, rule:ID, "
		 "seq:N, seq:N-M, card:ID or all; several are added up. The exit status is that of "
		 "check; 32 is for what the last check could not see.",
	.examples = examples,
	.options = options,
	.needs = NEEDS_POLICY | NEEDS_STATE,
	.operands = OPERANDS_PATHS,
	.max = -1,
	.run = run,
};
