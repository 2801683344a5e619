#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/link/link.h"
#include "agent/loop/loop_event.h"
#include "core/mem.h"

#define SAID_MAX 128 /* of its first line of complaint */

struct program {
	struct lane *lane;
	pid_t pid;
	int fd; /* what it reads from; -1: all is written */
	struct buf input;
	size_t at;
	struct event *writable, *ended, *late;
	int complaints; /* its standard error; -1: none, or all was read */
	struct event *complains;
	char said[SAID_MAX]; /* the beginning of that */
	size_t n_said;
	program_end *end;
};

static void close_input(struct program *c)
{
	if (c->writable)
		event_free(c->writable);
	c->writable = NULL;
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

static void close_complaints(struct program *c)
{
	if (c->complains)
		event_free(c->complains);
	c->complains = NULL;
	if (c->complaints >= 0)
		close(c->complaints);
	c->complaints = -1;
}

/* All of it is read, so that nobody waits for us, and little is kept. */
static void on_complaint(evutil_socket_t fd, short what, void *ctx)
{
	struct program *c = ctx;
	char block[4096];
	ssize_t n;

	(void)what;
	while ((n = read((int)fd, block, sizeof block)) > 0)
		for (ssize_t i = 0; i < n && c->n_said < SAID_MAX - 1; i++)
			if (c->n_said || block[i] > ' ')
				c->said[c->n_said++] = block[i];
	if (n == 0 || (errno != EAGAIN && errno != EINTR))
		close_complaints(c);
}

/* Its first line; empty: it said nothing. */
static const char *complaint(struct program *c)
{
	if (c->complaints >= 0)
		on_complaint(c->complaints, 0, c);
	c->said[c->n_said] = '\0';
	c->said[strcspn(c->said, "\r\n")] = '\0';
	return c->said;
}

/* It, had it made a family that as well, ends when the kernel lets it: nobody waits for that here.
 */
static void leave(struct program *c)
{
	kill(-c->pid, SIGKILL);
	c->lane->left = c->pid;
	c->pid = 0;
}

/* What an attempt before left and the kernel still keeps. Another one would come to the same end,
 * and each stay. We are what orphans of it are given to (PR_SET_CHILD_SUBREAPER). */
static bool is_left(struct lane *l)
{
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	if (l->left && waitpid(-(pid_t)l->left, NULL, WNOHANG) != 0)
		l->left = 0;
	return l->left;
}

void program_stop(struct program *c)
{
	if (!c)
		return;
	close_input(c);
	close_complaints(c);
	if (c->pid > 0)
		leave(c);
	if (c->ended)
		event_free(c->ended);
	if (c->late)
		event_free(c->late);
	buf_done(&c->input);
	free(c);
}

static void finish(struct program *c, const char *why)
{
	program_end *end = c->end;
	struct lane *lane = c->lane;

	end(lane, why); /* which stops us */
}

static void on_writable(evutil_socket_t fd, short what, void *ctx)
{
	struct program *c = ctx;
	struct span rest = span_from_offset(buf_span(&c->input), c->at);
	ssize_t n = rest.n ? write((int)fd, rest.p, rest.n) : 0;

	(void)what;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	c->at += n > 0 ? (size_t)n : 0;
	/* who does not want all of it says by the status whether that is enough */
	if (n < 0 || c->at == c->input.n)
		close_input(c);
}

static void on_signal(evutil_socket_t fd, short what, void *ctx)
{
	struct program *c = ctx;
	const char *said;
	char why[64 + SAID_MAX];
	int status;
	pid_t pid = waitpid(c->pid, &status, WNOHANG);

	(void)fd;
	(void)what;
	if (pid != c->pid)
		return;
	leave(c);
	said = complaint(c);
	if (WIFSIGNALED(status))
		snprintf(why, sizeof why, "ended by signal %d", WTERMSIG(status));
	else
		snprintf(why, sizeof why, "ended with status %d%s%s", WEXITSTATUS(status),
			*said ? ": " : "", said);
	finish(c, WIFEXITED(status) && WEXITSTATUS(status) == 0 ? NULL : why);
}

static void on_late(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	finish(ctx, "did not end in time");
}

static void NORETURN become(int in, int complaints, const char *const *argv)
{
	const char *const environment[] = { "PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
		"LC_ALL=C.UTF-8", NULL };
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	const struct sigaction fall_back = { .sa_handler = SIG_DFL };
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	sigaction(SIGPIPE, &fall_back, NULL);
	sigaction(SIGCHLD, &fall_back, NULL);
	setpgid(0, 0);
	dup2(in, STDIN_FILENO);
	if (null >= 0)
		dup2(null, STDOUT_FILENO);
	dup2(complaints, STDERR_FILENO);
	closefrom(3);
	execve(argv[0], (char *const *)(uintptr_t)argv, (char *const *)(uintptr_t)environment);
	_exit(127);
}

static int start(struct program *c, const char *const *argv, struct err *e)
{
	int fds[2], errors[2];

	/* Afterwards it would be no more than a status, of whom one cannot tell. */
	if (access(argv[0], X_OK) < 0)
		return err_sys(e, "the link's user cannot run '%.200s'", argv[0]);
	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_sys(e, "cannot make a pipe");
	c->fd = fds[1];
	if (pipe2(errors, O_CLOEXEC) < 0) {
		close(fds[0]);
		return err_sys(e, "cannot make a pipe");
	}
	c->complaints = errors[0];
	c->pid = fork();
	if (c->pid == 0)
		become(fds[0], errors[1], argv);
	close(fds[0]);
	close(errors[1]);
	if (c->pid < 0) {
		c->pid = 0;
		return err_sys(e, "cannot start '%s'", argv[0]);
	}
	setpgid(c->pid, c->pid);
	fcntl(c->fd, F_SETFL, O_NONBLOCK);
	fcntl(c->complaints, F_SETFL, O_NONBLOCK);
	return 0;
}

int program_start(struct program **ret, struct lane *l, const char *const *argv, struct span input,
	program_end *end, struct err *e)
{
	struct event_base *base = loop_base(l->link->loop);
	int64_t most = (int64_t)l->route->timeout_ns;
	struct timeval tv = { most / LANE_SECOND, most % LANE_SECOND / 1000 };
	struct program *c;

	if (is_left(l))
		return err_set(e, ERR_TIMEOUT,
			"what an attempt before ran cannot be ended: process group %ld is stuck",
			l->left);
	c = mem_new(sizeof *c);
	*c = (struct program){ .lane = l,
		.fd = -1,
		.complaints = -1,
		.end = end,
		.input = BUF_INIT(BUF_MAX_DEFAULT) };
	buf_add_span(&c->input, input);
	/* before there is one, so that none ends unheard */
	c->ended = evsignal_new(base, SIGCHLD, on_signal, c);
	c->late = evtimer_new(base, on_late, c);
	if (!c->ended || !c->late || event_add(c->ended, NULL) < 0 || event_add(c->late, &tv) < 0) {
		program_stop(c);
		return err_set(e, ERR_SYSTEM, "cannot wait for a program");
	}
	if (start(c, argv, e) < 0) {
		program_stop(c);
		return e->code;
	}
	c->writable = event_new(base, c->fd, EV_WRITE | EV_PERSIST, on_writable, c);
	c->complains = event_new(base, c->complaints, EV_READ | EV_PERSIST, on_complaint, c);
	if (!c->writable || event_add(c->writable, NULL) < 0 || !c->complains ||
		event_add(c->complains, NULL) < 0) {
		program_stop(c);
		return err_set(e, ERR_SYSTEM, "cannot talk to a program");
	}
	*ret = c;
	return 0;
}
