#include "watch/files/canary.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "core/mem.h"
#include "entity/file.h"
#include "os/clock.h"

#define PATIENCE_SECONDS 2

struct planted {
	char *point;
	char handle[FAN_HANDLE_MAX];
	size_t handle_n;
	int64_t at; /* monotonic; 0: it was answered */
};

struct canaries {
	struct planted *list;
	size_t n;
	struct event *deadline;
};

static void answer(struct files *f, struct span point, const struct canary *how)
{
	struct notice n = { .type = NOTICE_CANARY, .canary = *how };

	n.canary.kind = &kind_file;
	n.canary.scope = point;
	(void)watcher_send(f->w, &n);
}

void canary_stop(struct files *f)
{
	struct canaries *c = f->canaries;

	if (!c)
		return;
	for (size_t i = 0; i < c->n; i++)
		free(c->list[i].point);
	free(c->list);
	if (c->deadline)
		event_free(c->deadline);
	free(c);
	f->canaries = NULL;
}

static bool handle_of(int fd, struct planted *p)
{
	union {
		struct file_handle h;
		char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} u = { .h.handle_bytes = MAX_HANDLE_SZ };
	struct statfs fs;
	int mount;

	if (fstatfs(fd, &fs) < 0 || name_to_handle_at(fd, "", &u.h, &mount, AT_EMPTY_PATH) < 0)
		return false;
	memcpy(p->handle, &fs.f_fsid, 8);
	memcpy(p->handle + 8, &u.h.handle_bytes, 4);
	memcpy(p->handle + 12, &u.h.handle_type, 4);
	memcpy(p->handle + FAN_HANDLE_HEAD, u.h.f_handle, u.h.handle_bytes);
	p->handle_n = FAN_HANDLE_HEAD + u.h.handle_bytes;
	return true;
}

/* A file without a name in the folder: nothing of it is left. 0 or errno. */
static int plant(struct planted *p)
{
	int fd = open(p->point, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600), sys = 0;

	if (fd < 0)
		return errno;
	if (!handle_of(fd, p))
		sys = EOPNOTSUPP;
	p->at = clock_monotonic();
	if (!sys && write(fd, "", 1) != 1)
		sys = errno;
	close(fd);
	return sys;
}

static const char *why_not(int sys)
{
	switch (sys) {
	case EROFS:
		return "read-only";
	case ENOSPC:
	case EDQUOT:
		return "full";
	case EOPNOTSUPP:
	case EISDIR:
	case EINVAL:
		return "this file system makes no files without a name";
	case ENOTDIR:
		return "a single file is mounted there";
	default:
		return strerror(sys);
	}
}

static void on_deadline(evutil_socket_t fd, short what, void *ctx)
{
	struct files *f = ctx;
	struct canary how = { .fault = true,
		.text = span_of("a write was not heard of within two seconds") };

	(void)fd, (void)what;
	for (size_t i = 0; i < f->canaries->n; i++)
		if (f->canaries->list[i].at)
			answer(f, span_of(f->canaries->list[i].point), &how);
	canary_stop(f);
}

static void plant_at(struct files *f, const struct told_means *t)
{
	struct canaries *c = f->canaries;
	struct planted p = { .point = t->point };
	struct canary how = { 0 };
	int sys;

	if (!t->in_force || strcmp(t->name, "fanotify") != 0) {
		how.text = span_of(t->text);
		answer(f, span_of(t->point), &how);
		return;
	}
	sys = plant(&p);
	if (sys) {
		how.text = span_of(why_not(sys));
		answer(f, span_of(t->point), &how);
		return;
	}
	p.point = mem_text(t->point);
	c->list = mem_grow(c->list, c->n + 1, sizeof *c->list);
	c->list[c->n++] = p;
}

void canary_plant(struct files *f)
{
	struct timeval tv = { .tv_sec = PATIENCE_SECONDS };

	canary_stop(f); /* of those before nobody waits any more */
	f->canaries = mem_new(sizeof *f->canaries);
	f->canaries->deadline = evtimer_new(f->w->base, on_deadline, f);
	if (!f->canaries->deadline)
		return;
	for (size_t i = 0; i < f->n_told; i++)
		plant_at(f, &f->told[i]);
	if (f->canaries->n)
		event_add(f->canaries->deadline, &tv);
	else
		canary_stop(f);
}

void canary_heard(struct files *f, const struct fan_event *x)
{
	struct canaries *c = f->canaries;
	bool more = false;

	if ((uint32_t)x->pid != (uint32_t)getpid())
		return;
	for (size_t i = 0; i < c->n; i++) {
		struct planted *p = &c->list[i];
		struct canary how = { .seen = true, .latency = clock_monotonic() - p->at };

		if (p->at && span_same(x->target, span_from(p->handle, p->handle_n))) {
			p->at = 0;
			answer(f, span_of(p->point), &how);
		}
		more = more || p->at;
	}
	if (!more)
		canary_stop(f);
}
