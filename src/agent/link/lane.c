#include <stdarg.h>
#include <stdio.h>

#include "agent/link/link.h"
#include "agent/log.h"
#include "change/change.h"
#include "core/json.h"
#include "os/clock.h"
#include "os/random.h"

#define WAIT_FIRST (LANE_SECOND / 2)
#define SAVE_EVERY 1000 /* records passed over without one for the sink */

static void save(struct lane *l)
{
	struct err e;

	if (cursor_save(l, &e) < 0)
		snprintf(l->error, sizeof l->error, "%.255s", e.text);
	link_dirty(l->link);
}

/* A time in it is over: what it is for is seen in the link's turn. */
static void on_timer(void *ctx)
{
	struct lane *l = ctx;

	if (l->state == LANE_WAITING)
		l->state = LANE_IDLE;
	link_turn(l->link);
}

void lane_init(struct lane *l, struct link *link, const struct route *r)
{
	struct err e;
	int rc;

	l->link = link;
	l->route = r;
	l->sink = sinks[r->type];
	l->timer = timer_new(link->loop, on_timer, l);
	batch_clear(&l->batch);
	rc = cursor_load(l, &e);
	l->state = rc > 0 ? LANE_IDLE : LANE_NEW;
	if (rc >= 0)
		return;
	/* where it was is not known: that is a loss, which its sink must hear of */
	snprintf(l->error, sizeof l->error, "%.255s", e.text);
	l->loss = (struct lane_loss){ .from = 1, .n = 1 };
}

void lane_done(struct lane *l)
{
	l->sink->stop(l);
	if (l->cursor != l->saved)
		save(l);
	timer_free(l->timer);
	buf_done(&l->batch.text);
}

/* What is after the cursor, up to this one, will not be sent. */
static void leave_out(struct lane *l, uint64_t to, int64_t time)
{
	struct lane_loss *s = &l->loss;
	uint64_t n = to - l->fetched;

	if (s->n == 0)
		*s = (struct lane_loss){ .from = l->fetched + 1, .time_from = time };
	s->to = to;
	s->n += n;
	s->time_to = time;
	l->lost += n;
	l->cursor = l->fetched = to;
	link_dirty(l->link);
}

/* A cursor that an earlier version kept does not say which ledger it is of. It is the first thing
 * that is heard of this one then, so that its number is not older than the cursor. */
static bool is_another(const struct lane *l)
{
	const struct link *k = l->link;

	if (!k->ledger_known)
		return false;
	if (!l->ledger_known)
		return k->head < l->cursor;
	return memcmp(k->ledger, l->ledger, sizeof l->ledger) != 0;
}

static void begin_again(struct lane *l)
{
	log_say(LOG_LEVEL_WARNING,
		"route '%s': another ledger began; it is sent from its beginning", l->route->name);
	l->cursor = l->fetched = 0;
	l->another = true;
	l->ledger_known = false;
	batch_clear(&l->batch);
}

void lane_head(struct lane *l)
{
	uint64_t head = l->link->head;

	if (l->state == LANE_NEW) {
		l->cursor = l->fetched = l->route->from && !l->loss.n ? 0 : head;
		if (l->loss.n)
			l->loss.to = l->loss.n = head;
		l->state = LANE_IDLE;
		save(l);
	} else if (l->state != LANE_SENDING && is_another(l)) {
		begin_again(l);
	}
	if (l->link->ledger_known && !l->ledger_known) {
		memcpy(l->ledger, l->link->ledger, sizeof l->ledger);
		l->ledger_known = true;
		save(l);
	}
}

bool lane_wants(struct lane *l, uint64_t *ret_from)
{
	uint64_t head = l->link->head, keep = l->route->keep_records;
	int64_t now = clock_monotonic();

	if (l->state != LANE_IDLE || !l->link->head_known)
		return false;
	if (keep && head > l->fetched && head - l->fetched > keep && l->batch.records == 0)
		leave_out(l, head - keep, clock_now());
	if (l->fetched >= head)
		return false;
	if (l->not_before > now) {
		timer_start(l->timer, l->not_before - now);
		return false;
	}
	*ret_from = l->fetched + 1;
	return true;
}

static void tell_another(struct lane *l)
{
	struct ledger_record r = { .type = RECORD_NOTE,
		.time = clock_now(),
		.note.what = span_of("another-ledger"),
		.note.text = span_of("another ledger began: its numbers begin with 1 again") };

	batch_add(l, &r);
	l->batch.tells_another = true;
}

static void tell_loss(struct lane *l)
{
	const struct lane_loss *s = &l->loss;
	struct ledger_record r = { .type = RECORD_LOSS, .time = clock_now() };
	char text[256];

	snprintf(text, sizeof text,
		"%llu records were left out, seq %llu-%llu: route '%s' was too far behind",
		(unsigned long long)s->n, (unsigned long long)s->from, (unsigned long long)s->to,
		l->route->name);
	r.loss = (struct loss_note){ .means = span_of("route"),
		.from = s->time_from,
		.to = s->time_to,
		.count = s->n,
		.text = span_of(text) };
	batch_add(l, &r);
	l->batch.tells_loss = true;
}

/* What its receiver must know before the records that follow. */
static void tell_first(struct lane *l)
{
	if (l->another && !l->batch.tells_another)
		tell_another(l);
	if (l->loss.n && !l->batch.tells_loss)
		tell_loss(l);
}

/* A record that we cannot read is told as one, not passed over. */
static void decode(struct lane *l, const struct agent_record *in, struct arena *a,
	struct ledger_record *ret)
{
	struct err e;

	(void)l;
	if (ledger_record_decode(in->body, a, ret, &e) < 0)
		*ret = (struct ledger_record){ .type = RECORD_NOTE,
			.time = clock_now(),
			.note = { span_of("unreadable"),
				span_of(arena_text(a, span_of(e.text))) } };
	ret->seq = in->seq;
	ret->chained = true;
	memcpy(ret->prev, in->prev.p, sizeof ret->prev);
}

static bool too_old(const struct lane *l, int64_t time)
{
	uint64_t keep = l->route->keep_ns;

	return keep && time > 0 && clock_now() - time > (int64_t)keep;
}

/* There is something to send, and it is as much as goes at once. */
static bool whole(const struct lane *l)
{
	if (l->batch.records == 0)
		return false;
	return l->route->type != ROUTE_MAIL || l->fetched >= l->link->head;
}

void lane_feed(struct lane *l, const struct agent_record *records, size_t n)
{
	AUTO_FREE(arena) arena = arena_new();

	if (l->batch.records == 0)
		l->batch.first = l->fetched + 1;
	for (size_t i = 0; i < n && !batch_full(l); i++) {
		struct ledger_record r;

		if (records[i].seq <= l->fetched)
			continue;
		decode(l, &records[i], arena, &r);
		if (too_old(l, r.time) && l->batch.records == 0) {
			leave_out(l, r.seq, r.time);
			l->batch.first = l->fetched + 1;
			continue;
		}
		tell_first(l);
		if (route_wants(l->route, &r))
			batch_add(l, &r);
		l->fetched = r.seq;
		arena_clear(arena);
	}
	tell_first(l);
	l->batch.last = l->fetched;
	if (whole(l)) {
		l->state = LANE_SENDING;
		l->sink->send(l);
	} else if (l->batch.records == 0) {
		l->cursor = l->fetched;
		if (l->cursor - l->saved >= SAVE_EVERY)
			save(l);
	}
}

void lane_taken(struct lane *l)
{
	l->cursor = l->fetched = l->batch.last;
	if (l->batch.tells_loss)
		l->loss = (struct lane_loss){ 0 };
	if (l->batch.tells_another)
		l->another = false;
	l->sent += l->batch.records;
	l->sent_time = clock_now();
	l->wait = 0;
	l->failing = false;
	l->error[0] = 0;
	batch_clear(&l->batch);
	l->state = LANE_IDLE;
	save(l);
	lane_head(l); /* what was heard while it was sent */
	link_turn(l->link);
}

/* Twice as long each time, and a quarter more or less, so that many hosts do not come at once. */
static int64_t next_wait(struct lane *l)
{
	int64_t most = (int64_t)l->route->retry_ns;
	uint8_t dice = 128;
	struct err e;

	l->wait = l->wait ? l->wait * 2 : WAIT_FIRST;
	if (l->wait > most)
		l->wait = most;
	(void)!random_bytes(&dice, 1, &e);
	return l->wait / 4 * 3 + l->wait / 512 * dice;
}

void lane_failed(struct lane *l, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(l->error, sizeof l->error, fmt, args);
	va_end(args);
	l->failures++;
	l->failing = true;
	l->fetched = l->cursor;
	batch_clear(&l->batch);
	l->state = LANE_WAITING;
	lane_head(l);
	timer_start(l->timer, next_wait(l));
	link_dirty(l->link);
}

void lane_state(const struct lane *l, struct buf *ret)
{
	uint64_t head = l->link->head;
	struct json j = JSON_INIT(ret);

	json_object(&j);
	json_text_member(&j, "name", l->route->name);
	json_text_member(&j, "to", route_type_names[l->route->type]);
	json_text_member(&j, "format", format_names[l->route->format]);
	json_text_member(&j, "state",
		l->failing         ? "failing"
		: l->cursor < head ? "sending"
				   : "idle");
	json_number_member(&j, "cursor", l->cursor);
	json_number_member(&j, "lag", head > l->cursor ? head - l->cursor : 0);
	json_number_member(&j, "sent", l->sent);
	json_number_member(&j, "lost", l->lost);
	json_number_member(&j, "failures", l->failures);
	if (l->sent_time)
		json_time_member(&j, "sent_at", l->sent_time);
	if (l->error[0])
		json_text_member(&j, "error", l->error);
	json_object_end(&j);
}
