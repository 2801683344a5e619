/* What clients ask, whatever way they came. */
#include "agent/control/control.h"

#include <stdlib.h>

#include "agent/control/connection.h"
#include "core/mem.h"

#define WAITING_MAX ((size_t)4 << 20) /* bytes a client has not read yet; then it is dropped */
#define ASKED_MAX 8                   /* requests of one client not yet answered */
#define BY_MAX 4096
#define IDLE_NS INT64_C(60000000000)    /* who asks nothing for so long is dropped */
#define STALLED_NS INT64_C(30000000000) /* … and who reads nothing */

struct client {
	struct control *control;
	uint64_t id; /* 0: this place is free */
	enum agent_party party;
	struct connection *connection;
	struct timer *idle, *stalled;
	bool follows;
	unsigned asked; /* and not answered */
	struct buf by;
};

struct control {
	struct loop *loop;
	struct arrivals *arrivals;
	struct control_handlers handlers;
	uint64_t next_id;
	size_t n_follow, n_members, clients_max;
	struct client clients[];
};

/* ---- to a client ---- */

static void drop(struct client *c)
{
	struct control *control = c->control;

	if (!c->id)
		return;
	connection_free(c->connection);
	timer_free(c->idle);
	timer_free(c->stalled);
	buf_done(&c->by);
	if (c->follows)
		control->n_follow--;
	control->n_members -= c->party == PARTY_MEMBER;
	*c = (struct client){ .control = control };
	if (control->arrivals)
		arrivals_room(control->arrivals);
}

static void flush(struct client *c)
{
	struct err e;
	int rc = connection_flush(c->connection, &e);

	if (rc < 0)
		drop(c);
	else if (rc == 0 && !timer_waits(c->stalled))
		timer_start(c->stalled, STALLED_NS);
}

static void on_writable(void *ctx)
{
	struct client *c = ctx;

	timer_stop(c->stalled);
	flush(c);
}

static void on_stalled(void *ctx)
{
	drop(ctx);
}

/* False: the client is gone. */
static bool send_frame(struct client *c, struct span frame)
{
	uint64_t id = c->id;

	if (connection_waiting(c->connection) > WAITING_MAX ||
		!connection_put(c->connection, frame)) {
		drop(c);
		return false;
	}
	flush(c);
	return c->id == id;
}

static void add_answer(struct buf *frame, int code, struct span text)
{
	agent_encode(&(struct agent_message){ .type = AGENT_ANSWER, .code = code, .text = text },
		frame);
}

/* False: the client is gone. */
static bool answer(struct client *c, int code, struct span text)
{
	AUTO(buf) frame = BUF_INIT(AGENT_FRAME_MAX);

	add_answer(&frame, code, text);
	if (frame.full) {
		buf_clear(&frame);
		add_answer(&frame, ERR_LIMIT, span_of("the answer is too long"));
	}
	return send_frame(c, buf_span(&frame));
}

/* ---- from a client ---- */

static void on_idle(void *ctx)
{
	struct client *c = ctx;

	if (c->asked)
		timer_start(c->idle, IDLE_NS);
	else if (!c->follows)
		drop(c);
}

/* False: the client is gone. */
static bool take(struct client *c, struct span frame)
{
	AUTO_FREE(arena) a = arena_new();
	struct control *control = c->control;
	uint64_t id = c->id;
	struct agent_message m;
	struct err e = { 0 };

	if (agent_decode(frame, c->party, PARTY_COLLECTOR, a, &m, &e) < 0 ||
		(c->asked == ASKED_MAX &&
			err_set(&e, ERR_LIMIT, "more than %d requests wait", ASKED_MAX) < 0)) {
		if (answer(c, e.code, span_of(e.text)))
			drop(c);
		return false;
	}
	timer_start(c->idle, IDLE_NS);
	if (m.type == AGENT_FOLLOW) {
		control->n_follow += !c->follows;
		c->follows = true;
		return answer(c, 0, span_of("following"));
	}
	c->asked++;
	control->handlers.asked(control->handlers.ctx, id, &m, buf_span(&c->by));
	return c->id == id;
}

static void on_readable(void *ctx)
{
	struct client *c = ctx;
	struct span frame;
	struct err e;
	int rc = connection_fill(c->connection, &e);

	while (rc >= 0 && (rc = connection_next(c->connection, &frame, &e)) > 0)
		if (!take(c, frame))
			return;
	if (rc < 0)
		drop(c);
}

/* ---- arriving ---- */

static struct client *free_place(struct control *control)
{
	for (size_t i = 0; i < control->clients_max; i++)
		if (!control->clients[i].id)
			return &control->clients[i];
	return NULL;
}

bool control_has_room(struct control *c)
{
	return free_place(c) != NULL;
}

void control_welcome(struct control *control, struct connection *connection, enum agent_party party,
	struct span by)
{
	static const struct connection_events events = { on_readable, on_writable };
	struct client *c = free_place(control);
	struct err e;

	/* Members leave room for root, who may have to ask just then. */
	if (!c || (party == PARTY_MEMBER && control->n_members >= control->clients_max / 2)) {
		control_refuse(connection, "too many ask at once");
		return;
	}
	control->n_members += party == PARTY_MEMBER;
	*c = (struct client){ .control = control,
		.id = control->next_id++,
		.party = party,
		.connection = connection,
		.idle = timer_new(control->loop, on_idle, c),
		.stalled = timer_new(control->loop, on_stalled, c),
		.by = BUF_INIT(BY_MAX) };
	buf_add_span(&c->by, by);
	if (connection_hear(connection, control->loop, &events, c, &e) < 0)
		drop(c);
	else
		timer_start(c->idle, IDLE_NS);
}

void control_refuse(struct connection *c, const char *why)
{
	AUTO(buf) frame = BUF_INIT(AGENT_FRAME_MAX);
	struct err e;

	add_answer(&frame, ERR_DENIED, span_of(why));
	if (connection_put(c, buf_span(&frame)))
		(void)!connection_flush(c, &e); /* it fits, or is not worth waiting for */
	connection_free(c);
}

/* ---- the door ---- */

struct control *control_new(struct loop *loop, const struct control_handlers *handlers,
	size_t clients_max, struct arrivals *a)
{
	struct control *c = mem_new(sizeof *c + clients_max * sizeof *c->clients);

	c->loop = loop;
	c->arrivals = a;
	c->handlers = *handlers;
	c->next_id = 1;
	c->clients_max = clients_max;
	for (size_t i = 0; i < clients_max; i++)
		c->clients[i].control = c;
	return c;
}

void control_free(struct control *c)
{
	if (!c)
		return;
	if (c->arrivals)
		arrivals_free(c->arrivals);
	c->arrivals = NULL;
	for (size_t i = 0; i < c->clients_max; i++)
		drop(&c->clients[i]);
	free(c);
}

void control_freep(struct control **c)
{
	control_free(*c);
	*c = NULL;
}

void control_answer(struct control *control, uint64_t client, int code, struct span text)
{
	for (size_t i = 0; client && i < control->clients_max; i++) {
		struct client *c = &control->clients[i];

		if (c->id != client)
			continue;
		c->asked -= c->asked > 0;
		(void)answer(c, code, text);
		return;
	}
}

void control_records(struct control *control, const struct agent_record *records, size_t n)
{
	AUTO(buf) frame = BUF_INIT(AGENT_FRAME_MAX);

	if (!control->n_follow || !n)
		return;
	agent_encode(&(struct agent_message){ .type = AGENT_RECORDS,
			     .records = records,
			     .n_records = n },
		&frame);
	for (size_t i = 0; i < control->clients_max; i++)
		if (control->clients[i].id && control->clients[i].follows)
			(void)send_frame(&control->clients[i], buf_span(&frame));
}

bool control_is_followed(const struct control *c)
{
	return c->n_follow > 0;
}
