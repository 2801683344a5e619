/* Kinds that nothing tells of: a hint every so often, as their rooms declare. */
#include <stdio.h>

#include "os/clock.h"
#include "watch/windows/declared.h"
#include "watch/windows/rooms.h"

#define SECOND INT64_C(1000000000)
#define WAIT_MAX_MS 60000

struct poll {
	const struct kind *kind;
	int64_t interval, due; /* ns, monotonic */
};

static void tell(struct hearing *h, const struct declared *d)
{
	char name[32];

	snprintf(name, sizeof name, "poll %u s", d->seconds);
	hear_means(h, &(struct means){ .kind = d->kind, .name = span_of(name), .in_force = true });
}

/* At whole multiples of the interval, so that kinds which are polled are polled together. */
static int64_t next(int64_t interval, int64_t now)
{
	return now - now % interval + interval;
}

static DWORD wait_ms(const struct poll *list, size_t n, int64_t now)
{
	int64_t ms = WAIT_MAX_MS;

	for (size_t i = 0; i < n; i++)
		if ((list[i].due - now) / 1000000 + 1 < ms)
			ms = (list[i].due - now) / 1000000 + 1;
	return ms > 0 ? (DWORD)ms : 0;
}

static void poll_due(struct hearing *h, struct poll *list, size_t n, int64_t now)
{
	for (size_t i = 0; i < n; i++) {
		if (list[i].due > now)
			continue;
		list[i].due = next(list[i].interval, now);
		hear_hint(h, &(struct hint){ .kind = list[i].kind,
				     .time = clock_now(),
				     .why = span_of("it was found by looking every so often") });
	}
}

static int run(struct hearing *h, struct err *e)
{
	struct declared declared[KIND_IDS];
	struct poll list[KIND_IDS];
	size_t n = declared_by(hearing_policy(h), WATCH_POLL, declared), kept = 0;

	(void)e;
	for (size_t i = 0; i < n; i++) {
		if (!declared[i].seconds)
			continue;
		list[kept] = (struct poll){ .kind = declared[i].kind,
			.interval = declared[i].seconds * SECOND };
		list[kept].due = next(list[kept].interval, clock_monotonic());
		kept++;
		tell(h, &declared[i]);
	}
	hear_ready(h);
	while (kept) {
		if (WaitForSingleObject(hearing_end(h), wait_ms(list, kept, clock_monotonic())) ==
			WAIT_OBJECT_0)
			return 0;
		poll_due(h, list, kept, clock_monotonic());
	}
	return 0;
}

const struct hearing_room hearing_polled = { "polled", run };
