/* invar agent, as a service and at a console. */
#include <stdio.h>
#include <stdlib.h>

#include "agent/collector/collector.h"
#include "agent/command/commands.h"
#include "agent/config/file.h"
#include "agent/log.h"
#include "agent/service/windows/agent_windows.h"
#include "agent/service/windows/install.h"
#include "agent/service/windows/lock.h"
#include "cli/problems.h"
#include "core/fold.h"
#include "core/json.h"
#include "os/file.h"
#include "os/program.h"
#include "os/windows/own_pipe.h"
#include "os/windows/wide.h"

static struct {
	const char *config;
	bool check;
} arg;

static const struct option_row options[] = {
	OPT_FILE(0, "config", &arg.config, "PATH",
		"the agent's settings (default %ProgramData%\\Invar\\agent.yaml)"),
	OPT_END,
};

static const struct option_row install_options[] = {
	OPT_FILE(0, "config", &arg.config, "PATH",
		"the agent's settings (default %ProgramData%\\Invar\\agent.yaml)"),
	OPT_FLAG(0, "check", &arg.check,
		"only say whether the policy there would be taken; nothing is changed"),
	OPT_END,
};

static const struct example examples[] = {
	{ "invar agent install", "as a service that starts with Windows" },
	{ "invar agent start", "and now" },
	{ "invar agent", "at a console: until Ctrl-C" },
	{ NULL, NULL },
};

/* ---- running ---- */

static void agent_config_donep(struct agent_config *c)
{
	agent_config_done(c);
}

static int record(void *ctx, const struct ledger_record *r, struct err *e)
{
	(void)e;
	eventlog_record(ctx, r);
	return 0;
}

static bool stop(void *ctx)
{
	(void)ctx;
	return WaitForSingleObject(ask_stop(), 0) == WAIT_OBJECT_0;
}

static const char *config_path(void)
{
	return arg.config ? arg.config : config_file_default();
}

static int collect(struct session *s, const struct agent_config *g, const char *state_dir,
	struct eventlog *log, struct err *e)
{
	AUTO(buf) name = BUF_INIT(256);
	struct check_listener listener = { .ctx = log, .record = record, .stop = stop };
	struct collector_setup setup = { .state_dir = state_dir,
		.policy_path = s->policy_path,
		.policy = s->policy,
		.config = g,
		.config_path = config_path(),
		.watcher = -1,
		.link = -1,
		.parent = -1,
		.control = -1,
		.listener = &listener };
	HANDLE lock;
	int rc;

	listener.by = span_of("invar agent");
	if (own_pipe_name(&name, e) < 0)
		return e->code;
	setup.control_pipe = buf_text(&name);
	if (lock_take(&lock, state_dir, setup.control_pipe, e) < 0)
		return e->code;
	rc = collector_run(&setup, e);
	CloseHandle(lock);
	return rc == ERR_INTERRUPTED ? 0 : rc;
}

static int load(struct session *s, struct agent_config *g, struct err *e)
{
	int rc = policy_load(&s->policy, s->policy_path, false, &s->problems, e);

	if (rc == 0)
		rc = agent_config_at(g, config_path(), &s->problems, e);
	if (rc == 0) { /* warnings; what is wrong is printed with the error */
		problems_print(&s->problems, e);
		problems_done(&s->problems);
	}
	return rc == ERR_MISSING ? (e->code = ERR_POLICY) : rc;
}

/* What may be said to the event log: whatever else is wrong. */
static int serve(void *ctx, struct err *e)
{
	__attribute__((cleanup(agent_config_donep))) struct agent_config g = { 0 };
	struct eventlog *log = eventlog_open(SEVERITY_MEDIUM);
	struct session *s = ctx;
	AUTO_FREE(arena) a = arena_new();
	int rc;

	service_starting();
	rc = load(s, &g, e);
	if (rc == 0)
		rc = collect(s, &g, install_full_path(a, s->state_dir), log, e);
	if (rc < 0)
		eventlog_failed(log, e);
	eventlog_close(log);
	return rc;
}

/* Nobody sees what is wrong but in the event log. */
static int serve_as_service(void *ctx, struct err *e)
{
	const struct session *s = ctx;
	struct eventlog *log;

	if (install_check_policy(s->policy_path, e) == 0)
		return serve(ctx, e);
	log = eventlog_open(SEVERITY_MEDIUM);
	eventlog_failed(log, e);
	eventlog_close(log);
	return e->code;
}

static int run(struct session *s, int argc, char **argv, struct err *e)
{
	int rc;

	(void)argc, (void)argv;
	if (s->root)
		return err_set(e, ERR_USAGE,
			"the agent watches the host it runs on: --root is for other commands");
	if (service_dispatch(serve_as_service, s, &rc, e))
		return rc;
	ask_from_console();
	log_say(LOG_LEVEL_INFO, "the agent begins; Ctrl-C ends it");
	return serve(s, e);
}

const struct command command_agent = {
	.name = "agent",
	.args = "",
	.text = "watch in real time, scan on a schedule: the service",
	.about = "Runs until it is stopped. Makes the baseline when there is none. Started by the "
		 "service manager it is the service; at a console it runs there, until Ctrl-C. "
		 "docs/WINDOWS.md tells of it.",
	.examples = examples,
	.options = options,
	.run = run,
};

/* ---- the service's registration ---- */

/* What became of it, as JSON; the object stays open for more. */
static struct json done_json(struct session *s, const char *done)
{
	struct json j = JSON_INIT(&s->out);

	json_envelope(&j, buf_span(&s->host), "service");
	json_text_member(&j, "service", SERVICE_NAME);
	json_text_member(&j, "done", done);
	return j;
}

static void done_json_end(struct session *s, struct json *j)
{
	json_object_end(j);
	buf_add_char(&s->out, '\n');
}

static void say_done(struct session *s, const char *done, const char *sentence)
{
	struct json j;

	if (!s->json) {
		buf_add_text(&s->out, sentence);
		return;
	}
	j = done_json(s, done);
	done_json_end(s, &j);
}

static void say_installed(struct session *s, const char *policy, unsigned shipped,
	const char *unknown)
{
	if (shipped)
		buf_addf(&s->out, "The policy in '%s' is what was shipped: %u files.\n", policy,
			shipped);
	buf_add_text(&s->out, "The service " SERVICE_NAME " is installed; it starts with Windows. "
			      "To start it now: invar agent start\n");
	if (*unknown)
		buf_addf(&s->out, "This system does not know: %s\n", unknown);
}

static void say_installed_json(struct session *s, const char *policy, unsigned shipped,
	const char *unknown)
{
	struct json j = done_json(s, "installed");

	json_text_member(&j, "policy", policy);
	json_number_member(&j, "policy_shipped", shipped);
	if (*unknown)
		json_text_member(&j, "not_known", unknown);
	done_json_end(s, &j);
}

/* Asked by the package before it takes away what is installed. */
static int check_install(struct session *s, const char *policy, struct err *e)
{
	if (install_check_policy(policy, e) < 0)
		return e->code;
	say_done(s, "checked", "The service " SERVICE_NAME " would be installed.\n");
	return 0;
}

static int run_install(struct session *s, int argc, char **argv, struct err *e)
{
	AUTO_FREE(arena) a = arena_new();
	struct install_paths paths = { .policy = install_full_path(a, s->policy_path),
		.state = install_full_path(a, s->state_dir),
		.config = install_full_path(a, config_path()) };
	AUTO(buf) left_out = BUF_INIT(4096);
	AUTO(buf) program = BUF_INIT(65536);
	unsigned shipped;
	enum file_form form;
	struct err unsafe;

	(void)argc, (void)argv;
	if (arg.check)
		return check_install(s, paths.policy, e);
	if (!install_program_is_safe(&unsafe))
		log_say(LOG_LEVEL_WARNING,
			"%s; whoever may, decides what runs as SYSTEM: install it below Program "
			"Files",
			unsafe.text);
	install_program(&program);
	if (install_policy(buf_text(&program), paths.policy, &shipped, e) < 0 ||
		install_check_policy(paths.policy, e) < 0 ||
		install_service(&paths, &left_out, e) < 0)
		return e->code;
	if (file_form(paths.policy, &form) < 0)
		log_say(LOG_LEVEL_WARNING,
			"there is no policy at '%s' yet: the service does not run without one",
			paths.policy);
	(s->json ? say_installed_json : say_installed)(s, paths.policy, shipped,
		buf_text(&left_out));
	return 0;
}

static bool is_other(struct arena *a, const char *given, const char *usual, const char *installed)
{
	if (strcmp(given, usual) == 0 || !installed)
		return false;
	return !fold_same(span_of(install_full_path(a, given)), span_of(installed));
}

/* The service has its own, in its command line: to take others and leave them is to start something
 * else than was asked for. */
static int check_places(const struct session *s, struct err *e)
{
	AUTO_FREE(arena) a = arena_new();
	struct install_paths p = { 0 };
	const char *other = NULL, *is = NULL;

	if (installed_paths(a, &p, e) < 0)
		return 0; /* whoever asks the service says so better */
	if (is_other(a, s->policy_path, program_policy_folder(), p.policy)) {
		other = "policy";
		is = p.policy;
	} else if (is_other(a, s->state_dir, program_state_folder(), p.state)) {
		other = "state";
		is = p.state;
	}
	return other ? err_set(e, ERR_USAGE,
			       "the service was installed with --%s '%s'; to change that: invar "
			       "agent install --%s PATH",
			       other, is, other)
		     : 0;
}

static int run_uninstall(struct session *s, int argc, char **argv, struct err *e)
{
	(void)argc, (void)argv;
	if (check_places(s, e) < 0 || uninstall_service(e) < 0)
		return e->code;
	say_done(s, "uninstalled",
		"The service " SERVICE_NAME
		" is removed. Its policy and its state are still there.\n");
	return 0;
}

/* What the service found wrong when it began; only the event log hears it from the service. */
static int find_reason(struct session *s, const struct install_paths *p, struct err *e)
{
	__attribute__((cleanup(agent_config_donep))) struct agent_config g = { 0 };
	AUTO_FREE(store) store = NULL;
	int rc;

	s->policy_path = p->policy;
	s->state_dir = p->state;
	rc = session_policy(s, e);
	if (rc == 0)
		rc = agent_config_at(&g, p->config, &s->problems, e);
	if (rc < 0)
		return rc;
	rc = store_open(&store, p->state, STORE_READ, e);
	return rc == ERR_MISSING ? 0 : rc; /* it makes a state itself */
}

static int why_not_started(struct session *s, struct err *e)
{
	AUTO_FREE(arena) a = arena_new();
	struct install_paths p = { .config = config_file_default() };
	const char *policy = s->policy_path, *state = s->state_dir;
	struct err why = { 0 };
	int rc = 0;

	if (installed_paths(a, &p, &why) == 0 && p.policy && p.state)
		rc = find_reason(s, &p, &why);
	s->policy_path = policy;
	s->state_dir = state;
	return rc < 0 ? err_set(e, rc, "the service " SERVICE_NAME " ended at once: %s", why.text)
		      : e->code;
}

static int run_start(struct session *s, int argc, char **argv, struct err *e)
{
	int rc = check_places(s, e);

	(void)argc, (void)argv;
	if (rc < 0)
		return rc;
	rc = start_service(e);
	if (rc < 0)
		return rc == ERR_SYSTEM || rc == ERR_TIMEOUT ? why_not_started(s, e) : rc;
	say_done(s, "started", "The service " SERVICE_NAME " runs.\n");
	return 0;
}

static int run_stop(struct session *s, int argc, char **argv, struct err *e)
{
	(void)argc, (void)argv;
	if (check_places(s, e) < 0 || stop_service(e) < 0)
		return e->code;
	say_done(s, "stopped", "The service " SERVICE_NAME " is stopped.\n");
	return 0;
}

const struct command command_agent_install = {
	.name = "agent install",
	.args = "",
	.text = "register the service, so that it starts with Windows",
	.about = "The service runs with the policy, the state folder and the settings named here. "
		 "Done again it takes the new ones. It does not start now: invar agent start.",
	.options = install_options,
	.run = run_install,
};

const struct command command_agent_uninstall = {
	.name = "agent uninstall",
	.args = "",
	.text = "stop the service and remove its registration",
	.run = run_uninstall,
};

const struct command command_agent_start = {
	.name = "agent start",
	.args = "",
	.text = "start the service",
	.run = run_start,
};

const struct command command_agent_stop = {
	.name = "agent stop",
	.args = "",
	.text = "stop the service",
	.run = run_stop,
};
