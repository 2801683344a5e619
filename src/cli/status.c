#include "cli/commands.h"
#include "cli/findings.h"
#include "core/escape.h"
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

static void add_json(struct session *s, const struct facts *f)
{
	struct json j = JSON_INIT(&s->out);
	uint8_t digest[DIGEST_BYTES];

	session_policy_digest(s, digest);
	json_envelope(&j, buf_span(&s->host), "status");
	json_text_member(&j, "state", s->state_dir);
	json_hex_member(&j, "policy", span_from(digest, sizeof digest));
	json_bool_member(&j, "policy_changed", f->policy_moved);
	json_number_member(&j, "approved", f->approved.count);
	json_hex_member(&j, "approved_root", span_from(f->approved.id, DIGEST_BYTES));
	json_number_member(&j, "current", f->current.count);
	json_hex_member(&j, "current_root", span_from(f->current.id, DIGEST_BYTES));
	if (f->checked) {
		json_time_member(&j, "last_check", f->last.coverage.to);
		json_number_member(&j, "last_check_gaps", f->standing.gaps);
	}
	json_name(&j, "drift");
	json_object(&j);
	for (size_t i = 0; i < SEVERITY_N; i++)
		json_number_member(&j, severity_names[i], f->drift.severities[i]);
	json_object_end(&j);
	json_number_member(&j, "ledger_records", f->records);
	json_number_member(&j, "store_bytes", f->sizes.file_bytes);
	if (f->key_known)
		json_hex_member(&j, "key", span_from(f->key, sizeof f->key));
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
	escape_text(&s->out, c->scope);
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

static void add_text(struct session *s, const struct facts *f)
{
	uint8_t digest[DIGEST_BYTES];

	session_policy_digest(s, digest);
	label(s, "host");
	escape_text(&s->out, buf_span(&s->host));
	buf_add_char(&s->out, '\n');
	label(s, "state");
	escape_text(&s->out, span_of(s->state_dir));
	buf_add_text(&s->out, ", ");
	text_bytes(&s->out, f->sizes.file_bytes);
	buf_add_char(&s->out, '\n');
	label(s, "policy");
	escape_text(&s->out, span_of(s->policy_path));
	buf_add_text(&s->out, ", ");
	add_hex(&s->out, digest, sizeof digest, &s->style);
	buf_add_text(&s->out, f->policy_moved ? ", changed since the last check\n" : "\n");
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

static int run(struct session *s, int argc, char **argv, struct err *e)
{
	AUTO_FREE(arena) arena = arena_new();
	struct facts f = { 0 };

	(void)argc, (void)argv;
	if (gather(s, arena, &f, e) < 0)
		return e->code;
	if (s->json)
		add_json(s, &f);
	else
		add_text(s, &f);
	return 0;
}

const struct command command_status = {
	.name = "status",
	.args = "",
	.text = "the state at a glance: last check, drift, ledger, key",
	.examples = examples,
	.needs = NEEDS_POLICY | NEEDS_STATE,
	.run = run,
};
