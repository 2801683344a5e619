#include "agent/health/clocks.h"

#include <stdlib.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/time.h"

#define SECOND INT64_C(1000000000)
#define NEVER 4000000000 /* seconds since epoch: the timer itself is not what is waited for */

struct clock_watch {
	int fd;
	struct event *event;
	struct clocks seen;
	void (*note)(void *ctx, const char *what, const char *text);
	void *ctx;
};

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

/* ---- live ---- */

static int64_t read_clock(clockid_t id)
{
	struct timespec t;

	(void)clock_gettime(id, &t);
	return t.tv_sec * SECOND + t.tv_nsec;
}

static struct clocks read_clocks(void)
{
	return (struct clocks){ read_clock(CLOCK_REALTIME), read_clock(CLOCK_BOOTTIME),
		read_clock(CLOCK_MONOTONIC) };
}

/* Waits for a time that does not come; the kernel cancels that when the clock is set or the host
 * wakes up (timerfd_create(2)). */
static int wait_for_step(int fd)
{
	const struct itimerspec never = { .it_value = { .tv_sec = NEVER } };

	return timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL);
}

static void on_step(evutil_socket_t fd, short what, void *ctx)
{
	struct clock_watch *w = ctx;
	struct clocks now;
	AUTO(buf) step = BUF_INIT(512);
	AUTO(buf) sleep = BUF_INIT(512);
	uint64_t times;

	(void)what;
	(void)!read(fd, &times, sizeof times); /* ECANCELED; what changed is read from the clocks */
	(void)wait_for_step(fd);
	now = read_clocks();
	clocks_compare(&w->seen, &now, &step, &sleep);
	w->seen = now;
	if (sleep.n)
		w->note(w->ctx, "suspend", buf_text(&sleep));
	if (step.n)
		w->note(w->ctx, "clock-step", buf_text(&step));
}

int clock_watch_new(struct clock_watch **ret, struct event_base *base,
	void (*note)(void *ctx, const char *what, const char *text), void *ctx, struct err *e)
{
	struct clock_watch *w = mem_new(sizeof *w);

	w->note = note;
	w->ctx = ctx;
	w->seen = read_clocks();
	w->fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (w->fd < 0 || wait_for_step(w->fd) < 0) {
		clock_watch_free(w);
		return err_sys(e, "cannot hear that the clock is set");
	}
	w->event = event_new(base, w->fd, EV_READ | EV_PERSIST, on_step, w);
	if (!w->event || event_add(w->event, NULL) < 0) {
		clock_watch_free(w);
		return err_set(e, ERR_SYSTEM, "cannot hear that the clock is set");
	}
	*ret = w;
	return 0;
}

void clock_watch_free(struct clock_watch *w)
{
	if (!w)
		return;
	if (w->event)
		event_free(w->event);
	if (w->fd >= 0)
		close(w->fd);
	free(w);
}
