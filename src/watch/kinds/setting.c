/* Settings of the kernel, by who writes to files of /proc and /sys: these have no handles, so that
 * the group of the files' room cannot watch them. This one is given descriptors, which are closed
 * at once; nothing is read from them. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/fanotify.h>
#include <unistd.h>

#include "core/mem.h"
#include "os/clock.h"
#include "watch/kinds/kinds.h"

#define BLOCK 8192
#define PATH_BYTES 1024
#define WHO_MAX ((size_t)1 << 18)

struct kinds_settings {
	struct watched_kinds *all;
	int fd;
	struct event *event;
	int64_t empty; /* ns since epoch: when nothing was left in it */
};

static void written(struct watched_kinds *all, struct span path, uint32_t pid)
{
	AUTO(buf) who = BUF_INIT(WHO_MAX);

	for (size_t i = 0; i < KIND_IDS; i++) {
		struct watched_kind *k = &all->of[i];
		struct kinds_act act = { .why = "who wrote it is gone" };

		if (!k->asked || !k->setting || !span_starts(path, span_of(k->setting)))
			continue;
		buf_clear(&who);
		if (processes_who(all->w, &(struct who_asked){ pid, -1, 0, 0, false }, &who,
			    &act.why))
			act.who = buf_span(&who);
		kinds_heard(k, WATCH_SETTING, &act);
	}
}

static void take(struct kinds_settings *s, const struct fanotify_event_metadata *m)
{
	char link[64], path[PATH_BYTES];
	ssize_t n;

	if (m->mask & FAN_Q_OVERFLOW) {
		kinds_lost(s->all, WATCH_SETTING, s->empty, 0,
			"more was written to /proc and /sys than the kernel's queue holds");
		return;
	}
	if (m->fd < 0)
		return;
	snprintf(link, sizeof link, "/proc/self/fd/%d", m->fd);
	n = readlink(link, path, sizeof path);
	close(m->fd);
	if (n > 0 && !watcher_is_own(s->all->w, (uint32_t)m->pid))
		written(s->all, span_from(path, (size_t)n), (uint32_t)m->pid);
}

static void on_readable(evutil_socket_t fd, short what, void *ctx)
{
	_Alignas(8) char block[BLOCK];
	struct kinds_settings *s = ctx;
	ssize_t n = read(fd, block, sizeof block);

	(void)what;
	if (n <= 0) /* one that could not be opened any more: its process ended */
		return;
	for (size_t at = 0; at + sizeof(struct fanotify_event_metadata) <= (size_t)n;) {
		struct fanotify_event_metadata m;

		memcpy(&m, block + at, sizeof m);
		if (m.vers != FANOTIFY_METADATA_VERSION || m.event_len < sizeof m)
			return;
		take(s, &m);
		at += m.event_len;
	}
	s->empty = clock_now();
}

static int mark(struct kinds_settings *s, struct err *e)
{
	static const char *const places[] = { "/proc", "/sys" };

	s->fd = fanotify_init(FAN_CLASS_NOTIF | FAN_CLOEXEC | FAN_NONBLOCK,
		O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (s->fd < 0)
		return err_sys(e, "cannot listen to fanotify");
	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		if (fanotify_mark(s->fd, FAN_MARK_ADD | FAN_MARK_FILESYSTEM, FAN_CLOSE_WRITE,
			    AT_FDCWD, places[i]) < 0)
			return err_sys(e, "cannot watch '%s'", places[i]);
	return 0;
}

static void end(struct watched_kinds *all)
{
	struct kinds_settings *s = all->settings;

	if (!s)
		return;
	if (s->event)
		event_free(s->event);
	if (s->fd >= 0)
		close(s->fd);
	free(s);
	all->settings = NULL;
}

static void begin(struct watched_kinds *all)
{
	struct kinds_settings *s = mem_new(sizeof *s);
	struct err e;

	all->settings = s;
	*s = (struct kinds_settings){ .all = all, .fd = -1, .empty = clock_now() };
	if (all->w->setup.no_fanotify || mark(s, &e) < 0) {
		kinds_state(all, WATCH_SETTING, false,
			all->w->setup.no_fanotify ? "there is no fanotify" : e.text);
		end(all);
		return;
	}
	s->event = event_new(all->w->base, s->fd, EV_READ | EV_PERSIST, on_readable, s);
	event_add(s->event, NULL);
	kinds_state(all, WATCH_SETTING, true, "");
}

const struct kinds_means_room kinds_means_setting = { WATCH_SETTING, begin, end };
