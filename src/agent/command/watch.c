/* invar watch: the agent's watcher and collector in the foreground, printing. */
#include "watch/watch.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/collector/collector.h"
#include "agent/command/commands.h"
#include "agent/command/watch_print.h"
#include "agent/service/lock.h"
#include "cli/exit.h"
#include "os/clock.h"
#include "os/person.h"
#include "os/stop.h"

static const struct example examples[] = {
	{ "invar watch", "print every change as it happens, until interrupted" },
	{ "invar watch --json", "for a program: one JSON object on each line" },
	{ NULL, NULL },
};

static bool stop(void *ctx)
{
	(void)ctx;
	return stop_asked();
}

#define DEATHS_MAX 3 /* of watchers that lived for less than this: then there is no use in it */
#define SHORT_NS INT64_C(10000000000)

struct watching {
	struct session *session;
	pid_t pid; /* the watcher */
	int64_t began;
	unsigned deaths;
};

static NORETURN void be_watcher(const struct session *s, int fd, pid_t parent)
{
	struct watch_setup setup = { .policy = s->policy, .spare = s->state_dir, .fd = fd };
	struct err e = { 0 };

	if (!stop_with_parent(parent))
		_exit(0);
	if (watch_run(&setup, &e) < 0) {
		dprintf(STDERR_FILENO, "invar: %s\n", e.text);
		_exit(1);
	}
	_exit(0);
}

/* Returns the channel. */
static int start_watcher(struct watching *w, struct err *e)
{
	pid_t parent = getpid();
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return err_sys(e, "cannot make a channel");
	w->began = clock_monotonic();
	w->pid = fork();
	if (w->pid == 0) {
		close(ends[0]);
		be_watcher(w->session, ends[1], parent);
	}
	close(ends[1]);
	if (w->pid < 0) {
		close(ends[0]);
		return err_sys(e, "cannot start a process");
	}
	return ends[0];
}

static int watcher_again(void *ctx, struct err *e)
{
	struct watching *w = ctx;
	int status = 0;

	kill(w->pid, SIGKILL); /* one that stands still, too */
	waitpid(w->pid, &status, 0);
	w->deaths = clock_monotonic() - w->began < SHORT_NS ? w->deaths + 1 : 0;
	if (w->deaths < DEATHS_MAX)
		return start_watcher(w, e);
	if (WIFSIGNALED(status))
		return err_set(e, ERR_SYSTEM, "the watching process was ended by signal %d (%s)",
			WTERMSIG(status), strsignal(WTERMSIG(status)));
	return err_set(e, ERR_SYSTEM, "the watching process ended");
}

static int run(struct session *s, int argc, char **argv, struct err *e)
{
	AUTO(buf) by = BUF_INIT(4096);
	struct check_listener listener = { .ctx = s, .record = watch_print, .stop = stop };
	struct watching watching = { .session = s };
	struct collector_setup setup = { .state_dir = s->state_dir,
		.policy_path = s->policy_path,
		.policy = s->policy,
		.link = -1,
		.parent = -1,
		.control = -1,
		.listener = &listener,
		.foreground = true,
		.watcher_again = watcher_again,
		.again_ctx = &watching };
	int lock, rc;

	(void)argc, (void)argv;
	if (s->root)
		return err_set(e, ERR_USAGE, "--root is for what does not run; see: invar check");
	rc = watch_follow(s, e);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	person_running(&by);
	listener.by = buf_span(&by);
	setup.watcher = start_watcher(&watching, e);
	if (setup.watcher < 0 || session_store(s, STORE_SHARE, e) < 0 ||
		agent_lock(&lock, s->state_dir, NULL, e) < 0)
		return e->code;
	setup.store = s->store;
	rc = collector_run(&setup, e);
	kill(watching.pid, SIGKILL);
	waitpid(watching.pid, NULL, 0);
	close(lock);
	return rc < 0 && rc != ERR_INTERRUPTED ? rc : 0;
}

const struct command command_watch = {
	.name = "watch",
	.args = "",
	.text = "print each change as it happens, until interrupted",
	.about = "Begins with what changed since the last observation. Changes are recorded in the "
		 "ledger as by check; who made them is shown where it is known. Where the service "
		 "(invar agent) runs for this state, what it records is shown from now on.",
	.examples = examples,
	.needs = NEEDS_POLICY,
	.run = run,
};
