/* What the ledger holds: changes, gaps, decisions and the rest, as CBOR and as C. */
#ifndef CHANGE_CHANGE_H
#define CHANGE_CHANGE_H

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "entity/record.h"
#include "entity/who_memo.h"
#include "policy/policy.h"

/* Numbers are stored: add at the end only. */
enum record_type {
	RECORD_CHANGE,
	RECORD_GAP,
	RECORD_LOSS,
	RECORD_REPAIR,
	RECORD_DECISION, /* somebody approved, imported, replaced */
	RECORD_COVERAGE, /* what was observed, by which means, from when to when */
	RECORD_NOTE,     /* init, policy changed, damaged store found, … */
	RECORD_TYPE_N
};
extern const char *const record_type_names[];

enum change_type { CHANGE_CREATED, CHANGE_UPDATED, CHANGE_DELETED, CHANGE_RENAMED, CHANGE_TYPE_N };
extern const char *const change_type_names[];

enum observed {
	OBSERVED_REALTIME,
	OBSERVED_SCAN,
	OBSERVED_RECOVERED,
	OBSERVED_STARTUP,
	OBSERVED_N
};
extern const char *const observed_names[];

enum verdict_state { VERDICT_UNEXPLAINED, VERDICT_EXPLAINED, VERDICT_COSMETIC, VERDICT_N };
extern const char *const verdict_names[];

/* Why a change was meant. Empty: nothing proves it. */
struct proof {
	struct span by;      /* "package" */
	struct span package; /* key of the package: "dpkg:nginx:amd64" */
	struct span from,
		to; /* its versions before and after; empty: it was not, or is no more, there */
	struct span digest;   /* of the content as delivered: "md5:…", "sha256:…" */
	struct span strength; /* "signed", or "database": as believable as the host's own records */
};

/* One transition of the current state (or, in a drift listing, approved against current). */
struct change {
	enum change_type type;
	enum observed observed;
	const struct kind *kind;
	struct span key;
	struct span old_key;    /* renamed: where it was; else empty */
	uint64_t fields;        /* that differ, of those the rule watches */
	struct record *was;     /* NULL when created */
	struct record *is;      /* NULL when deleted */
	uint64_t subtree;       /* renamed folder: entries below that moved with it, unchanged */
	struct span rule;       /* id; rules may be gone from the policy by the time this is read */
	enum severity severity; /* as it was then */
	const struct span *tags;
	size_t n_tags;
	enum verdict_state verdict;
	struct proof proof;      /* of a verdict `explained` */
	struct span card;        /* id of the card */
	const struct who *who;   /* NULL: not known */
	struct span who_unknown; /* then why; scans never know */
	int64_t happened; /* when the watcher heard of it, ns since epoch; 0: found by a scan */
};

struct decision {
	struct span what;      /* "init", "approve", "baseline-import", … */
	struct span reason;    /* what the administrator gave */
	struct span by;        /* login name, user, uid: "alice (root, uid 0)" */
	struct span selection; /* as typed */
	uint64_t items;        /* entities it moved */
	uint8_t from_root[32]; /* tree_root.id of the approved state before (zeroes: none) … */
	uint8_t to_root[32];   /* … and after */
};

struct coverage {
	struct span means; /* "scan full", "scan stamps" */
	struct span scope; /* "everything" or the paths asked for */
	int64_t from, to;  /* ns since epoch */
	uint64_t entities, bytes, gaps, changes;
	uint8_t policy[32]; /* SHA-256 of policy_print */
	uint8_t root[32];   /* tree_root.id of the current tree after it */
};

/* note.what: the policy is another one than at the last check. Stored: never renamed. */
#define NOTE_POLICY "policy-changed"
/* note.what: a rule expects something to be present, and nothing is. Stored: never renamed. */
#define NOTE_MISSING "expected-missing"

struct note {
	struct span what; /* short word: "init", "policy-changed", "interrupted" */
	struct span text; /* a sentence */
};

/* Something that went on was not heard of: between `from` and `to`, by these means, in this scope.
 * A repair with its seq follows once all of the scope was looked at again. */
struct loss_note {
	struct span
		means; /* "fanotify", "agent" (it was not running), "collector" (it was stalled) */
	const struct kind *kind; /* NULL: every kind */
	struct span scope;       /* kind file: a folder; else empty */
	int64_t from, to;        /* ns since epoch */
	uint64_t count;          /* what is known to be lost; 0: nobody knows */
	struct span text;
};

struct repair_note {
	uint64_t loss; /* seq of the loss */
	int64_t from, to;
	uint64_t entities, changes; /* looked at; found to differ */
	struct span text;
};

struct gap_note {
	const struct kind *kind;
	struct span key;
	bool subtree;
	struct span reason; /* gap_reason_names */
	struct span text;
};

/* One ledger record. seq and prev are known once read from the ledger (0 and zeroes before). */
struct ledger_record {
	enum record_type type;
	uint64_t seq;
	uint8_t prev[32];
	bool chained; /* seq and prev are set */
	int64_t time; /* ns since epoch */
	union {
		struct change change;
		struct gap_note gap;
		struct decision decision;
		struct coverage coverage;
		struct note note;
		struct loss_note loss;
		struct repair_note repair;
	};
};

/* Canonical CBOR for ledger_append: a map from small numbers (the tables in change.c) to values;
 * what is empty or zero is left out. */
void ledger_record_encode(const struct ledger_record *r, struct buf *ret);
/* Texts and records are copied into a. Unknown map keys are skipped (a newer program's);
 * ERR_VERSION for record types, kinds and fields it knows and we do not. */
int ledger_record_decode(struct span body, struct arena *a, struct ledger_record *ret,
	struct err *e) MUST_CHECK;
/* The same for one record after the other: who it was is valid until the next one is decoded. */
int ledger_record_decode_next(struct span body, struct arena *a, struct who_memo *whos,
	struct ledger_record *ret, struct err *e) MUST_CHECK;

#endif
