#include "watch/files/mounters.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/mem.h"
#include "entity/who.h"
#include "watch/files/files.h"

#ifndef FAN_REPORT_MNT
#define FAN_REPORT_MNT 0x00004000
#endif
#ifndef FAN_MARK_MNTNS
#define FAN_MARK_MNTNS 0x00000110
#endif
#ifndef FAN_MNT_ATTACH
#define FAN_MNT_ATTACH 0x01000000
#define FAN_MNT_DETACH 0x02000000
#endif
#ifndef SYS_statmount /* Linux 6.8; the same number everywhere but on alpha */
#define SYS_statmount 457
#define SYS_listmount 458
#endif

#define BLOCK ((size_t)4 << 10)
#define BLOCKS 256 /* at once: more events than a queue holds (16,384, 40 bytes each) fit */
#define WHO_BYTES ((size_t)128 << 10)
#define BEFORE (1000 * MS) /* what the process ran so long before it mounted is named, too */
#define ACTS_MAX 4096
#define LIST_MAX 512 /* numbers at once */

/* statmount(2) and listmount(2), which no library of Debian 12 knows. */
#define MOUNT_BASIC 2
#define MOUNT_ROOT UINT64_MAX
struct mount_asked {
	uint32_t size, spare;
	uint64_t mount, param;
};
struct mount_basic {
	uint32_t size, unused;
	uint64_t mask;
	uint64_t of_filesystem[3];
	uint64_t mount, parent;
	uint32_t id, parent_id; /* as in the table, where a number is used again */
	uint64_t behind[64];
};

/* What somebody did and nobody asked for so far. */
struct act {
	uint32_t id;
	bool gone;
	struct whodunit *who;
};

struct known {
	uint64_t mount;
	uint32_t id;
};

struct mounters {
	struct files *f;
	int fd; /* -1: refused */
	struct event *readable;
	void (*heard)(struct files *f);
	struct act *act;        /* in their order */
	size_t n_acts, n_stale; /* the first of them: they were there when the table was read */
	struct known *known;    /* all that are mounted */
	size_t n_known, cap;
	struct whodunit *unheard, *options;
	char block[BLOCK];
};

static int open_group(void)
{
	int fd = fanotify_init(FAN_CLASS_NOTIF | FAN_CLOEXEC | FAN_NONBLOCK | FAN_REPORT_MNT,
		O_RDONLY | O_CLOEXEC);
	int ns = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);

	if (fd >= 0 && (ns < 0 || fanotify_mark(fd, FAN_MARK_ADD | FAN_MARK_MNTNS,
					  FAN_MNT_ATTACH | FAN_MNT_DETACH, ns, NULL) < 0)) {
		close(fd);
		fd = -1;
	}
	if (ns >= 0)
		close(ns);
	return fd;
}

/* ---- which mount ---- */

static bool ask_id(uint64_t mount, uint32_t *ret)
{
	struct mount_asked x = { sizeof x, 0, mount, MOUNT_BASIC };
	struct mount_basic is = { 0 };

	if (syscall(SYS_statmount, &x, &is, sizeof is, 0) < 0)
		return false;
	*ret = is.id;
	return true;
}

/* Both are as old as the group's events are new, but a filter of system calls may refuse them. */
static bool may_ask(void)
{
	struct mount_asked x = { sizeof x, 0, MOUNT_ROOT, 0 };
	uint64_t one;
	uint32_t id;

	return syscall(SYS_listmount, &x, &one, 1, 0) == 1 && ask_id(one, &id);
}

static void learn(struct mounters *m, uint64_t mount, uint32_t id)
{
	if (m->n_known == MOUNT_MAP_MAX)
		return;
	if (m->n_known == m->cap) {
		m->cap = m->cap ? m->cap * 2 : 64;
		m->known = mem_grow(m->known, m->cap, sizeof *m->known);
	}
	m->known[m->n_known++] = (struct known){ mount, id };
}

static void learn_all(struct mounters *m)
{
	struct mount_asked x = { sizeof x, 0, MOUNT_ROOT, 0 };
	uint64_t list[LIST_MAX];
	uint32_t id;
	long n = LIST_MAX;

	m->n_known = 0;
	while (n == LIST_MAX && m->n_known < MOUNT_MAP_MAX) {
		n = syscall(SYS_listmount, &x, list, LIST_MAX, 0);
		for (long i = 0; i < n; i++)
			if (ask_id(list[i], &id))
				learn(m, list[i], id);
		if (n > 0)
			x.param = list[n - 1];
	}
}

/* The newest are asked for most. */
static struct known *find(struct mounters *m, uint64_t mount)
{
	for (size_t i = m->n_known; i-- > 0;)
		if (m->known[i].mount == mount)
			return &m->known[i];
	return NULL;
}

/* ---- who ---- */

static struct whodunit *ask_who(struct mounters *m, uint32_t pid)
{
	AUTO(buf) who = BUF_INIT(WHO_BYTES);
	struct who_asked x = { pid, -1, m->f->time, m->f->time - BEFORE, false };
	const char *why = "a process outside of our namespace of processes";

	if (pid == 0 || !processes_who(m->f->w, &x, &who, &why))
		return whodunit_new(SPAN_NONE, why);
	return whodunit_new(buf_span(&who), NULL);
}

static void drop_act(struct mounters *m, size_t i)
{
	whodunit_drop(m->act[i].who);
	m->n_acts--;
	m->n_stale -= i < m->n_stale;
	memmove(&m->act[i], &m->act[i + 1], (m->n_acts - i) * sizeof *m->act);
}

static void add_act(struct mounters *m, uint32_t id, bool gone, struct whodunit *who)
{
	if (m->n_acts == ACTS_MAX)
		drop_act(m, 0);
	who->refs++;
	m->act[m->n_acts++] = (struct act){ id, gone, who };
}

static void take(struct mounters *m, const struct fan_event *x, struct whodunit *who)
{
	struct known *k = find(m, x->mount);
	uint32_t id;

	if (!k) {
		if (!ask_id(x->mount, &id)) /* it is gone again, and no table showed it */
			return;
		learn(m, x->mount, id);
	} else {
		id = k->id;
	}
	if (x->mask & FAN_MNT_DETACH) /* beside ATTACH: it was moved */
		add_act(m, id, true, who);
	if (x->mask & FAN_MNT_ATTACH)
		add_act(m, id, false, who);
	else if (k)
		*k = m->known[--m->n_known];
}

static void take_block(struct mounters *m, struct span rest)
{
	struct fan_event x;
	struct whodunit *who = NULL;
	int32_t last = 0;

	while (fan_event_next(&rest, &x) > 0) {
		if (x.mask & FAN_Q_OVERFLOW) {
			learn_all(m);
			continue;
		}
		if (!who || x.pid != last) {
			whodunit_drop(who);
			who = ask_who(m, (uint32_t)x.pid);
			last = x.pid;
		}
		take(m, &x, who);
	}
	whodunit_drop(who);
}

static void drain(struct mounters *m)
{
	for (unsigned i = 0; m->fd >= 0 && i < BLOCKS; i++) {
		ssize_t n = read(m->fd, m->block, sizeof m->block);

		if (n <= 0)
			return;
		take_block(m, span_from(m->block, (size_t)n));
	}
}

void mounters_hear(struct mounters *m)
{
	if (!m)
		return;
	while (m->n_stale)
		drop_act(m, 0);
	drain(m);
	m->n_stale = m->n_acts;
}

/* Numbers are used again: what was there went by the first one's doing, what is there came by the
 * last one's. */
struct whodunit *mounters_who(struct mounters *m, uint32_t id, bool gone)
{
	struct whodunit *who = NULL;

	drain(m);
	for (size_t i = 0; i < m->n_acts;) {
		const struct act *x = &m->act[i];

		if (x->id != id || x->gone != gone) {
			i++;
			continue;
		}
		if (!who || !gone) {
			whodunit_drop(who);
			who = x->who;
			who->refs++;
		}
		drop_act(m, i);
	}
	return who;
}

struct whodunit *mounters_nobody(const struct mounters *m, bool options)
{
	return options ? m->options : m->unheard;
}

/* ---- the door ---- */

static void on_readable(evutil_socket_t fd, short what, void *ctx)
{
	struct mounters *m = ctx;

	(void)fd, (void)what;
	files_clock(m->f);
	drain(m);
	m->heard(m->f);
}

struct mounters *mounters_new(struct files *f, void (*heard)(struct files *f))
{
	const char *refused = "this kernel does not say who mounts (from 6.14 on it does, to root)";
	struct mounters *m = mem_new(sizeof *m);

	m->f = f;
	m->heard = heard;
	m->fd = f->w->setup.no_fanotify ? -1 : open_group();
	if (m->fd >= 0 && !may_ask()) {
		refused = "the kernel says who mounts, but not which mount: statmount is refused "
			  "to us";
		close(m->fd);
		m->fd = -1;
	}
	m->act = mem_array(ACTS_MAX, sizeof *m->act);
	m->unheard = whodunit_new(SPAN_NONE,
		m->fd < 0 ? refused : "the kernel did not say who mounted or unmounted this");
	m->options = whodunit_new(SPAN_NONE,
		m->fd < 0 ? refused
			  : "the kernel says who mounts, not who changes the options of a mount");
	m->readable = m->fd < 0
			      ? NULL
			      : event_new(f->w->base, m->fd, EV_READ | EV_PERSIST, on_readable, m);
	if (m->readable && event_add(m->readable, NULL) < 0) {
		event_free(m->readable);
		m->readable = NULL;
	}
	if (m->fd >= 0)
		learn_all(m);
	return m;
}

void mounters_free(struct mounters *m)
{
	if (!m)
		return;
	if (m->readable)
		event_free(m->readable);
	if (m->fd >= 0)
		close(m->fd);
	while (m->n_acts)
		drop_act(m, m->n_acts - 1);
	free(m->act);
	free(m->known);
	whodunit_drop(m->unheard);
	whodunit_drop(m->options);
	free(m);
}
