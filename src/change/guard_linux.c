/* By fork: the process that looks has the policy and the options as they are. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "change/guard_process.h"
#include "core/mem.h"
#include "host/host.h"
#include "os/clock.h"

#define PIPE_BYTES (1 << 20)

/* ---- the process that looks ---- */

/* The terminal's interrupt is for the parent, which ends us. What a library may print is not ours
 * to print. */
static void settle_in(pid_t parent)
{
	static const int deaf[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE };
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	struct rlimit none = { 0, 0 };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (size_t i = 0; i < ARRAY_LEN(deaf); i++)
		sigaction(deaf[i], &ignore, NULL);
	setrlimit(RLIMIT_CORE, &none);
	for (int fd = 0; null >= 0 && fd <= 2; fd++)
		dup2(null, fd);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "invar-rooms");
	if (getppid() != parent)
		_exit(0);
}

static NORETURN void look(struct scan *s, const struct kind *from, int fd, pid_t parent)
{
	struct outlet outlet;

	outlet_init(&outlet, fd);
	settle_in(parent);
	s->outlet = &outlet;
	for (unsigned id = from->id; id < KIND_IDS; id++) {
		const struct kind *k = kind_by_id((uint8_t)id);

		if (k && scan_wants(s, k) && !scan_sorted(s, k) && scan_asks_kind(s, k))
			guard_look_at(s, k);
	}
	_exit(0);
}

/* ---- the same, kept from one scan to the next ---- */

struct request {
	uint8_t kind;
	bool begins; /* another scan */
};

/* Nothing of the owner's but these two: one that is stuck would hold on to it. */
static void let_go(int a, int b)
{
	unsigned low = (unsigned)(a < b ? a : b), high = (unsigned)(a < b ? b : a);

	if (low > 3)
		(void)!close_range(3, low - 1, 0);
	if (high > low + 1)
		(void)!close_range(low + 1, high - 1, 0);
	(void)!close_range(high + 1, ~0U, 0);
}

static bool is_asked(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int rc;
	do
		rc = poll(&p, 1, ms);
	while (rc < 0 && errno == EINTR);
	return rc != 0;
}

static bool next_request(struct scan *s, int fd, struct request *ret)
{
	if (!is_asked(fd, TIDY_MS)) {
		guard_tidy(s);
		if (!is_asked(fd, IDLE_MS))
			return false;
	}
	return read(fd, ret, sizeof *ret) == (ssize_t)sizeof *ret;
}

/* What the scan it was started in points to is where it was: nothing returns from here. */
static NORETURN void serve(struct scan *s, int fd, int requests, pid_t parent)
{
	struct outlet outlet;
	struct request r;

	outlet_init(&outlet, fd);
	settle_in(parent);
	let_go(fd, requests);
	s->outlet = &outlet;
	s->listener = NULL;
	while (next_request(s, requests, &r)) {
		const struct kind *k = r.kind < KIND_IDS ? kind_by_id(r.kind) : NULL;

		if (r.begins && s->host)
			host_renew(s->host);
		if (k)
			guard_look_at(s, k);
	}
	_exit(0);
}

/* ---- the process that listens ---- */

struct guard_process {
	pid_t child;
	int fd;
	int requests; /* kept; else -1 */
};

bool guard_process_is_asked(bool kept)
{
	return kept;
}

long guard_process_owner(void)
{
	return (long)getpid();
}

bool guard_serves(int argc, char **argv, int *ret)
{
	(void)argc, (void)argv, (void)ret;
	return false;
}

static void close_both(const int ends[2])
{
	for (unsigned i = 0; i < 2; i++)
		if (ends[i] >= 0)
			close(ends[i]);
}

static int open_ends(bool kept, int ends[2], int requests[2], struct err *e)
{
	if (kept && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, requests) < 0)
		return err_sys(e, "cannot make a pair of sockets");
	if (pipe2(ends, O_CLOEXEC) < 0) {
		close_both(requests);
		return err_sys(e, "cannot make a pipe");
	}
	fcntl(ends[1], F_SETPIPE_SZ, PIPE_BYTES);
	return 0;
}

int guard_process_start(struct guard_process **ret, struct scan *s, const struct kind *from,
	bool kept, struct err *e)
{
	int ends[2] = { -1, -1 }, requests[2] = { -1, -1 };
	pid_t parent = getpid(), child;

	if (open_ends(kept, ends, requests, e) < 0)
		return e->code;
	child = fork();
	if (child == 0 && kept)
		serve(s, ends[1], requests[1], parent);
	if (child == 0) {
		close(ends[0]);
		look(s, from, ends[1], parent);
	}
	if (child < 0) {
		(void)err_sys(e, "cannot start a process");
		close_both(ends);
		close_both(requests);
		return e->code;
	}
	close(ends[1]);
	if (kept)
		close(requests[1]);
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	*ret = mem_new(sizeof **ret);
	**ret = (struct guard_process){ child, ends[0], requests[0] };
	return 0;
}

void guard_process_ask(struct guard_process *p, const struct scan *s, const struct kind *k,
	bool begins)
{
	struct request r = { .kind = k->id, .begins = begins };

	(void)s;
	(void)!send(p->requests, &r, sizeof r, MSG_NOSIGNAL);
}

bool guard_process_has_ended(struct guard_process *p)
{
	struct pollfd at = { .fd = p->fd, .events = POLLIN };

	return poll(&at, 1, 0) != 0;
}

bool guard_process_is_stopped(const struct guard_process *p)
{
	siginfo_t info = { 0 };

	return waitid(P_PID, (id_t)p->child, &info, WSTOPPED | WNOHANG | WNOWAIT) == 0 &&
	       info.si_pid == p->child;
}

int guard_process_hear(struct guard_process *p, void *ret, size_t n, unsigned ms)
{
	struct pollfd at = { .fd = p->fd, .events = POLLIN };
	ssize_t got;

	if (poll(&at, 1, (int)ms) <= 0)
		return 0;
	got = read(p->fd, ret, n);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	return got > 0 ? (int)got : -1;
}

const char *guard_process_end(struct guard_process *p, struct arena *a)
{
	int64_t until = clock_monotonic() + DEATH_MS * INT64_C(1000000);
	int status = -1;
	const char *how = NULL;

	kill(p->child, SIGKILL);
	/* one that would not die is left behind */
	while (waitpid(p->child, &status, WNOHANG) == 0 && clock_monotonic() < until)
		poll(NULL, 0, 1);
	if (a && status != -1 && WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL)
		how = arena_format(a, "by signal %d (%s)", WTERMSIG(status),
			strsignal(WTERMSIG(status)));
	close(p->fd);
	if (p->requests >= 0)
		close(p->requests);
	free(p);
	return how;
}
