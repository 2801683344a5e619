#include "agent/service/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/collector/collector.h"
#include "agent/command/baseline.h"
#include "agent/config/route.h"
#include "agent/control/request.h"
#include "agent/log.h"
#include "cli/exit.h"
#include "core/json.h"
#include "os/clock.h"
#include "watch/watch.h"

#define SECOND INT64_C(1000000000)
#define PAUSE_LEAST (SECOND / 5)
#define PAUSE_MOST (30 * SECOND)
#define GOOD_RUN (60 * SECOND) /* after so long the next pause is short again */
#define TEXT_BYTES 4096
#define SPOOL "link" /* below the state folder */

const char *const role_names[] = { "parent", "watcher", "collector", "link" };
_Static_assert(ARRAY_LEN(role_names) == ROLE_N, "every role has a name");

/* ---- in the child ---- */

static int run_watcher(const struct parent_setup *p, const struct child_ends *ends, struct err *e)
{
	struct watch_setup w = { .policy = p->policy,
		.spare = p->state_dir,
		.fd = ends->collector,
		.no_bpf = getenv("INVAR_TEST_NO_BPF") != NULL,
		.no_connector = getenv("INVAR_TEST_NO_CONNECTOR") != NULL,
		.no_fanotify = getenv("INVAR_TEST_NO_FANOTIFY") != NULL };

	return watch_run(&w, e);
}

static int run_collector(const struct parent_setup *p, const struct child_ends *ends, struct err *e)
{
	struct collector_setup c = { .state_dir = p->state_dir,
		.policy_path = p->policy_path,
		.policy = p->policy,
		.config = p->config,
		.config_path = p->config_path,
		.watcher = ends->watcher,
		.link = ends->link,
		.parent = ends->parent,
		.control = p->control,
		.again = ends->again,
		.after = ends->after,
		.stuck = ends->stuck };
	AUTO(channel) parent = { 0 };

	prctl(PR_SET_NAME, "invar-collector");
	channel_init(&parent, ends->parent, AGENT_FRAME_MAX);
	if (baseline_ensure(p->state_dir, p->policy, p->config, &parent, e) < 0)
		return e->code;
	return collector_run(&c, e);
}

static int run_link(const struct parent_setup *p, const struct child_ends *ends, struct err *e)
{
	struct link_setup l = { .config = p->config,
		.fd = ends->collector,
		.spool = ".",
		.confine = confine_files };

	prctl(PR_SET_NAME, "invar-link");
	return link_run(&l, e);
}

static int (*const runs[ROLE_N])(const struct parent_setup *, const struct child_ends *,
	struct err *) = {
	[ROLE_WATCHER] = run_watcher,
	[ROLE_COLLECTOR] = run_collector,
	[ROLE_LINK] = run_link,
};

/* The link's own folder, which nobody else writes to; it stays there, and sees no other. Made by
 * each link anew: there were no routes before, or they had another user. */
static int enter_spool(const struct parent_setup *p, struct err *e)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	char path[4096];
	struct stat st;

	if (snprintf(path, sizeof path, "%s/" SPOOL, p->state_dir) >= (int)sizeof path)
		return err_set(e, ERR_LIMIT, "the path of the state folder is too long");
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return err_sys(e, "cannot make '%.300s'", path);
	if (lstat(path, &st) < 0 || !S_ISDIR(st.st_mode))
		return err_set(e, ERR_DENIED, "'%.300s' is no folder", path);
	role_link_user(p->config, &uid, &gid);
	if (st.st_uid != uid && geteuid() == 0 && lchown(path, uid, gid) < 0)
		return err_sys(e, "cannot give '%.300s' to its user", path);
	return chdir(path) < 0 ? err_sys(e, "cannot go to '%.300s'", path) : 0;
}

/* The signals of a terminal are for the parent. Of the others the collector alone wants to know. */
static void settle_signals(enum role role)
{
	static const int all[] = { SIGINT, SIGTERM, SIGHUP, SIGCHLD };
	struct sigaction act = { .sa_handler = SIG_DFL };
	sigset_t none;

	sigemptyset(&act.sa_mask);
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		act.sa_handler = all[i] == SIGINT || all[i] == SIGHUP ? SIG_IGN : SIG_DFL;
		if (all[i] != SIGTERM || role != ROLE_COLLECTOR) /* it keeps stop_on_signals() */
			sigaction(all[i], &act, NULL);
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Whoever takes another user's rights, or gives up some, is no more ended with its parent: so this
 * comes last (prctl(2), PR_SET_PDEATHSIG). */
static void end_with(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
}

static void close_others(const struct parent_setup *p, const struct child_ends *ends, int told)
{
	const int kept[] = { ends->parent, ends->collector, ends->watcher, ends->link, told,
		ends->parent >= 0 ? p->control : -1 };

	for (int fd = 3; fd < 1024; fd++) {
		bool keep = false;

		for (size_t i = 0; i < ARRAY_LEN(kept); i++)
			keep = keep || kept[i] == fd;
		if (!keep)
			close(fd);
	}
}

static NORETURN void be(enum role role, const struct parent_setup *p, const struct child_ends *ends,
	int told, pid_t parent)
{
	AUTO(buf) text = BUF_INIT(TEXT_BYTES);
	struct err e = { 0 };
	int rc = 0;

	close_others(p, ends, told);
	settle_signals(role);
	confine_raise_all(); /* the parent holds them without being able to use them */
	if (role == ROLE_LINK)
		rc = enter_spool(p, &e);
	if (rc == 0)
		rc = role_confine(role, p->config, &text, &e);
	end_with(parent);
	(void)!write(told, text.p, text.n);
	close(told);
	if (rc == 0)
		rc = runs[role](p, ends, &e);
	if (rc < 0)
		log_say(LOG_LEVEL_ERROR, "the %s ends: %s", role_names[role], e.text);
	_exit(rc < 0 ? exit_of_error(rc) : 0);
}

/* ---- in the parent ---- */

int child_start(struct child *c, const struct parent_setup *setup, const struct child_ends *ends,
	struct err *e)
{
	pid_t parent = getpid(), pid;
	int told[2];

	if (pipe2(told, O_CLOEXEC | O_NONBLOCK) < 0)
		return err_sys(e, "cannot make a pipe");
	pid = fork();
	if (pid == 0)
		be(c->role, setup, ends, told[1], parent);
	close(told[1]);
	if (pid < 0) {
		close(told[0]);
		return err_sys(e, "cannot start the %s", role_names[c->role]);
	}
	c->pid = pid;
	c->told = told[0];
	c->text.max = TEXT_BYTES;
	buf_clear(&c->text);
	c->starts++;
	c->killed = false;
	c->began = clock_now();
	c->good_at = clock_monotonic() + GOOD_RUN;
	c->due = 0;
	return 0;
}

void child_hear(struct child *c)
{
	char bytes[1024];
	ssize_t n;

	while (c->told >= 0) {
		n = read(c->told, bytes, sizeof bytes);
		if (n > 0) {
			buf_add(&c->text, bytes, (size_t)n);
			continue;
		}
		if (n < 0 && errno == EAGAIN)
			return;
		close(c->told);
		c->told = -1;
		if (c->text.n)
			log_say(LOG_LEVEL_WARNING, "the %s is not confined as it should be: %s",
				role_names[c->role], buf_text(&c->text));
	}
}

void child_ended(struct child *c, int status)
{
	bool was_good = clock_monotonic() >= c->good_at;

	child_hear(c);
	c->ended = clock_now();
	c->pause = was_good || !c->pause ? PAUSE_LEAST : c->pause * 2;
	c->pause = c->pause > PAUSE_MOST ? PAUSE_MOST : c->pause;
	c->due = clock_monotonic() + c->pause;
	c->pid = 0;
	if (WIFSIGNALED(status) && c->killed && WTERMSIG(status) == SIGKILL)
		return; /* it was not its fault, and has been said */
	if (WIFSIGNALED(status))
		log_say(LOG_LEVEL_WARNING, "the %s was ended by signal %d (%s)",
			role_names[c->role], WTERMSIG(status), strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status))
		log_say(LOG_LEVEL_WARNING, "the %s ended with status %d", role_names[c->role],
			WEXITSTATUS(status));
}

void children_json(const struct child *list, size_t n, struct buf *ret)
{
	struct json j = JSON_INIT(ret);

	json_array(&j);
	for (size_t i = 0; i < n; i++) {
		const struct child *c = &list[i];

		if (!c->starts)
			continue;
		json_object(&j);
		json_text_member(&j, "role", role_names[c->role]);
		json_number_member(&j, "pid", (uint64_t)c->pid);
		json_number_member(&j, "starts", c->starts);
		json_time_member(&j, "since", c->began);
		json_name(&j, "not_confined");
		json_text(&j, buf_span(&c->text));
		json_object_end(&j);
	}
	json_array_end(&j);
}
