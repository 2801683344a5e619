/* What nothing tells of: kinds, every so often as their rooms declare, and rows of WMI queries, by
 * each rule's schedule, whatever events of them tell (wmi_events.c). */
#include <stdlib.h>

#include "core/mem.h"
#include "entity/wmi.h"
#include "os/clock.h"
#include "watch/windows/declared.h"
#include "watch/windows/rooms.h"
#include "watch/windows/wmi.h"

#define SECOND INT64_C(1000000000)
#define WAIT_MAX_MS 60000

struct poll {
	const struct kind *kind;
	const char *rule;      /* of WMI; NULL: all of the kind */
	int64_t interval, due; /* ns, monotonic */
};

struct polls {
	struct poll *list;
	size_t n;
};

/* At whole multiples of the interval, so that what is polled as often is polled together. */
static int64_t next(int64_t interval, int64_t now)
{
	return now - now % interval + interval;
}

static void add(struct hearing *h, struct polls *p, const struct kind *k, const char *rule,
	unsigned seconds)
{
	struct poll x = { .kind = k, .rule = rule, .interval = seconds * SECOND };
	AUTO(buf) name = BUF_INIT(BUF_MAX_DEFAULT);

	if (!seconds)
		return;
	x.due = next(x.interval, clock_monotonic());
	p->list = mem_grow(p->list, p->n + 1, sizeof *p->list);
	p->list[p->n++] = x;
	buf_addf(&name, "poll %u s", seconds);
	if (rule)
		buf_addf(&name, ": %s", rule);
	hear_means(h, &(struct means){ .kind = k, .name = buf_span(&name), .in_force = true });
}

static DWORD wait_ms(const struct polls *p, int64_t now)
{
	int64_t ms = WAIT_MAX_MS;

	for (size_t i = 0; i < p->n; i++)
		if ((p->list[i].due - now) / 1000000 + 1 < ms)
			ms = (p->list[i].due - now) / 1000000 + 1;
	return ms > 0 ? (DWORD)ms : 0;
}

static void tell(struct hearing *h, const struct poll *x)
{
	if (x->rule)
		wmi_hint(h, x->rule, "it was found by asking every so often");
	else
		hear_hint(h, &(struct hint){ .kind = x->kind,
				     .time = clock_now(),
				     .why = span_of("it was found by looking every so often") });
}

static void poll_due(struct hearing *h, struct polls *p, int64_t now)
{
	for (size_t i = 0; i < p->n; i++) {
		if (p->list[i].due > now)
			continue;
		p->list[i].due = next(p->list[i].interval, now);
		tell(h, &p->list[i]);
	}
}

static int run(struct hearing *h, struct err *e)
{
	struct declared declared[KIND_IDS];
	struct polls p = { 0 };
	struct rule_asks asks;
	size_t n = declared_by(hearing_policy(h), WATCH_POLL, declared);

	(void)e;
	for (size_t i = 0; i < n; i++)
		add(h, &p, declared[i].kind, NULL, declared[i].seconds);
	for (size_t at = 0; wmi_rule(h, &at, &asks);)
		add(h, &p, &kind_wmi, asks.rule, asks.schedule);
	hear_ready(h);
	while (p.n &&
		WaitForSingleObject(hearing_end(h), wait_ms(&p, clock_monotonic())) == WAIT_TIMEOUT)
		poll_due(h, &p, clock_monotonic());
	free(p.list);
	return 0;
}

const struct hearing_room hearing_polled = { "polled", run };
