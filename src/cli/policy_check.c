#include "cli/commands.h"
#include "cli/exit.h"
#include "cli/problems.h"
#include "core/escape.h"

static struct {
	bool strict;
} arg;

static const struct option_row options[] = {
	OPT_FLAG(0, "strict", &arg.strict, "warnings count as errors"),
	OPT_END,
};

static const struct example examples[] = {
	{ "invar policy check", "what is wrong with the policy in force, or could be better" },
	{ "invar policy check --policy new.yaml", "the same for a file, before it is in force" },
	{ NULL, NULL },
};

static void add_json(struct session *s, const struct problem *p)
{
	struct json j = JSON_INIT(&s->out);

	json_envelope(&j, buf_span(&s->host), "problem");
	json_text_member(&j, "level", p->level == PROBLEM_ERROR ? "error" : "warning");
	json_text_member(&j, "code", p->code);
	if (p->file)
		json_text_member(&j, "file", p->file);
	json_number_member(&j, "line", p->line);
	json_number_member(&j, "column", p->column);
	if (p->rule)
		json_text_member(&j, "rule", p->rule);
	json_text_member(&j, "text", p->text);
	json_object_end(&j);
	buf_add_char(&s->out, '\n');
}

static void add_verdict(struct session *s, const struct problems *found)
{
	size_t rules = 0;

	if (s->policy) {
		while (policy_rules(s->policy)[rules])
			rules++;
		text_plural(&s->out, rules, "rule");
		buf_add_text(&s->out, ", ");
	}
	text_plural(&s->out, found->errors, "error");
	buf_add_text(&s->out, ", ");
	text_plural(&s->out, found->n - found->errors, "warning");
	buf_add_text(&s->out, ".\n");
}

static int run(struct session *s, int argc, char **argv, struct err *e)
{
	AUTO(problems) found = { 0 };
	AUTO(buf) shown = BUF_INIT(8192);
	int rc = policy_load(&s->policy, s->policy_path, true, &found, e);

	(void)argc, (void)argv;
	if (rc == ERR_MISSING) {
		escape_value(&shown, span_of(s->policy_path));
		return err_set(e, ERR_POLICY, "no policy at '%.300s'", buf_text(&shown));
	}
	if (rc < 0 && rc != ERR_POLICY)
		return rc;
	for (size_t i = 0; i < found.n; i++) {
		if (s->json)
			add_json(s, &found.list[i]);
		else
			problem_text(&s->out, &found.list[i]);
	}
	if (!s->json)
		add_verdict(s, &found);
	return rc < 0 || (arg.strict && found.n) ? EXIT_POLICY : 0;
}

const struct command command_policy_check = {
	.name = "policy check",
	.args = "",
	.text = "say what is wrong with the policy",
	.about =
		"One line for each finding: file:line:column: error or warning: what was found and "
		"what was expected. Exit status 17 when there are errors.",
	.examples = examples,
	.options = options,
	.run = run,
};
