#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/paths.h"
#include "cli/records.h"
#include "core/hex.h"
#include "os/clock.h"
#include "os/stop.h"
#include "output/format.h"

#define FOLLOW_MS 200
#define NO_LIMIT UINT64_MAX

static struct {
	struct option_time since, until;
	const struct kind *kind;
	const char *key, *rule, *head;
	int severity, verdict, record, format;
	uint64_t limit;
	bool reverse, follow, verify;
} arg = { .severity = -1, .verdict = -1, .record = -1, .format = -1, .limit = NO_LIMIT };

static const char *const severities[] = { "info", "low", "medium", "high", "critical", NULL };
static const char *const verdicts[] = { "unexplained", "explained", "cosmetic", NULL };
static const char *const records[] = { "change", "gap", "loss", "repair", "decision", "coverage",
	"note", NULL };
_Static_assert(ARRAY_LEN(severities) == SEVERITY_N + 1, "every severity needs a word");
_Static_assert(ARRAY_LEN(verdicts) == VERDICT_N + 1, "every verdict needs a word");
_Static_assert(ARRAY_LEN(records) == RECORD_TYPE_N + 1, "every record type needs a word");

static const struct option_row options[] = {
	OPT_TIME(0, "since", &arg.since, "from here on: RFC 3339, a date, 23:48, -2h, today"),
	OPT_TIME(0, "until", &arg.until, "up to here"),
	OPT_KIND('k', "kind", &arg.kind, "only entities of this kind"),
	OPT_TEXT(0, "key", &arg.key, "KEY", "only this entity, what is below it, or a pattern"),
	OPT_TEXT(0, "rule", &arg.rule, "ID", "only changes reported by this rule"),
	OPT_CHOICE(0, "severity", &arg.severity, severities, "SEVERITY", "so severe or more"),
	OPT_CHOICE(0, "verdict", &arg.verdict, verdicts, "VERDICT",
		"only explained, cosmetic or unexplained changes"),
	OPT_CHOICE(0, "record", &arg.record, records, "TYPE",
		"only change, gap, loss, repair, decision, coverage or note records"),
	OPT_COUNT('n', "limit", &arg.limit, "N", INT64_MAX, "only the newest N"),
	OPT_FLAG('r', "reverse", &arg.reverse, "newest first"),
	OPT_FLAG('f', "follow", &arg.follow, "then go on with what is recorded, until interrupted"),
	OPT_CHOICE(0, "format", &arg.format, format_names, "FORMAT",
		"as routes send it: json, text, cef, leef, ocsf, ecs or syslog"),
	OPT_FLAG(0, "verify", &arg.verify,
		"prove that the ledger and the store are whole and unaltered, and print nothing "
		"else"),
	OPT_TEXT(0, "head", &arg.head, "HEX",
		"with --verify: the head it must have, as noted elsewhere"),
	OPT_END,
};

static const struct example examples[] = {
	{ "invar log --since yesterday", "what was recorded since midnight before last" },
	{ "invar log /etc/ssh --severity high", "severe changes below /etc/ssh" },
	{ "invar log --limit 5 --format cef", "what a route to a SIEM would send" },
	{ "invar log --record decision", "who approved what, and why" },
	{ "invar log --limit 5 --follow", "the newest five, then what comes" },
	{ "invar log --limit 0 --follow", "only what comes" },
	{ "invar log --verify", "prove the chain" },
	{ NULL, NULL },
};

struct query {
	struct session *session;
	struct change_selection selection;
	struct change_selection key;
	bool selected, keyed;
	uint64_t last;         /* that there was when the reading began */
	uint64_t found, first; /* how many matched, the seq of the last one looked at */
};

static bool change_matches(const struct change *c)
{
	if (arg.severity >= 0 && (int)c->severity < arg.severity)
		return false;
	if (arg.verdict >= 0 && (int)c->verdict != arg.verdict)
		return false;
	return !arg.rule || span_is(c->rule, arg.rule);
}

/* NULL: it is of none. A loss of every kind is one of each. */
static const struct kind *kind_of(const struct ledger_record *r)
{
	if (r->type == RECORD_CHANGE)
		return r->change.kind;
	if (r->type == RECORD_LOSS)
		return r->loss.kind ? r->loss.kind : arg.kind;
	return r->type == RECORD_GAP ? r->gap.kind : NULL;
}

static bool matches(const struct query *q, const struct ledger_record *r)
{
	bool only_changes = arg.severity >= 0 || arg.verdict >= 0 || arg.rule;

	if (arg.record >= 0 && (int)r->type != arg.record)
		return false;
	if ((arg.since.set && r->time < arg.since.ns) || (arg.until.set && r->time > arg.until.ns))
		return false;
	if (arg.kind && kind_of(r) != arg.kind)
		return false;
	if (r->type == RECORD_CHANGE ? !change_matches(&r->change) : only_changes)
		return false;
	if (q->keyed && !change_selection_holds(&q->key, r))
		return false;
	return !q->selected || change_selection_holds(&q->selection, r);
}

static int print_format(struct session *s, const struct ledger_record *r, struct err *e)
{
	format_record(&s->out, (enum format)arg.format, buf_span(&s->host), r);
	if (s->out.n && s->out.p[s->out.n - 1] != '\n')
		buf_add_char(&s->out, '\n');
	return session_flush_much(s, e);
}

static int print(void *ctx, const struct ledger_record *r, struct err *e)
{
	struct query *q = ctx;

	if (!matches(q, r))
		return 0;
	q->found++;
	if (arg.format >= 0 ? print_format(q->session, r, e) < 0
			    : session_log(q->session, r, e) < 0)
		return e->code;
	return arg.reverse && q->found == arg.limit;
}

/* Backwards, to find where the newest N begin. */
static int count(void *ctx, const struct ledger_record *r, struct err *e)
{
	struct query *q = ctx;

	(void)e;
	if (!matches(q, r))
		return 0;
	q->first = r->seq;
	return ++q->found == arg.limit;
}

static int print_all(struct query *q, struct err *e)
{
	int rc;

	if (arg.limit == 0)
		return 0;
	if (!arg.reverse && arg.limit != NO_LIMIT) {
		rc = records_each(q->session, 1, LEDGER_END, true, count, q, e);
		if (rc < 0 || q->found == 0)
			return rc;
	}
	rc = records_each(q->session, q->first, q->last, arg.reverse, print, q, e);
	return rc < 0 ? rc : 0;
}

/* The ledger is asked again and again; nobody tells a reader that there is more. */
static int follow(struct query *q, struct err *e)
{
	uint8_t head[DIGEST_BYTES];
	uint64_t last = q->last, now;

	while (!stop_asked()) {
		if (session_flush(q->session, e) < 0 ||
			ledger_last(q->session->store, &now, head, e) < 0)
			return e->code;
		if (now > last && records_each(q->session, last + 1, now, false, print, q, e) < 0)
			return e->code == ERR_INTERRUPTED ? 0 : e->code;
		last = now;
		clock_sleep_ms(FOLLOW_MS);
	}
	return 0;
}

static int wanted_head(uint8_t ret[DIGEST_BYTES], struct err *e)
{
	if (arg.head && !hex_parse(span_of(arg.head), ret, DIGEST_BYTES))
		return err_set(e, ERR_USAGE, "--head needs %d hexadecimal digits",
			2 * DIGEST_BYTES);
	return 0;
}

static int verify(struct session *s, struct err *e)
{
	AUTO(buf) hex = BUF_INIT(256);
	uint8_t head[DIGEST_BYTES], wanted[DIGEST_BYTES];
	uint64_t n, seq;

	if (wanted_head(wanted, e) < 0 || store_verify(s->store, e) < 0 ||
		ledger_verify(s->store, &n, e) < 0 || ledger_last(s->store, &seq, head, e) < 0)
		return e->code;
	if (arg.head && memcmp(head, wanted, sizeof head) != 0) {
		hex_add(&hex, span_from(head, sizeof head));
		return err_set(e, ERR_DAMAGED,
			"the ledger ends with another head than the one given: %s, of record %llu",
			buf_text(&hex), (unsigned long long)seq);
	}
	if (s->json) {
		struct json j = JSON_INIT(&s->out);

		json_envelope(&j, buf_span(&s->host), "verified");
		json_text_member(&j, "what", "ledger");
		json_number_member(&j, "records", n);
		json_hex_member(&j, "head", span_from(head, sizeof head));
		json_object_end(&j);
		buf_add_char(&s->out, '\n');
		return 0;
	}
	buf_add_text(&s->out, "The ledger is whole: ");
	text_plural(&s->out, n, "record");
	buf_add_text(&s->out, ", each proven by the next; head ");
	text_value_styled(&s->out, &(struct field){ .type = FIELD_DIGEST },
		(union value){ .bytes = span_from(head, sizeof head) }, &s->style);
	buf_add_text(&s->out,
		".\nThe store is whole: both trees, the ledger and the seal agree.\n");
	return 0;
}

/* Rules that are gone from the policy stand in the ledger all the same: only one that is in neither
 * is a mistake. */
static int expect_rule(struct session *s, const char *id, struct err *e)
{
	AUTO(buf) text = BUF_INIT(BUF_MAX_DEFAULT);
	AUTO(problems) problems = { 0 };
	AUTO_FREE(policy) policy = NULL;
	int rc = store_value_get(s->store, "policy", &text, e);

	if (rc < 0)
		return rc == ERR_MISSING ? 0 : rc;
	rc = policy_load_text(&policy, "the policy of the last check", buf_span(&text), false,
		&problems, e);
	if (rc < 0) /* an older program's */
		return rc == ERR_POLICY ? 0 : rc;
	return rule_expect(policy, id, e);
}

/* A member of the group invar may not read the ledger, but hear the agent. */
static int denied(struct err *e)
{
	size_t n = strlen(e->text);

	snprintf(e->text + n, sizeof e->text - n,
		"; where the agent runs, members of the group invar see what it records from now "
		"on by: invar watch");
	return e->code;
}

static int run(struct session *s, int argc, char **argv, struct err *e)
{
	AUTO_FREE(arena) arena = arena_new();
	struct query q = { .session = s, .selected = argc > 0, .keyed = arg.key, .first = 1 };
	const char *key[] = { arg.kind ? arg.kind->name : arg.key, arg.key };
	size_t n_key = arg.kind ? 2 : 1;
	uint8_t head[DIGEST_BYTES];

	if (arg.head && !arg.verify)
		return err_set(e, ERR_USAGE, "--head goes with --verify");
	if (arg.follow && (arg.verify || arg.reverse || arg.until.set))
		return err_set(e, ERR_USAGE,
			"--follow goes on for ever: leave out --verify, --reverse and --until");
	/* To say all that is wrong with a damaged one, it must be opened. */
	if (session_store(s, arg.verify ? STORE_INSPECT : STORE_READ, e) < 0)
		return e->code == ERR_DENIED ? denied(e) : e->code;
	if (arg.verify)
		return verify(s, e);
	if (change_selection_parse(arena, (const char *const *)argv, (size_t)argc, path_here(arena),
		    &q.selection, e) < 0)
		return e->code;
	if (arg.key && change_selection_parse(arena, key, n_key, path_here(arena), &q.key, e) < 0)
		return e->code;
	if (ledger_last(s->store, &q.last, head, e) < 0 || print_all(&q, e) < 0)
		return e->code;
	if (arg.follow)
		return follow(&q, e);
	return q.found == 0 && arg.rule ? expect_rule(s, arg.rule, e) : 0;
}

const struct command command_log = {
	.name = "log",
	.args = "[SELECTION…]",
	.text = "read the ledger: changes, gaps, decisions, coverage",
	.about =
		"Oldest first. SELECTION is a path (a file or everything below a folder), "
		"KIND:GLOB, rule:ID, seq:N or seq:N-M, card:ID or all; the options narrow it down. "
		"The ledger is root's; members of the group invar see what the agent records "
		"from now on by invar watch.",
	.examples = examples,
	.options = options,
	.operands = OPERANDS_PATHS,
	.max = -1,
	.run = run,
};
