#include "agent/health/clocks.h"

#include "core/time.h"
#include "os/clock.h"

#define SECOND INT64_C(1000000000)

static void add_span_of_time(struct buf *ret, int64_t ns)
{
	int64_t s = (ns < 0 ? -ns : ns) / SECOND;

	if (s >= 86400)
		buf_addf(ret, "%lld d ", (long long)(s / 86400));
	if (s >= 3600)
		buf_addf(ret, "%lld h ", (long long)(s / 3600 % 24));
	if (s >= 60)
		buf_addf(ret, "%lld min ", (long long)(s / 60 % 60));
	buf_addf(ret, "%lld s", (long long)(s % 60));
}

void clocks_compare(const struct clocks *was, const struct clocks *now, struct buf *ret_step,
	struct buf *ret_sleep)
{
	int64_t passed = now->boot - was->boot, expected = was->wall + passed;
	int64_t step = now->wall - expected;
	int64_t slept = passed - (now->runs - was->runs);
	char from[TIME_TEXT], to[TIME_TEXT];

	if (step >= SECOND || step <= -SECOND) {
		buf_addf(ret_step, "the clock was set %s by ", step < 0 ? "back" : "forward");
		add_span_of_time(ret_step, step);
		time_format_short(expected, from);
		time_format_short(now->wall, to);
		buf_addf(ret_step, ", from %s to %s", from, to);
	}
	if (slept >= SECOND) {
		buf_add_text(ret_sleep, "the host slept for ");
		add_span_of_time(ret_sleep, slept);
	}
}

struct clocks clocks_read(void)
{
	return (struct clocks){ clock_now(), clock_boot(), clock_awake() };
}

void clocks_note(struct clocks *seen, void (*note)(void *ctx, const char *what, const char *text),
	void *ctx)
{
	struct clocks now = clocks_read();
	AUTO(buf) step = BUF_INIT(512);
	AUTO(buf) sleep = BUF_INIT(512);

	clocks_compare(seen, &now, &step, &sleep);
	*seen = now;
	if (sleep.n)
		note(ctx, "suspend", buf_text(&sleep));
	if (step.n)
		note(ctx, "clock-step", buf_text(&step));
}
