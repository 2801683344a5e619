/* The kernel says that somebody set the clock, or that the host woke up. */
#include <event2/event.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "agent/health/clocks.h"
#include "core/mem.h"

#define NEVER 4000000000 /* seconds since epoch: the timer itself is not what is waited for */

struct clock_watch {
	int fd;
	struct event *event;
	struct clocks seen;
	void (*note)(void *ctx, const char *what, const char *text);
	void *ctx;
};

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
	uint64_t times;

	(void)what;
	(void)!read(fd, &times, sizeof times); /* ECANCELED; what changed is read from the clocks */
	(void)wait_for_step(fd);
	clocks_note(&w->seen, w->note, w->ctx);
}

int clock_watch_new(struct clock_watch **ret, struct event_base *base,
	void (*note)(void *ctx, const char *what, const char *text), void *ctx, struct err *e)
{
	struct clock_watch *w = mem_new(sizeof *w);

	w->note = note;
	w->ctx = ctx;
	w->seen = clocks_read();
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
