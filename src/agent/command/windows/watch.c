/* invar watch: the collector in the foreground, printing. */
#include "agent/collector/collector.h"
#include "agent/command/commands.h"
#include "agent/command/watch_print.h"
#include "agent/service/windows/agent_windows.h"
#include "agent/service/windows/install.h"
#include "agent/service/windows/lock.h"
#include "os/person.h"

static const struct example examples[] = {
	{ "invar watch", "print every change as it happens, until interrupted" },
	{ "invar watch --json", "for a program: one JSON object on each line" },
	{ NULL, NULL },
};

static bool stop(void *ctx)
{
	(void)ctx;
	return WaitForSingleObject(ask_stop(), 0) == WAIT_OBJECT_0;
}

static int run(struct session *s, int argc, char **argv, struct err *e)
{
	AUTO(buf) by = BUF_INIT(4096);
	AUTO_FREE(arena) a = arena_new();
	struct check_listener listener = { .ctx = s, .record = watch_print, .stop = stop };
	struct collector_setup setup = { .state_dir = install_full_path(a, s->state_dir),
		.policy_path = s->policy_path,
		.policy = s->policy,
		.watcher = -1,
		.link = -1,
		.parent = -1,
		.control = -1,
		.listener = &listener,
		.foreground = true };
	HANDLE lock;
	int rc;

	(void)argc, (void)argv;
	if (s->root)
		return err_set(e, ERR_USAGE, "--root is for what does not run; see: invar check");
	rc = watch_follow(s, e);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	person_running(&by);
	listener.by = buf_span(&by);
	if (session_store(s, STORE_SHARE, e) < 0 || lock_take(&lock, s->state_dir, NULL, e) < 0)
		return e->code;
	setup.store = s->store;
	ask_from_console();
	rc = collector_run(&setup, e);
	CloseHandle(lock);
	return rc < 0 && rc != ERR_INTERRUPTED ? rc : 0;
}

const struct command command_watch = {
	.name = "watch",
	.args = "",
	.text = "print each change as it happens, until interrupted",
	.about = "Begins with what changed since the last observation. Changes are recorded in the "
		 "ledger as by check. Where the service (invar agent) runs for this state, what it "
		 "records is shown from now on.",
	.examples = examples,
	.needs = NEEDS_POLICY,
	.run = run,
};
