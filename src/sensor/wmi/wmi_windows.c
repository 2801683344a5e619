/* Each rule's query, one after the other; what one of them does costs that rule alone. */
#include "os/windows/wmi.h"

#include "host/windows/services.h"
#include "os/clock.h"
#include "os/windows/wide.h"
#include "sensor/wmi/question.h"
#include "sensor/wmi/wmi_room.h"

#define STEP_MS 500
#define LEFT_BEHIND_MAX 3 /* threads that hang; then it is WMI that does, and not a query */

struct asking {
	struct scan *scan;
	struct span host;
	unsigned left_behind;
};

static void emit(void *ctx, const struct record *r)
{
	scan_emit(ctx, r);
}

/* What is known of the rule's rows stays. */
static void tell_gap(struct scan *s, const struct rule_asks *asks, const struct err *why)
{
	struct span key = table_prefix(asks, scan_arena(s));

	if (why->code == ERR_TIMEOUT)
		scan_gap(s, &(struct gap){ .kind = &kind_wmi,
				    .key = key,
				    .subtree = true,
				    .reason = GAP_TIMEOUT,
				    .text = why->text });
	else
		scan_gap_err(s, &kind_wmi, key, true, why);
}

static bool wait_for(struct scan *s, struct question *q, unsigned timeout)
{
	int64_t until = clock_monotonic() + timeout * INT64_C(1000000000) +
			QUESTION_GRACE_MS * INT64_C(1000000);

	while (!question_wait(q, STEP_MS)) {
		if (scan_stopped(s) || clock_monotonic() > until)
			return false;
		scan_alive(s);
	}
	return true;
}

static bool is_copy(void *ctx, struct span service)
{
	struct scan *s = ctx;

	return host_service_is_copy(scan_host(s), service, scan_arena(s));
}

static int take_answer(struct asking *a, const struct rule_asks *asks, struct question *q,
	struct err *e)
{
	struct table t = { .asks = asks, .host = a->host };
	int rc;

	if (!wait_for(a->scan, q, asks->timeout)) {
		a->left_behind++;
		return err_set(e, ERR_TIMEOUT, "the query did not come back within %u seconds",
			asks->timeout);
	}
	rc = question_answer(q, &t, e);
	if (rc == 0) {
		table_fold_copies(&t, is_copy, a->scan);
		table_emit(&t, scan_arena(a->scan), emit, a->scan);
	}
	if (rc == ERR_MISSING) {
		table_absent(asks, scan_arena(a->scan), emit, a->scan);
		return 0;
	}
	return rc;
}

static void ask(struct asking *a, const struct rule_asks *asks)
{
	struct question *q = NULL;
	struct err e = { 0 };
	int rc;

	if (a->left_behind >= LEFT_BEHIND_MAX)
		rc = err_set(&e, ERR_TIMEOUT, "not asked: %u queries before did not come back",
			a->left_behind);
	else
		rc = question_begin(&q, asks, &e);
	if (rc == 0)
		rc = take_answer(a, asks, q, &e);
	if (rc < 0)
		tell_gap(a->scan, asks, &e);
	question_free(q);
}

static struct span host_name(struct arena *a)
{
	wchar_t name[MAX_COMPUTERNAME_LENGTH + 1];
	DWORD n = MAX_COMPUTERNAME_LENGTH + 1;

	return GetComputerNameW(name, &n) ? wide_to_span(a, name, n) : SPAN_NONE;
}

/* What a look is to be at: all rules, or those whose keys begin with one of `below`. */
static bool is_wanted(const struct scan *s, const struct rule_asks *asks)
{
	const struct scan_options *o = scan_options(s);
	struct span id = span_of(asks->rule);

	for (size_t i = 0; i < o->n_below; i++)
		if (span_starts(o->below[i], id) && o->below[i].n > id.n &&
			o->below[i].p[id.n] == ':')
			return true;
	return !o->below;
}

static int scan(struct scan *s, struct err *e)
{
	const struct selector *sel = scan_selector(s);
	struct asking a = { .scan = s, .host = host_name(scan_arena(s)) };
	struct rule_asks asks;

	/* Held here, so that COM is not taken down and set up again between two questions. */
	if (wmi_thread_begin(e) < 0)
		return e->code;
	for (size_t i = 0; sel->asks(sel->policy, &kind_wmi, i, &asks) && !scan_stopped(s); i++)
		if (is_wanted(s, &asks))
			ask(&a, &asks);
	wmi_thread_end();
	return 0;
}

static const struct watch_source watches[] = {
	{ WATCH_SCHEDULE, NULL, 0 },
	{ WATCH_END, NULL, 0 },
};

const struct sensor sensor_wmi = {
	.kind = &kind_wmi,
	.source = "wmi",
	.needs = NEED_LIVE,
	.scan = scan,
	.watches = watches,
	.parts = true,
};
