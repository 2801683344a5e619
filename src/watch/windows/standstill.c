/* Whether we ran at all: a process that somebody suspended hears of nothing and says nothing, which
 * looks like a quiet host. What came and went meanwhile nothing tells afterwards, so that all is
 * looked at again. Sleep of the host is none: nothing else ran, either. */
#include "watch/windows/standstill.h"

#include "os/clock.h"
#include "os/windows/fault.h"
#include "watch/windows/rooms.h"

#define TICK_MS 1000
#define MS INT64_C(1000000)
#define LATE_NS (15 * 1000 * MS) /* a busy machine may be late as well, but not by so much */

bool standstill_since(struct standstill *s, int64_t now, int64_t awake, struct loss *ret)
{
	struct standstill was = *s;

	*s = (struct standstill){ now, awake };
	if (awake - was.awake < TICK_MS * MS + LATE_NS)
		return false;
	*ret = (struct loss){ .means = span_of("agent"),
		.from = was.now,
		.to = now > was.now ? now : was.now,
		.text = span_of("the agent stood still: it was suspended, or got no time to run") };
	return true;
}

static void tell(struct hearing *h, struct loss *x)
{
	const struct rule *const *rules = policy_rules(hearing_policy(h));
	uint64_t told = 0;

	for (size_t i = 0; rules[i]; i++) {
		uint64_t bit = UINT64_C(1) << rules[i]->kind->id;

		if (!rules[i]->real_time || (told & bit))
			continue;
		told |= bit;
		x->kind = rules[i]->kind;
		hear_loss(h, x);
	}
}

static int run(struct hearing *h, struct err *e)
{
	struct standstill s = { clock_now(), clock_awake() };
	struct loss x;

	hear_ready(h);
	for (;;) {
		DWORD woken = WaitForSingleObject(hearing_end(h), TICK_MS);

		if (woken == WAIT_FAILED)
			return err_windows(e, GetLastError(), "cannot wait");
		if (standstill_since(&s, clock_now(), clock_awake(), &x))
			tell(h, &x);
		if (woken == WAIT_OBJECT_0)
			return 0;
	}
}

const struct hearing_room hearing_standstill = { "standstill", run };
