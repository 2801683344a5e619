/* What the agent's processes and the command line say to each other, as a table: number, name, who
 * may send it. Frames of a channel: a CBOR array of the number and what request.c lists for it. */
#ifndef AGENT_REQUEST_H
#define AGENT_REQUEST_H

#include "core/buf.h"
#include "core/err.h"

#define AGENT_FRAME_MAX ((size_t)8 << 20)

/* Numbers are spoken between versions (command line and agent): add at the end only. */
enum agent_request {
	/* link → collector */
	AGENT_RECORDS_WANTED, /* from seq, at most n: answered by AGENT_RECORDS */
	AGENT_ROUTE_STATE,    /* JSON text: each route's cursor, lag, losses, last error */
	/* collector → link */
	AGENT_HEAD,    /* seq of the ledger's last record, host name: there is something to get */
	AGENT_RECORDS, /* array of [seq, prev, body] */
	/* collector → parent */
	AGENT_ALIVE,       /* its loop turns; at most once a second */
	AGENT_STATUS_LINE, /* text for systemd's STATUS= */
	AGENT_READY,
	/* parent → collector */
	AGENT_RELOAD, /* SIGHUP came */
	AGENT_STOP,
	AGENT_WATCHER_LOST, /* from, to: there was no watcher between; a new one is there, its fd
			       comes with this (SCM_RIGHTS) */
	/* command line → collector */
	AGENT_STATUS,       /* answered by AGENT_ANSWER: JSON text */
	AGENT_POLICY_APPLY, /* answered: JSON text {"entities…"} or an error */
	AGENT_SCAN,   /* paths, full: look at these (none: everything) now; answered when done */
	AGENT_FOLLOW, /* every record from now on, as AGENT_RECORDS, until the socket closes */
	AGENT_CANARY, /* plant canaries now; answered: JSON text */
	/* collector → command line */
	AGENT_ANSWER, /* code (0 or enum err_code), text */
	AGENT_REQUEST_N
};

#endif
