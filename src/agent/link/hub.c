#include "agent/link/hub.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/control/request.h"
#include "agent/control/told.h"
#include "agent/log.h"
#include "agent/loop/loop_event.h"
#include "core/mem.h"
#include "os/channel.h"
#include "os/clock.h"
#include "os/file.h"

#define SECOND INT64_C(1000000000)
#define STUCK_NS (10 * SECOND) /* without an answer; each loop answers within one */
#define WATCH_NS (STUCK_NS / 2)
#define REPORT_EVERY SECOND
#define REPORT_SOON (SECOND / 1000)
#define ASK_RECORDS 1000
#define WORD_MAX ((size_t)64 << 10) /* what a route's process says at once */
#define PAUSE_LEAST (SECOND / 20)
#define PAUSE_MOST (10 * SECOND)
#define GOOD_RUN (60 * SECOND) /* after so long the next pause is short again */
#define END_NS (2 * SECOND)    /* for an orderly end */
#define FDS 1024

/* One end of a channel in the loop. */
struct wire {
	struct channel channel;
	struct event *readable, *writable;
};

struct hub;

/* A route's process, seen from the hub. */
struct outlet {
	struct hub *hub;
	const struct route *route;
	struct wire wire;
	pid_t pid;     /* 0: there is none */
	bool open;     /* it hears us */
	bool wants;    /* records, from this number on */
	bool head_due; /* it has not been told of the last head */
	uint64_t from;
	uint64_t cursor; /* as it said last */
	int64_t unheard; /* monotonic: told something then, and no answer; 0: it answered */
	struct timer *again;
	int64_t began, pause;
	char why[200]; /* it is stuck, or not there; "": it is well */
	char *said;    /* its state; NULL: nothing yet */
};

struct hub {
	const struct link_setup *setup;
	struct loop *loop;
	struct wire collector;
	struct outlet *list;
	size_t n, next; /* next: whose turn it is to be asked for */
	bool asked;     /* an answer is on its way, from this number on */
	uint64_t asked_from;
	struct buf head; /* the last frame of that sort */
	uint64_t head_seq;
	struct timer *report, *watch;
	bool dirty;
	int64_t reported;
	int rc;
	struct err *e;
};

static void stop(struct hub *h, int rc)
{
	h->rc = rc;
	loop_end(h->loop);
}

/* ---- wires ---- */

static int wire_open(struct wire *w, struct hub *h, int fd, event_callback_fn readable,
	event_callback_fn writable, void *ctx)
{
	channel_init(&w->channel, fd, AGENT_FRAME_MAX);
	w->readable = event_new(loop_base(h->loop), fd, EV_READ | EV_PERSIST, readable, ctx);
	w->writable = event_new(loop_base(h->loop), fd, EV_WRITE, writable, ctx);
	return w->readable && w->writable && event_add(w->readable, NULL) == 0 ? 0 : -1;
}

static void wire_close(struct wire *w)
{
	if (w->readable)
		event_free(w->readable);
	if (w->writable)
		event_free(w->writable);
	channel_done(&w->channel);
	*w = (struct wire){ 0 };
}

/* ---- what is said of the routes ---- */

static void dirty(struct hub *h)
{
	int64_t left = h->reported + REPORT_EVERY - clock_monotonic();

	if (h->dirty)
		return;
	h->dirty = true;
	timer_start(h->report, h->reported && left > 0 ? left : REPORT_SOON);
}

static void flush_collector(struct hub *h)
{
	int rc = channel_flush(&h->collector.channel, h->e);

	if (rc < 0)
		stop(h, rc == ERR_CLOSED ? 0 : rc);
	else if (rc == 0)
		event_add(h->collector.writable, NULL);
}

static bool tell_collector(struct hub *h, const struct agent_message *m)
{
	AUTO(buf) frame = BUF_INIT(AGENT_FRAME_MAX);
	bool said;

	agent_encode(m, &frame);
	said = !frame.full && channel_put(&h->collector.channel, buf_span(&frame));
	flush_collector(h);
	return said;
}

/* All of them or nothing: who reads it counts them. */
static void on_report(void *ctx)
{
	struct hub *h = ctx;
	AUTO(buf) text = BUF_INIT(TOLD_MAX);
	struct agent_message m = { .type = AGENT_ROUTE_STATE };

	h->dirty = false;
	for (size_t i = 0; i < h->n; i++) {
		const struct outlet *o = &h->list[i];

		if (!o->said && !*o->why)
			return; /* it will say something, or be found stuck */
		buf_add_char(&text, i ? ',' : '[');
		hub_state(o->route, o->said, h->head_seq > o->cursor ? h->head_seq - o->cursor : 0,
			o->why, &text);
	}
	buf_add_char(&text, ']');
	m.text = buf_span(&text);
	h->reported = clock_monotonic();
	(void)tell_collector(h, &m);
}

/* ---- records ---- */

/* In turn, so that one that is far behind does not keep the others from what is new. */
static void ask(struct hub *h)
{
	struct agent_message m = { .type = AGENT_RECORDS_WANTED, .n = ASK_RECORDS };

	for (size_t i = 0; i < h->n && !h->asked; i++) {
		size_t at = (h->next + i) % h->n;

		if (!h->list[at].wants)
			continue;
		m.seq = h->asked_from = h->list[at].from;
		h->next = at + 1;
		h->asked = tell_collector(h, &m);
		return;
	}
}

/* ---- a route's process ---- */

static void outlet_lost(struct outlet *o);

static void outlet_flush(struct outlet *o)
{
	struct err e;
	int rc = channel_flush(&o->wire.channel, &e);

	if (rc < 0)
		outlet_lost(o);
	else if (rc == 0)
		event_add(o->wire.writable, NULL);
}

static void watch(struct hub *h)
{
	if (!timer_waits(h->watch))
		timer_start(h->watch, WATCH_NS);
}

static void outlet_tell(struct outlet *o, struct span frame)
{
	if (!o->open || !channel_put(&o->wire.channel, frame))
		return;
	if (!o->unheard)
		o->unheard = clock_monotonic();
	watch(o->hub);
	outlet_flush(o);
}

/* Whoever hears of it says how things are: so it shows that somebody is there, too. One that does
 * not read is told of the last one alone. */
static void tell_head(struct outlet *o)
{
	o->head_due = o->open && channel_waiting(&o->wire.channel) > 0;
	if (!o->head_due && o->hub->head.n)
		outlet_tell(o, buf_span(&o->hub->head));
}

static void is_stuck(struct outlet *o)
{
	snprintf(o->why, sizeof o->why,
		"stuck: what it writes to, reads or runs does not answer, and the kernel keeps its "
		"process %d",
		(int)o->pid);
	log_say(LOG_LEVEL_WARNING, "route '%s' is %s; the others go on", o->route->name, o->why);
	dirty(o->hub);
}

/* Who has something to do may come to stand still at any time: it is asked. */
static void on_watch(void *ctx)
{
	struct hub *h = ctx;
	int64_t now = clock_monotonic();
	bool any = false;

	for (size_t i = 0; i < h->n; i++) {
		struct outlet *o = &h->list[i];
		bool behind = o->open && o->cursor < h->head_seq;

		if (*o->why)
			continue;
		if (o->unheard && now - o->unheard >= STUCK_NS)
			is_stuck(o);
		else if (!o->unheard && behind)
			tell_head(o);
		any = any || o->unheard || behind;
	}
	if (any)
		watch(h);
}

static void heard(struct outlet *o)
{
	o->unheard = 0;
	if (!*o->why)
		return;
	log_say(LOG_LEVEL_INFO, "route '%s' is no longer stuck", o->route->name);
	o->why[0] = '\0';
	dirty(o->hub);
}

static void take_state(struct outlet *o, struct span text)
{
	struct told *list = NULL;
	struct err e;

	if (told_read(&list, text, &e) == 0)
		o->cursor = told_number(told_at(list, 0), "cursor");
	told_free(list);
	free(o->said);
	o->said = told_array(text);
	dirty(o->hub);
}

static int take_word(struct outlet *o, struct span frame)
{
	AUTO_FREE(arena) a = arena_new();
	struct agent_message m;
	struct err e;

	if (agent_decode(frame, PARTY_LINK, PARTY_COLLECTOR, a, &m, &e) < 0) {
		log_say(LOG_LEVEL_ERROR, "route '%s' speaks nonsense: %s", o->route->name, e.text);
		return e.code;
	}
	heard(o);
	if (m.type == AGENT_RECORDS_WANTED) {
		o->wants = true;
		o->from = m.seq;
		return 0;
	}
	take_state(o, m.text);
	return 0;
}

static void on_outlet_readable(evutil_socket_t fd, short what, void *ctx)
{
	struct outlet *o = ctx;
	struct span frame;
	struct err e;
	int rc = channel_fill(&o->wire.channel, &e);

	(void)fd;
	(void)what;
	while (rc >= 0 && (rc = channel_next(&o->wire.channel, &frame, &e)) > 0)
		if (take_word(o, frame) < 0)
			rc = ERR_FORMAT;
	if (rc < 0)
		outlet_lost(o);
	ask(o->hub);
}

static void on_outlet_writable(evutil_socket_t fd, short what, void *ctx)
{
	struct outlet *o = ctx;

	(void)fd;
	(void)what;
	outlet_flush(o);
	if (o->open && o->head_due)
		tell_head(o);
}

/* The lock goes with the process, however it ends. 0: *ret is it, or -1, since it cannot be had for
 * another reason (a full disk), which is no reason not to carry. ERR_LOCKED: somebody has it. */
static int lock_route(const struct outlet *o, int *ret, struct err *e)
{
	AUTO_FREE(arena) a = arena_new();
	const char *name = arena_format(a, "%s.lock", o->route->name);
	int fd = open(file_join(a, o->hub->setup->spool, name),
		O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0) {
		close(fd);
		return err_set(e, ERR_LOCKED, "a process of an earlier agent is stuck with it");
	}
	*ret = fd;
	return 0;
}

static NORETURN void be(const struct outlet *o, int fd, int lock, pid_t parent)
{
	struct link_setup setup = *o->hub->setup;
	AUTO(buf) text = BUF_INIT(4096);
	struct err e = { 0 };

	for (int i = 3; i < FDS; i++)
		if (i != fd && i != lock)
			close(i);
	prctl(PR_SET_NAME, "invar-route");
	prctl(PR_SET_CHILD_SUBREAPER, 1); /* see sinks/program.c */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
	if (setup.confine)
		setup.confine(o->route, &text);
	if (text.n)
		log_say(LOG_LEVEL_WARNING, "route '%s' is not confined as it should be: %s",
			o->route->name, buf_text(&text));
	setup.fd = fd;
	if (carry_run(&setup, o->route, &e) < 0) {
		log_say(LOG_LEVEL_ERROR, "route '%s' ends: %s", o->route->name, e.text);
		_exit(1);
	}
	_exit(0);
}

static int spawn(struct outlet *o, int lock, struct err *e)
{
	pid_t parent = getpid();
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		return err_sys(e, "cannot make a channel");
	o->pid = fork();
	if (o->pid == 0)
		be(o, fds[1], lock, parent);
	close(fds[1]);
	if (o->pid < 0 || wire_open(&o->wire, o->hub, fds[0], on_outlet_readable,
				  on_outlet_writable, o) < 0) {
		o->pid = o->pid < 0 ? 0 : o->pid;
		wire_close(&o->wire);
		close(fds[0]);
		return err_sys(e, "cannot begin a process");
	}
	o->wire.channel.in_max = WORD_MAX;
	o->open = true;
	o->began = clock_monotonic();
	return 0;
}

static void again(struct outlet *o)
{
	bool good = o->began && clock_monotonic() - o->began > GOOD_RUN;

	o->pause = good || !o->pause ? PAUSE_LEAST : o->pause * 2;
	o->pause = o->pause > PAUSE_MOST ? PAUSE_MOST : o->pause;
	timer_start(o->again, o->pause);
}

/* It ended, or makes no sense: another one, when it is gone. */
static void outlet_lost(struct outlet *o)
{
	int fd = o->wire.channel.fd;

	if (!o->open)
		return;
	o->open = o->wants = o->head_due = false;
	wire_close(&o->wire);
	close(fd);
	kill(o->pid, SIGKILL);
	o->unheard = clock_monotonic(); /* until the next one answers */
	watch(o->hub);
	again(o);
}

static void outlet_start(void *ctx)
{
	struct outlet *o = ctx;
	struct err e;
	int lock = -1, rc;

	if (o->pid && waitpid(o->pid, NULL, WNOHANG) == 0) {
		again(o);
		return;
	}
	o->pid = 0;
	rc = lock_route(o, &lock, &e);
	if (rc == 0)
		rc = spawn(o, lock, &e);
	if (lock >= 0)
		close(lock); /* the process has it */
	if (rc == 0) {
		o->unheard = clock_monotonic(); /* it says by itself that it is there */
		watch(o->hub);
		tell_head(o);
		return;
	}
	if (o->pause >= SECOND && !*o->why) {
		snprintf(o->why, sizeof o->why, "%.190s", e.text);
		log_say(LOG_LEVEL_WARNING, "route '%s' cannot begin: %s", o->route->name, e.text);
		dirty(o->hub);
	}
	again(o);
}

/* ---- the collector ---- */

static bool within(const struct outlet *o, const struct hub *h, const struct agent_message *m)
{
	if (!o->wants || o->from < h->asked_from)
		return false;
	return m->n_records == 0 || o->from <= m->records[m->n_records - 1].seq;
}

static int take(struct hub *h, struct span frame)
{
	AUTO_FREE(arena) arena = arena_new();
	struct agent_message m;

	if (agent_decode(frame, PARTY_COLLECTOR, PARTY_LINK, arena, &m, h->e) < 0)
		return h->e->code;
	if (m.type == AGENT_HEAD) {
		buf_clear(&h->head);
		buf_add_span(&h->head, frame);
		h->head_seq = m.seq;
		dirty(h);
	} else {
		h->asked = false;
	}
	for (size_t i = 0; i < h->n; i++) {
		struct outlet *o = &h->list[i];

		if (m.type == AGENT_RECORDS && within(o, h, &m)) {
			o->wants = false;
			outlet_tell(o, frame);
			tell_head(o); /* answered when that has been dealt with */
		} else if (m.type == AGENT_HEAD) {
			tell_head(o);
		}
	}
	ask(h);
	return 0;
}

static void on_readable(evutil_socket_t fd, short what, void *ctx)
{
	struct hub *h = ctx;
	struct span frame;
	int rc = channel_fill(&h->collector.channel, h->e);

	(void)fd;
	(void)what;
	while (rc >= 0 && (rc = channel_next(&h->collector.channel, &frame, h->e)) > 0)
		if (take(h, frame) < 0)
			rc = h->e->code;
	if (rc < 0)
		stop(h, rc == ERR_CLOSED ? 0 : rc);
}

static void on_writable(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	flush_collector(ctx);
}

/* ---- the whole ---- */

static void begin(struct hub *h)
{
	const struct route *const *routes = h->setup->config->routes;

	while (routes && routes[h->n])
		h->n++;
	h->list = mem_array(h->n ? h->n : 1, sizeof *h->list);
	for (size_t i = 0; i < h->n; i++) {
		struct outlet *o = &h->list[i];

		o->hub = h;
		o->route = routes[i];
		o->again = timer_new(h->loop, outlet_start, o);
		timer_start(o->again, 0);
	}
}

static bool any_left(struct hub *h)
{
	bool any = false;

	for (size_t i = 0; i < h->n; i++) {
		struct outlet *o = &h->list[i];

		if (o->pid && waitpid(o->pid, NULL, WNOHANG) != 0)
			o->pid = 0;
		any = any || o->pid;
	}
	return any;
}

static void wait_until(struct hub *h, int64_t end)
{
	while (any_left(h) && clock_monotonic() < end)
		usleep(5000);
}

/* Those that have time end in order; the others are left to the kernel, which keeps them. */
static void end(struct hub *h)
{
	for (size_t i = 0; i < h->n; i++) {
		struct outlet *o = &h->list[i];
		int fd = o->wire.channel.fd;

		if (o->open) {
			wire_close(&o->wire);
			close(fd);
		}
		timer_free(o->again);
	}
	wait_until(h, clock_monotonic() + END_NS);
	for (size_t i = 0; i < h->n; i++)
		if (h->list[i].pid)
			kill(h->list[i].pid, SIGKILL);
	wait_until(h, clock_monotonic() + END_NS / 4);
	for (size_t i = 0; i < h->n; i++) {
		if (h->list[i].pid)
			log_say(LOG_LEVEL_WARNING, "route '%s' is left behind: process %d is stuck",
				h->list[i].route->name, (int)h->list[i].pid);
		free(h->list[i].said);
	}
	free(h->list);
}

int link_run(const struct link_setup *setup, struct err *e)
{
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	struct hub h = { .setup = setup, .head = BUF_INIT(AGENT_FRAME_MAX), .e = e };

	sigaction(SIGPIPE, &ignore, NULL);
	if (loop_new(&h.loop, e) < 0)
		return e->code;
	h.report = timer_new(h.loop, on_report, &h);
	h.watch = timer_new(h.loop, on_watch, &h);
	if (wire_open(&h.collector, &h, setup->fd, on_readable, on_writable, &h) < 0)
		h.rc = err_set(e, ERR_SYSTEM, "cannot watch the channel");
	if (h.rc == 0) {
		begin(&h);
		loop_run(h.loop);
		end(&h);
	}
	timer_free(h.report);
	timer_free(h.watch);
	wire_close(&h.collector);
	loop_free(h.loop);
	buf_done(&h.head);
	return h.rc;
}
