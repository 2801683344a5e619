/* The service, and the agent that runs. */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/control/client.h"
#include "agent/doctor/doctor.h"
#include "agent/doctor/json.h"
#include "core/escape.h"
#include "core/time.h"

#define SERVICE "Service"
#define AGENT "Running agent"
#define ANSWER_MS 5000
#define CANARY_MS 20000
#define ANSWER_MAX ((size_t)8 << 20)

static const char *const units[] = { "/etc/systemd/system/invar.service",
	"/usr/lib/systemd/system/invar.service", "/lib/systemd/system/invar.service", NULL };

/* The unit that counts; NULL: none is installed. */
static const char *check_unit(struct doctor *d)
{
	const char *unit = NULL;
	char target[64];

	if (access("/run/systemd/system", F_OK) < 0) {
		doctor_say(d, SERVICE, "systemd", DOCTOR_NOTE, NULL,
			"not in charge here: whatever starts invar agent has to start it again");
		return NULL;
	}
	for (size_t i = 0; units[i] && !unit; i++)
		if (access(units[i], F_OK) == 0)
			unit = units[i];
	if (!unit)
		doctor_say(d, SERVICE, "unit", DOCTOR_NOTE, "install the package",
			"there is no invar.service: the agent does not start with the host");
	else if (readlink(unit, target, sizeof target) == 9 && memcmp(target, "/dev/null", 9) == 0)
		doctor_say(d, SERVICE, "unit", DOCTOR_FAIL, "systemctl unmask invar",
			"%s is masked: the agent cannot be started", unit);
	else if (access("/etc/systemd/system/multi-user.target.wants/invar.service", F_OK) < 0)
		doctor_say(d, SERVICE, "unit", DOCTOR_WARN, "systemctl enable invar",
			"%s is not enabled: the agent does not start with the host", unit);
	else
		doctor_say(d, SERVICE, "unit", DOCTOR_OK, NULL, "%s starts with the host", unit);
	return unit;
}

static void say_roles(struct doctor *d, const struct agent_facts *f)
{
	if (!f->watching)
		doctor_say(d, AGENT, "watcher", DOCTOR_FAIL,
			"systemctl restart invar; journalctl -u invar says why it ended",
			"there is none: changes are found by scans only");
	else
		doctor_say(d, AGENT, "watcher", DOCTOR_OK, NULL, "hears of changes");
	if (f->n_confined != f->n_roles)
		doctor_say(d, AGENT, "confinement", DOCTOR_WARN, "see landlock and seccomp above",
			"not all is in force: %s", f->not_confined);
	else if (f->n_roles)
		doctor_say(d, AGENT, "confinement", DOCTOR_OK, NULL,
			"%zu processes, each with its own part of the rights", f->n_roles);
}

static void say_numbers(struct doctor *d, const struct agent_facts *f)
{
	if (f->losses > f->repairs)
		doctor_say(d, AGENT, "losses", DOCTOR_WARN, "wait: a scan is made for each",
			"%llu, %llu of them repaired", (unsigned long long)f->losses,
			(unsigned long long)f->repairs);
	else
		doctor_say(d, AGENT, "losses", DOCTOR_OK, NULL, "%llu, all repaired",
			(unsigned long long)f->losses);
	if (f->lag_ms > 60000)
		doctor_say(d, AGENT, "queue", DOCTOR_WARN,
			"is the host overloaded, or the disk full?",
			"%llu looks wait, the oldest for %llu s", (unsigned long long)f->queue,
			(unsigned long long)(f->lag_ms / 1000));
	else
		doctor_say(d, AGENT, "queue", DOCTOR_OK, NULL, "%llu looks wait",
			(unsigned long long)f->queue);
}

static void say_routes(struct doctor *d, const struct agent_facts *f)
{
	for (size_t i = 0; i < f->n_routes; i++) {
		const struct agent_route *r = &f->routes[i];

		if (r->error)
			doctor_say(d, AGENT, "route", DOCTOR_WARN,
				"see whether the other side is up and takes what we send",
				"%s: %s; %llu records wait, %llu were left out", r->name, r->error,
				(unsigned long long)r->lag, (unsigned long long)r->lost);
		else
			doctor_say(d, AGENT, "route", DOCTOR_OK, NULL,
				"%s: %llu records wait, %llu were left out", r->name,
				(unsigned long long)r->lag, (unsigned long long)r->lost);
	}
}

static void say_canary(struct doctor *d, const struct agent_canary *c)
{
	struct doctor_finding *f;

	if (c->fault)
		f = doctor_say(d, AGENT, "canary", DOCTOR_FAIL,
			"systemctl restart invar, and invar doctor again", "%s%s%s: not heard: %s",
			c->kind->name, c->scope ? " at " : "", c->scope ? c->scope : "",
			c->text ? c->text : "");
	else if (!c->seen)
		f = doctor_say(d, AGENT, "canary", DOCTOR_NOTE, NULL, "%s%s%s: not planted: %s",
			c->kind->name, c->scope ? " at " : "", c->scope ? c->scope : "",
			c->text ? c->text : "");
	else
		f = doctor_say(d, AGENT, "canary", DOCTOR_OK, NULL, "%s%s%s: heard after %.1f ms",
			c->kind->name, c->scope ? " at " : "", c->scope ? c->scope : "",
			(double)c->latency / 1e6);
	f->kind = c->kind;
	f->scope = c->scope;
	f->planted = c->fault || c->seen;
	f->seen = c->seen && !c->fault;
	f->latency = c->latency;
}

/* What it hears itself. */
static void ask_canaries(struct doctor *d, struct client *client)
{
	struct agent_message m = { .type = AGENT_CANARY };
	AUTO(buf) text = BUF_INIT(ANSWER_MAX);
	struct agent_canary *list;
	struct err e = { 0 };
	size_t n, without = 0;

	if (client_ask(client, &m, CANARY_MS, &text, &e) < 0) {
		doctor_say(d, AGENT, "canaries", e.code == ERR_DENIED ? DOCTOR_NOTE : DOCTOR_FAIL,
			NULL, "%s", e.text);
		return;
	}
	n = doctor_read_canaries(buf_span(&text), d->arena, &list);
	for (size_t i = 0; i < n; i++) {
		if (list[i].scope || list[i].fault || list[i].seen)
			say_canary(d, &list[i]);
		else
			without++;
	}
	if (without)
		doctor_say(d, AGENT, "canary", DOCTOR_NOTE, NULL,
			"%zu kinds have none, since it would have to change this host", without);
}

/* What does not answer is told by doctor_agent(). */
void doctor_settings(struct doctor *d)
{
	struct agent_message m = { .type = AGENT_STATUS };
	AUTO(buf) text = BUF_INIT(ANSWER_MAX);
	struct agent_facts f = { 0 };
	struct client client = { 0 };
	struct err e = { 0 };

	if (client_open(&client, d->session->state_dir, &e) == 0 &&
		client_ask(&client, &m, ANSWER_MS, &text, &e) == 0 &&
		doctor_read_status(buf_span(&text), d->arena, &f)) {
		d->settings_path = f.settings_path;
		d->settings = f.settings;
	}
	client_done(&client);
}

static void ask(struct doctor *d, struct client *client)
{
	struct agent_message m = { .type = AGENT_STATUS };
	AUTO(buf) text = BUF_INIT(ANSWER_MAX);
	struct agent_facts f = { 0 };
	struct err e = { 0 };

	if (client_ask(client, &m, ANSWER_MS, &text, &e) < 0 ||
		!doctor_read_status(buf_span(&text), d->arena, &f)) {
		doctor_say(d, AGENT, "status", DOCTOR_FAIL,
			"systemctl restart invar; journalctl -u invar says more",
			"it runs and does not answer: %s", e.text);
		return;
	}
	doctor_say(d, AGENT, "status",
		strcmp(f.version, INVAR_VERSION) == 0 ? DOCTOR_OK : DOCTOR_WARN,
		strcmp(f.version, INVAR_VERSION) == 0 ? NULL : "systemctl restart invar",
		"%s answers%s", f.version,
		strcmp(f.version, INVAR_VERSION) == 0 ? ""
						      : "; it is of another version than this");
	say_roles(d, &f);
	say_numbers(d, &f);
	say_routes(d, &f);
	ask_canaries(d, client);
}

void doctor_agent(struct doctor *d)
{
	const char *unit = check_unit(d);
	struct client client = { 0 };
	struct err e = { 0 };
	int rc = client_open(&client, d->session->state_dir, &e);

	if (rc == 0) {
		d->running = true;
		ask(d, &client);
	} else if (rc == ERR_DENIED) {
		d->running = true;
		doctor_say(d, AGENT, "status", DOCTOR_NOTE, NULL, "%s", e.text);
	} else if (unit) {
		doctor_say(d, AGENT, "status", DOCTOR_FAIL,
			"systemctl start invar; journalctl -u invar says why it ended",
			"it does not run: %s", e.text);
	} else {
		doctor_say(d, AGENT, "status", DOCTOR_NOTE, "invar agent, or install the package",
			"none runs on this state: changes are found by checks only");
	}
	client_done(&client);
}
