/* Rows of WMI queries: each rule's query is asked again by its schedule, whatever else happens. */
#include "entity/wmi.h"

#include <stdlib.h>

#include "core/mem.h"
#include "os/clock.h"
#include "watch/windows/rooms.h"
#include "watch/windows/wmi.h"

#define SECOND INT64_C(1000000000)
#define WAIT_MAX_MS 60000

struct due {
	struct rule_asks asks;
	int64_t at; /* monotonic */
};

bool wmi_rule(const struct hearing *h, size_t *at, struct rule_asks *ret)
{
	struct selector sel = policy_selector(hearing_policy(h));

	while (sel.asks(sel.policy, &kind_wmi, (*at)++, ret))
		if (ret->real_time)
			return true;
	return false;
}

void wmi_hint(struct hearing *h, const char *rule, const char *why)
{
	AUTO(buf) key = BUF_INIT(BUF_MAX_DEFAULT);

	buf_addf(&key, "%s:", rule);
	hear_hint(h, &(struct hint){ .kind = &kind_wmi,
			     .key = buf_span(&key),
			     .below = true,
			     .time = clock_now(),
			     .why = span_of(why) });
}

/* At whole multiples, so that rules of one schedule are asked together. */
static int64_t next(const struct rule_asks *x, int64_t now)
{
	int64_t interval = x->schedule * SECOND;

	return now - now % interval + interval;
}

static void tell(struct hearing *h, const struct rule_asks *x)
{
	AUTO(buf) name = BUF_INIT(BUF_MAX_DEFAULT);

	buf_addf(&name, "poll %u s: %s", x->schedule, x->rule);
	hear_means(h,
		&(struct means){ .kind = &kind_wmi, .name = buf_span(&name), .in_force = true });
}

static DWORD wait_ms(const struct due *list, size_t n, int64_t now)
{
	int64_t ms = WAIT_MAX_MS;

	for (size_t i = 0; i < n; i++)
		if ((list[i].at - now) / 1000000 + 1 < ms)
			ms = (list[i].at - now) / 1000000 + 1;
	return ms > 0 ? (DWORD)ms : 0;
}

static void poll_due(struct hearing *h, struct due *list, size_t n, int64_t now)
{
	for (size_t i = 0; i < n; i++) {
		if (list[i].at > now)
			continue;
		list[i].at = next(&list[i].asks, now);
		wmi_hint(h, list[i].asks.rule, "it was found by asking every so often");
	}
}

static int run(struct hearing *h, struct err *e)
{
	struct due *list = NULL;
	struct rule_asks asks;
	size_t n = 0;

	(void)e;
	for (size_t at = 0; wmi_rule(h, &at, &asks);) {
		if (!asks.schedule)
			continue;
		list = mem_grow(list, n + 1, sizeof *list);
		list[n++] = (struct due){ asks, next(&asks, clock_monotonic()) };
		tell(h, &asks);
	}
	hear_ready(h);
	while (n && WaitForSingleObject(hearing_end(h), wait_ms(list, n, clock_monotonic())) ==
			    WAIT_TIMEOUT)
		poll_due(h, list, n, clock_monotonic());
	free(list);
	return 0;
}

const struct hearing_room hearing_wmi = { "wmi", run };
