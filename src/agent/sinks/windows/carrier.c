#include "agent/sinks/windows/carrier.h"

#include <process.h>
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

#include "agent/loop/windows/loop_hear.h"
#include "core/mem.h"

#define HEADERS_BYTES 32768
#define GRACE_MS 500 /* what is on its way may arrive */
#define END_MS 5000  /* who was told to end has so long */

/* What the thread works on; freed by whoever comes last, so that one that does not end holds up
 * nobody. */
struct job {
	const struct carrier *carrier;
	void *at;
	struct parcel parcel;
	HANDLE done; /* by hand */
	LONG refs;
	struct err err;
	int rc;
};

/* A lane's own. */
struct carriage {
	const struct carrier *carrier;
	void *at; /* NULL while a job has it, and after a failure */
	struct job *job;
	HANDLE thread;
	struct loop_source *heard;
	struct timer *late;
	bool was_late;
};

static void job_drop(struct job *j)
{
	if (InterlockedDecrement(&j->refs) > 0)
		return;
	if (j->at)
		j->carrier->close(j->at);
	buf_done(&j->parcel.headers);
	buf_done(&j->parcel.body);
	CloseHandle(j->done);
	free(j);
}

static unsigned WINAPI run(void *ctx)
{
	struct job *j = ctx;

	j->rc = j->carrier->carry(j->at, &j->parcel, &j->err);
	SetEvent(j->done);
	job_drop(j);
	return 0;
}

/* The thread is over, or is left behind. */
static void end_job(struct carriage *x)
{
	timer_stop(x->late);
	loop_unhear(x->heard);
	CloseHandle(x->thread);
	job_drop(x->job);
	x->heard = NULL;
	x->thread = NULL;
	x->job = NULL;
}

static void on_done(void *ctx)
{
	struct lane *l = ctx;
	struct carriage *x = l->at;
	struct job *j = x->job;
	bool fine = j->rc == 0;
	char why[300];

	if (x->was_late)
		snprintf(why, sizeof why, "no answer within %llu ms",
			(unsigned long long)(l->route->timeout_ns / 1000000));
	else if (!fine)
		snprintf(why, sizeof why, "%.250s", j->err.text);
	if (j->rc >= 0 && !x->was_late) {
		x->at = j->at;
		j->at = NULL;
	}
	end_job(x);
	if (fine)
		lane_taken(l);
	else
		lane_failed(l, "%s", why);
}

static void on_late(void *ctx)
{
	struct lane *l = ctx;
	struct carriage *x = l->at;

	if (!x->job)
		return;
	x->was_late = true;
	x->job->carrier->cancel(x->job->at);
	/* What does not end even then keeps this route alone, and is said. */
	snprintf(l->error, sizeof l->error, "no answer within %llu ms",
		(unsigned long long)(l->route->timeout_ns / 1000000));
	link_dirty(l->link);
}

static struct carriage *carriage_of(struct lane *l, const struct carrier *c)
{
	struct carriage *x = l->at;

	if (x)
		return x;
	l->at = x = mem_new(sizeof *x);
	x->carrier = c;
	x->late = timer_new(l->link->loop, on_late, l);
	return x;
}

static int pack(struct lane *l, struct job *j, struct err *e)
{
	struct parcel *p = &j->parcel;
	const struct batch *b = &l->batch;

	p->headers = BUF_INIT(HEADERS_BYTES);
	p->body = BUF_INIT(BUF_MAX_DEFAULT);
	p->n = b->n;
	memcpy(p->ends, b->ends, b->n * sizeof *b->ends);
	if (j->carrier->pack)
		return j->carrier->pack(p, l, e);
	buf_add_span(&p->body, buf_span(&b->text));
	return 0;
}

static int start(struct lane *l, struct carriage *x, struct job *j, struct err *e)
{
	if (pack(l, j, e) < 0)
		return e->code;
	j->at = x->at;
	x->at = NULL;
	if (!j->at && j->carrier->open(&j->at, l->route, e) < 0)
		return e->code;
	x->heard = loop_hear(l->link->loop, j->done, on_done, l);
	if (!x->heard)
		return err_set(e, ERR_LIMIT, "too many routes at work");
	j->refs++;
	x->thread = (HANDLE)_beginthreadex(NULL, 0, run, j, 0, NULL);
	if (x->thread)
		return 0;
	j->refs--;
	loop_unhear(x->heard);
	x->heard = NULL;
	return err_set(e, ERR_SYSTEM, "cannot start a thread");
}

void carrier_send(struct lane *l, const struct carrier *c)
{
	struct carriage *x = carriage_of(l, c);
	struct job *j = mem_new(sizeof *j);
	struct err e;

	j->carrier = c;
	j->refs = 1;
	j->done = CreateEventW(NULL, TRUE, FALSE, NULL);
	x->was_late = false;
	if (!j->done)
		abort(); /* out of memory, see core/mem.h */
	if (start(l, x, j, &e) < 0) {
		job_drop(j);
		lane_failed(l, "%s", e.text);
		return;
	}
	x->job = j;
	timer_start(x->late, (int64_t)l->route->timeout_ns);
}

/* What was taken by now is not sent again by those that come after us. */
static void finish(struct lane *l, struct carriage *x)
{
	bool taken = WaitForSingleObject(x->thread, GRACE_MS) == WAIT_OBJECT_0;

	if (!taken) {
		x->carrier->cancel(x->job->at);
		taken = WaitForSingleObject(x->thread, END_MS) == WAIT_OBJECT_0;
	}
	taken = taken && x->job->rc == 0;
	end_job(x);
	if (taken)
		lane_taken(l);
}

void carrier_stop(struct lane *l)
{
	struct carriage *x = l->at;

	if (!x)
		return;
	if (x->job)
		finish(l, x);
	if (x->at)
		x->carrier->close(x->at);
	timer_free(x->late);
	free(x);
	l->at = NULL;
}
