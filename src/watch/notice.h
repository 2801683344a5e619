/* What goes between the watcher, which hears that something may have changed, and the collector,
 * which looks and records: frames of a channel (os/channel.h), each a CBOR array. */
#ifndef WATCH_NOTICE_H
#define WATCH_NOTICE_H

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "entity/kind.h"

#define NOTICE_FRAME_MAX ((size_t)1 << 20)

/* ---- up: from the watcher ---- */

enum notice_type {
	NOTICE_HINT,   /* look at this again */
	NOTICE_LOSS,   /* hints were lost: look at all of the scope again */
	NOTICE_MEANS,  /* a means of watching is in force, or is not: for the ledger's coverage */
	NOTICE_READY,  /* every means was begun: what changes from now on is heard of; also after
			  another policy */
	NOTICE_CANARY, /* an answer to REQUEST_CANARY */
	NOTICE_COUNTS, /* an answer to REQUEST_COUNTS */
	NOTICE_OTHER_NAME, /* a file got another name */
	NOTICE_SETTLED,    /* an answer to REQUEST_SETTLE */
	NOTICE_WHO,        /* an answer to REQUEST_WHO: a hint that nothing is to be done about */
	NOTICE_TYPE_N
};

/* Look at this again. */
struct hint {
	const struct kind *kind;
	struct span key; /* as people know it; empty for a flat kind: all of it */
	bool below;      /* and everything below it (flat kinds: all that begins with it) */
	int64_t time;    /* when it happened, ns since epoch */
	/* Not 0: `who` brought what is below by a mount, but of that only what was there before
	 * this (ns since epoch): nobody heard yet who made what came after. */
	int64_t before;
	struct span who; /* entity/who.h; empty: not known */
	struct span why; /* then: why not */
	/* In a frame, not 0: who and why are those of an earlier hint (struct hint_before). A
	 * thousand files that a few processes touch in turn say once who each was. */
	uint8_t as_before;
};

/* kind file: scope is a folder (a mount point, "/") below which anything may have changed; else
 * empty, and all of the kind may have. */
struct loss {
	struct span means; /* "fanotify" */
	const struct kind *kind;
	struct span scope;
	int64_t from, to; /* ns since epoch: between these something was not heard of */
	uint64_t count;   /* how much is known to be lost; 0: nobody knows */
	struct span text; /* "the kernel's queue of 16,384 events was full" */
};

/* One place watched by one means. */
struct means {
	const struct kind *kind;
	struct span scope; /* kind file: the mount point; else empty */
	struct span name; /* "fanotify", "inotify", "bpf", "netlink", "systemd", "poll 10 s", … */
	bool in_force;
	bool gone;        /* the place itself is, or nobody asks for it any more */
	struct span text; /* why not, or what it does not see; may be empty */
};

struct canary {
	const struct kind *kind;
	struct span scope; /* as in struct means */
	bool seen;
	int64_t latency;  /* ns from the act to the watcher's knowing of it */
	struct span text; /* not seen: why that is, or is not, a fault */
	bool fault;       /* not seen, and it should have been */
};

/* Which one: the watcher does not know the names it has. */
struct other_name {
	uint64_t device, inode; /* as in records of kind file */
};

/* A row of numbers, by name ("events", "events_filtered", "hints", …). */
struct count {
	struct span name;
	uint64_t value;
};

struct notice {
	enum notice_type type;
	union {
		struct hint hint; /* NOTICE_WHO as well */
		struct loss loss;
		struct means means;
		struct canary canary;
		struct other_name other_name;
		uint32_t settled; /* the number of the request; all before it are answered, too */
		struct {
			const struct count *counts;
			size_t n_counts;
		};
	};
};

/* Who the last hints that went through a channel were of: each of its ends has one, zeroed with
 * it. */
#define HINT_BEFORE 8
struct hint_before {
	struct {
		struct buf who, why;
	} last[HINT_BEFORE];
	unsigned next; /* is forgotten next */
};
void hint_before_done(struct hint_before *b);
/* Before it is encoded: leaves out what the other end knows. */
void hint_shorten(const struct hint_before *b, struct hint *x);
/* It went, whole: to be given as it was before it was shortened. */
void hint_went(struct hint_before *b, const struct hint *x);
/* After it was decoded: puts back what was left out. Valid until the next one. */
void hint_complete(struct hint_before *b, struct hint *x);

void notice_encode(const struct notice *n, struct buf *ret);
/* Spans point into frame; lists live in a. ERR_FORMAT. */
int notice_decode(struct span frame, struct arena *a, struct notice *ret, struct err *e) MUST_CHECK;

/* ---- down: to the watcher ---- */

enum request_type {
	REQUEST_POLICY, /* text: policy_print of the policy now in force */
	REQUEST_OWN,    /* pid: a process of ours, whose acts are no hints */
	REQUEST_LINKED, /* text: path of a file that has more names than one; watch it by its inode.
			   Empty: a new list follows */
	REQUEST_CANARY, /* plant one in every place; a NOTICE_CANARY for each follows */
	REQUEST_COUNTS,
	REQUEST_SETTLE, /* pid: a number, each greater than the last. What happened before this was
			   asked is told first, however it rests; then NOTICE_SETTLED. text not
			   empty: only of kinds whose numbers, plus one, are its bytes, and not of
			   files; a byte 0 is of none */
	REQUEST_WHO,    /* pid: of a process; text: of what it is asked (request_whose_put), which
			   comes back */
	REQUEST_ENDED,  /* the same; of one that has just ended, and of no other */
	REQUEST_TYPE_N
};

struct request {
	enum request_type type;
	uint32_t pid;
	struct span text;
};

/* The text of a REQUEST_WHO. request_whose: NULL: of no kind; *ret_key points into text. */
void request_whose_put(const struct kind *k, struct span key, struct buf *ret);
const struct kind *request_whose(struct span text, struct span *ret_key);

void request_encode(const struct request *r, struct buf *ret);
int request_decode(struct span frame, struct request *ret, struct err *e) MUST_CHECK;

#endif
