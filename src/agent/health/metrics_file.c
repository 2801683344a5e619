#include "agent/health/metrics_file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/mem.h"

#define REAP_MS 50
#define PATH_BYTES 8192

struct metrics_file {
	struct event_base *base;
	struct metrics_file_hooks hooks;
	char *path, *new_path;
	char *shared; /* with the process: the text */
	size_t max;
	struct event *readable; /* NULL: there is no process */
	int fd;                 /* to it goes the length, from it comes "" or why it failed */
	pid_t pid;
	pid_t left; /* that did not answer and is not gone: there is never a second one. 0: none */
	bool busy;
};

/* ---- the process that writes ---- */

static int write_all(int fd, struct span text, const char *path, struct err *e)
{
	while (text.n) {
		ssize_t n = write(fd, text.p, text.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, "cannot write '%s'", path);
		text = span_from_offset(text, (size_t)n);
	}
	return 0;
}

/* The exporter reads it under another user, at any moment: it is whole or the one before. */
static int replace(const struct metrics_file *f, struct span text, struct err *e)
{
	int fd, rc;

	(void)unlink(f->new_path);
	fd = open(f->new_path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return err_sys(e, "cannot make '%s'", f->new_path);
	rc = write_all(fd, text, f->new_path, e);
	if (rc == 0 && fchmod(fd, 0644) < 0)
		rc = err_sys(e, "cannot set the mode of '%s'", f->new_path);
	close(fd);
	if (rc == 0 && rename(f->new_path, f->path) < 0)
		rc = err_sys(e, "cannot rename '%s'", f->new_path);
	if (rc < 0)
		(void)unlink(f->new_path);
	return rc;
}

/* Nothing of the owner's is kept: when this one is stuck, others wait for the end of what it holds.
 * A signal handler of the loop would write to what is closed here. */
static void settle_in(int fd, pid_t parent)
{
	static const int deaf[] = { SIGINT, SIGTERM, SIGHUP, SIGCHLD };
	const struct sigaction ignore = { .sa_handler = SIG_IGN };

	for (size_t i = 0; i < ARRAY_LEN(deaf); i++)
		sigaction(deaf[i], &ignore, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "invar-metrics");
	if (getppid() != parent || (fd > 3 && close_range(3, (unsigned)fd - 1, 0) < 0) ||
		close_range((unsigned)fd + 1, ~0U, 0) < 0)
		_exit(1);
}

static NORETURN void be(const struct metrics_file *f, int fd, pid_t parent)
{
	size_t n;

	settle_in(fd, parent);
	while (recv(fd, &n, sizeof n, 0) == sizeof n) {
		struct err e = { 0 };

		if (replace(f, span_from(f->shared, n), &e) == 0)
			e.text[0] = '\0';
		if (send(fd, e.text, strlen(e.text) + 1, MSG_NOSIGNAL) < 0)
			break;
	}
	_exit(0);
}

/* ---- the process that listens ---- */

static bool is_left(struct metrics_file *f)
{
	if (f->left && waitpid(f->left, NULL, WNOHANG) != 0)
		f->left = 0;
	return f->left != 0;
}

static void let_go(struct metrics_file *f)
{
	if (!f->readable)
		return;
	event_free(f->readable);
	f->readable = NULL;
	f->busy = false;
	close(f->fd);
	kill(f->pid, SIGKILL);
	f->left = f->pid;
	for (int i = 0; i < REAP_MS && is_left(f); i++)
		usleep(1000);
}

static void on_answer(evutil_socket_t fd, short what, void *ctx)
{
	struct metrics_file *f = ctx;
	struct err e = { 0 };
	ssize_t n = -1;

	if (!(what & EV_TIMEOUT))
		n = recv(fd, e.text, sizeof e.text - 1, MSG_DONTWAIT);
	if (n < 0 && !(what & EV_TIMEOUT) && (errno == EAGAIN || errno == EINTR))
		return;
	f->busy = false;
	event_del(f->readable); /* nothing is under way: nothing is waited for */
	if (n <= 0) {
		let_go(f);
		(void)err_set(&e, ERR_SYSTEM, "cannot write '%s': %s", f->path,
			what & EV_TIMEOUT ? "its file system does not answer"
					  : "the process that does ended");
	}
	f->hooks.ended(f->hooks.ctx, e.text[0] ? &e : NULL);
}

static int start(struct metrics_file *f, struct err *e)
{
	pid_t parent = getpid();
	int ends[2];

	if (is_left(f))
		return err_set(e, ERR_SYSTEM,
			"cannot write '%s': process %d still waits for its file system", f->path,
			(int)f->left);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return err_sys(e, "cannot make a pair of sockets");
	f->pid = fork();
	if (f->pid == 0)
		be(f, ends[1], parent);
	close(ends[1]);
	if (f->pid < 0) {
		close(ends[0]);
		return err_sys(e, "cannot start a process");
	}
	f->fd = ends[0];
	f->readable = event_new(f->base, f->fd, EV_READ | EV_PERSIST, on_answer, f);
	if (f->hooks.began)
		f->hooks.began(f->hooks.ctx, (uint32_t)f->pid);
	return 0;
}

void metrics_file_prepare(struct metrics_file *f)
{
	struct err e;

	if (!f->readable)
		(void)!start(f, &e); /* metrics_file_write says why not */
}

static int ask(struct metrics_file *f, struct span text, struct err *e)
{
	unsigned ms = f->hooks.patience_ms;
	struct timeval deadline = { ms / 1000, ms % 1000 * 1000 };

	if (text.n > f->max)
		return err_set(e, ERR_LIMIT, "more numbers than a file of %zu bytes holds", f->max);
	if (!f->readable && start(f, e) < 0)
		return e->code;
	memcpy(f->shared, text.p, text.n);
	if (send(f->fd, &text.n, sizeof text.n, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
		(void)err_sys(e, "cannot write '%s': the process that does ended", f->path);
		let_go(f);
		return e->code;
	}
	f->busy = true;
	event_add(f->readable, &deadline);
	return 0;
}

void metrics_file_write(struct metrics_file *f, struct span text)
{
	struct err e;

	if (ask(f, text, &e) < 0)
		f->hooks.ended(f->hooks.ctx, &e);
}

bool metrics_file_busy(const struct metrics_file *f)
{
	return f->busy;
}

/* ---- life ---- */

int metrics_file_new(struct metrics_file **ret, struct event_base *base, const char *path,
	size_t max, const struct metrics_file_hooks *hooks, struct err *e)
{
	AUTO(buf) new_path = BUF_INIT(PATH_BYTES);
	struct metrics_file *f;
	void *shared = mmap(NULL, max, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (shared == MAP_FAILED)
		return err_sys(e, "cannot share memory");
	buf_addf(&new_path, "%s.new", path);
	f = mem_new(sizeof *f);
	f->base = base;
	f->hooks = *hooks;
	f->path = mem_text(path);
	f->new_path = mem_text(buf_text(&new_path));
	f->shared = shared;
	f->max = max;
	*ret = f;
	return 0;
}

void metrics_file_free(struct metrics_file *f)
{
	if (!f)
		return;
	if (f->busy) {
		struct pollfd p = { .fd = f->fd, .events = POLLIN };

		(void)poll(&p, 1, (int)f->hooks.patience_ms);
	}
	let_go(f);
	munmap(f->shared, f->max);
	free(f->path);
	free(f->new_path);
	free(f);
}
