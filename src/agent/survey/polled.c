#include "agent/survey/polled.h"

#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/attr.h"
#include "core/mem.h"
#include "os/stop.h"

#define DEADLINE_SECONDS 20 /* a file system that does not answer costs this process */

struct file {
	char *path;
	int64_t ctime;
};

/* What the process says, through a pipe; small enough to be written as a whole. */
struct answer {
	uint32_t at; /* of the list */
	int64_t ctime;
};

struct polled {
	struct event_base *base;
	struct timeval rhythm;
	void (*moved)(void *ctx, struct span path);
	void *ctx;
	struct file *list;
	size_t n;
	struct event *timer, *readable;
	pid_t pid;  /* 0: none runs */
	pid_t left; /* stuck, and not waited for: no other one is begun until it is gone. 0: none */
	int fd;
};

static const struct timeval deadline = { DEADLINE_SECONDS, 0 };

/* ---- the process that looks ---- */

static NORETURN void look(const struct polled *p, int fd, pid_t parent)
{
	if (!stop_with_parent(parent))
		_exit(0);
	prctl(PR_SET_NAME, "invar-poll");
	for (size_t i = 0; i < p->n; i++) {
		struct statx x;
		struct answer a = { .at = (uint32_t)i };

		if (statx(AT_FDCWD, p->list[i].path, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT,
			    STATX_CTIME, &x) < 0)
			continue; /* that it is gone is an event */
		a.ctime = x.stx_ctime.tv_sec * INT64_C(1000000000) + x.stx_ctime.tv_nsec;
		if (a.ctime != p->list[i].ctime && write(fd, &a, sizeof a) != sizeof a)
			_exit(0);
	}
	_exit(0);
}

/* ---- the process that listens ---- */

static bool is_left(struct polled *p)
{
	if (p->left && waitpid(p->left, NULL, WNOHANG) != 0)
		p->left = 0;
	return p->left != 0;
}

static void end(struct polled *p)
{
	if (!p->pid)
		return;
	event_free(p->readable);
	close(p->fd);
	kill(p->pid, SIGKILL);
	p->left = p->pid;
	for (int i = 0; i < 50 && is_left(p); i++)
		usleep(1000);
	p->pid = 0;
}

static void on_answers(evutil_socket_t fd, short what, void *ctx)
{
	struct polled *p = ctx;
	struct answer a;
	ssize_t n = 0;

	while (!(what & EV_TIMEOUT) && (n = read(fd, &a, sizeof a)) == sizeof a) {
		if (a.at >= p->n || p->list[a.at].ctime == a.ctime)
			continue;
		p->list[a.at].ctime = a.ctime;
		p->moved(p->ctx, span_of(p->list[a.at].path));
	}
	if (what & EV_TIMEOUT || n == 0)
		end(p);
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
	struct polled *p = ctx;
	pid_t parent = getpid();
	int ends[2];

	(void)fd, (void)what;
	if (p->n)
		evtimer_add(p->timer, &p->rhythm);
	if (p->pid || is_left(p) || !p->n || pipe2(ends, O_CLOEXEC) < 0)
		return;
	p->pid = fork();
	if (p->pid == 0) {
		close(ends[0]);
		look(p, ends[1], parent);
	}
	close(ends[1]);
	if (p->pid < 0) {
		p->pid = 0;
		close(ends[0]);
		return;
	}
	p->fd = ends[0];
	fcntl(p->fd, F_SETFL, O_NONBLOCK);
	p->readable = event_new(p->base, p->fd, EV_READ | EV_PERSIST, on_answers, p);
	event_add(p->readable, &deadline);
}

struct polled *polled_new(struct event_base *base, unsigned seconds,
	void (*moved)(void *ctx, struct span path), void *ctx)
{
	struct polled *p = mem_new(sizeof *p);

	p->base = base;
	p->rhythm.tv_sec = seconds;
	p->moved = moved;
	p->ctx = ctx;
	p->timer = evtimer_new(base, on_timer, p);
	return p;
}

void polled_clear(struct polled *p)
{
	end(p); /* its numbers are of the old list */
	for (size_t i = 0; i < p->n; i++)
		free(p->list[i].path);
	p->n = 0;
}

void polled_free(struct polled *p)
{
	if (!p)
		return;
	polled_clear(p);
	event_free(p->timer);
	free(p->list);
	free(p);
}

void polled_add(struct polled *p, struct span path, int64_t ctime)
{
	if (p->n == POLLED_MAX)
		return;
	if (!p->list)
		p->list = mem_array(POLLED_MAX, sizeof *p->list);
	p->list[p->n++] = (struct file){ mem_copy(path.p, path.n), ctime };
	if (!evtimer_pending(p->timer, NULL))
		evtimer_add(p->timer, &p->rhythm);
}

size_t polled_count(const struct polled *p)
{
	return p->n;
}
