/* Beginning and ending: the state as it is found and left, the policy, the schedule. */
#include <stdlib.h>
#include <string.h>

#include "agent/collector/state.h"
#include "agent/log.h"
#include "change/standing.h"
#include "os/clock.h"
#include "os/random.h"

#define VALUE_AGENT "agent"         /* "running" or "stopped" */
#define VALUE_REREAD "reread-after" /* stored key */
#define ERRORS_TOLD 8               /* of a policy that was refused */
#define SECOND INT64_C(1000000000)
#define LAST_LOOK (5 * SECOND) /* at what was heard of before the end; the rest is found later */

/* ---- named values ---- */

static int set_value(struct collector *c, const char *name, struct span value, struct err *e)
{
	if (store_begin(c->store, e) < 0)
		return e->code;
	if (store_value_set(c->store, name, value, e) < 0) {
		store_rollback(c->store);
		return e->code;
	}
	return store_commit(c->store, e);
}

int start_values(struct collector *c, uint64_t gaps, const struct buf *reread)
{
	struct err e = { 0 };
	int rc = store_begin(c->store, &e);

	if (rc < 0)
		return rc;
	rc = standing_gaps_set(c->store, gaps, true, &e);
	if (rc == 0 && reread)
		rc = store_value_set(c->store, VALUE_REREAD, buf_span(reread), &e);
	if (rc < 0) {
		store_rollback(c->store);
		return rc;
	}
	return store_commit(c->store, &e);
}

/* ---- policy ---- */

/* 1: the policy in force is the one of the last whole check. */
static int is_same_policy(struct collector *c, struct err *e)
{
	AUTO(buf) before = BUF_INIT(BUF_MAX_DEFAULT);
	AUTO(buf) now = BUF_INIT(BUF_MAX_DEFAULT);
	int rc = store_value_get(c->store, VALUE_POLICY, &before, e);

	if (rc < 0)
		return rc == ERR_MISSING ? 0 : rc;
	policy_print(c->policy, &now);
	return span_same(buf_span(&before), buf_span(&now));
}

/* What was applied stays in force whatever ends: the caller's policy may be an older one, or one
 * that nobody has applied yet. 1: it is in force; 0: there is none. */
static int stored_policy(struct collector *c, struct err *e)
{
	AUTO(problems) problems = { 0 };
	AUTO(buf) text = BUF_INIT(BUF_MAX_DEFAULT);
	struct policy *p;
	int rc = store_value_get(c->store, VALUE_POLICY, &text, e);

	if (rc == 0)
		rc = policy_load_text(&p, "the policy in force", buf_span(&text), false, &problems,
			e);
	if (rc < 0) /* by a newer program, say: the caller's is the best there is */
		return rc == ERR_MISSING || rc == ERR_POLICY ? is_same_policy(c, e) : rc;
	c->policy = p;
	c->own_policy = p;
	return 1;
}

int start_policy(struct collector *c, struct buf *ret_text, struct err *e)
{
	struct check_listener l = collector_listener(c);
	struct scan_options o = c->options;
	struct check_summary sum;

	o.trust_stamps = true;
	if (pipeline_check(c->store, c->policy, &o, &l, &sum, e) < 0)
		return e->code;
	for (unsigned i = 0; i < CHANGE_TYPE_N; i++)
		c->changes[i] += sum.changes[i];
	if (ret_text)
		buf_addf(ret_text, "%llu entities newly watched, %llu no longer watched",
			(unsigned long long)sum.newly_watched,
			(unsigned long long)sum.no_longer_watched);
	return 0;
}

/* The first few of them, and how many there are beside. */
static void add_errors(struct buf *ret, const struct problems *problems)
{
	size_t n = 0;

	for (size_t i = 0; i < problems->n && n < ERRORS_TOLD; i++) {
		const struct problem *p = &problems->list[i];

		if (p->level != PROBLEM_ERROR)
			continue;
		buf_addf(ret, "%s%s", n++ ? "; " : ": ", p->file ? p->file : "policy");
		if (p->line)
			buf_addf(ret, ":%u:%u", p->line, p->column);
		buf_addf(ret, ": %s", p->text);
	}
	if (problems->errors > n)
		buf_addf(ret, "; and %zu more", problems->errors - n);
}

void start_refused(struct collector *c, const char *note, const char *what,
	const struct problems *problems, struct err *e, struct buf *ret_text)
{
	AUTO(buf) text = BUF_INIT(65536);

	problems_told(problems, e);
	buf_addf(&text, "%s not loaded: %s", what, e->text);
	add_errors(&text, problems);
	log_say(LOG_LEVEL_ERROR, "%s", buf_text(&text));
	collector_note(c, note, buf_text(&text));
	if (ret_text)
		buf_add_span(ret_text, buf_span(&text));
}

int start_reload(struct collector *c, struct buf *ret_text, struct err *e)
{
	AUTO(problems) problems = { 0 };
	struct policy *p, *old = c->own_policy;
	const struct policy *before = c->policy;

	if (policy_load(&p, c->setup.policy_path, false, &problems, e) < 0) {
		start_refused(c, "policy-refused", "the policy was", &problems, e, ret_text);
		return e->code;
	}
	look_all(c); /* with the policy they were heard of under */
	survey_restart(c);
	c->policy = p;
	c->own_policy = p;
	if (start_policy(c, ret_text, e) < 0) {
		c->policy = before;
		c->own_policy = old;
		policy_free(p);
		jobs_next(c);
		return e->code;
	}
	policy_free(old);
	collector_policy(c);
	jobs_next(c);
	return 0;
}

/* ---- the state ---- */

static int make_baseline(struct collector *c, struct err *e)
{
	struct check_listener l = collector_listener(c);
	AUTO_FREE(store) store = NULL;
	struct check_summary sum;

	l.by = span_of("invar agent");
	if (store_open(&store, c->setup.state_dir, STORE_CREATE, e) < 0)
		return e->code;
	c->baseline_new = true;
	return pipeline_init(store, c->policy, &c->options, false, &l, &sum, e);
}

static int open_store(struct collector *c, struct err *e)
{
	struct tree_root root;
	int rc;

	if (c->setup.store) {
		c->store = c->setup.store;
		return 0;
	}
	c->own_store = true;
	rc = store_open(&c->store, c->setup.state_dir, STORE_SHARE, e);
	if (rc == 0)
		rc = store_root_get(c->store, ROOT_APPROVED, &root, e);
	if (rc != ERR_MISSING)
		return rc;
	store_freep(&c->store);
	if (make_baseline(c, e) < 0)
		return e->code;
	return store_open(&c->store, c->setup.state_dir, STORE_SHARE, e);
}

static int keep_time(const struct ledger_entry *entry, void *ctx, struct err *e)
{
	struct collector *c = ctx;
	struct ledger_record r;

	arena_clear(c->arena);
	if (ledger_record_decode(entry->body, c->arena, &r, e) < 0)
		return e->code;
	c->last_seen = r.time;
	if (r.type == RECORD_NOTE && span_is(r.note.what, "agent-baseline"))
		c->baseline_new = true; /* made by this start, before us */
	return 1;
}

static const char *why_absent(struct collector *c)
{
	AUTO(buf) was = BUF_INIT(64);
	struct err e;

	if (store_value_get(c->store, VALUE_AGENT, &was, &e) < 0)
		return "nobody watched before";
	if (!span_is(buf_span(&was), "running"))
		return "the agent was stopped";
	if (c->setup.stuck)
		return "the collector did not answer, and was ended";
	if (c->setup.after)
		return "the collector ended without a word: killed, or by a fault";
	return "the agent ended without a word: killed, or the host went down";
}

/* From when on nobody watched: the time of the last record is the last sign of life there is. The
 * loss is recorded before anything else: who kills the agent, and stops the next one at once, must
 * not make the killing look like a stop. */
static int note_absence(struct collector *c, struct err *e)
{
	uint8_t head[DIGEST_BYTES];
	struct loss_note loss = { .means = span_of("agent"), .to = c->started };
	uint64_t seq;

	if (ledger_last(c->store, &seq, head, e) < 0)
		return e->code;
	if (seq && ledger_read(c->store, seq, seq, true, keep_time, c, e) < 0)
		return e->code;
	loss.from = c->last_seen;
	loss.text = span_of(why_absent(c));
	if (c->last_seen > c->started)
		loss.text = span_of(
			arena_format(c->arena, "%s; the clock was set back since", why_absent(c)));
	c->later = job_new("startup", OBSERVED_STARTUP, NULL, 0);
	c->later->soon = true;
	losses_left(c, c->later);
	/* Nothing was missed before the baseline; what changed since it was begun, the survey
	 * finds. */
	if (!c->baseline_new && losses_keep(c, c->later, &loss, e) < 0)
		return e->code;
	return set_value(c, VALUE_AGENT, span_of("running"), e);
}

int start_state(struct collector *c, struct err *e)
{
	int rc;

	if (open_store(c, e) < 0)
		return e->code;
	rc = c->setup.again ? stored_policy(c, e) : is_same_policy(c, e);
	if (rc < 0 || (rc == 0 && start_policy(c, NULL, e) < 0))
		return e->code;
	return note_absence(c, e);
}

void stop_state(struct collector *c)
{
	struct err e;

	if (!c->store)
		return;
	c->last_look = clock_monotonic() + LAST_LOOK;
	look_all(c);
	collector_note(c, "agent-stop",
		c->err.code < 0 ? c->err.text : "the agent was asked to stop");
	(void)!set_value(c, VALUE_AGENT, span_of("stopped"), &e);
	if (c->own_store)
		store_freep(&c->store);
}

/* ---- the schedule ---- */

void start_survey(struct collector *c)
{
	struct job *j = c->later;

	c->later = NULL;
	if (j)
		job_add(c, j);
}

/* In `seconds`, put off by up to a tenth so that a fleet does not scan at once. */
static int64_t in_about(unsigned seconds)
{
	int64_t ns = seconds * SECOND;
	uint32_t some = 0;
	struct err e;

	if (seconds == 0)
		return 0;
	(void)!random_bytes(&some, sizeof some, &e);
	return clock_monotonic() + ns + ns / 10 * (some % 1024) / 1024;
}

/* Of every so many entities one is read again in each quick survey, so that all are in time. */
static uint64_t reread_share(struct collector *c)
{
	const struct agent_config *g = c->setup.config;
	struct tree_root root;
	struct err e;

	if (!g->reread || !g->scan_quick || store_root_get(c->store, ROOT_CURRENT, &root, &e) < 0)
		return 0;
	return root.count * g->scan_quick / g->reread + 1;
}

static void add_scan(struct collector *c, const char *name, bool quick)
{
	struct job *j = job_new(name, OBSERVED_SCAN, NULL, 0);
	struct err e;

	j->plan.trust_stamps = quick;
	if (quick) {
		j->plan.reread = reread_share(c);
		(void)!store_value_get(c->store, VALUE_REREAD, &j->after, &e);
	}
	job_add(c, j);
}

static void on_schedule(void *ctx)
{
	struct collector *c = ctx;
	int64_t now = clock_monotonic();

	if (c->next_full && now >= c->next_full) {
		c->next_full = in_about(c->setup.config->scan_full);
		add_scan(c, "full", false);
	}
	if (c->next_quick && now >= c->next_quick) {
		c->next_quick = in_about(c->setup.config->scan_quick);
		add_scan(c, "quick", true);
	}
	survey_settled(c);
	jobs_next(c);
	start_schedule_next(c);
}

void start_schedule_next(struct collector *c)
{
	int64_t times[] = { c->next_quick, c->next_full, c->jobs || c->running ? c->rest_jobs : 0 };
	int64_t next = 0, wait;

	for (size_t i = 0; i < ARRAY_LEN(times); i++)
		if (times[i] && (!next || times[i] < next))
			next = times[i];
	if (!next)
		return;
	wait = next - clock_monotonic();
	if (wait < SECOND)
		wait = SECOND;
	timer_start(c->schedule, wait);
}

void start_schedule(struct collector *c)
{
	if (!c->schedule)
		c->schedule = timer_new(c->loop, on_schedule, c);
	if (c->setup.config && !c->setup.foreground) {
		c->next_quick = in_about(c->setup.config->scan_quick);
		c->next_full = in_about(c->setup.config->scan_full);
	}
	start_schedule_next(c);
}
