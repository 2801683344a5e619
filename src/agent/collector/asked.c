/* What the command line asks of the collector, by the control socket or pipe. */
#include <stdlib.h>

#include "agent/collector/state.h"
#include "core/json.h"
#include "core/mem.h"

#define TEXT_BYTES ((size_t)4 << 20)

void asked_policy(struct collector *c, uint64_t client)
{
	AUTO(buf) text = BUF_INIT(TEXT_BYTES);
	struct err e = { 0 };
	int rc = start_reload(c, &text, &e);

	if (rc < 0 && !text.n)
		buf_add_text(&text, e.text);
	control_answer(c->control, client, rc, buf_span(&text));
}

void asked_scan(struct collector *c, uint64_t client, const struct agent_message *m)
{
	size_t n = m->n_paths ? m->n_paths : 1;

	/* One after the other: when the last one is done, all are. */
	for (size_t i = 0; i < n; i++) {
		char *below = m->n_paths ? mem_copy(m->paths[i].p, m->paths[i].n) : NULL;
		struct job *j = job_new("asked", OBSERVED_SCAN, below, 0);

		free(below);
		j->plan.trust_stamps = !m->full;
		j->client = i + 1 == n ? client : 0;
		job_add(c, j);
	}
}

void answer_job_done(struct collector *c, const struct job *j)
{
	AUTO(buf) text = BUF_INIT(4096);
	struct json out = JSON_INIT(&text);

	if (!j->client || !c->control)
		return;
	if (j->err.code < 0) {
		control_answer(c->control, j->client, j->err.code, span_of(j->err.text));
		return;
	}
	json_object(&out);
	json_number_member(&out, "entities", j->entities);
	json_number_member(&out, "bytes", j->bytes);
	json_number_member(&out, "changes", j->found);
	json_number_member(&out, "gaps", j->gaps);
	json_time_member(&out, "from", j->from);
	json_time_member(&out, "to", j->to);
	json_object_end(&out);
	control_answer(c->control, j->client, 0, buf_span(&text));
}

void asked_follow(struct collector *c, const struct ledger_record *r)
{
	AUTO(buf) body = BUF_INIT(AGENT_FRAME_MAX);
	struct agent_record record = { .seq = r->seq, .prev = span_from(r->prev, sizeof r->prev) };

	if (!c->control || !control_is_followed(c->control) || !r->chained)
		return;
	ledger_record_encode(r, &body);
	record.body = buf_span(&body);
	control_records(c->control, &record, 1);
}
