#include "watch/files/mounters.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/fanotify.h>
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

#define BLOCK ((size_t)4 << 10)
#define BLOCKS 256 /* at once: more events than a queue holds (16,384, 40 bytes each) fit */
#define WHO_BYTES ((size_t)128 << 10)
#define BEFORE (1000 * MS) /* what the process ran so long before it mounted is named, too */

struct mounters {
	struct files *f;
	int fd; /* -1: refused */
	struct event *readable;
	void (*heard)(struct files *f);
	struct whodunit *who; /* since it was asked last; NULL: nobody did */
	struct whodunit *unknown;
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

/* ---- who ---- */

static void take(struct mounters *m, uint32_t pid)
{
	AUTO(buf) who = BUF_INIT(WHO_BYTES);
	AUTO(buf) both = BUF_INIT(WHO_BYTES);
	struct who_asked x = { pid, -1, m->f->time, m->f->time - BEFORE };
	const char *why = "a process outside of our namespace of processes";
	struct whodunit *last;

	if (pid == 0 || !processes_who(m->f->w, &x, &who, &why))
		last = whodunit_new(SPAN_NONE, why);
	else if (m->who && who_join(buf_span(&who), span_from(m->who->bytes, m->who->n), &both) &&
		 !both.full)
		last = whodunit_new(buf_span(&both), NULL);
	else
		last = whodunit_new(buf_span(&who), NULL);
	if (last->n == 0 && m->who && m->who->n) { /* somebody is better than nobody */
		whodunit_drop(last);
		return;
	}
	whodunit_drop(m->who);
	m->who = last;
}

static void drain(struct mounters *m)
{
	struct fan_event x;
	uint32_t last = 0;
	bool first = true;

	for (unsigned i = 0; m->fd >= 0 && i < BLOCKS; i++) {
		ssize_t n = read(m->fd, m->block, sizeof m->block);
		struct span rest = span_from(m->block, n > 0 ? (size_t)n : 0);

		if (n <= 0)
			return;
		while (fan_event_next(&rest, &x) > 0) {
			if (first || (uint32_t)x.pid != last)
				take(m, (uint32_t)x.pid);
			first = false;
			last = (uint32_t)x.pid;
		}
	}
}

struct whodunit *mounters_who(struct mounters *m)
{
	struct whodunit *who;

	drain(m);
	who = m->who ? m->who : m->unknown;
	if (m->who)
		m->who = NULL; /* the reference is the caller's now */
	else
		who->refs++;
	return who;
}

/* ---- the door ---- */

static void on_readable(evutil_socket_t fd, short what, void *ctx)
{
	struct mounters *m = ctx;

	(void)fd, (void)what;
	files_clock(m->f);
	drain(m);
	if (m->who)
		m->heard(m->f);
}

struct mounters *mounters_new(struct files *f, void (*heard)(struct files *f))
{
	struct mounters *m = mem_new(sizeof *m);

	m->f = f;
	m->heard = heard;
	m->fd = f->w->setup.no_fanotify ? -1 : open_group();
	m->unknown = whodunit_new(SPAN_NONE,
		m->fd >= 0 ? "the kernel says who mounts, not who changes the options of a mount"
			   : "this kernel does not say who mounts (from 6.14 on it does, to root)");
	m->readable = m->fd < 0
			      ? NULL
			      : event_new(f->w->base, m->fd, EV_READ | EV_PERSIST, on_readable, m);
	if (m->readable && event_add(m->readable, NULL) < 0) {
		event_free(m->readable);
		m->readable = NULL;
	}
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
	whodunit_drop(m->who);
	whodunit_drop(m->unknown);
	free(m);
}
