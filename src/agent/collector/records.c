/* What every record of the ledger goes through, ours and that of others. */
#include "agent/collector/state.h"
#include "os/clock.h"

int collector_note(struct collector *c, const char *what, const char *text)
{
	struct check_listener l = collector_listener(c);
	struct ledger_record r = { .type = RECORD_NOTE };
	struct err e;

	r.note.what = span_of(what);
	r.note.text = span_of(text);
	return pipeline_record(c->store, &r, 1, &l, NULL, &e);
}

static int tell(const struct ledger_entry *entry, void *ctx, struct err *e);

/* Others may have written while we were at something, and we have not been told of it yet. */
static void hear_before(struct collector *c, uint64_t seq)
{
	uint64_t from = c->heard + 1;
	struct err e;

	if (!c->hears || seq <= from)
		return;
	c->heard = seq - 1;
	(void)!ledger_read(c->store, from, seq - 1, false, tell, c, &e);
}

static int hear_record(void *ctx, const struct ledger_record *r, struct err *e)
{
	struct collector *c = ctx;
	const struct check_listener *l = c->setup.listener;

	/* What cannot be recorded (a full disk) is told the first time, not at each new try. */
	if (!r->chained && c->failures)
		return 0;
	if (r->chained)
		hear_before(c, r->seq);
	heard_record(c, r);
	health_record(c, r);
	answer_record(c, r);
	linked_record(c, r);
	return l && l->record ? l->record(l->ctx, r, e) : 0;
}

int collector_tell(struct collector *c, const struct ledger_record *r, struct err *e)
{
	return hear_record(c, r, e);
}

static void hear_unsaid(void *ctx, const struct record *is)
{
	linked_known(ctx, is->key, is);
}

static void hear_progress(void *ctx, uint64_t entities, uint64_t bytes, uint64_t expected)
{
	(void)bytes, (void)expected;
	answer_progress(ctx, entities);
}

static bool hear_stop(void *ctx)
{
	struct collector *c = ctx;
	const struct check_listener *l = c->setup.listener;

	if (c->last_look)
		return clock_monotonic() > c->last_look;
	return c->stopping || (l && l->stop && l->stop(l->ctx));
}

struct check_listener collector_listener(struct collector *c)
{
	struct check_listener l = { .ctx = c,
		.record = hear_record,
		.progress = hear_progress,
		.stop = hear_stop,
		.unsaid = hear_unsaid };

	l.by = c->setup.listener ? c->setup.listener->by : span_of("invar agent");
	return l;
}

/* ---- what others (check, approve, …) write beside us is told on like what we write ---- */

static int tell(const struct ledger_entry *entry, void *ctx, struct err *e)
{
	AUTO_FREE(arena) arena = arena_new();
	struct collector *c = ctx;
	struct ledger_record r;

	/* What was observed before may contradict what they recorded since. */
	if (ahead_holds(c))
		ahead_drop(c);
	if (ledger_record_decode(entry->body, arena, &r, e) < 0)
		return 0; /* of a newer program; those behind it are heard of */
	r.seq = entry->seq;
	memcpy(r.prev, entry->prev, sizeof r.prev);
	r.chained = true;
	return collector_tell(c, &r, e);
}

void heard_record(struct collector *c, const struct ledger_record *r)
{
	if (r->chained && r->seq > c->heard)
		c->heard = r->seq;
}

void heard_others(struct collector *c)
{
	uint8_t head[DIGEST_BYTES];
	struct err e;
	uint64_t last;

	if (ledger_last(c->store, &last, head, &e) == 0)
		hear_before(c, last + 1);
}
