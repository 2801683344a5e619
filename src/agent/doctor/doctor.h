/* invar doctor: proves that this installation works. What it finds is a list of findings, gathered
 * by checks that look (host.c, agent.c) and by canaries that are planted on a state
 * of their own (canary.c). */
#ifndef AGENT_DOCTOR_DOCTOR_H
#define AGENT_DOCTOR_DOCTOR_H

#include "agent/config/config.h"
#include "cli/session.h"

enum doctor_state {
	DOCTOR_OK,
	DOCTOR_NOTE, /* could not be, or is not, looked at: said, and no fault */
	DOCTOR_WARN, /* works, but less well than it could */
	DOCTOR_FAIL,
	DOCTOR_STATE_N
};
extern const char *const doctor_state_names[];

struct doctor_finding {
	const char *group, *name; /* "kernel", "fanotify": stored nowhere, printed in JSON */
	enum doctor_state state;
	const char *text;   /* what was found */
	const char *advice; /* what to do about it; NULL: nothing */
	/* of a canary: */
	const struct kind *kind; /* NULL: this is none */
	const char *scope;       /* the file system it was planted on; NULL: none */
	bool planted, seen;
	int64_t latency; /* ns, of what took longest to be seen */
	const char *who; /* "right", "wrong", "unknown"; NULL: not planted or not seen */
};

#define DOCTOR_FINDINGS_MAX 256

struct doctor {
	struct session *session;
	struct arena *arena;
	struct doctor_finding *list; /* DOCTOR_FINDINGS_MAX */
	size_t n;
	bool root;             /* uid 0 */
	struct policy *policy; /* NULL: it cannot be loaded */
	struct agent_config config;
	bool configured;         /* config is loaded */
	const char *config_path; /* as named by --config; NULL: it was not */
	/* Of the agent that answers: where its settings are, and their SHA-256 in hex. NULL: none
	 * answers. */
	const char *settings_path, *settings;
	bool running; /* an agent answers */
};

/* Add a finding; texts are copied. advice: whole words for people, or NULL. */
struct doctor_finding *doctor_say(struct doctor *d, const char *group, const char *name,
	enum doctor_state state, const char *advice, const char *fmt, ...) PRINTF(6, 7);

void doctor_settings(struct doctor *d); /* ask the agent for its own */
void doctor_installation(struct doctor *d);
void doctor_kernel(struct doctor *d);
void doctor_agent(struct doctor *d);    /* the service and the agent that runs */
void doctor_canaries(struct doctor *d); /* what is planted */
void doctor_print(struct doctor *d);

#endif
