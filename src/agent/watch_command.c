/* invar watch: the agent's watcher and collector in the foreground, printing. */
#include "watch/watch.h"

#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/collector.h"
#include "agent/commands.h"
#include "cli/exit.h"
#include "os/person.h"
#include "os/stop.h"

static const struct example examples[] = {
	{ "invar watch", "print every change as it happens, until interrupted" },
	{ "invar watch --json", "for a program: one JSON object on each line" },
	{ NULL, NULL },
};

static int print(void *ctx, const struct ledger_record *r, struct err *e)
{
	struct session *s = ctx;

	s->style.now = r->time;
	if (session_log(s, r, e) < 0)
		return e->code;
	return session_flush(s, e);
}

static bool stop(void *ctx)
{
	(void)ctx;
	return stop_asked();
}

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

static int start_watcher(const struct session *s, pid_t *ret_pid, int *ret_fd, struct err *e)
{
	pid_t parent = getpid();
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return err_sys(e, "cannot make a channel");
	*ret_pid = fork();
	if (*ret_pid == 0) {
		close(ends[0]);
		be_watcher(s, ends[1], parent);
	}
	close(ends[1]);
	if (*ret_pid < 0) {
		close(ends[0]);
		return err_sys(e, "cannot start a process");
	}
	*ret_fd = ends[0];
	return 0;
}

static int run(struct session *s, int argc, char **argv, struct err *e)
{
	AUTO(buf) by = BUF_INIT(4096);
	struct check_listener listener = { .ctx = s, .record = print, .stop = stop };
	struct collector_setup setup = { .state_dir = s->state_dir,
		.policy_path = s->policy_path,
		.policy = s->policy,
		.watcher = -1,
		.link = -1,
		.parent = -1,
		.control = -1,
		.listener = &listener,
		.foreground = true };
	pid_t pid;
	int rc;

	(void)argc, (void)argv;
	if (s->root)
		return err_set(e, ERR_USAGE, "--root is for what does not run; see: invar check");
	person_running(&by);
	listener.by = buf_span(&by);
	if (start_watcher(s, &pid, &setup.watcher, e) < 0 || session_store(s, STORE_SHARE, e) < 0)
		return e->code;
	setup.store = s->store;
	rc = collector_run(&setup, e);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return rc < 0 && rc != ERR_INTERRUPTED ? rc : 0;
}

const struct command command_watch = {
	.name = "watch",
	.args = "",
	.text = "print each change as it happens, until interrupted",
	.about = "Begins with what changed since the last observation. Changes are recorded in the "
		 "ledger as by check; who made them is shown where it is known. Where the service "
		 "(invar agent) runs, use invar log --follow.",
	.examples = examples,
	.needs = NEEDS_POLICY,
	.run = run,
};
