/* Units of systemd as the files of the host make them: search path, drop-ins, templates and their
 * instances, aliases, masks, and the links that enable. Read once a scan; no bus is asked. */
#ifndef HOST_UNITS_H
#define HOST_UNITS_H

#include "core/sha256.h"
#include "host/host.h"
#include "host/unit_file.h"

enum unit_enabled { /* as systemctl is-enabled says */
	UNIT_ENABLED,
	UNIT_ENABLED_RUNTIME,
	UNIT_LINKED,
	UNIT_LINKED_RUNTIME,
	UNIT_MASKED,
	UNIT_MASKED_RUNTIME,
	UNIT_STATIC,
	UNIT_INDIRECT,
	UNIT_DISABLED,
	UNIT_GENERATED,
	UNIT_TRANSIENT,
	UNIT_ENABLED_N
};

/* What one unit has to do with others. */
enum unit_relation {
	UNIT_WANTED_BY, /* a link in the other's .wants folder */
	UNIT_REQUIRED_BY,
	UNIT_UPHELD_BY,
	UNIT_ALIAS,        /* a link of the other name leads to this one */
	UNIT_TRIGGERED_BY, /* the other is a timer, socket, path or automount that starts this one
			    */
	UNIT_DROP_IN,      /* the other is the path of a drop-in for this name */
	UNIT_RELATION_N
};

struct unit_source {      /* a fragment or drop-in */
	struct span path; /* absolute */
	uint8_t sha256[SHA256_SIZE];
	bool read; /* its content is known */
	struct unit_setting *settings;
	size_t n;
};

struct unit {
	struct span key;  /* "ssh.service", "user/ssh-agent.service", "user/alice/evil.service" */
	struct span name; /* as systemd knows it */
	bool of_users;    /* of the managers of users, not of the system's */
	struct span user; /* in whose home it was found; empty: it is for all of them */
	enum unit_enabled enabled;
	struct unit_source *fragment;  /* NULL: there is none */
	struct unit_source **drop_ins; /* in the order they are read */
	size_t n_drop_ins;
	struct span *related[UNIT_RELATION_N]; /* names, in bytewise order */
	size_t n_related[UNIT_RELATION_N];
};

struct unit_problem {
	struct span key; /* of the unit; empty: it may be any */
	struct err why;
};

struct units {
	struct unit *list; /* in key order */
	size_t n;
	struct unit_problem *problems;
	size_t n_problems;
};

/* ERR_LIMIT when there are too many. A host without systemd has none. Lives as long as the host. */
int host_units(struct host *h, const struct units **ret, struct err *e) MUST_CHECK;
/* NULL: no such unit. */
const struct unit *units_find(const struct units *u, struct span key);
/* The unit of the system that a name stands for: itself, what it is an alias of, an instance of its
 * template, or something with no file at all. After host_units; lives as long as the host. */
const struct unit *host_unit_named(struct host *h, struct span name);

/* Does systemd run this host? COVERED: it does, by process 1, but its folder below /run is gone or
 * lies under a mount: neither the units it made itself nor what its generators enabled can be seen.
 */
enum systemd_here { SYSTEMD_NONE, SYSTEMD_RUNS, SYSTEMD_COVERED };
enum systemd_here host_systemd(struct host *h);

/* Settings in the order they take effect: fragment, then drop-ins. */
struct unit_settings {
	const struct unit *of;
	size_t source, i;
};
bool unit_settings_next(struct unit_settings *s, const struct unit_setting **ret);
/* The last value of a setting that stands alone; empty: not set. */
struct span unit_get(const struct unit *u, const char *section, const char *key);

#endif
