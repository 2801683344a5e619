/* The agent's own settings, beside the policy: when to scan, how gently, where records go.
 * /etc/invar/agent.yaml; docs/AGENT.md lists them. */
#ifndef AGENT_CONFIG_CONFIG_H
#define AGENT_CONFIG_CONFIG_H

#include "core/arena.h"
#include "policy/policy.h"

struct route; /* agent/config/route.h: one place records go to */

struct agent_config {
	struct arena *arena; /* everything below lives in it */
	/* schedule; seconds, 0: never. Each time is put off by up to a tenth, at random */
	unsigned scan_quick; /* by time stamps; default: 1 hour */
	unsigned scan_full;  /* everything is read again; default: 0, since: */
	unsigned reread;     /* with the quick scans every byte is read within; default: 7 days */
	/* gentleness */
	unsigned limit_cpu;  /* per cent of one core, of scans; 0: none; default: 50 */
	uint64_t limit_rate; /* bytes a second, of scans; 0: none */
	unsigned pressure;   /* PSI: scans pause while tasks wait for CPU, I/O or memory more than
				this many per cent of the last 10 s; 0: never; default: 40 */
	unsigned hold;       /* seconds a package manager may take before its changes are looked at
				all the same; default: 600 */
	unsigned canary;     /* seconds between canaries, on average; 0: none; default: 60 */
	const char *metrics; /* file for the Prometheus node exporter; NULL: none */
	const char *control; /* socket; default: /run/invar/control.sock */
	const char *link_user;             /* default: invar-link, else nobody */
	const struct route *const *routes; /* ended by NULL */
	uint8_t digest[32];                /* SHA-256 of the file's bytes */
};

#define AGENT_CONFIG_DEFAULT "/etc/invar/agent.yaml"
#define AGENT_STATE_DEFAULT "/var/lib/invar" /* as cli/session.c has it */
#define AGENT_CONTROL_DEFAULT "/run/invar/control.sock"
#define ROUTES_MAX 64

/* One setting: binding, bounds and docs/AGENT.md are made from the table. */
enum agent_setting_type { SETTING_TIME, SETTING_PERCENT, SETTING_SIZE, SETTING_PATH, SETTING_USER };
struct agent_setting {
	const char *section; /* NULL: it stands at the top */
	const char *key;
	enum agent_setting_type type;
	size_t at;                /* in struct agent_config */
	uint64_t usual, min, max; /* of numbers; 0 is always allowed: none, never */
	const char *usual_text;
	const char *text;
};
extern const struct agent_setting agent_settings[]; /* ended by a row without key */

/* Defaults, then the file (NULL: none). Refuses one that others than root may write. All problems
 * are collected, as policy_load does; ERR_POLICY when any is an error. ERR_MISSING. */
int agent_config_load(struct agent_config *ret, const char *path, struct problems *problems,
	struct err *e) MUST_CHECK;
/* The same, but that the usual file need not be there. */
int agent_config_at(struct agent_config *ret, const char *path, struct problems *problems,
	struct err *e) MUST_CHECK;
/* The same from bytes; `name` stands for the file. */
int agent_config_text(struct agent_config *ret, const char *name, struct span yaml,
	struct problems *problems, struct err *e) MUST_CHECK;
void agent_config_done(struct agent_config *c); /* accepts what is zeroed */

#endif
