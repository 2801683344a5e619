/* Inside the link only: a lane is a route at work.
 *
 *   idle ──records fetched──▶ sending ──taken──▶ idle, cursor moved and saved
 *     ▲                          └──failed──▶ waiting ──its time is over──┐
 *     └───────────────────────────────────────────────────────────────────┘
 *
 * Nothing of what waits is kept here: the ledger is the queue, and after a failure the records are
 * fetched once more. Where they are fetched from is the platform's: a channel to the collector
 * (carry.c), or the ledger itself, by a thread (link/windows/routes.c). */
#ifndef AGENT_LINK_LINK_H
#define AGENT_LINK_LINK_H

#include "agent/config/route.h"
#include "agent/control/request.h"
#include "agent/loop/loop.h"
#include "core/arena.h"
#include "core/buf.h"

#define BATCH_BYTES ((size_t)1 << 20) /* about so many, but one record at least */
#define BATCH_RECORDS 1000
#define LANE_ID 32 /* ledger_id() */
#define LANE_SECOND INT64_C(1000000000)

struct evdns_base;
struct lane;
struct link_own; /* the platform's */

struct link {
	struct link_own *own;
	struct loop *loop;
	const char *spool; /* folder of our own, for cursors */
	struct lane *lanes;
	size_t n;
	uint64_t head;
	bool head_known;
	uint8_t ledger[LANE_ID]; /* which one it is, as far as it is known */
	bool ledger_known;
	struct buf host;
	struct timer *turn;   /* see what there is to do; the platform's */
	struct timer *report; /* say how things are; the platform's */
	bool dirty;           /* the state differs from what was reported */
	int64_t reported;
};

enum lane_state { LANE_NEW, LANE_IDLE, LANE_SENDING, LANE_WAITING };

/* Left out, and the sink has not been told yet. n 0: nothing. */
struct lane_loss {
	uint64_t from, to, n;
	int64_t time_from, time_to; /* of the records, as far as known */
};

/* What is under way. */
struct batch {
	struct buf text;
	size_t ends[BATCH_RECORDS + 1]; /* of each message in text */
	size_t n;
	uint64_t records; /* mail: more than messages */
	uint64_t severities[SEVERITY_N];
	uint64_t first, last; /* of the ledger */
	bool tells_loss, tells_another;
};

/* Where a lane's records go. send: the batch; lane_taken() or lane_failed() follows, now or later.
 * stop: forget about it, close everything; may be called at any time. */
struct sink {
	void (*send)(struct lane *l);
	void (*stop)(struct lane *l);
};
extern const struct sink sink_file, sink_syslog, sink_webhook, sink_mail, sink_command;
/* By type of route; NULL: what route_lacks() refuses. */
extern const struct sink *const sinks[ROUTE_TYPE_N];

struct lane {
	struct link *link;
	const struct route *route;
	const struct sink *sink;
	void *at; /* the sink's own */
	enum lane_state state;
	uint64_t cursor, saved, fetched; /* fetched: mail gathers over several answers */
	uint8_t ledger[LANE_ID];         /* which one they are of */
	bool ledger_known, another;      /* another: it began, and the sink has not been told */
	struct lane_loss loss;
	uint64_t lost, sent, failures;
	struct batch batch;
	struct timer *timer;
	int64_t wait, not_before; /* ns; the second by the monotonic clock */
	int64_t sent_time;
	bool failing;
	long left; /* a group of processes that could not be waited for; 0: none */
	char error[256];
};

/* lane.c */
void lane_init(struct lane *l, struct link *link, const struct route *r);
void lane_done(struct lane *l);
/* The ledger's end is known, or another one. A smaller number says nothing: it may have been told
 * before records that we have got since. */
void lane_head(struct lane *l);
/* Does it want records now, and from which on? */
bool lane_wants(struct lane *l, uint64_t *ret_from);
/* These follow on l->fetched. */
void lane_feed(struct lane *l, const struct agent_record *records, size_t n);
void lane_taken(struct lane *l);
void lane_failed(struct lane *l, const char *fmt, ...) PRINTF(2, 3);
void lane_state(const struct lane *l, struct buf *ret); /* JSON */

/* batch.c: one more message, whatever its route's form is. */
void batch_clear(struct batch *b);
bool batch_full(const struct lane *l);
void batch_add(struct lane *l, const struct ledger_record *r);

/* cursor.c: where the lane is, in the spool. load: 1, 0 there is none yet. */
int cursor_load(struct lane *l, struct err *e) MUST_CHECK;
int cursor_save(struct lane *l, struct err *e) MUST_CHECK;

/* spool.c: small files in the spool; not so long as `size`, ended by
 * NUL. read: 1, 0 there is none. write: replaces the old one, on the disk when it returns. */
int spool_read(const struct link *k, const char *name, char *ret, size_t size,
	struct err *e) MUST_CHECK;
int spool_write(const struct link *k, const char *name, struct span text, struct err *e) MUST_CHECK;

/* lanes.c: all of them. Needs loop, spool, turn and report. */
void link_lanes(struct link *k, const struct route *const *routes); /* NULL: none */
void link_lanes_done(struct link *k); /* also the timers; report is no longer called */
void link_turn(struct link *k);       /* soon: see what there is to do */
void link_dirty(struct link *k);      /* soon: say how things are */
/* From which record on does the lane that is furthest behind want some? */
bool link_wants(struct link *k, uint64_t *ret_from);
/* The ledger from this number on, for all that want it. */
void link_records(struct link *k, uint64_t from, const struct agent_record *records, size_t n);
/* ledger: ledger_id(), "" when it is empty. */
void link_head(struct link *k, uint64_t head, struct span host, struct span ledger);
void link_state(struct link *k, struct buf *ret); /* a JSON array; it is no longer dirty */

/* sinks/hook_text.c: of a POST. Header lines, each ended by CR LF; what the route's file of headers
 * says among them. */
int hook_headers(const struct lane *l, struct buf *ret, struct err *e) MUST_CHECK;
void hook_body(const struct lane *l, struct buf *ret);

/* carry.c */
struct evdns_base *link_dns(struct link *k);

/* sinks/tls.c: a connection's end with all that the route says of TLS; SSL * of OpenSSL. */
int tls_new(const struct route *r, void **ret, struct err *e) MUST_CHECK;
/* Why it came to an end. */
void tls_why(void *ssl, unsigned long code, char *ret, size_t n);

/* sinks/program.c: a program that is given bytes and has time to end. */
struct program;
typedef void program_end(struct lane *l, const char *why); /* NULL: it ended with 0 */
int program_start(struct program **ret, struct lane *l, const char *const *argv, struct span input,
	program_end *end, struct err *e) MUST_CHECK;
void program_stop(struct program *c); /* accepts NULL */

#endif
