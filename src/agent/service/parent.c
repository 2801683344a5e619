#include "agent/service/parent.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/control/request.h"
#include "agent/log.h"
#include "agent/service/child.h"
#include "agent/service/notify.h"
#include "os/channel.h"
#include "os/clock.h"

#define SECOND INT64_C(1000000000)
#define STOP_NS (15 * SECOND)  /* for an orderly end; then it is made an end of */
#define READY_MORE_US 60000000 /* a sign of life before we are ready buys so much time */
#define PING_NS (5 * SECOND)   /* where no service manager has a watchdog: as often, and … */
#define PINGS 6                /* … of so many one must be answered */

struct parent {
	const struct parent_setup *setup; /* with `config` in it: */
	struct parent_setup changed_setup;
	struct agent_config own_config; /* read again by SIGHUP; else as we were started */
	struct child children[ROLE_N];  /* that of ROLE_PARENT is ourselves */
	struct channel collector;       /* fd -1: there is none */
	int signals;
	int64_t watchdog;     /* ns; 0: none */
	int64_t ping_at, fed; /* monotonic */
	unsigned unanswered;  /* pings */
	bool stuck;           /* the collector was ended, since it did not answer them */
	bool ready, ever_ready, reloading, changed;
	bool reload_after; /* as soon as the collector is ready */
	int64_t stop_at;   /* monotonic: by then all must have ended; 0: nobody asked */
	int64_t end_at;    /* monotonic: by then a collector that ends must be gone; 0: none does */
	int rc;
};

static bool runs(const struct parent *p, enum role role)
{
	return role != ROLE_LINK || p->setup->config->routes[0];
}

/* ---- to the collector ---- */

static void flush(struct parent *p)
{
	struct err e;

	if (p->collector.fd >= 0)
		(void)!channel_flush(&p->collector, &e); /* that it is gone, SIGCHLD says */
}

static bool tell(struct parent *p, const struct agent_message *m, int fd)
{
	AUTO(buf) frame = BUF_INIT(AGENT_FRAME_MAX);
	bool said;

	if (p->collector.fd < 0)
		return false;
	agent_encode(m, &frame);
	said = fd >= 0 ? channel_put_fd(&p->collector, buf_span(&frame), fd)
		       : channel_put(&p->collector, buf_span(&frame));
	flush(p);
	return said;
}

static void tell_roles(struct parent *p)
{
	AUTO(buf) text = BUF_INIT(65536);

	children_json(p->children, ROLE_N, &text);
	(void)tell(p, &(struct agent_message){ .type = AGENT_ROLES, .text = buf_span(&text) }, -1);
	p->changed = false;
}

/* ---- starting ---- */

static int pair(int ret[2], struct err *e)
{
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ret) < 0)
		return err_sys(e, "cannot make a channel");
	return 0;
}

static void close_both(const int ends[2])
{
	close(ends[0]);
	close(ends[1]);
}

/* A role whose other end is the collector's. *ret: that end. */
static int start_beside(struct parent *p, enum role role, int *ret, struct err *e)
{
	struct child_ends ends = { .parent = -1, .collector = -1, .watcher = -1, .link = -1 };
	int both[2], rc;

	if (pair(both, e) < 0)
		return e->code;
	ends.collector = both[1];
	rc = child_start(&p->children[role], p->setup, &ends, e);
	close(both[1]);
	if (rc < 0) {
		close(both[0]);
		return rc;
	}
	*ret = both[0];
	return 0;
}

static int start_collector(struct parent *p, struct child_ends *ends, struct err *e)
{
	int both[2];

	if (pair(both, e) < 0)
		return e->code;
	ends->parent = both[1];
	ends->again = p->ever_ready;
	ends->after = p->children[ROLE_COLLECTOR].starts > 0;
	ends->stuck = p->stuck;
	if (child_start(&p->children[ROLE_COLLECTOR], p->setup, ends, e) < 0) {
		close_both(both);
		return e->code;
	}
	close(both[1]);
	channel_done(&p->collector);
	channel_init(&p->collector, both[0], AGENT_FRAME_MAX);
	p->ready = p->stuck = false;
	p->unanswered = 0;
	p->fed = clock_monotonic();
	return 0;
}

/* All of them: at first, and whenever the collector ended, since each holds an end of its. */
static int start_all(struct parent *p, struct err *e)
{
	struct child_ends ends = { .parent = -1, .collector = -1, .watcher = -1, .link = -1 };
	int rc = start_beside(p, ROLE_WATCHER, &ends.watcher, e);

	if (!runs(p, ROLE_LINK))
		p->children[ROLE_LINK].starts =
			0; /* there may have been one, with other settings */
	else if (rc == 0)
		rc = start_beside(p, ROLE_LINK, &ends.link, e);
	if (rc == 0)
		rc = start_collector(p, &ends, e);
	if (ends.watcher >= 0)
		close(ends.watcher);
	if (ends.link >= 0)
		close(ends.link);
	p->changed = true;
	return rc;
}

/* One that ended while the collector goes on; that hears of it with its new end. */
static void start_again(struct parent *p, enum role role)
{
	static const enum agent_request words
		[ROLE_N] = { [ROLE_WATCHER] = AGENT_WATCHER_LOST, [ROLE_LINK] = AGENT_LINK_NEW };
	struct child *c = &p->children[role];
	struct agent_message m = { .type = words[role], .from = c->ended, .to = clock_now() };
	struct err e = { 0 };
	int fd = -1;

	if (start_beside(p, role, &fd, &e) < 0) {
		log_say(LOG_LEVEL_ERROR, "%s", e.text);
		c->due = clock_monotonic() + SECOND;
		return;
	}
	if (!tell(p, &m, fd)) { /* its channel ends with fd, and so does it: then once more */
		log_say(LOG_LEVEL_WARNING, "the collector does not take a new %s",
			role_names[role]);
	}
	close(fd);
	p->changed = true;
}

static void start_due(struct parent *p, int64_t now)
{
	struct child *collector = &p->children[ROLE_COLLECTOR];
	struct err e = { 0 };

	if (p->stop_at)
		return;
	if (!collector->pid) {
		if (collector->due <= now && !p->children[ROLE_WATCHER].pid &&
			!p->children[ROLE_LINK].pid && start_all(p, &e) < 0) {
			log_say(LOG_LEVEL_ERROR, "%s", e.text);
			collector->due = now + SECOND;
		}
		return;
	}
	for (enum role r = ROLE_WATCHER; r < ROLE_N; r++)
		if (r != ROLE_COLLECTOR && runs(p, r) && !p->children[r].pid &&
			p->children[r].due <= now)
			start_again(p, r);
}

/* ---- ending ---- */

static void signal_all(const struct parent *p, int signal)
{
	for (enum role r = ROLE_WATCHER; r < ROLE_N; r++)
		if (p->children[r].pid)
			kill(p->children[r].pid, signal);
}

/* One that does not answer; another one is begun when it has ended. */
static void end_child(struct parent *p, enum role role)
{
	struct child *c = &p->children[role];

	if (!c->pid)
		return;
	c->killed = true;
	kill(c->pid, SIGKILL);
}

static void stop(struct parent *p)
{
	int64_t now = clock_monotonic();

	/* Asked twice; but whoever signals a whole group may mean one thing by two. */
	if (p->stop_at) {
		if (now > p->stop_at - STOP_NS + SECOND / 2)
			signal_all(p, SIGKILL);
		return;
	}
	p->stop_at = now + STOP_NS;
	notify_say("STOPPING=1\nSTATUS=stopping");
	log_say(LOG_LEVEL_INFO, "stopping");
	(void)tell(p, &(struct agent_message){ .type = AGENT_STOP }, -1);
	if (p->children[ROLE_COLLECTOR].pid)
		kill(p->children[ROLE_COLLECTOR].pid, SIGTERM); /* also out of long work */
	else
		signal_all(p, SIGKILL);
}

static void collector_ended(struct parent *p, int status)
{
	if (p->collector.fd >= 0)
		close(p->collector.fd);
	channel_done(&p->collector);
	p->collector.fd = -1;
	p->end_at = 0;
	/* The others end by themselves when their channel does, but not for certain. */
	for (enum role r = ROLE_WATCHER; r < ROLE_N; r++)
		p->children[r].killed = p->children[r].pid != 0;
	signal_all(p, SIGKILL);
	if (p->stop_at || p->ever_ready)
		return;
	/* What it could not begin for will not be better soon: let the caller say so. */
	if (WIFEXITED(status) && WEXITSTATUS(status)) {
		p->rc = WEXITSTATUS(status);
		p->stop_at = clock_monotonic() + SECOND;
	}
}

static void reap(struct parent *p)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (enum role r = ROLE_WATCHER; r < ROLE_N; r++) {
			if (p->children[r].pid != pid)
				continue;
			child_ended(&p->children[r], status);
			p->changed = true;
			if (r == ROLE_COLLECTOR)
				collector_ended(p, status);
		}
}

/* ---- what is heard ---- */

/* New settings are for processes that begin with them. */
static bool take_settings(struct parent *p, struct agent_config *c)
{
	if (memcmp(c->digest, p->setup->config->digest, sizeof c->digest) == 0) {
		agent_config_done(c);
		return false;
	}
	agent_config_done(&p->own_config);
	p->own_config = *c;
	p->changed_setup = *p->setup;
	p->changed_setup.config = &p->own_config;
	p->setup = &p->changed_setup;
	return true;
}

/* True: there are other settings now. */
static bool read_settings(struct parent *p)
{
	AUTO(problems) problems = { 0 };
	struct agent_config c = { 0 };
	struct err e = { 0 };

	if (agent_config_at(&c, p->setup->config_path, &problems, &e) == 0)
		return take_settings(p, &c);
	log_say(LOG_LEVEL_ERROR, "the old settings stay: %s", e.text);
	return false;
}

static void reload(struct parent *p)
{
	bool other = read_settings(p);
	struct agent_message m = { .type = other ? AGENT_STOP : AGENT_RELOAD };

	log_say(LOG_LEVEL_INFO, other ? "other settings: all begin again with them"
				      : "asked to load the policy again");
	p->reloading = true;
	p->reload_after = p->reload_after || other;
	notify_say("RELOADING=1\nMONOTONIC_USEC=%lld", (long long)(clock_monotonic() / 1000));
	if (tell(p, &m, -1))
		return;
	p->reload_after = true;
	log_say(LOG_LEVEL_WARNING, "there is no collector to tell; the next one is told");
}

static void take_signals(struct parent *p)
{
	struct signalfd_siginfo s;

	while (read(p->signals, &s, sizeof s) == (ssize_t)sizeof s) {
		if (s.ssi_signo == SIGCHLD)
			reap(p);
		else if (s.ssi_signo == SIGHUP)
			reload(p);
		else
			stop(p);
	}
}

static void heard_ready(struct parent *p)
{
	/* It began with the policy in force; a changed one is to be loaded as well. */
	if (p->reload_after) {
		p->reload_after = false;
		(void)tell(p, &(struct agent_message){ .type = AGENT_RELOAD }, -1);
		return;
	}
	if (!p->ready)
		log_say(LOG_LEVEL_INFO, "what changes is heard of now");
	if (!p->ready || p->reloading)
		notify_say("READY=1\nWATCHDOG=1");
	p->ready = p->ever_ready = true;
	p->reloading = false;
	p->fed = clock_monotonic();
}

/* The one proof that all is well: the collector's loop turned. */
static void heard_alive(struct parent *p)
{
	int64_t now = clock_monotonic();

	p->unanswered = 0;
	if (!p->ever_ready)
		notify_say("EXTEND_TIMEOUT_USEC=%d", READY_MORE_US);
	if (now - p->fed < p->watchdog / 8)
		return;
	notify_say("WATCHDOG=1");
	p->fed = now;
}

static void take(struct parent *p, const struct agent_message *m)
{
	AUTO(buf) line = BUF_INIT(512);

	switch (m->type) {
	case AGENT_READY:
		heard_ready(p);
		break;
	case AGENT_ALIVE:
		heard_alive(p);
		break;
	case AGENT_WATCHER_STUCK:
		end_child(p, ROLE_WATCHER);
		break;
	case AGENT_STATUS_LINE:
		for (size_t i = 0; i < m->text.n && i < 256; i++)
			buf_add_char(&line, m->text.p[i] < ' ' ? ' ' : m->text.p[i]);
		notify_say("STATUS=%s", buf_text(&line));
		break;
	default:
		break; /* the table lets nothing else through */
	}
}

static void hear_collector(struct parent *p)
{
	AUTO_FREE(arena) a = arena_new();
	struct agent_message m;
	struct span frame;
	struct err e = { 0 };
	int rc = channel_fill(&p->collector, &e);

	while (rc >= 0 && (rc = channel_next(&p->collector, &frame, &e)) > 0) {
		rc = agent_decode(frame, PARTY_COLLECTOR, PARTY_PARENT, a, &m, &e);
		if (rc == 0)
			take(p, &m);
	}
	if (rc >= 0)
		return;
	if (rc != ERR_CLOSED)
		log_say(LOG_LEVEL_ERROR, "the collector speaks nonsense: %s", e.text);
	close(p->collector.fd);
	channel_done(&p->collector);
	p->collector.fd = -1;
	if (!p->children[ROLE_COLLECTOR].pid || p->stop_at)
		return;
	if (p->reload_after && rc == ERR_CLOSED) /* as asked; it has things to put in order */
		p->end_at = clock_monotonic() + STOP_NS;
	else
		kill(p->children[ROLE_COLLECTOR].pid, SIGKILL);
}

/* ---- the loop ---- */

/* Where a service manager watches over us, it is left to that: it starts all of us again. Pings are
 * counted, not time, since we may have stood still ourselves. */
static void feed(struct parent *p, int64_t now)
{
	if (now < p->ping_at)
		return;
	p->ping_at = now + (p->watchdog ? p->watchdog / 4 : PING_NS);
	if (!tell(p, &(struct agent_message){ .type = AGENT_PING }, -1))
		return;
	if (p->watchdog || !p->ready || p->stop_at || p->unanswered++ < PINGS)
		return;
	log_say(LOG_LEVEL_WARNING,
		"the collector did not answer for %d s: it is ended, and another one begun",
		(int)(PINGS * PING_NS / SECOND));
	p->unanswered = 0;
	p->stuck = true;
	end_child(p, ROLE_COLLECTOR);
}

static int64_t sooner(int64_t a, int64_t b)
{
	return b && (!a || b < a) ? b : a;
}

static int wait_ms(const struct parent *p, int64_t now)
{
	int64_t at = p->collector.fd >= 0 ? p->ping_at : 0;

	for (enum role r = ROLE_WATCHER; r < ROLE_N && !p->stop_at; r++)
		if (!p->children[r].pid && runs(p, r))
			at = sooner(at, p->children[r].due);
	at = sooner(sooner(at, p->stop_at), p->end_at);
	if (!at)
		return -1;
	return at <= now ? 0 : at - now > 60 * SECOND ? 60000 : (int)((at - now) / 1000000) + 1;
}

static bool all_ended(const struct parent *p)
{
	for (enum role r = ROLE_WATCHER; r < ROLE_N; r++)
		if (p->children[r].pid)
			return false;
	return true;
}

static int turn(struct parent *p, struct err *e)
{
	struct pollfd fds[2 + ROLE_N] = { { .fd = p->signals, .events = POLLIN },
		{ .fd = p->collector.fd, .events = POLLIN } };
	int64_t now = clock_monotonic();
	int n;

	if (channel_waiting(&p->collector))
		fds[1].events |= POLLOUT;
	for (int r = 0; r < ROLE_N; r++)
		fds[2 + r] = (struct pollfd){ .fd = p->children[r].told, .events = POLLIN };
	n = poll(fds, ARRAY_LEN(fds), wait_ms(p, now));
	if (n < 0 && errno != EINTR)
		return err_sys(e, "cannot wait");
	for (int r = 0; n > 0 && r < ROLE_N; r++)
		if (fds[2 + r].revents) {
			child_hear(&p->children[r]);
			p->changed = true;
		}
	if (n > 0 && fds[1].revents & POLLOUT)
		flush(p);
	if (n > 0 && fds[1].revents & ~POLLOUT)
		hear_collector(p);
	if (n > 0 && fds[0].revents)
		take_signals(p);
	now = clock_monotonic();
	if (p->stop_at && now >= p->stop_at) {
		signal_all(p, SIGKILL);
		p->stop_at = now + SECOND; /* one that the kernel keeps is waited for, at rest */
	}
	if (p->end_at && now >= p->end_at) {
		kill(p->children[ROLE_COLLECTOR].pid, SIGKILL);
		p->end_at = now + SECOND;
	}
	start_due(p, now);
	feed(p, now);
	if (p->changed && p->collector.fd >= 0)
		tell_roles(p);
	return 0;
}

static int hold_signals(int *ret, struct err *e)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return err_sys(e, "cannot hold signals");
	*ret = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return *ret < 0 ? err_sys(e, "cannot hear of signals") : 0;
}

static int begin(struct parent *p, struct err *e)
{
	struct child *self = &p->children[ROLE_PARENT];

	for (int r = 0; r < ROLE_N; r++) {
		p->children[r].role = (enum role)r;
		p->children[r].told = -1;
		p->children[r].text.max = 4096;
	}
	self->pid = getpid();
	self->starts = 1;
	self->began = clock_now();
	notify_open(&p->watchdog);
	if (hold_signals(&p->signals, e) < 0 ||
		role_confine(ROLE_PARENT, p->setup->config, &self->text, e) < 0)
		return e->code;
	if (self->text.n)
		log_say(LOG_LEVEL_WARNING, "the parent is not confined as it should be: %s",
			buf_text(&self->text));
	return start_all(p, e);
}

int parent_run(const struct parent_setup *setup, struct err *e)
{
	struct parent p = { .setup = setup, .signals = -1, .collector = { .fd = -1 } };
	int rc = begin(&p, e);

	while (rc == 0 && !(p.stop_at && all_ended(&p)))
		rc = turn(&p, e);
	signal_all(&p, SIGKILL);
	for (int r = 0; r < ROLE_N; r++) {
		if (r != ROLE_PARENT && p.children[r].pid)
			waitpid(p.children[r].pid, NULL, 0);
		if (p.children[r].told >= 0)
			close(p.children[r].told);
		buf_done(&p.children[r].text);
	}
	if (p.collector.fd >= 0)
		close(p.collector.fd);
	channel_done(&p.collector);
	agent_config_done(&p.own_config);
	if (p.signals >= 0)
		close(p.signals);
	return rc < 0 ? rc : p.rc;
}
