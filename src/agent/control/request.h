/* What the agent's processes and the command line say to each other, as a table: number, name, who
 * may send it to whom, what it holds. Frames of a channel (os/channel.h): a CBOR array of the
 * number and the items that request.c lists for it. */
#ifndef AGENT_CONTROL_REQUEST_H
#define AGENT_CONTROL_REQUEST_H

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"

#define AGENT_FRAME_MAX ((size_t)8 << 20)

/* Numbers are spoken between versions (command line and agent): add at the end only. */
enum agent_request {
	/* link → collector */
	AGENT_RECORDS_WANTED, /* from seq, at most n: answered by AGENT_RECORDS */
	AGENT_ROUTE_STATE,    /* JSON text: each route's cursor, lag, losses, last error */
	/* collector → link */
	AGENT_HEAD, /* seq of the ledger's last record, host name, which ledger (ledger_id(); "": it
		       is empty): there is something to get */
	AGENT_RECORDS, /* array of [seq, prev, body] */
	/* collector → parent */
	AGENT_ALIVE,       /* its loop turns: the answer to AGENT_PING, and unasked at most once a
			      second while long work goes on */
	AGENT_STATUS_LINE, /* text for systemd's STATUS= */
	AGENT_READY, /* what changes is heard of; after AGENT_RELOAD: that is done, or refused */
	/* parent → collector */
	AGENT_RELOAD, /* SIGHUP came */
	AGENT_STOP,
	AGENT_WATCHER_LOST, /* from, to: there was no watcher between; a new one is there, its fd
			       comes with this (SCM_RIGHTS) */
	/* command line → collector */
	AGENT_STATUS,       /* answered by AGENT_ANSWER: JSON text */
	AGENT_POLICY_APPLY, /* answered: what is newly watched, a sentence; or what is wrong */
	AGENT_SCAN,   /* paths, full: look at these (none: everything) now; answered when done */
	AGENT_FOLLOW, /* every record from now on, as AGENT_RECORDS, until the socket closes */
	AGENT_CANARY, /* plant canaries now; answered: JSON text */
	/* collector → command line */
	AGENT_ANSWER, /* code (0 or enum err_code), text */
	/* parent → collector */
	AGENT_LINK_NEW, /* another link is there; its fd comes with this (SCM_RIGHTS) */
	AGENT_ROLES,    /* JSON text for status: an array, each role's pid, starts, confinement */
	AGENT_PING,     /* answered by AGENT_ALIVE */
	/* collector → parent */
	AGENT_WATCHER_STUCK, /* it does not answer: end it, another one is to be begun */
	AGENT_REQUEST_N
};

/* Who speaks. Root and members of the group `invar` speak by the control socket. */
enum agent_party {
	PARTY_PARENT = 1 << 0,
	PARTY_COLLECTOR = 1 << 1,
	PARTY_LINK = 1 << 2,
	PARTY_ROOT = 1 << 3,
	PARTY_MEMBER = 1 << 4,
};

#define AGENT_RECORDS_MAX 4096 /* in one frame */
#define AGENT_PATHS_MAX 1024

/* One record of the ledger, as it is stored. */
struct agent_record {
	uint64_t seq;
	struct span prev; /* SHA-256 of the record before, 32 bytes */
	struct span body;
};

/* Of these only what the table lists for the type counts. */
struct agent_message {
	enum agent_request type;
	uint64_t seq, n;
	int64_t from, to; /* ns since epoch */
	int code;         /* 0 or enum err_code */
	bool full;
	struct span text, ledger;
	const struct agent_record *records;
	size_t n_records;
	const struct span *paths;
	size_t n_paths;
};

const char *agent_request_name(enum agent_request type);
/* A file descriptor comes with it; with no other one may. */
bool agent_request_has_fd(enum agent_request type);

void agent_encode(const struct agent_message *m, struct buf *ret);
/* Strict. Spans point into frame, lists live in a. ERR_FORMAT; ERR_DENIED when `from` (an enum
 * agent_party) may not send it to `to`, and for numbers nobody knows. */
int agent_decode(struct span frame, enum agent_party from, enum agent_party to, struct arena *a,
	struct agent_message *ret, struct err *e) MUST_CHECK;

#endif
