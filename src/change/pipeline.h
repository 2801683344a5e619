/* The path of a change: observe, compare, explain, record. One call per command. */
#ifndef CHANGE_PIPELINE_H
#define CHANGE_PIPELINE_H

#include "change/change.h"
#include "policy/policy.h"
#include "sensor/sensor.h"
#include "store/store.h"
#include "store/tree.h"

/* What happened during an observation; for the summary and the exit status. */
struct check_summary {
	uint64_t entities[KIND_IDS]; /* observed, per kind id */
	uint64_t bytes;              /* read for digests */
	uint64_t files_read;
	uint64_t changes[CHANGE_TYPE_N];
	uint64_t gaps;
	uint64_t missing; /* rules that expect something to be present, and nothing is or was */
	uint64_t newly_watched, no_longer_watched; /* because the policy changed, not the host */
	int64_t started, ended;                    /* ns since epoch */
	bool policy_changed;
	struct tree_root root; /* the current state after it */
};

struct look_again;

/* Something was seen, just now, that nobody told of so far, or not all of it. */
struct late_asked {
	int64_t until; /* ns since epoch: what happens from then on was not seen */
	bool files;    /* among what differs are files of which it is not known who it was */
	uint64_t
		flat; /* kinds that differ, a bit per id, but those whose processes are asked for */
	/* Of these it is not known, but one of their processes is: pid[i] has key and kind of
	 * whose[i]. */
	const struct look_again *whose;
	const uint32_t *pid;
	const bool *ended; /* it is gone with that process, if that has ended just now */
	size_t n;
};

/* What the caller hears while it runs; any may be NULL. Called in the caller's thread. */
struct check_listener {
	void *ctx;
	/* Each change, gap and so on, in the order of the ledger, once it is safely recorded;
	 * changes and gaps also, not chained, when a check fails because it cannot be recorded. */
	int (*record)(void *ctx, const struct ledger_record *r, struct err *e);
	/* About ten times a second: how far it is. expected is 0 when nothing is known yet. */
	void (*progress)(void *ctx, uint64_t entities, uint64_t bytes, uint64_t expected);
	/* True: the user wants to stop (ERR_INTERRUPTED follows). May be asked from any thread. */
	bool (*stop)(void *ctx);
	/* pipeline_look, before it records: what was heard of since the looks were asked for, in
	 * *ret, how many; in `a`. It says whom changes are put down to, and is not looked at. The
	 * store is locked meanwhile. */
	size_t (*late)(void *ctx, const struct late_asked *x, struct arena *a,
		const struct look_again **ret);
	/* pipeline_look: this entity of kind file is known anew, and no record says so: it differs
	 * in nothing that is watched, or moved along with its folder. May be NULL. */
	void (*unsaid)(void *ctx, const struct record *is);
	struct span by; /* who asked, for the decision of init: "alice (root, uid 0)" */
};

/* The first observation becomes the approved state, but for what an `absent` rule holds: that is
 * told as created and stays drift. ERR_EXISTS when there is one and not `replace`. */
int pipeline_init(struct store *s, const struct policy *p, const struct scan_options *o,
	bool replace, const struct check_listener *l, struct check_summary *ret,
	struct err *e) MUST_CHECK;

/* Observe, compare with the current state, record. The approved state moves only by what a new
 * policy begins to watch and it does not know yet, which is recorded as a decision. ERR_USAGE when
 * the state was made of another root. */
int pipeline_check(struct store *s, const struct policy *p, const struct scan_options *o,
	const struct check_listener *l, struct check_summary *ret, struct err *e) MUST_CHECK;

/* ---- live: somebody says that something may have changed ---- */

/* Look at this again. */
struct look_again {
	const struct kind *kind;
	struct span key; /* as people know it; of a flat kind the whole kind is looked at, and the
			    key (empty: all; `below`: a prefix) says whom `who` speaks of */
	bool below;      /* and everything below it */
	enum observed observed; /* what changes found here are recorded as */
	struct span who;        /* entity/who.h; empty: not known */
	struct span who_unknown;
	int64_t happened;
	int64_t before; /* not 0: of what is below `who` brought only what is older than this */
};

/* What one look leaves for the next: the cards of actions under way, gaps that were told, and the
 * processes that look. Bounded. Of one store; kept by the caller, in scan_options.memory.
 */
struct look_memory *look_memory_new(void);
void look_memory_free(struct look_memory *m); /* accepts NULL */
void look_memory_freep(struct look_memory **m);
/* Files whose content the last look had no time for (scan_options.large_ms, file_seconds): how
 * many, and their paths until the next one. */
size_t look_memory_unread(const struct look_memory *m, const struct span **ret);

/* A kind that takes long to look at (ERR_TIMEOUT of pipeline_look, by options.kind_ms) is observed
 * by the side, one at a time; a look at it that follows takes what was observed. NONE: nothing is,
 * or it was dropped (another policy). */
enum ahead { AHEAD_NONE, AHEAD_GOES_ON, AHEAD_COMPLETE };
int look_ahead(struct store *s, const struct policy *p, const struct scan_options *o,
	const struct kind *k, struct err *e) MUST_CHECK;
/* Right after a look for which it took too long: what was begun then goes on by the side. False: it
 * does not, look_ahead begins anew. */
bool look_goes_on_ahead(struct look_memory *m, const struct kind *k);
enum ahead look_ahead_state(struct look_memory *m);
void look_ahead_drop(struct look_memory *m);
/* The kind that took too long; NULL: none did. Said once. */
const struct kind *look_slow(struct look_memory *m);
/* Who looked at kinds was stopped by a signal, and so was ended and replaced: said once. */
bool look_was_stopped(struct look_memory *m);

/* Observe exactly these, compare, explain, record: one transaction, no coverage record when nothing
 * differs: nothing at all is written then. The policy must be the one of the last whole check
 * (ERR_CHANGED otherwise: run pipeline_check). options: root, jobs and limits count, and `memory`;
 * what to look at does not. A change gets the who of the nearest look that covers it. A point that
 * is no folder (any more) covers what was below it. The store is locked only after the looking:
 * ERR_LOCKED: another one has it, ask again. ERR_FORMAT: a key that no entity has. */
int pipeline_look(struct store *s, const struct policy *p, const struct scan_options *o,
	const struct look_again *looks, size_t n, const struct check_listener *l,
	struct check_summary *ret, struct err *e) MUST_CHECK;

/* Part of a survey that trusts time stamps: some files are read again all the same, so that in the
 * course of many surveys every byte is. */
struct reread {
	struct span after; /* stored key: behind it; empty: from the beginning */
	uint64_t most;     /* so many entities; 0: none */
	struct buf last;   /* set: the stored key it came to; empty: it came to the end */
	uint64_t done;     /* set: so many were read again */
};

/* Who hears what a survey finds. base: progress and stop (record is not called). */
struct survey_listener {
	void *ctx;
	/* This differs from the current state. key: as people know it; empty for a flat kind: the
	 * kind is to be looked at. */
	int (*differs)(void *ctx, const struct kind *k, struct span key, struct err *e);
	int (*gap)(void *ctx, const struct gap *g, struct err *e);
	struct check_listener base;
};

/* Observe and compare, but record nothing (STORE_READ is enough): looking again at all that differs
 * records what a check would have. reread: NULL or filled in. */
int pipeline_survey(struct store *s, const struct policy *p, const struct scan_options *o,
	struct reread *reread, const struct survey_listener *l, struct check_summary *ret,
	struct err *e) MUST_CHECK;

/* Records of the agent's own: a loss, a repair, a note, a coverage record; in one transaction, told
 * to the listener. *ret_seq: of the last one; may be NULL. */
int pipeline_record(struct store *s, struct ledger_record *records, size_t n,
	const struct check_listener *l, uint64_t *ret_seq, struct err *e) MUST_CHECK;
/* The same, and what belongs to them in the same transaction. last: the seq of the last one. */
struct record_with {
	int (*write)(void *ctx, uint64_t last, struct err *e);
	void *ctx;
};
int pipeline_record_with(struct store *s, struct ledger_record *records, size_t n,
	const struct record_with *with, const struct check_listener *l, struct err *e) MUST_CHECK;

/* What to know of the last check before believing what stands now. */
struct standing {
	bool policy_changed; /* it was made with another policy than this one */
	uint64_t gaps;       /* places that could not be looked at, since all was looked at */
};
int pipeline_standing(struct store *s, const struct policy *p, struct standing *ret,
	struct err *e) MUST_CHECK;

/* ERR_USAGE when the state was made of another root than this (NULL: the host itself). */
int pipeline_root_check(struct store *s, const char *root, struct err *e) MUST_CHECK;

/* Approved against current, as changes (seq 0, not chained, without a card), in key order; renames
 * are put together. Masks by the policy: what no rule watches is no drift. Non-zero from the
 * callback ends it and is passed on. */
int drift_each(struct store *s, const struct policy *p,
	int (*each)(void *ctx, const struct ledger_record *r, struct err *e), void *ctx,
	struct err *e) MUST_CHECK;

/* SELECTION: a path, KIND:GLOB, rule:ID, seq:N, seq:N-M, card:ID or all; several are OR-ed. */
struct selector_term;
struct change_selection {
	struct selector_term *terms;
	size_t n;
};
/* words: argv. cwd: what relative paths are relative to. ERR_USAGE names the word. */
int change_selection_parse(struct arena *a, const char *const *words, size_t n, const char *cwd,
	struct change_selection *ret, struct err *e) MUST_CHECK;

/* Move the approved state to the current one for exactly the selected drift. Records one decision,
 * or nothing when nothing was selected (*ret_items is 0). seq: and card: speak for what they
 * recorded, not for what came after: ERR_CHANGED when an entity they name changed again, ERR_USAGE
 * when they name no change; nothing moves then. */
int approve(struct store *s, const struct policy *p, const struct change_selection *sel,
	const struct decision *d, /* items is filled in by us */
	uint64_t *ret_items, struct err *e) MUST_CHECK;

/* Does this record match (for `log`, `drift`, `check PATH…`)? seq:, card: and rule: look at the
 * record. */
bool change_selection_holds(const struct change_selection *sel, const struct ledger_record *r);

#endif
