/* What the surveying process does: looks, compares, and says what it finds, frame by frame. */
#include <unistd.h>

#include "agent/health/pressure.h"
#include "agent/survey/listing.h"
#include "agent/survey/names.h"
#include "agent/survey/survey.h"
#include "core/cbor.h"
#include "os/clock.h"

#define PROGRESS_NS INT64_C(1000000000)

struct surveying {
	const struct survey_sink *sink;
	const struct survey_setup *setup;
	const struct survey_plan *plan;
	int64_t told;
};

static int tell_frame(struct surveying *s, struct buf *frame, struct err *e)
{
	if (frame->full)
		return err_set(e, ERR_LIMIT, "a frame of more than %zu bytes", frame->max);
	return s->sink->put(s->sink->ctx, buf_span(frame), e);
}

static int differs(void *ctx, const struct kind *k, struct span key, struct err *e)
{
	AUTO(buf) b = BUF_INIT(SURVEY_FRAME_MAX);

	cbor_put_array(&b, 3);
	cbor_put_uint(&b, SURVEY_DIFFERS);
	cbor_put_uint(&b, k->id);
	cbor_put_bytes(&b, key);
	return tell_frame(ctx, &b, e);
}

static int gap(void *ctx, const struct gap *g, struct err *e)
{
	AUTO(buf) b = BUF_INIT(SURVEY_FRAME_MAX);

	cbor_put_array(&b, 6);
	cbor_put_uint(&b, SURVEY_GAP);
	cbor_put_uint(&b, g->kind->id);
	cbor_put_bytes(&b, g->key);
	cbor_put_bool(&b, g->subtree);
	cbor_put_uint(&b, g->reason);
	cbor_put_bytes(&b, span_of(g->text));
	return tell_frame(ctx, &b, e);
}

static void progress(void *ctx, uint64_t entities, uint64_t bytes, uint64_t expected)
{
	struct surveying *s = ctx;
	AUTO(buf) b = BUF_INIT(4096);
	int64_t now = clock_monotonic();
	struct err e;

	(void)expected;
	if (now - s->told < PROGRESS_NS)
		return;
	pressure_wait(PRESSURE_FOLDER, s->setup->pressure);
	s->told = clock_monotonic();
	cbor_put_array(&b, 3);
	cbor_put_uint(&b, SURVEY_PROGRESS);
	cbor_put_uint(&b, entities);
	cbor_put_uint(&b, bytes);
	if (tell_frame(s, &b, &e) < 0 || s->sink->flush(s->sink->ctx, &e) < 0)
		_exit(0); /* nobody listens any more */
}

static void put_done(struct buf *b, const struct check_summary *sum, const struct reread *r)
{
	uint64_t entities = 0;

	for (size_t i = 0; i < ARRAY_LEN(sum->entities); i++)
		entities += sum->entities[i];
	cbor_put_array(b, 8);
	cbor_put_uint(b, SURVEY_DONE);
	cbor_put_uint(b, entities);
	cbor_put_uint(b, sum->bytes);
	cbor_put_uint(b, sum->gaps);
	cbor_put_int(b, sum->started);
	cbor_put_int(b, sum->ended);
	cbor_put_uint(b, r->done);
	cbor_put_bytes(b, buf_span(&r->last));
}

static void put_failed(struct buf *b, const struct err *why)
{
	cbor_put_array(b, 3);
	cbor_put_uint(b, SURVEY_FAILED);
	cbor_put_uint(b, (uint64_t)-why->code);
	cbor_put_bytes(b, span_of(why->text));
}

static int tell_linked(void *ctx, struct span path, struct err *e)
{
	AUTO(buf) b = BUF_INIT(SURVEY_FRAME_MAX);

	cbor_put_array(&b, 2);
	cbor_put_uint(&b, SURVEY_LINKED);
	cbor_put_bytes(&b, path);
	return tell_frame(ctx, &b, e);
}

static int tell_polled(void *ctx, struct span path, int64_t ctime, struct err *e)
{
	AUTO(buf) b = BUF_INIT(SURVEY_FRAME_MAX);

	cbor_put_array(&b, 3);
	cbor_put_uint(&b, SURVEY_POLLED);
	cbor_put_bytes(&b, path);
	cbor_put_int(&b, ctime);
	return tell_frame(ctx, &b, e);
}

static int look(struct surveying *s, struct buf *ret, struct err *e)
{
	const struct survey_plan *plan = s->plan;
	struct scan_options o = s->setup->options;
	struct span below = plan->below ? span_of(plan->below) : SPAN_NONE;
	struct survey_listener l = { .ctx = s,
		.differs = differs,
		.gap = gap,
		.base = { .ctx = s, .progress = progress } };
	struct reread r = { .after = plan->reread_after,
		.most = plan->reread,
		.last = BUF_INIT(SURVEY_FRAME_MAX) };
	struct listing_listener listing = { s, tell_linked, tell_polled };
	AUTO_FREE(store) store = NULL;
	struct check_summary sum = { 0 };
	int rc;

	o.trust_stamps = plan->trust_stamps;
	o.kinds = plan->kinds;
	if (plan->below) {
		o.below = &below;
		o.n_below = 1;
	}
	if (store_open(&store, s->setup->state_dir, STORE_READ, e) < 0)
		return e->code;
	if (!plan->below && !plan->kinds && !plan->inodes.n &&
		listing_tell(store, s->setup->policy, &listing, e) < 0)
		return e->code;
	if (plan->inodes.n)
		rc = names_tell(store, plan->inodes, tell_linked, s, e);
	else
		rc = pipeline_survey(store, s->setup->policy, &o, &r, &l, &sum, e);
	if (rc == 0)
		put_done(ret, &sum, &r);
	buf_done(&r.last);
	return rc;
}

void survey_do(const struct survey_setup *setup, const struct survey_plan *plan,
	const struct survey_sink *sink)
{
	struct surveying s = { .sink = sink, .setup = setup, .plan = plan };
	AUTO(buf) last = BUF_INIT(SURVEY_FRAME_MAX);
	struct err e = { 0 };

	if (look(&s, &last, &e) < 0)
		put_failed(&last, &e);
	if (tell_frame(&s, &last, &e) == 0)
		(void)!sink->flush(sink->ctx, &e);
}
