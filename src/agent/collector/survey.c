/* Surveys: what one finds to differ is looked at again, and its end recorded once all that was
 * found is. */
#include <stdlib.h>
#include <string.h>

#include "agent/collector/state.h"
#include "core/cbor.h"
#include "core/mem.h"
#include "core/sha256.h"
#include "os/clock.h"

#define GAPS_MAX 65536
#define AGAIN_NS INT64_C(5000000000) /* after a failure */

/* ---- jobs ---- */

struct job *job_new(const char *name, enum observed observed, const char *below, uint64_t mask)
{
	struct job *j = mem_new(sizeof *j);

	j->below = below ? mem_text(below) : NULL;
	j->after = BUF_INIT(SURVEY_FRAME_MAX);
	j->inodes = BUF_INIT(SURVEY_FRAME_MAX);
	j->plan = (struct survey_plan){ .name = name,
		.observed = observed,
		.trust_stamps = true,
		.below = j->below,
		.kinds = mask };
	return j;
}

static void job_free(struct job *j)
{
	if (!j)
		return;
	free(j->below);
	buf_done(&j->after);
	buf_done(&j->inodes);
	free(j->losses);
	free(j->unrecorded);
	arena_free(j->arena);
	free(j);
}

void jobs_free(struct collector *c)
{
	for (struct job *j = c->jobs, *next; j; j = next) {
		next = j->next;
		job_free(j);
	}
	job_free(c->running);
	job_free(c->later);
	c->jobs = c->running = c->later = NULL;
	free(c->gaps_known);
	free(c->gaps_found);
}

static bool same_scope(const struct job *a, const struct job *b)
{
	if (a->plan.kinds != b->plan.kinds || a->client || b->client || a->inodes.n || b->inodes.n)
		return false;
	if (!a->below || !b->below)
		return a->below == b->below;
	return strcmp(a->below, b->below) == 0;
}

void survey_repairs(struct job *j, uint64_t seq)
{
	if (j->n_losses >= LOSSES_MAX)
		return;
	j->losses = mem_grow(j->losses, j->n_losses + 1, sizeof *j->losses);
	j->losses[j->n_losses++] = seq;
}

/* What it repairs is repaired by the other. */
static void hand_over(struct job *from, struct job *to)
{
	to->plan.trust_stamps = to->plan.trust_stamps && from->plan.trust_stamps;
	to->soon = to->soon || from->soon;
	if (to->plan.observed == OBSERVED_SCAN || from->plan.observed == OBSERVED_STARTUP)
		to->plan.observed = from->plan.observed;
	for (size_t i = 0; i < from->n_losses; i++)
		survey_repairs(to, from->losses[i]);
	job_free(from);
}

void job_add(struct collector *c, struct job *j)
{
	struct job **at = &c->jobs;
	size_t n = 0;

	for (; *at; at = &(*at)->next, n++)
		if (same_scope(*at, j) && !j->unrecorded) {
			hand_over(j, *at);
			return;
		}
	if (n >= JOBS_MAX && !j->client &&
		!j->inodes.n) { /* one for everything instead of many for parts */
		free(j->below);
		j->below = NULL;
		j->plan.below = NULL;
		j->plan.kinds = 0;
		for (at = &c->jobs; *at;) {
			struct job *other = *at;

			if (other->client || other->inodes.n || other->unrecorded) {
				at = &other->next;
				continue;
			}
			*at = other->next;
			hand_over(other, j);
		}
	}
	*at = j;
	jobs_next(c);
}

void survey_later(struct collector *c, struct job *j)
{
	j->soon = true;
	if (!c->later)
		c->later = j;
	else if (!j->unrecorded)
		hand_over(j, c->later);
	else
		job_add(c, j);
}

/* ---- its process ---- */

static uint64_t gap_digest(const struct kind *k, struct span key, uint64_t reason)
{
	uint8_t digest[SHA256_SIZE];
	AUTO(buf) b = BUF_INIT(BUF_MAX_DEFAULT);
	uint64_t ret;

	cbor_put_uint(&b, k->id);
	cbor_put_uint(&b, reason);
	cbor_put_bytes(&b, key);
	sha256_once(b.p, b.n, digest);
	memcpy(&ret, digest, sizeof ret);
	return ret;
}

static bool has(const uint64_t *list, size_t n, uint64_t x)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == x)
			return true;
	return false;
}

static int take_differs(struct collector *c, struct cbor *at, struct err *e)
{
	struct look_again l = { .observed = c->running->plan.observed };
	uint64_t id;

	if (cbor_get_uint(at, &id, e) < 0 || cbor_get_bytes(at, &l.key, e) < 0)
		return e->code;
	l.kind = id < KIND_IDS ? kind_by_id((uint8_t)id) : NULL;
	if (!l.kind)
		return err_set(e, ERR_FORMAT, "a survey of no kind");
	l.who_unknown = span_of("found by a scan, which cannot tell who it was");
	c->running->found++;
	look_soon(c, &l);
	return 0;
}

/* A gap that stands is recorded once. */
static int take_gap(struct collector *c, struct cbor *at, struct err *e)
{
	struct check_listener l = collector_listener(c);
	struct ledger_record r = { .type = RECORD_GAP };
	uint64_t id, reason, digest;

	if (cbor_get_uint(at, &id, e) < 0 || cbor_get_bytes(at, &r.gap.key, e) < 0 ||
		cbor_get_bool(at, &r.gap.subtree, e) < 0 || cbor_get_uint(at, &reason, e) < 0 ||
		cbor_get_bytes(at, &r.gap.text, e) < 0)
		return e->code;
	r.gap.kind = id < KIND_IDS ? kind_by_id((uint8_t)id) : NULL;
	if (!r.gap.kind || reason >= GAP_N)
		return err_set(e, ERR_FORMAT, "a gap of no kind");
	r.gap.reason = span_of(gap_reason_names[reason]);
	digest = gap_digest(r.gap.kind, r.gap.key, reason);
	c->running->gaps += reason != GAP_AWAY;
	if (c->n_gaps_found >= GAPS_MAX || has(c->gaps_found, c->n_gaps_found, digest))
		return 0;
	c->gaps_found = mem_grow(c->gaps_found, c->n_gaps_found + 1, sizeof *c->gaps_found);
	c->gaps_found[c->n_gaps_found++] = digest;
	if ((reason == GAP_LIMIT && dear_survey(c, &r.gap)) ||
		has(c->gaps_known, c->n_gaps_known, digest))
		return 0;
	return pipeline_record(c->store, &r, 1, &l, NULL, e);
}

static int take_done(struct collector *c, struct cbor *at, struct err *e)
{
	struct job *j = c->running;
	struct span last;

	if (cbor_get_uint(at, &j->entities, e) < 0 || cbor_get_uint(at, &j->bytes, e) < 0 ||
		cbor_get_uint(at, &j->gaps, e) < 0 || cbor_get_int(at, &j->from, e) < 0 ||
		cbor_get_int(at, &j->to, e) < 0 || cbor_get_uint(at, &j->reread, e) < 0 ||
		cbor_get_bytes(at, &last, e) < 0)
		return e->code;
	buf_clear(&j->after);
	buf_add_span(&j->after, last);
	j->finished = true;
	return 0;
}

static int take_failed(struct collector *c, struct cbor *at, struct err *e)
{
	struct job *j = c->running;
	struct span text;
	uint64_t code;

	if (cbor_get_uint(at, &code, e) < 0 || cbor_get_bytes(at, &text, e) < 0)
		return e->code;
	err_set(&j->err, -(int)code, "%.*s", (int)text.n, text.n ? text.p : "");
	j->finished = true;
	return 0;
}

static int take_progress(struct collector *c, struct cbor *at, struct err *e)
{
	if (cbor_get_uint(at, &c->running->entities, e) < 0)
		return e->code;
	return cbor_get_uint(at, &c->running->bytes, e);
}

static int take_linked(struct collector *c, struct cbor *at, struct err *e)
{
	struct span path;

	if (cbor_get_bytes(at, &path, e) < 0)
		return e->code;
	if (c->running->inodes.n) {
		linked_found(c, path);
		return 0;
	}
	if (!c->linked_begun)
		collector_ask(c, REQUEST_LINKED, 0, SPAN_NONE);
	c->linked_begun = true;
	collector_ask(c, REQUEST_LINKED, 0, path);
	return 0;
}

static int take_polled(struct collector *c, struct cbor *at, struct err *e)
{
	struct span path;
	int64_t ctime;

	if (cbor_get_bytes(at, &path, e) < 0 || cbor_get_int(at, &ctime, e) < 0)
		return e->code;
	if (!c->polled_begun)
		polled_clear(c->polled);
	c->polled_begun = true;
	polled_add(c->polled, path, ctime);
	return 0;
}

static int take(struct collector *c, struct span frame, struct err *e)
{
	static int (*const takes[])(struct collector * c, struct cbor * at, struct err * e) = {
		[SURVEY_DIFFERS] = take_differs,
		[SURVEY_GAP] = take_gap,
		[SURVEY_PROGRESS] = take_progress,
		[SURVEY_LINKED] = take_linked,
		[SURVEY_POLLED] = take_polled,
		[SURVEY_DONE] = take_done,
		[SURVEY_FAILED] = take_failed,
	};
	struct cbor at = cbor_of(frame);
	uint64_t items, type;

	if (cbor_get_array(&at, &items, e) < 0 || cbor_get_uint(&at, &type, e) < 0)
		return e->code;
	if (type >= ARRAY_LEN(takes))
		return err_set(e, ERR_FORMAT, "a frame of no kind");
	return takes[type](c, &at, e);
}

int survey_frame(struct collector *c, struct span frame, struct err *e)
{
	arena_clear(c->arena);
	return take(c, frame, e);
}

void survey_stop(struct collector *c)
{
	surveyor_stop(c);
}

bool survey_frames_end(struct collector *c, int rc, const struct err *why)
{
	struct job *j = c->running;

	if (rc < 0 && !j->finished) {
		j->err = *why;
		if (why->code == ERR_CLOSED)
			err_set(&j->err, ERR_SYSTEM, "the surveying process ended unexpectedly");
		j->finished = true;
	}
	if (j->finished) {
		survey_stop(c);
		j->serial = backlog_serial(c->backlog);
		survey_settled(c);
		return true;
	}
	c->survey_paused = backlog_crowded(c->backlog);
	if (c->survey_paused)
		surveyor_pause(c);
	return false;
}

static int begin(struct collector *c, struct job *j, struct err *e)
{
	struct survey_setup setup = { .state_dir = c->setup.state_dir,
		.policy = c->policy,
		.options = c->options,
		.pressure = c->setup.config ? c->setup.config->pressure : 0 };

	setup.options.io_class = 2;
	setup.options.jobs = 1; /* gentle, and small */
	if (c->setup.config) {
		setup.options.limit_cpu = c->setup.config->limit_cpu;
		setup.options.limit_rate = c->setup.config->limit_rate;
	}
	/* What was lost is to be found soon. */
	if (j->n_losses || j->soon || j->client) {
		setup.pressure = 0;
		setup.options.limit_cpu = 0;
		setup.options.io_class = 0;
		setup.options.large_ms = j->client ? 0 : DEAR_SURVEY_MS;
	}
	j->plan.reread_after = buf_span(&j->after);
	j->plan.inodes = buf_span(&j->inodes);
	j->from = clock_now();
	j->began = clock_monotonic();
	c->n_gaps_found = 0;
	c->linked_begun = c->polled_begun = false;
	return surveyor_start(c, &setup, &j->plan, e);
}

/* Flat kinds are looked at by ourselves. */
static bool is_flat(const struct job *j)
{
	if (!j->plan.kinds)
		return false;
	for (unsigned id = 0; id < KIND_IDS; id++)
		if (j->plan.kinds >> id & 1 && kind_by_id((uint8_t)id)->hierarchical)
			return false;
	return true;
}

static void look_kinds(struct collector *c, struct job *j)
{
	j->from = clock_now();
	j->began = clock_monotonic();
	for (unsigned id = 0; id < KIND_IDS; id++) {
		struct look_again l = { .observed = j->plan.observed, .below = true };

		if (!(j->plan.kinds >> id & 1))
			continue;
		l.kind = kind_by_id((uint8_t)id);
		l.who_unknown = span_of("it was not heard of when it happened");
		look_soon(c, &l);
	}
	j->to = clock_end(j->from);
	j->finished = true;
	j->serial = backlog_serial(c->backlog);
}

void jobs_next(struct collector *c)
{
	struct err e = { 0 };

	while (!c->running && c->jobs && !c->stopping && clock_monotonic() >= c->rest_jobs) {
		struct job *j = c->jobs;

		c->jobs = j->next;
		j->next = NULL;
		c->running = j;
		if (is_flat(j)) {
			look_kinds(c, j);
		} else if (begin(c, j, &e) < 0) {
			j->err = e;
			j->finished = true;
			survey_settled(c);
		}
	}
}

void survey_restart(struct collector *c)
{
	struct job *j = c->running;

	if (!j || j->finished || is_flat(j))
		return;
	survey_stop(c);
	j->next = c->jobs;
	c->jobs = j;
	c->running = NULL;
}

/* ---- its end ---- */

static void keep_facts(struct collector *c, const struct job *j)
{
	size_t i = 0;

	while (i < c->n_surveys && strcmp(c->surveys[i].name, j->plan.name) != 0)
		i++;
	if (i == ARRAY_LEN(c->surveys))
		return;
	c->n_surveys = i == c->n_surveys ? i + 1 : c->n_surveys;
	c->surveys[i].name = j->plan.name;
	c->surveys[i].from = j->from;
	c->surveys[i].to = j->to;
	c->surveys[i].entities = j->entities;
	c->surveys[i].bytes = j->bytes;
	c->surveys[i].found = j->found;
	c->surveys[i].gaps = j->gaps;
}

static bool is_whole(const struct job *j)
{
	return !j->below && !j->plan.kinds && !j->inodes.n;
}

static int record_end(struct collector *c, struct job *j, struct err *e)
{
	struct ledger_record *r = mem_array(j->n_losses + 2, sizeof *r);
	AUTO(buf) text = BUF_INIT(BUF_MAX_DEFAULT);
	struct tree_root root;
	size_t n = 0;
	int rc;

	if (j->unrecorded && losses_record(c, j, e) < 0)
		return e->code;
	for (; n < j->n_losses; n++) {
		r[n].type = RECORD_REPAIR;
		r[n].repair = (struct repair_note){ j->losses[n], j->from, clock_end(j->from),
			j->entities, j->found, SPAN_NONE };
	}
	if (!is_flat(j) && !j->inodes.n) {
		struct coverage *x = &r[n].coverage;

		r[n++].type = RECORD_COVERAGE;
		x->means = span_of(j->plan.trust_stamps ? "scan stamps" : "scan full");
		x->scope = span_of(j->below ? j->below : "everything");
		x->from = j->from;
		x->to = j->to;
		x->entities = j->entities;
		x->bytes = j->bytes;
		x->gaps = j->gaps;
		x->changes = j->found;
		policy_print(c->policy, &text);
		sha256_once(text.p, text.n, x->policy);
		if (store_root_get(c->store, ROOT_CURRENT, &root, e) == 0)
			memcpy(x->root, root.id, sizeof x->root);
	}
	rc = losses_repaired(c, j, r, n, e);
	free(r);
	return rc;
}

static void say_failed(struct collector *c, const struct job *j)
{
	AUTO(buf) text = BUF_INIT(4096);

	buf_addf(&text, "the scan '%s' did not come to its end: %s", j->plan.name, j->err.text);
	collector_note(c, "scan-failed", buf_text(&text));
}

/* A failed repair is tried again; a failed scan comes again by its schedule. */
static void end_failed(struct collector *c, struct job *j)
{
	struct job *again;

	say_failed(c, j);
	if (!j->n_losses && !j->unrecorded && !j->soon)
		return;
	again = job_new(j->plan.name, j->plan.observed, j->below, j->plan.kinds);
	again->soon = j->soon;
	again->losses = j->losses;
	again->n_losses = j->n_losses;
	j->losses = NULL;
	j->n_losses = 0;
	again->unrecorded = j->unrecorded;
	again->arena = j->arena;
	j->unrecorded = NULL;
	j->arena = NULL;
	again->next = c->jobs;
	c->jobs = again;
	c->rest_jobs = clock_monotonic() + AGAIN_NS;
	start_schedule_next(c);
}

static void end_whole(struct collector *c, struct job *j)
{
	uint64_t *known = c->gaps_known;

	c->gaps = j->gaps;
	c->gaps_known = c->gaps_found;
	c->n_gaps_known = c->n_gaps_found;
	c->gaps_found = known;
	c->n_gaps_found = 0;
	keep_facts(c, j);
	(void)!start_values(c, j->gaps, j->plan.reread ? &j->after : NULL);
}

void survey_settled(struct collector *c)
{
	struct job *j = c->running;
	struct err e = { 0 };

	if (c->survey_paused && surveyor_runs(c) && !backlog_crowded(c->backlog)) {
		c->survey_paused = false;
		surveyor_resume(c);
	}
	/* A file that is not looked at again for long does not hold up all that is to be done. */
	if (!j || !j->finished || ahead_waits(c, j->serial))
		return;
	if (j->err.code < 0) {
		end_failed(c, j);
	} else if (record_end(c, j, &e) < 0) {
		c->rest_jobs = clock_monotonic() + AGAIN_NS; /* a full disk, a lock: tried again */
		start_schedule_next(c);
		return;
	} else if (is_whole(j)) {
		end_whole(c, j);
	}
	if (j->inodes.n)
		linked_searched(c, j);
	else if (j->err.code == 0)
		health_scanned(c, j);
	answer_job_done(c, j);
	c->running = NULL;
	job_free(j);
	jobs_next(c);
}
