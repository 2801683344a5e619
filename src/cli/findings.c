#include "cli/findings.h"

#include "cli/exit.h"

void findings_init(struct findings *f, struct session *s, int fail_on)
{
	*f = (struct findings){ .session = s,
		.report = report_new(s->policy, &s->style, s->full ? 0 : REPORT_SHOWN),
		.keys = keyset_new(),
		.fail_on = fail_on,
		.policy = BUF_INIT(BUF_MAX_DEFAULT),
		.example = BUF_INIT(BUF_MAX_DEFAULT),
		.example_weight = -1 };
}

void findings_done(struct findings *f)
{
	report_freep(&f->report);
	keyset_freep(&f->keys);
	buf_done(&f->policy);
	buf_done(&f->example);
}

/* The most severe; among equals one where more than a time stamp moved. */
static int weight(const struct change *c)
{
	bool more = c->type != CHANGE_UPDATED ||
		    (c->fields & ~kind_fields_with(c->kind, FIELD_LOCAL)) != 0;

	return 2 * (int)c->severity + more;
}

static void take_example(struct findings *f, const struct change *c)
{
	if (c->verdict != VERDICT_UNEXPLAINED || weight(c) <= f->example_weight)
		return;
	f->example_weight = weight(c);
	buf_clear(&f->example);
	buf_addf(&f->example, "show %s ", c->kind->name);
	text_shell(&f->example, c->key);
}

static void take_change(struct findings *f, const struct change *c)
{
	f->counts.changes++;
	f->counts.types[c->type]++;
	if (c->verdict == VERDICT_UNEXPLAINED)
		f->counts.severities[c->severity]++;
	else
		f->counts.explained++;
	if (exit_counts(f->fail_on, c))
		f->status |= exit_of_change(c->type);
	keyset_add(f->keys, c->kind, c->key);
	take_example(f, c);
}

int findings_add(void *ctx, const struct ledger_record *r, struct err *e)
{
	struct findings *f = ctx;

	if (r->type == RECORD_CHANGE)
		take_change(f, &r->change);
	if (r->type == RECORD_NOTE && span_is(r->note.what, NOTE_POLICY))
		buf_add_span(&f->policy, r->note.text);
	if (f->session->json && f->standing)
		return session_standing(f->session, r, e);
	if (f->session->json)
		return session_log(f->session, r, e);
	if (!f->but || r->type != RECORD_CHANGE ||
		!keyset_has(f->but, r->change.kind, r->change.key))
		report_add(f->report, r);
	return 0;
}

/* What was asked about is what is offered: "all" would also take what is not shown here. */
static void advise_approve(struct findings *f)
{
	AUTO(buf) words = BUF_INIT(BUF_MAX_DEFAULT);
	struct session *s = f->session;

	buf_add_text(&words, "approve");
	for (size_t i = 0; i < s->n_operands; i++) {
		buf_add_char(&words, ' ');
		text_shell(&words, span_of(s->operands[i]));
	}
	if (s->n_operands == 0)
		buf_addf(&words, " %s", f->kind ? f->kind->name : "all");
	buf_add_text(&words, " --reason '…'");
	session_advise(s, buf_text(&words),
		s->n_operands || f->kind ? "accept this selection as the new baseline"
					 : "accept all of this as the new baseline; or name paths "
					   "or KIND:KEY instead");
}

void findings_advise(struct findings *f)
{
	buf_add_text(&f->session->out, "\nNext:\n");
	if (f->example.n)
		session_advise(f->session, buf_text(&f->example), "see one of them in full");
	advise_approve(f);
}
