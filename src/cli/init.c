#include "cli/commands.h"
#include "cli/observe.h"
#include "cli/records.h"
#include "cli/scan_options.h"
#include "output/report.h"

static struct {
	bool replace;
} arg;

static const struct option_row options[] = {
	OPT_FLAG(0, "replace", &arg.replace,
		"replace the baseline there is: whatever drifted is then accepted"),
	OPT_END,
};

static const struct example examples[] = {
	{ "invar init", "observe what /etc/invar/policy.d selects and approve it" },
	{ "invar init --policy rules/ --state /tmp/try", "try it without touching the system" },
	{ NULL, NULL },
};

struct heard {
	struct session *session;
	struct report *report; /* of what the baseline does not settle */
};

static int hear(void *ctx, const struct ledger_record *r, struct err *e)
{
	struct heard *h = ctx;

	if (h->session->json)
		return session_log(h->session, r, e);
	report_add(h->report, r);
	return 0;
}

static void say_absent(struct session *s, uint64_t n)
{
	buf_add_char(&s->out, '\n');
	text_plural(&s->out, n, "thing");
	buf_addf(&s->out, " %s there that the policy expects to be absent, and %s not approved:\n",
		n == 1 ? "is" : "are", n == 1 ? "is" : "are");
}

static void print(struct session *s, const struct report *findings, const struct check_summary *sum)
{
	uint64_t absent = sum->changes[CHANGE_CREATED];
	bool any = absent || sum->gaps || sum->missing;

	buf_add_text(&s->out, "Baseline made: ");
	summary_entities(&s->out, sum);
	buf_add_char(&s->out, ' ');
	summary_speed(&s->out, sum);
	buf_add_text(&s->out, ".\n");
	if (absent)
		say_absent(s, absent);
	if (any) {
		buf_add_char(&s->out, '\n');
		report_print(findings, &s->out);
	}
	buf_add_text(&s->out, any ? "Next:\n" : "\nNext:\n");
	if (absent)
		session_advise(s, "drift", "see what is not approved");
	session_advise(s, "check", "look for changes");
}

static int existing(const struct session *s, struct err *e)
{
	AUTO(buf) check = BUF_INIT(8192);
	AUTO(buf) replace = BUF_INIT(8192);

	session_command(s, &check, "check");
	session_command(s, &replace, "init --replace");
	return err_set(e, ERR_EXISTS,
		"there is a baseline already; compare with it: %s; or replace it: %s",
		buf_text(&check), buf_text(&replace));
}

/* A new ledger that follows one somebody took away says so in its first record. */
static int note_removed(struct session *s, struct err *e)
{
	struct ledger_record r = { .type = RECORD_NOTE };

	if (!store_replaces_removed(s->store))
		return 0;
	r.note.what = span_of("state-removed");
	r.note.text = span_of("there was a signing key but no state: somebody had removed it");
	if (store_begin(s->store, e) < 0)
		return e->code;
	if (records_append(s, &r, e) < 0 || store_commit(s->store, e) < 0) {
		store_rollback(s->store);
		return e->code;
	}
	return 0;
}

static int run(struct session *s, int argc, char **argv, struct err *e)
{
	AUTO_FREE(arena) arena = arena_new();
	AUTO_FREE(report) findings = report_new(s->policy, &s->style, s->full ? 0 : REPORT_SHOWN);
	struct heard heard = { s, findings };
	AUTO(observing) observing = { .record = hear, .ctx = &heard };
	struct check_listener listener = observing_listener(&observing, s);
	struct check_summary sum;
	struct scan_options scan;
	int rc;

	(void)argv;
	/* The folder is there before it is left out of what is looked at. */
	if (session_store(s, arg.replace ? STORE_REPLACE : STORE_CREATE, e) < 0 ||
		scan_options_make(s, arena, NULL, (size_t)argc, &scan, e) < 0 ||
		note_removed(s, e) < 0)
		return e->code;
	rc = pipeline_init(s->store, s->policy, &scan, arg.replace, &listener, &sum, e);
	if (rc < 0)
		return rc == ERR_EXISTS ? existing(s, e) : rc;
	progress_clear(&observing.progress);
	if (!s->json)
		print(s, findings, &sum);
	return 0;
}

const struct command command_init = {
	.name = "init",
	.args = "",
	.text = "approve everything the policy selects as the baseline",
	.about = "Observes all of it and makes the state folder and its signing key when they are "
		 "not there. A baseline "
		 "that "
		 "exists is replaced only with --replace.",
	.examples = examples,
	.options = options,
	.needs = NEEDS_POLICY | NEEDS_SCAN,
	.run = run,
};
