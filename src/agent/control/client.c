#include "agent/control/client.h"

#include "agent/control/client_reach.h"

#define IDLE_MS 250
#define ASK_MS 10000

static int send_request(struct client *c, const struct agent_message *m, struct err *e)
{
	AUTO(buf) frame = BUF_INIT(AGENT_FRAME_MAX);

	agent_encode(m, &frame);
	if (frame.full)
		return err_set(e, ERR_LIMIT, "the request is too long");
	return client_send(c, buf_span(&frame), ASK_MS, e);
}

/* The next message; what the collector says to root it may say to everybody. */
static int next(struct client *c, int ms, struct agent_message *ret, struct err *e)
{
	struct span frame;

	arena_clear(c->arena);
	if (client_wait(c, &frame, ms, e) < 0)
		return e->code == ERR_CLOSED ? err_set(e, ERR_CLOSED, "the agent ended")
		       : e->code == ERR_TIMEOUT
			       ? err_set(e, ERR_TIMEOUT,
					 "the agent does not answer: its collector hangs, is "
					 "stopped, or has long work to do; see invar doctor")
			       : e->code;
	return agent_decode(frame, PARTY_COLLECTOR, PARTY_ROOT, c->arena, ret, e);
}

static int answered(const struct agent_message *m, struct err *e)
{
	if (m->code == 0)
		return 0;
	return err_set(e, (enum err_code)m->code, "%.*s", (int)(m->text.n < 480 ? m->text.n : 480),
		m->text.p);
}

int client_ask(struct client *c, const struct agent_message *m, int ms, struct buf *ret,
	struct err *e)
{
	struct agent_message got;

	if (send_request(c, m, e) < 0)
		return e->code;
	do {
		if (next(c, ms, &got, e) < 0)
			return e->code;
	} while (got.type != AGENT_ANSWER);
	buf_add_span(ret, got.text);
	return answered(&got, e);
}

static int each_record(const struct agent_message *m, const struct client_follow *f, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < m->n_records; i++)
		rc = f->each(f->ctx, &m->records[i], e);
	return rc;
}

int client_follow(struct client *c, const struct client_follow *f, struct err *e)
{
	struct agent_message m;
	int rc = send_request(c, &(struct agent_message){ .type = AGENT_FOLLOW }, e);

	while (rc == 0) {
		rc = next(c, f->idle ? IDLE_MS : -1, &m, e);
		if (rc == ERR_TIMEOUT)
			rc = f->idle(f->ctx, e);
		else if (rc == ERR_CLOSED)
			return 0;
		else if (rc == 0 && m.type == AGENT_ANSWER)
			rc = answered(&m, e);
		else if (rc == 0 && m.type == AGENT_RECORDS)
			rc = each_record(&m, f, e);
	}
	return rc > 0 ? 0 : rc;
}
