#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/link/link.h"
#include "agent/loop/loop_event.h"
#include "core/mem.h"

struct program {
	struct lane *lane;
	pid_t pid;
	int fd; /* what it reads from; -1: all is written */
	struct buf input;
	size_t at;
	struct event *writable, *ended, *late;
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

void program_stop(struct program *c)
{
	if (!c)
		return;
	close_input(c);
	if (c->pid > 0) {
		kill(-c->pid, SIGKILL);
		while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
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
	char why[64];
	int status;
	pid_t pid = waitpid(c->pid, &status, WNOHANG);

	(void)fd;
	(void)what;
	if (pid != c->pid)
		return;
	kill(-c->pid, SIGKILL); /* what it left behind, had it made a family */
	c->pid = 0;
	if (WIFSIGNALED(status))
		snprintf(why, sizeof why, "ended by signal %d", WTERMSIG(status));
	else
		snprintf(why, sizeof why, "ended with status %d", WEXITSTATUS(status));
	finish(c, WIFEXITED(status) && WEXITSTATUS(status) == 0 ? NULL : why);
}

static void on_late(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	finish(ctx, "did not end in time");
}

static void NORETURN become(int in, const char *const *argv)
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
	if (null >= 0) {
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
	}
	closefrom(3);
	execve(argv[0], (char *const *)(uintptr_t)argv, (char *const *)(uintptr_t)environment);
	_exit(127);
}

static int start(struct program *c, const char *const *argv, struct err *e)
{
	int fds[2];

	/* Afterwards it would be no more than a status, of whom one cannot tell. */
	if (access(argv[0], X_OK) < 0)
		return err_sys(e, "the link's user cannot run '%.200s'", argv[0]);
	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_sys(e, "cannot make a pipe");
	c->pid = fork();
	if (c->pid == 0)
		become(fds[0], argv);
	close(fds[0]);
	c->fd = fds[1];
	if (c->pid < 0) {
		c->pid = 0;
		return err_sys(e, "cannot start '%s'", argv[0]);
	}
	setpgid(c->pid, c->pid);
	fcntl(c->fd, F_SETFL, O_NONBLOCK);
	return 0;
}

int program_start(struct program **ret, struct lane *l, const char *const *argv, struct span input,
	program_end *end, struct err *e)
{
	struct event_base *base = loop_base(l->link->loop);
	int64_t most = (int64_t)l->route->timeout_ns;
	struct timeval tv = { most / LANE_SECOND, most % LANE_SECOND / 1000 };
	struct program *c = mem_new(sizeof *c);

	*c = (struct program){ .lane = l,
		.fd = -1,
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
	if (!c->writable || event_add(c->writable, NULL) < 0) {
		program_stop(c);
		return err_set(e, ERR_SYSTEM, "cannot write to a program");
	}
	*ret = c;
	return 0;
}
