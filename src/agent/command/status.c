/* invar status: the state, and how the agent is that runs. */
#include "agent/command/commands.h"
#include "agent/command/status_agent.h"
#include "agent/control/client.h"
#include "change/standing.h"
#include "cli/findings.h"
#include "core/escape.h"
#include "core/hex.h"
#include "entity/key_typed.h"
#include "store/seal.h"

static const struct example examples[] = {
	{ "invar status", "is there a baseline, how old is the last check, what stands" },
	{ NULL, NULL },
};

struct facts {
	struct tree_root approved, current;
	struct ledger_record last; /* the last coverage record */
	bool checked, policy_moved;
	uint64_t records;
	struct store_sizes sizes;
	uint8_t key[SEAL_KEY_BYTES];
	bool key_known;
	struct report_counts drift;
	struct standing standing;
	bool no_state;       /* we may not look into it */
	struct err broken;   /* what is wrong with the policy at its place; code 0: nothing */
	bool edited;         /* the policy is not the one the agent has in force */
	struct buf agent;    /* what it says, JSON */
	struct err no_agent; /* why it says nothing; code 0: it does */
};

static int count_drift(void *ctx, const struct ledger_record *r, struct err *e)
{
	struct report_counts *c = ctx;

	(void)e;
	c->changes++;
	c->types[r->change.type]++;
	c->severities[r->change.severity]++;
	return 0;
}

static int gather(struct session *s, struct arena *a, struct facts *f, struct err *e)
{
	struct chosen everything = { .all = true };
	uint8_t digest[DIGEST_BYTES];
	struct err ignored;
	int rc;

	if (session_root(s, ROOT_APPROVED, &f->approved, e) < 0 ||
		session_root(s, ROOT_CURRENT, &f->current, e) < 0 ||
		store_sizes(s->store, &f->sizes, e) < 0 ||
		ledger_verify(s->store, &f->records, e) < 0)
		return e->code;
	rc = records_last_coverage(s, a, &f->last, e);
	if (rc < 0)
		return rc;
	f->checked = rc > 0;
	session_policy_digest(s, digest);
	f->policy_moved = f->checked && memcmp(digest, f->last.coverage.policy, sizeof digest) != 0;
	f->key_known = seal_public_key(s->store, f->key, &ignored) == 0;
	if (pipeline_standing(s->store, s->policy, &f->standing, e) < 0)
		return e->code;
	return drift_chosen(s, &everything, count_drift, &f->drift, e);
}

#define ASK_MS 5000 /* who asks looks at a terminal; one that is well answers at once */

static void ask_agent(struct session *s, struct facts *f)
{
	AUTO(client) c = { 0 };

	f->agent = BUF_INIT(AGENT_FRAME_MAX);
	if (client_open(&c, s->state_dir, &f->no_agent) < 0)
		return;
	(void)!client_ask(&c, &(struct agent_message){ .type = AGENT_STATUS }, ASK_MS, &f->agent,
		&f->no_agent);
}

static void add_agent_json(struct json *j, const struct facts *f)
{
	bool runs = f->no_agent.code == 0;

	json_bool_member(j, "agent_running", runs);
	if (!runs)
		return;
	json_name(j, "agent");
	buf_add_span(j->out, buf_span(&f->agent));
	j->comma = true;
}

static void add_policy_json(struct session *s, struct json *j, const struct facts *f)
{
	uint8_t digest[DIGEST_BYTES];

	if (f->broken.code < 0)
		json_text_member(j, "policy_error", f->broken.text);
	if (!s->policy)
		return;
	session_policy_digest(s, digest);
	json_hex_member(j, "policy", span_from(digest, sizeof digest));
	if (f->no_agent.code == 0 && f->broken.code == 0)
		json_bool_member(j, "policy_edited", f->edited);
}

static void add_state_json(struct json *j, const struct facts *f)
{
	json_bool_member(j, "policy_changed", f->policy_moved);
	json_number_member(j, "approved", f->approved.count);
	json_hex_member(j, "approved_root", span_from(f->approved.id, DIGEST_BYTES));
	json_number_member(j, "current", f->current.count);
	json_hex_member(j, "current_root", span_from(f->current.id, DIGEST_BYTES));
	if (f->checked) {
		json_time_member(j, "last_check", f->last.coverage.to);
		json_number_member(j, "last_check_gaps", f->standing.gaps);
	}
	json_name(j, "drift");
	json_object(j);
	for (size_t i = 0; i < SEVERITY_N; i++)
		json_number_member(j, severity_names[i], f->drift.severities[i]);
	json_object_end(j);
	json_number_member(j, "ledger_records", f->records);
	json_number_member(j, "store_bytes", f->sizes.file_bytes);
	if (f->key_known)
		json_hex_member(j, "key", span_from(f->key, sizeof f->key));
}

static void add_json(struct session *s, const struct facts *f)
{
	struct json j = JSON_INIT(&s->out);

	json_envelope(&j, buf_span(&s->host), "status");
	json_text_member(&j, "state", s->state_dir);
	if (f->no_state)
		json_bool_member(&j, "state_denied", true);
	add_policy_json(s, &j, f);
	if (!f->no_state)
		add_state_json(&j, f);
	add_agent_json(&j, f);
	json_object_end(&j);
	buf_add_char(&s->out, '\n');
}

static void add_hex(struct buf *ret, const void *bytes, size_t n, const struct text_style *style)
{
	text_value_styled(ret, &(struct field){ .type = FIELD_DIGEST },
		(union value){ .bytes = span_from(bytes, n) }, style);
}

static void label(struct session *s, const char *name)
{
	AUTO(buf) padded = BUF_INIT(64);

	buf_addf(&padded, "%-11s", name);
	text_tone(&s->out, &s->style, TONE_FAINT, buf_text(&padded));
}

static void add_last_check(struct session *s, const struct facts *f)
{
	const struct coverage *c = &f->last.coverage;

	label(s, "last check");
	if (!f->checked) {
		buf_add_text(&s->out, "none\n");
		return;
	}
	text_time(&s->out, c->to, &s->style);
	buf_add_text(&s->out, ": ");
	escape_text(&s->out, c->means);
	buf_add_text(&s->out, " of ");
	key_show(NULL, c->scope, &s->out);
	buf_add_text(&s->out, ", ");
	text_plural(&s->out, c->entities, "entity");
	buf_add_text(&s->out, " in ");
	text_duration(&s->out, c->to - c->from);
	buf_add_text(&s->out, ", ");
	text_plural(&s->out, c->gaps, "gap");
	buf_add_char(&s->out, '\n');
}

static void add_drift(struct session *s, const struct facts *f)
{
	const char *between = "";

	label(s, "drift");
	if (!f->drift.changes)
		buf_add_text(&s->out, "none");
	for (int i = SEVERITY_N - 1; i >= 0; i--) {
		AUTO(buf) part = BUF_INIT(64);

		if (!f->drift.severities[i])
			continue;
		buf_add_text(&s->out, between);
		text_count(&part, f->drift.severities[i]);
		buf_addf(&part, " %s", severity_names[i]);
		text_tone(&s->out, &s->style, text_severity_tone((enum severity)i),
			buf_text(&part));
		between = ", ";
	}
	if (f->standing.gaps) {
		buf_add_text(&s->out, "; ");
		text_plural(&s->out, f->standing.gaps, "place");
		buf_add_text(&s->out, " could not be looked at");
	}
	buf_add_char(&s->out, '\n');
}

static void add_state(struct session *s, const struct facts *f)
{
	label(s, "host");
	escape_text(&s->out, buf_span(&s->host));
	buf_add_char(&s->out, '\n');
	label(s, "state");
	key_show(NULL, span_of(s->state_dir), &s->out);
	buf_add_text(&s->out, ", ");
	if (f->no_state)
		buf_add_text(&s->out, "which we may not look into: baseline, drift and ledger are "
				      "for root");
	else
		text_bytes(&s->out, f->sizes.file_bytes);
	buf_add_char(&s->out, '\n');
}

/* What is wrong is said once all else is. */
static void add_broken(struct session *s)
{
	uint8_t digest[DIGEST_BYTES];

	label(s, "policy");
	key_show(NULL, span_of(s->policy_path), &s->out);
	text_tone(&s->out, &s->style, TONE_ALARM, ", which is broken");
	if (s->policy) {
		session_policy_digest(s, digest);
		buf_add_text(&s->out, "; in force is still ");
		add_hex(&s->out, digest, sizeof digest, &s->style);
	}
	buf_add_char(&s->out, '\n');
}

static void add_policy(struct session *s, const struct facts *f)
{
	AUTO(buf) apply = BUF_INIT(BUF_MAX_DEFAULT);
	uint8_t digest[DIGEST_BYTES];

	if (f->broken.code < 0) {
		add_broken(s);
		return;
	}
	if (!s->policy)
		return;
	session_policy_digest(s, digest);
	label(s, "policy");
	key_show(NULL, span_of(s->policy_path), &s->out);
	buf_add_text(&s->out, ", ");
	add_hex(&s->out, digest, sizeof digest, &s->style);
	if (f->edited) {
		session_command(s, &apply, "policy apply");
		text_tone(&s->out, &s->style, TONE_ALARM, ", edited since it was put in force");
		buf_add_text(&s->out, "; to put this one in force: ");
		buf_add_span(&s->out, buf_span(&apply));
	} else if (f->policy_moved) {
		buf_add_text(&s->out, ", changed since the last check");
	}
	buf_add_char(&s->out, '\n');
}

static void add_text(struct session *s, const struct facts *f)
{
	label(s, "baseline");
	text_plural(&s->out, f->approved.count, "entity");
	buf_add_text(&s->out, ", root ");
	add_hex(&s->out, f->approved.id, DIGEST_BYTES, &s->style);
	buf_add_char(&s->out, '\n');
	add_last_check(s, f);
	add_drift(s, f);
	label(s, "ledger");
	text_plural(&s->out, f->records, "record");
	buf_add_text(&s->out, ", chain proven\n");
	if (f->key_known) {
		label(s, "key");
		add_hex(&s->out, f->key, sizeof f->key, &(struct text_style){ .full = true });
		buf_add_char(&s->out, '\n');
	}
}

static void add_agent_text(struct session *s, const struct facts *f)
{
	AUTO_FREE(told) told = NULL;
	struct err e = f->no_agent;

	if (e.code == 0 && told_read(&told, buf_span(&f->agent), &e) == 0) {
		status_agent_text(s, told);
		return;
	}
	label(s, "agent");
	escape_value(&s->out, span_of(e.text));
	buf_add_char(&s->out, '\n');
}

/* The one at its place. One that is broken is none: what is in force is another one. */
static int load_policy(struct session *s, struct facts *f, struct err *e)
{
	int rc = policy_load(&s->policy, s->policy_path, false, &s->problems, e);
	AUTO(buf) shown = BUF_INIT(8192);

	if (rc == ERR_MISSING) {
		key_show(NULL, span_of(s->policy_path), &shown);
		rc = err_set(e, ERR_POLICY,
			"no policy at '%.300s'; put one there or name yours with --policy PATH",
			buf_text(&shown));
	}
	if (rc != ERR_POLICY)
		return rc;
	f->broken = *e;
	problems_told(&s->problems, &f->broken);
	return 0;
}

/* That of the last check, which is what an agent that runs has in force. */
static int load_stored(struct session *s, struct err *e)
{
	AUTO(problems) problems = { 0 };
	AUTO(buf) text = BUF_INIT(BUF_MAX_DEFAULT);

	if (store_value_get(s->store, VALUE_POLICY, &text, e) < 0)
		return e->code;
	return policy_load_text(&s->policy, "the policy of the last check", buf_span(&text), false,
		&problems, e);
}

static int look_into(struct session *s, struct arena *a, struct facts *f, struct err *e)
{
	if (session_store(s, STORE_READ, e) < 0 || (f->broken.code < 0 && load_stored(s, e) < 0))
		return e->code;
	return gather(s, a, f, e);
}

/* What can be known without the agent. Who may not look into the state may still ask it. */
static int open_state(struct session *s, struct arena *a, struct facts *f, struct err *e)
{
	int rc = load_policy(s, f, e);

	if (rc == 0)
		rc = look_into(s, a, f, e);
	if (rc != ERR_DENIED || f->no_agent.code < 0)
		return rc;
	f->no_state = true;
	return 0;
}

/* Somebody has changed the policy, and nobody has had it loaded. */
static bool is_edited(struct session *s, const struct facts *f)
{
	AUTO(buf) hex = BUF_INIT(2 * DIGEST_BYTES + 1);
	AUTO_FREE(told) told = NULL;
	uint8_t digest[DIGEST_BYTES];
	struct err e;

	if (f->no_agent.code < 0 || f->broken.code < 0 || !s->policy ||
		told_read(&told, buf_span(&f->agent), &e) < 0 ||
		strcmp(told_text(told, "policy_path"), s->policy_path) != 0)
		return false;
	session_policy_digest(s, digest);
	hex_add(&hex, span_from(digest, sizeof digest));
	return strcmp(told_text(told, "policy"), buf_text(&hex)) != 0;
}

static void add_all(struct session *s, const struct facts *f)
{
	if (s->json) {
		add_json(s, f);
		return;
	}
	add_state(s, f);
	add_policy(s, f);
	if (!f->no_state)
		add_text(s, f);
	add_agent_text(s, f);
}

static int run(struct session *s, int argc, char **argv, struct err *e)
{
	AUTO_FREE(arena) arena = arena_new();
	struct facts f = { 0 };
	int rc;

	(void)argc, (void)argv;
	ask_agent(s, &f);
	rc = open_state(s, arena, &f, e);
	if (rc == 0) {
		f.edited = is_edited(s, &f);
		add_all(s, &f);
	}
	if (f.broken.code < 0) { /* all that is known is told, and then this */
		*e = f.broken;
		rc = e->code;
	}
	buf_done(&f.agent);
	return rc;
}

const struct command command_status = {
	.name = "status",
	.args = "",
	.text = "the state at a glance; with the agent: what watches, what waits, what was lost",
	.about = "Baseline, last check, drift, ledger and key; and of the agent that runs: its "
		 "processes, the means in force for each kind and mount, scans, losses and "
		 "repairs, latency, canaries, routes. Members of the group invar see the agent's "
		 "part without being root.",
	.examples = examples,
	.run = run,
};
