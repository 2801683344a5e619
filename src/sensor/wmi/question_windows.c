#include "sensor/wmi/question.h"

#include <process.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "core/mem.h"
#include "os/clock.h"
#include "os/windows/fault.h"
#include "os/windows/wmi.h"
#include "sensor/wmi/row_windows.h"

#define SLICE_MS 1000
#define CLASSES_MAX 256 /* whose definitions are looked at */

struct question {
	atomic_int refs;      /* the thread's, and whoever asked */
	atomic_bool given_up; /* nobody waits any more */
	HANDLE done;
	/* the question */
	const char *space, *query;
	unsigned timeout;
	uint64_t max_rows, max_bytes;
	/* the answer */
	struct arena *arena; /* of the rows */
	struct arena *own;   /* of the rest */
	struct row *row;
	size_t n, cap;
	struct row_class *class;
	size_t n_classes;
	struct err err; /* code 0: whole */
};

static void drop(struct question *q)
{
	if (atomic_fetch_sub(&q->refs, 1) > 1)
		return;
	CloseHandle(q->done);
	arena_free(q->arena);
	arena_free(q->own);
	free(q);
}

/* ---- the thread ---- */

static struct row *room_for_row(struct question *q)
{
	if (q->n == q->cap) {
		size_t cap = q->cap ? q->cap * 2 : 64;
		struct row *more = arena_get(q->arena, cap * sizeof *more);

		if (q->n)
			memcpy(more, q->row, q->n * sizeof *more);
		q->row = more;
		q->cap = cap;
	}
	return &q->row[q->n];
}

static int take_row(struct question *q, IWbemClassObject *o, struct err *e)
{
	if (q->n >= q->max_rows)
		return err_set(e, ERR_LIMIT, "more than %llu rows",
			(unsigned long long)q->max_rows);
	if (row_from_object(q->arena, o, q->max_bytes, room_for_row(q), e) < 0)
		return e->code;
	q->n++;
	return 0;
}

static int take_rows(struct question *q, struct wmi *w, int64_t deadline, struct err *e)
{
	for (;;) {
		IWbemClassObject *o = NULL;
		int rc = wmi_next(w, SLICE_MS, &o, e);

		if (rc == WMI_END || rc < 0)
			return rc < 0 ? rc : 0;
		if (rc == WMI_OBJECT) {
			rc = take_row(q, o, e);
			IWbemClassObject_Release(o);
			if (rc < 0)
				return rc;
		}
		if (atomic_load(&q->given_up) || clock_monotonic() > deadline)
			return err_set(e, ERR_TIMEOUT, "no whole answer within %u seconds",
				q->timeout);
	}
}

/* What a class calls its keys decides what its rows are called: not to know it is no answer. */
static int take_classes(struct question *q, struct wmi *w, struct err *e)
{
	q->class = arena_get(q->arena, CLASSES_MAX * sizeof *q->class);
	for (size_t i = 0; i < q->n && q->n_classes < CLASSES_MAX; i++) {
		size_t at = 0;

		while (at < q->n_classes && !row_name_same(q->class[at].name, q->row[i].class))
			at++;
		if (at < q->n_classes)
			continue;
		if (row_class_get(w, q->arena, q->row[i].class, &q->class[at], e) < 0)
			return e->code;
		q->n_classes++;
	}
	return 0;
}

static int ask(struct question *q, int64_t deadline, struct err *e)
{
	AUTO_FREE(wmi) w = NULL;

	arena_clear(q->arena);
	q->row = NULL;
	q->n = q->cap = q->n_classes = 0;
	if (wmi_open(&w, q->space, e) < 0 || wmi_ask(w, q->query, e) < 0 ||
		take_rows(q, w, deadline, e) < 0 || take_classes(q, w, e) < 0)
		return e->code;
	return 0;
}

static unsigned WINAPI run(void *ctx)
{
	struct question *q = ctx;
	int64_t deadline = clock_monotonic() + q->timeout * INT64_C(1000000000);
	struct err e = { 0 };

	if (wmi_thread_begin(&e) == 0) {
		/* The service may have been begun again since this process connected. */
		if (ask(q, deadline, &e) < 0 && wmi_is_broken(&e)) {
			e = (struct err){ 0 };
			(void)!ask(q, deadline, &e);
		}
		wmi_thread_end();
	}
	q->err = e;
	SetEvent(q->done);
	drop(q);
	return 0;
}

/* ---- who asks ---- */

int question_begin(struct question **ret, const struct rule_asks *asks, struct err *e)
{
	struct question *q = mem_new(sizeof *q);
	HANDLE thread;

	atomic_init(&q->refs, 2);
	q->arena = arena_new();
	q->own = arena_new();
	q->space = arena_text(q->own, span_of(asks->space));
	q->query = arena_text(q->own, span_of(asks->query));
	q->timeout = asks->timeout;
	q->max_rows = asks->max_rows;
	q->max_bytes = asks->max_bytes;
	q->done = CreateEventW(NULL, TRUE, FALSE, NULL);
	thread = q->done ? (HANDLE)_beginthreadex(NULL, 0, run, q, 0, NULL) : NULL;
	if (!thread) {
		(void)err_windows(e, GetLastError(), "cannot start a thread");
		atomic_store(&q->refs, 1);
		drop(q);
		return e->code;
	}
	CloseHandle(thread);
	*ret = q;
	return 0;
}

bool question_wait(struct question *q, unsigned ms)
{
	return WaitForSingleObject(q->done, ms) == WAIT_OBJECT_0;
}

int question_answer(struct question *q, struct table *ret, struct err *e)
{
	if (q->err.code < 0) {
		*e = q->err;
		return e->code;
	}
	ret->row = q->row;
	ret->n = q->n;
	ret->class = q->class;
	ret->n_classes = q->n_classes;
	return 0;
}

void question_free(struct question *q)
{
	if (!q)
		return;
	atomic_store(&q->given_up, true);
	drop(q);
}
