#include "agent/command/baseline.h"

#include <stdio.h>

#include "agent/control/request.h"
#include "agent/log.h"
#include "change/pipeline.h"
#include "os/clock.h"
#include "os/stop.h"

#define ALIVE_NS INT64_C(1000000000)

struct making {
	struct channel *parent;
	int64_t said;
};

static void tell(struct channel *parent, const struct agent_message *m)
{
	AUTO(buf) frame = BUF_INIT(4096);
	struct err ignored;

	agent_encode(m, &frame);
	if (channel_put(parent, buf_span(&frame)))
		(void)!channel_flush(parent, &ignored);
}

static void progress(void *ctx, uint64_t entities, uint64_t bytes, uint64_t expected)
{
	struct making *making = ctx;
	int64_t now = clock_monotonic();
	char text[128];

	(void)bytes, (void)expected;
	if (now - making->said < ALIVE_NS)
		return;
	making->said = now;
	snprintf(text, sizeof text, "making the baseline: %llu entities so far",
		(unsigned long long)entities);
	tell(making->parent, &(struct agent_message){ .type = AGENT_ALIVE });
	tell(making->parent,
		&(struct agent_message){ .type = AGENT_STATUS_LINE, .text = span_of(text) });
}

static bool stop(void *ctx)
{
	(void)ctx;
	return stop_asked();
}

static int say(struct store *s, const struct check_summary *sum, struct err *e)
{
	struct ledger_record note = { .type = RECORD_NOTE };
	uint64_t n = 0;

	for (size_t i = 0; i < KIND_IDS; i++)
		n += sum->entities[i];
	note.note.what = span_of("agent-baseline");
	note.note.text = span_of("there was no baseline: the agent made one of what it found when "
				 "it was first started");
	log_say(LOG_LEVEL_WARNING, "there was no baseline: made one of %llu entities as they are",
		(unsigned long long)n);
	return pipeline_record(s, &note, 1, NULL, NULL, e);
}

/* A command line at work on a state that is there does not hinder the start. */
static int is_there(const char *state_dir, bool *ret, struct err *e)
{
	AUTO_FREE(store) s = NULL;
	struct tree_root root;
	int rc = store_open(&s, state_dir, STORE_READ, e);

	if (rc == 0)
		rc = store_root_get(s, ROOT_APPROVED, &root, e);
	if (rc < 0 && rc != ERR_MISSING)
		return rc;
	*ret = rc == 0;
	return 0;
}

int baseline_ensure(const char *state_dir, const struct policy *p, const struct agent_config *c,
	struct channel *parent, struct err *e)
{
	struct making making = { .parent = parent };
	struct check_listener l = { .ctx = &making,
		.progress = progress,
		.stop = stop,
		.by = span_of("agent") };
	struct scan_options o = { .limit_cpu = c->limit_cpu,
		.limit_rate = c->limit_rate,
		.spare = state_dir };
	AUTO_FREE(store) s = NULL;
	struct check_summary sum;
	bool there;

	if (is_there(state_dir, &there, e) < 0)
		return e->code;
	if (there)
		return 0;
	log_say(LOG_LEVEL_INFO, "there is no baseline yet: making one");
	if (store_open(&s, state_dir, STORE_CREATE, e) < 0 ||
		pipeline_init(s, p, &o, false, &l, &sum, e) < 0)
		return e->code;
	return say(s, &sum, e);
}
