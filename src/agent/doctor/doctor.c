/* The command, and what it prints. */
#include "agent/doctor/doctor.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/command/commands.h"

const char *const doctor_state_names[] = { "ok", "note", "warning", "fault" };
_Static_assert(ARRAY_LEN(doctor_state_names) == DOCTOR_STATE_N, "every state needs a name");

static bool look_only;
static const char *config_path;

static const struct option_row options[] = {
	OPT_FILE(0, "config", &config_path, "PATH",
		"settings to look at (default: those of the agent that answers, "
		"else " AGENT_CONFIG_DEFAULT ")"),
	OPT_FLAG(0, "look-only", &look_only, "plant nothing, only look"),
	OPT_END,
};

static const struct example examples[] = {
	{ "invar doctor", "is everything there, and is what happens seen, how fast, and by whom" },
	{ "invar doctor --look-only", "the same without planting anything" },
	{ NULL, NULL },
};

struct doctor_finding *doctor_say(struct doctor *d, const char *group, const char *name,
	enum doctor_state state, const char *advice, const char *fmt, ...)
{
	struct doctor_finding *f = &d->list[d->n < DOCTOR_FINDINGS_MAX - 1 ? d->n++ : d->n];
	char text[2048];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	*f = (struct doctor_finding){ .group = group, .name = name, .state = state };
	f->text = arena_text(d->arena, span_of(text));
	f->advice = advice ? arena_text(d->arena, span_of(advice)) : NULL;
	return f;
}

/* ---- printing ---- */

static void add_json(struct session *s, const struct doctor_finding *f)
{
	struct json j = JSON_INIT(&s->out);

	json_envelope(&j, buf_span(&s->host), "doctor");
	json_text_member(&j, "group", f->group);
	json_text_member(&j, "check", f->name);
	json_text_member(&j, "state", doctor_state_names[f->state]);
	json_text_member(&j, "text", f->text);
	if (f->advice)
		json_text_member(&j, "advice", f->advice);
	if (f->kind) {
		json_text_member(&j, "kind", f->kind->name);
		if (f->scope)
			json_exact(&j, "scope", span_of(f->scope));
		json_bool_member(&j, "planted", f->planted);
	}
	if (f->planted)
		json_bool_member(&j, "seen", f->seen);
	if (f->seen)
		json_number_member(&j, "latency_ns", (uint64_t)f->latency);
	if (f->who)
		json_text_member(&j, "who", f->who);
	json_object_end(&j);
	buf_add_char(&s->out, '\n');
}

static void add_text(struct session *s, const struct doctor_finding *f)
{
	static const enum tone tones[] = { TONE_GOOD, TONE_FAINT, TONE_EDIT, TONE_ALARM };
	AUTO(buf) state = BUF_INIT(64);

	buf_addf(&state, "  %-8s", doctor_state_names[f->state]);
	text_tone(&s->out, &s->style, tones[f->state], buf_text(&state));
	buf_addf(&s->out, "%-13s", f->name);
	text_foreign(&s->out, span_of(f->text), &s->style);
	buf_add_char(&s->out, '\n');
	if (!f->advice)
		return;
	buf_add_text(&s->out, "            → ");
	text_foreign(&s->out, span_of(f->advice), &s->style);
	buf_add_char(&s->out, '\n');
}

static void add_verdict(struct doctor *d, const size_t counts[DOCTOR_STATE_N])
{
	struct session *s = d->session;
	struct json j = JSON_INIT(&s->out);

	if (s->json) {
		json_envelope(&j, buf_span(&s->host), "doctor");
		json_bool_member(&j, "healthy", counts[DOCTOR_FAIL] == 0);
		json_number_member(&j, "faults", counts[DOCTOR_FAIL]);
		json_number_member(&j, "warnings", counts[DOCTOR_WARN]);
		json_object_end(&j);
		buf_add_char(&s->out, '\n');
		return;
	}
	buf_add_char(&s->out, '\n');
	if (counts[DOCTOR_FAIL]) {
		text_tone(&s->out, &s->style, TONE_ALARM, "Not healthy: ");
		text_plural(&s->out, counts[DOCTOR_FAIL], "fault");
	} else {
		text_tone(&s->out, &s->style, TONE_GOOD, "Healthy");
	}
	if (counts[DOCTOR_WARN]) {
		buf_add_text(&s->out, ", ");
		text_plural(&s->out, counts[DOCTOR_WARN], "warning");
	}
	buf_add_text(&s->out, ".\n");
	if (!d->root)
		buf_add_text(&s->out,
			"Run it as root: most of what is to be proven needs root's rights.\n");
}

void doctor_print(struct doctor *d)
{
	struct session *s = d->session;
	size_t counts[DOCTOR_STATE_N] = { 0 };
	const char *group = "";

	for (size_t i = 0; i < d->n; i++) {
		const struct doctor_finding *f = &d->list[i];

		counts[f->state]++;
		if (s->json) {
			add_json(s, f);
			continue;
		}
		if (strcmp(f->group, group) != 0) {
			buf_add_text(&s->out, *group ? "\n" : "");
			text_tone(&s->out, &s->style, TONE_STRONG, f->group);
			buf_add_char(&s->out, '\n');
			group = f->group;
		}
		add_text(s, f);
	}
	add_verdict(d, counts);
}

/* ---- the command ---- */

static int run(struct session *s, int argc, char **argv, struct err *e)
{
	struct doctor d = { .session = s, .root = geteuid() == 0, .config_path = config_path };
	bool faults = false;

	(void)argc, (void)argv, (void)e;
	d.arena = arena_new();
	d.list = arena_get(d.arena, DOCTOR_FINDINGS_MAX * sizeof *d.list);
	doctor_settings(&d);
	doctor_installation(&d);
	doctor_kernel(&d);
	doctor_agent(&d);
	if (!look_only)
		doctor_canaries(&d);
	doctor_print(&d);
	for (size_t i = 0; i < d.n; i++)
		faults = faults || d.list[i].state == DOCTOR_FAIL;
	policy_free(d.policy);
	if (d.configured)
		agent_config_done(&d.config);
	arena_free(d.arena);
	return faults ? 1 : 0;
}

const struct command command_doctor = {
	.name = "doctor",
	.args = "",
	.text = "prove that this installation works: plant canaries, see whether they are seen",
	.about =
		"Looks at the installation, the kernel and the running agent, and then watches, "
		"with "
		"a state and a policy of its own that are removed again, what it does itself: "
		"files "
		"created, written, chmod-ed, renamed and deleted on each file system, a program "
		"run, "
		"a port opened on loopback. For each it says whether and how fast it was seen, and "
		"whether the right process was named.\n"
		"Accounts, packages, rules of the packet filter and the like are not planted on a "
		"host that is in use: for these it says what they are watched by.\n"
		"What a running agent watches is not planted either, since that would be a "
		"finding: "
		"the agent is asked for its own canaries instead.\n"
		"The exit status is 0 when all is well and 1 when something is not.",
	.examples = examples,
	.options = options,
	.run = run,
};
