#include "cli/commands.h"

static const struct example examples[] = {
	{ "invar policy show", "the rules in force, variables replaced; loads again as it is" },
	{ NULL, NULL },
};

static void add_json(struct session *s, const struct rule *rule)
{
	struct json j = JSON_INIT(&s->out);

	json_envelope(&j, buf_span(&s->host), "rule");
	json_text_member(&j, "rule", rule->id);
	json_text_member(&j, "title", rule->title);
	json_text_member(&j, "severity", severity_names[rule->severity]);
	json_text_member(&j, "kind", rule->kind->name);
	json_name(&j, "base");
	json_array(&j);
	for (size_t i = 0; rule->bases && rule->bases[i]; i++)
		(void)json_text(&j, span_of(rule->bases[i]));
	json_array_end(&j);
	json_name(&j, "fields");
	json_array(&j);
	for (unsigned i = 0; i < rule->kind->n_fields; i++)
		if (rule->fields & field_bit(i))
			(void)json_text(&j, span_of(rule->kind->fields[i].name));
	json_array_end(&j);
	json_bool_member(&j, "real_time", rule->real_time);
	json_text_member(&j, "expect", expect_names[rule->expect]);
	json_name(&j, "tags");
	json_array(&j);
	for (size_t i = 0; rule->tags && rule->tags[i]; i++)
		(void)json_text(&j, span_of(rule->tags[i]));
	json_array_end(&j);
	json_text_member(&j, "file", rule->file);
	json_number_member(&j, "line", rule->line);
	json_object_end(&j);
	buf_add_char(&s->out, '\n');
}

static int run(struct session *s, int argc, char **argv, struct err *e)
{
	(void)argc, (void)argv;
	if (!s->json) {
		policy_print(s->policy, &s->out);
		return 0;
	}
	for (size_t i = 0; policy_rules(s->policy)[i]; i++) {
		add_json(s, policy_rules(s->policy)[i]);
		if (session_flush_much(s, e) < 0)
			return e->code;
	}
	return 0;
}

const struct command command_policy_show = {
	.name = "policy show",
	.args = "",
	.text = "print the policy in force as one text",
	.about = "Variables are replaced and shorthands resolved. The text loads as a policy "
		 "again; its "
		 "SHA-256 is what the ledger calls the policy.",
	.examples = examples,
	.needs = NEEDS_POLICY,
	.run = run,
};
