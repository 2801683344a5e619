#include "agent/collector/hold.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent/collector/backlog.h"
#include "core/mem.h"
#include "entity/boot.h"
#include "entity/certificate.h"
#include "entity/cron.h"
#include "entity/file.h"
#include "entity/module.h"
#include "entity/package.h"
#include "entity/pam_rule.h"
#include "entity/process.h"
#include "entity/service.h"
#include "os/clock.h"
#include "os/file.h"

#define MANAGERS_MAX 16
#define STATUS_BYTES 4096
#define SETTLE_SECONDS 10 /* so long is waited for a watcher that does not answer */
#define ALL SIZE_MAX

/* Programs whose work a transaction explains; they and what they start (maintainer scripts,
 * triggers) are held. */
static const char *const programs[] = {
	"/usr/bin/dpkg",
	"/usr/bin/apt",
	"/usr/bin/apt-get",
	"/usr/bin/aptitude",
	"/usr/bin/aptitude-curses",
	"/usr/bin/rpm",
	"/usr/bin/dnf5",
	"/usr/bin/microdnf",
	"/usr/bin/zypper",
	"/usr/libexec/packagekitd",
	"/sbin/apk",
	"/usr/bin/apk",
};

/* Of an interpreter the program is what it runs. */
static const char *const scripts[] = {
	"/usr/bin/dnf",
	"/usr/bin/dnf-3",
	"/usr/bin/yum",
	"/usr/bin/unattended-upgrade",
	"/usr/bin/unattended-upgrades",
};

/* Where packages put files (FHS 3.0, Debian Policy 9.1). What their scripts, or whoever had himself
 * run by them, write elsewhere no package explains, and it might be gone by the end: it is looked
 * at at once, like accounts, keys, ports, mounts and all else that no package delivers. */
static const char *const delivered_to[] = { "/usr/", "/etc/", "/boot/", "/bin", "/sbin", "/lib",
	"/opt/", "/var/lib/", "/var/cache/", "/var/log/", "/var/spool/" };

/* Kinds whose records say which package owns something: with half of a database they would be
 * wrong. */
static const struct kind *const owned[] = { &kind_boot, &kind_certificate, &kind_cron, &kind_module,
	&kind_package, &kind_pam_rule, &kind_process, &kind_service };

static const struct timeval second = { 1, 0 };

struct manager {
	uint32_t pid; /* 0: the place is free */
	int fd;       /* pidfd */
	int64_t since;
	struct event *ended;
	uint32_t settles; /* it has ended; the number that was asked with. 0: it runs */
	struct hold *hold;
	struct backlog *held;
};

struct hold {
	struct event_base *base;
	struct event *timer;
	int64_t most;   /* ns */
	uint32_t asked; /* the last number */
	const struct hold_listener *listener;
	void *ctx;
	struct manager manager[MANAGERS_MAX];
	struct buf last; /* who */
	uint32_t last_pid;
};

static bool is_one_of(struct span exe, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (span_is(exe, list[i]) ||
			(span_starts(exe, span_of(list[i])) &&
				span_is(span_from_offset(exe, strlen(list[i])), " (deleted)")))
			return true;
	return false;
}

static bool is_python(struct span exe)
{
	return span_starts(exe, span_of("/usr/bin/python3"));
}

uint32_t hold_manager(const struct who *w)
{
	uint32_t pid = 0;

	if (!w->place && (is_one_of(w->exe, programs, ARRAY_LEN(programs)) ||
				 (is_python(w->exe) && w->n_argv > 1 &&
					 is_one_of(w->argv[1], scripts, ARRAY_LEN(scripts)))))
		pid = w->pid;
	for (size_t i = 0; i < w->n_ancestry; i++)
		if (!w->ancestry[i].place &&
			is_one_of(w->ancestry[i].exe, programs, ARRAY_LEN(programs)))
			pid = w->ancestry[i].pid;
	return pid;
}

/* ---- whether to believe it ---- */

/* In a namespace of mounts of one's own "/usr/bin/dpkg" may be anything, and the host's dpkg runs
 * what it is told to for anybody: a manager is one only as root, and where the host's programs are
 * (with process 1) or ours. */
static uint64_t mounts_of(const char *process)
{
	char path[48];
	struct stat st;

	snprintf(path, sizeof path, "/proc/%s/ns/mnt", process);
	return stat(path, &st) == 0 ? st.st_ino : 0;
}

static bool is_root(const char *process)
{
	char path[48], text[STATUS_BYTES];
	struct span uid, status;
	int fd;
	int64_t n;

	snprintf(path, sizeof path, "/proc/%s/status", process);
	fd = file_open(path);
	n = fd < 0 ? -1 : file_read(fd, text, sizeof text);
	file_close(fd);
	status = span_from(text, n < 0 ? 0 : (size_t)n);
	while (span_cut(&status, '\n', &uid))
		if (span_starts(uid, span_of("Uid:")))
			return span_is(uid, "Uid:\t0\t0\t0\t0");
	return false;
}

/* One that has ended is: what it did is looked at as soon as all of it was heard of. */
static bool is_the_hosts(uint32_t pid)
{
	char process[16];
	uint64_t mounts;

	snprintf(process, sizeof process, "%u", pid);
	mounts = mounts_of(process);
	if (!mounts)
		return errno == ENOENT || errno == ESRCH;
	return is_root(process) && (mounts == mounts_of("self") || mounts == mounts_of("1"));
}

/* ---- letting go ---- */

static void manager_done(struct manager *m)
{
	event_free(m->ended);
	if (m->fd >= 0)
		close(m->fd);
	*m = (struct manager){ 0 };
}

static void let_go(struct manager *m)
{
	AUTO_FREE(arena) arena = arena_new();
	struct hold *h = m->hold;
	struct backlog *held = m->held;
	struct look_again *looks;
	size_t n;

	manager_done(m);
	n = backlog_take(held, ALL, NULL, NULL, arena, &looks);
	for (size_t i = 0; i < n; i++)
		h->listener->release(h->ctx, &looks[i]);
	backlog_free(held);
}

static void on_ended(evutil_socket_t fd, short what, void *ctx);

/* It has ended; what it did last is on its way to us. */
static void settle(struct manager *m)
{
	static const struct timeval most = { SETTLE_SECONDS, 0 };
	struct hold *h = m->hold;

	m->ended = evtimer_new(h->base, on_ended, m);
	evtimer_add(m->ended, &most);
	m->settles = ++h->asked;
	h->listener->settle(h->ctx, m->settles);
}

static void on_ended(evutil_socket_t fd, short what, void *ctx)
{
	struct manager *m = ctx;

	(void)fd;
	if (what & EV_TIMEOUT) {
		let_go(m);
		return;
	}
	/* The descriptor stays readable, so only the time counts from here on. */
	event_free(m->ended);
	settle(m);
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
	struct hold *h = ctx;
	int64_t now = clock_monotonic();
	bool more = false;

	(void)fd, (void)what;
	for (size_t i = 0; i < MANAGERS_MAX; i++)
		if (h->manager[i].pid && now - h->manager[i].since > h->most)
			let_go(&h->manager[i]);
	for (size_t i = 0; i < MANAGERS_MAX; i++)
		more = more || h->manager[i].pid;
	if (more)
		evtimer_add(h->timer, &second);
}

/* ---- holding ---- */

static struct manager *manager_new(struct hold *h, uint32_t pid)
{
	struct manager *m = NULL;

	for (size_t i = 0; i < MANAGERS_MAX && !m; i++)
		if (!h->manager[i].pid)
			m = &h->manager[i];
	if (!m)
		return NULL;
	*m = (struct manager){ .pid = pid, .since = clock_monotonic(), .hold = h };
	m->held = backlog_new();
	m->fd = (int)syscall(SYS_pidfd_open, pid, 0); /* Linux 5.3 */
	if (m->fd >= 0) {
		m->ended = event_new(h->base, m->fd, EV_READ, on_ended, m);
		event_add(m->ended, NULL);
	} else {
		settle(m);
	}
	if (!evtimer_pending(h->timer, NULL))
		evtimer_add(h->timer, &second);
	return m;
}

static struct manager *manager_known(struct hold *h, uint32_t pid)
{
	for (size_t i = 0; i < MANAGERS_MAX; i++)
		if (h->manager[i].pid == pid)
			return &h->manager[i];
	return NULL;
}

/* What touches one thing touches the next, so the last answer is kept. */
static uint32_t manager_behind(struct hold *h, struct span cbor)
{
	AUTO_FREE(arena) arena = NULL;
	struct who who;
	struct err e;

	if (span_same(cbor, buf_span(&h->last)))
		return h->last_pid;
	buf_clear(&h->last);
	buf_add_span(&h->last, cbor);
	arena = arena_new();
	h->last_pid = who_decode(cbor, arena, &who, &e) < 0 ? 0 : hold_manager(&who);
	if (h->last_pid && !manager_known(h, h->last_pid) && !is_the_hosts(h->last_pid))
		h->last_pid = 0;
	return h->last_pid;
}

/* Would it say something else once the transaction is whole? */
static bool may_be_delivered(const struct look_again *l)
{
	for (size_t i = 0; i < ARRAY_LEN(delivered_to); i++)
		if (l->kind == &kind_file && span_starts(l->key, span_of(delivered_to[i])))
			return true;
	for (size_t i = 0; i < ARRAY_LEN(owned); i++)
		if (l->kind == owned[i])
			return true;
	return false;
}

bool hold_take(struct hold *h, const struct look_again *l)
{
	uint32_t pid = l->who.n && h->most && may_be_delivered(l) ? manager_behind(h, l->who) : 0;
	struct manager *m = pid ? manager_known(h, pid) : NULL;

	if (pid && !m)
		m = manager_new(h, pid);
	return m && backlog_add(m->held, l);
}

bool hold_beside(struct hold *h, const struct look_again *l)
{
	for (size_t i = 0; h->most && may_be_delivered(l) && i < MANAGERS_MAX; i++)
		if (h->manager[i].pid)
			return backlog_add(h->manager[i].held, l);
	return false;
}

void hold_settled(struct hold *h, uint32_t number)
{
	for (size_t i = 0; i < MANAGERS_MAX; i++)
		if (h->manager[i].settles && h->manager[i].settles <= number)
			let_go(&h->manager[i]);
}

uint32_t hold_number(struct hold *h)
{
	return ++h->asked;
}

size_t hold_count(const struct hold *h)
{
	size_t n = 0;

	for (size_t i = 0; i < MANAGERS_MAX; i++)
		if (h->manager[i].pid)
			n += backlog_count(h->manager[i].held);
	return n;
}

uint32_t hold_for(const struct hold *h)
{
	for (size_t i = 0; i < MANAGERS_MAX; i++)
		if (h->manager[i].pid)
			return h->manager[i].pid;
	return 0;
}

struct hold *hold_new(struct event_base *base, unsigned seconds, const struct hold_listener *l,
	void *ctx)
{
	struct hold *h = mem_new(sizeof *h);

	h->base = base;
	h->most = seconds * INT64_C(1000000000);
	h->listener = l;
	h->ctx = ctx;
	h->last = BUF_INIT(BUF_MAX_DEFAULT);
	h->timer = evtimer_new(base, on_timer, h);
	return h;
}

void hold_free(struct hold *h)
{
	if (!h)
		return;
	for (size_t i = 0; i < MANAGERS_MAX; i++) {
		if (!h->manager[i].pid)
			continue;
		backlog_free(h->manager[i].held);
		manager_done(&h->manager[i]);
	}
	event_free(h->timer);
	buf_done(&h->last);
	free(h);
}
