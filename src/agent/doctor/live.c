#include "agent/doctor/live.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/time.h"
#include "os/clock.h"

#define LINE_MAX_BYTES ((size_t)4 << 20)
#define SAID_MAX 4096
#define STOP_MS 5000

static void become_watch(const char *policy, const char *state, int out, int err)
{
	const char *const argv[] = { "invar", "watch", "--json", "--plain", "--policy", policy,
		"--state", state, NULL };

	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (dup2(out, STDOUT_FILENO) < 0 || dup2(err, STDERR_FILENO) < 0)
		_exit(127);
	execv("/proc/self/exe", (char **)(uintptr_t)argv);
	_exit(127);
}

int live_start(struct live *l, struct arena *a, const char *policy, const char *state,
	struct err *e)
{
	int out[2], err[2];

	*l = (struct live){ .line = BUF_INIT(LINE_MAX_BYTES),
		.said = BUF_INIT(SAID_MAX),
		.arena = a };
	if (pipe2(out, O_CLOEXEC) < 0)
		return err_sys(e, "cannot make a pipe");
	if (pipe2(err, O_CLOEXEC) < 0) {
		close(out[0]);
		close(out[1]);
		return err_sys(e, "cannot make a pipe");
	}
	l->list = arena_get(a, LIVE_RECORDS_MAX * sizeof *l->list);
	l->out = out[0];
	l->err = err[0];
	l->pid = fork();
	if (l->pid == 0)
		become_watch(policy, state, out[1], err[1]);
	close(out[1]);
	close(err[1]);
	if (l->pid < 0)
		return err_sys(e, "cannot start a process");
	(void)fcntl(l->out, F_SETFL, O_NONBLOCK);
	(void)fcntl(l->err, F_SETFL, O_NONBLOCK);
	return 0;
}

/* ---- what it prints ---- */

static void take_lines(struct live *l)
{
	struct span rest = buf_span(&l->line), line;
	size_t used = 0;

	while (used < l->line.n) {
		const char *end = memchr(rest.p, '\n', rest.n);

		if (!end)
			break;
		line = span_from(rest.p, (size_t)(end - rest.p));
		used += line.n + 1;
		rest = span_from_offset(rest, line.n + 1);
		if (l->n == LIVE_RECORDS_MAX ||
			!live_parse(line, l->arena, &l->list[l->n], &l->ready))
			continue;
		l->list[l->n++].read = clock_monotonic();
	}
	if (used) {
		memmove(l->line.p, l->line.p + used, l->line.n - used);
		l->line.n -= used;
	}
}

static void read_into(int fd, struct buf *b, bool *ended)
{
	for (;;) {
		char bytes[16384];
		ssize_t n = read(fd, bytes, sizeof bytes);

		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0 && ended)
			*ended = true;
		if (n <= 0)
			return;
		buf_add(b, bytes, (size_t)n);
	}
}

static const struct live_record *find(const struct live *l, size_t from, const char *kind,
	const char *key, const char *change)
{
	for (size_t i = from; i < l->n; i++) {
		const struct live_record *r = &l->list[i];

		if (strcmp(r->kind, kind) == 0 && strncmp(r->key, key, strlen(key)) == 0 &&
			(!change || strcmp(r->change, change) == 0))
			return r;
	}
	return NULL;
}

static void take(struct live *l)
{
	read_into(l->out, &l->line, &l->ended);
	read_into(l->err, &l->said, NULL);
	take_lines(l);
}

/* Until more comes, or `until`. False: it is later than that, or nothing will come. */
static bool wait_more(struct live *l, int64_t until)
{
	struct pollfd p[] = { { .fd = l->out, .events = POLLIN },
		{ .fd = l->err, .events = POLLIN } };
	int64_t left = until - clock_monotonic();

	if (l->ended || left <= 0)
		return false;
	(void)poll(p, ARRAY_LEN(p), (int)(left / (TIME_SECOND / 1000)) + 1);
	return true;
}

bool live_ready(struct live *l, int ms)
{
	int64_t until = clock_monotonic() + ms * (TIME_SECOND / 1000);

	do
		take(l);
	while (!l->ready && wait_more(l, until));
	return l->ready;
}

const struct live_record *live_wait(struct live *l, size_t from, const char *kind, const char *key,
	const char *change, int ms)
{
	int64_t until = clock_monotonic() + ms * (TIME_SECOND / 1000);
	const struct live_record *r;

	do {
		take(l);
		r = find(l, from, kind, key, change);
	} while (!r && wait_more(l, until));
	return r;
}

static bool gone(pid_t pid)
{
	pid_t got = waitpid(pid, NULL, WNOHANG);

	return got == pid || (got < 0 && errno == ECHILD);
}

void live_stop(struct live *l)
{
	struct timespec pause = { .tv_nsec = 20 * 1000 * 1000 };
	int64_t until = clock_monotonic() + STOP_MS * (TIME_SECOND / 1000);

	if (l->pid > 0) {
		(void)kill(l->pid, SIGINT);
		while (!gone(l->pid) && clock_monotonic() < until) {
			bool ignored;

			read_into(l->out, &l->line, &ignored); /* it may wait to be read */
			buf_clear(&l->line);
			(void)nanosleep(&pause, NULL);
		}
		if (clock_monotonic() >= until) {
			(void)kill(l->pid, SIGKILL);
			(void)waitpid(l->pid, NULL, 0);
		}
		close(l->out);
		close(l->err);
	}
	buf_done(&l->line);
	buf_done(&l->said);
	l->pid = 0;
}
