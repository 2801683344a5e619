/* POST to a URL, each by a thread, since WinHTTP makes us wait. A status of 2xx says that all of
 * the batch was taken; anything else that none of it was. */
#include <process.h>
#include <stdlib.h>
#include <windows.h>

#include "agent/link/link.h"
#include "agent/loop/windows/loop_hear.h"
#include "core/mem.h"
#include "os/windows/http.h"

#define HEADERS_BYTES 32768
#define END_MS 5000 /* a request that was told to end has so long */

/* What the thread works on; freed by whoever comes last, so that one that does not end holds up
 * nobody. */
struct job {
	struct http *http;
	struct buf headers, body;
	HANDLE done; /* by hand */
	LONG refs;
	unsigned status;
	struct err err;
	int rc;
};

struct hook {
	struct http *http; /* keeps its connection; NULL while a job has it, and after a failure */
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
	http_close(j->http);
	buf_done(&j->headers);
	buf_done(&j->body);
	CloseHandle(j->done);
	free(j);
}

static unsigned WINAPI run(void *ctx)
{
	struct job *j = ctx;

	j->rc = http_post(j->http, buf_span(&j->headers), buf_span(&j->body), &j->status, &j->err);
	SetEvent(j->done);
	job_drop(j);
	return 0;
}

/* The thread is over, or is left behind. */
static void end_job(struct hook *h)
{
	timer_stop(h->late);
	loop_unhear(h->heard);
	CloseHandle(h->thread);
	job_drop(h->job);
	h->heard = NULL;
	h->thread = NULL;
	h->job = NULL;
}

static void on_done(void *ctx)
{
	struct lane *l = ctx;
	struct hook *h = l->at;
	struct job *j = h->job;
	bool fine = j->rc == 0 && j->status >= 200 && j->status <= 299;
	char why[300];

	if (h->was_late)
		snprintf(why, sizeof why, "no answer within %llu ms",
			(unsigned long long)(l->route->timeout_ns / 1000000));
	else if (j->rc < 0)
		snprintf(why, sizeof why, "%.250s", j->err.text);
	else
		snprintf(why, sizeof why, "answered with status %u", j->status);
	if (j->rc == 0) {
		h->http = j->http;
		j->http = NULL;
	}
	end_job(h);
	if (fine)
		lane_taken(l);
	else
		lane_failed(l, "%s", why);
}

static void on_late(void *ctx)
{
	struct lane *l = ctx;
	struct hook *h = l->at;

	if (!h->job)
		return;
	h->was_late = true;
	http_cancel(h->job->http);
}

static struct hook *hook_of(struct lane *l)
{
	struct hook *h = l->at;

	if (h)
		return h;
	l->at = h = mem_new(sizeof *h);
	h->late = timer_new(l->link->loop, on_late, l);
	return h;
}

static int start(struct lane *l, struct hook *h, struct job *j, struct err *e)
{
	j->http = h->http;
	h->http = NULL;
	if (!j->http) {
		const struct http_setup setup = { .url = l->route->url,
			.ca = l->route->ca,
			.agent = "invar/" INVAR_VERSION,
			.timeout_ns = l->route->timeout_ns };

		if (http_open(&j->http, &setup, e) < 0)
			return e->code;
	}
	if (hook_headers(l, &j->headers, e) < 0)
		return e->code;
	hook_body(l, &j->body);
	h->heard = loop_hear(l->link->loop, j->done, on_done, l);
	if (!h->heard)
		return err_set(e, ERR_LIMIT, "too many routes at work");
	j->refs++;
	h->thread = (HANDLE)_beginthreadex(NULL, 0, run, j, 0, NULL);
	if (h->thread)
		return 0;
	j->refs--;
	loop_unhear(h->heard);
	h->heard = NULL;
	return err_set(e, ERR_SYSTEM, "cannot start a thread");
}

static void send_webhook(struct lane *l)
{
	struct hook *h = hook_of(l);
	struct job *j = mem_new(sizeof *j);
	struct err e;

	*j = (struct job){ .headers = BUF_INIT(HEADERS_BYTES),
		.body = BUF_INIT(BUF_MAX_DEFAULT),
		.done = CreateEventW(NULL, TRUE, FALSE, NULL),
		.refs = 1 };
	h->was_late = false;
	if (!j->done)
		abort(); /* out of memory, see core/mem.h */
	if (start(l, h, j, &e) < 0) {
		job_drop(j);
		lane_failed(l, "%s", e.text);
		return;
	}
	h->job = j;
	timer_start(h->late, (int64_t)l->route->timeout_ns);
}

static void stop_webhook(struct lane *l)
{
	struct hook *h = l->at;

	if (!h)
		return;
	if (h->job) {
		http_cancel(h->job->http);
		(void)WaitForSingleObject(h->thread, END_MS);
		end_job(h);
	}
	http_close(h->http);
	timer_free(h->late);
	free(h);
	l->at = NULL;
}

const struct sink sink_webhook = { send_webhook, stop_webhook };
