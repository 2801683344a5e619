/* Routes: where records go from this host, each with its own cursor into the ledger. A route that
 * is slow or down holds up nobody; it goes on where it was when it comes back, and says what it had
 * to leave out when it was away for longer than it may. Run by the link, which sees no store: the
 * collector hands it the ledger's records (agent/control/request.h, agent/link/serve.h).
 * docs/ROUTES.md */
#ifndef AGENT_CONFIG_ROUTE_H
#define AGENT_CONFIG_ROUTE_H

#include "agent/config/config.h"
#include "core/err.h"
#include "output/format.h"

enum route_type {
	ROUTE_FILE,
	ROUTE_SYSLOG,
	ROUTE_WEBHOOK,
	ROUTE_MAIL,
	ROUTE_COMMAND,
	ROUTE_TYPE_N
};
extern const char *const route_type_names[]; /* ended by NULL */

enum route_transport { TRANSPORT_UDP, TRANSPORT_TCP, TRANSPORT_TLS };
enum route_framing { FRAMING_OCTETS, FRAMING_LINES }; /* RFC 6587 */
enum route_body { BODY_LINES, BODY_ARRAY };

/* Texts live in the arena of the configuration; NULL: not given. */
struct route {
	const char *name;
	unsigned type;   /* enum route_type */
	unsigned format; /* enum format */
	/* which records */
	unsigned severity; /* enum severity, so severe or more */
	uint64_t kinds;    /* bit per kind.id; 0: every kind */
	unsigned records;  /* bit per enum record_type; 0: all but coverage */
	unsigned verdicts; /* bit per enum verdict_state; 0: every verdict */
	unsigned from;     /* of a new route: 0 the ledger's end, 1 its start */
	/* how far behind it may be, 0: as far as the ledger goes */
	uint64_t keep_records, keep_ns;
	uint64_t retry_ns; /* the longest wait between two attempts */
	uint64_t batch;    /* records at once, at most */
	uint64_t timeout_ns;
	/* file */
	const char *path, *folder; /* the folder it is in */
	uint64_t rotate_size, rotate_count;
	/* syslog */
	unsigned transport; /* enum route_transport */
	const char *host;   /* of the address */
	unsigned port;
	unsigned framing;  /* enum route_framing */
	unsigned facility; /* index into syslog_facility_names */
	uint64_t enterprise;
	/* TLS, of syslog and webhook */
	const char *ca, *cert, *key, *server_name;
	bool verify;
	/* webhook */
	const char *url, *headers;
	unsigned body; /* enum route_body */
	/* mail */
	const char *const *recipients; /* ended by NULL */
	const char *sender, *sendmail;
	uint64_t interval_ns;
	/* command */
	const char *const *argv; /* ended by NULL */
};

struct binder; /* policy/bind.h */
struct node;   /* policy/tree.h */

/* One row of `routes:` of the settings, the one of number `at`: makes list[at], in the binder's
 * arena; list[0 … at-1] are those before it (NULL where one was wrong). ERR_POLICY when problems
 * were added. */
int route_bind(struct binder *b, const struct node *n, unsigned at, const struct route **list,
	struct err *e) MUST_CHECK;

/* What a route asks for that this platform has not: the key, and why. NULL: nothing. sinks/sinks.c,
 * sinks/windows/sinks.c */
struct route_lack {
	const char *key, *text;
};
const struct route_lack *route_lacks(const struct route *r);

/* Does the route want this record? */
bool route_wants(const struct route *r, const struct ledger_record *record);

/* What the link has to reach for a route: it is confined to this. Paths live as the settings. */
struct route_reach {
	const char *folder;   /* to write files in; NULL: none */
	const char *files[8]; /* to read: certificates, keys; ended by NULL */
	bool network;
	bool runs; /* a program: a command, sendmail */
};
void route_reach(const struct route *r, struct route_reach *ret);

struct link_setup {
	const struct agent_config *config;
	int fd;            /* channel to the collector */
	const char *spool; /* folder of our own, for cursors */
	/* Of each route's process: give up what the route does not need; what cannot be is said.
	 * NULL: nothing. */
	void (*confine)(const struct route *r, struct buf *ret_text);
};

/* Be the link, until the channel is closed: 0 then. */
int link_run(const struct link_setup *setup, struct err *e) MUST_CHECK;

#endif
