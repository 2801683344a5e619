/* Inside the collector: its state, and what its parts (the files beside it) do for each other. */
#ifndef AGENT_COLLECTOR_STATE_H
#define AGENT_COLLECTOR_STATE_H

#include "agent/collector/backlog.h"
#include "agent/collector/collector.h"
#include "agent/collector/give_way.h"
#include "agent/collector/hold.h"
#include "agent/control/control.h"
#include "agent/loop/loop.h"
#include "agent/survey/polled.h"
#include "agent/survey/survey.h"
#include "os/channel.h"
#include "watch/notice.h"

#define LATENCY_BUCKETS 16
#define COUNTS_MAX 64
#define MEANS_MAX 256
#define JOBS_MAX 64

struct collector;
struct collector_windows; /* collector/windows/collector_windows.h */
struct event;
struct event_base;

/* One end of a channel in the loop. */
struct line {
	struct channel channel;
	struct event *readable, *writable;
	struct collector *collector;
	bool open;
};

/* How soon a flat kind may be looked at again: looking costs, so that a kind which changes all the
 * time takes no more than a small part of a processor. */
struct pace {
	int64_t next; /* monotonic ns: not before */
	int64_t cost; /* of the last look, ns */
	bool dear;    /* looked at by the side: ahead.c */
};

/* From the act to the record, per kind: how many took at most 1 ms << i; the last one: longer. */
struct latency {
	uint64_t n[LATENCY_BUCKETS];
};

/* One survey to do, or a kind to look at, of which something is to be said when all is recorded. */
struct job {
	struct job *next;
	struct survey_plan plan;
	char *below;       /* plan.below; ours */
	struct buf after;  /* plan.reread_after */
	struct buf inodes; /* plan.inodes */
	uint64_t *losses;  /* seqs of the ledger's losses that it repairs */
	size_t n_losses;
	int64_t from, to; /* ns since epoch */
	int64_t began;    /* monotonic */
	uint64_t entities, bytes, found, gaps, reread;
	bool soon;       /* it takes what it needs: something may have been missed */
	bool finished;   /* all has been found; some may still wait to be looked at: */
	uint64_t serial; /* those of pending below this one */
	struct err err;  /* why it failed; code 0: it did not */
	uint64_t client; /* of the control socket, who waits for it; 0: nobody */
	/* A loss that could not be recorded yet (a full disk); its texts live in arena. NULL: none.
	 */
	struct ledger_record *unrecorded;
	struct arena *arena;
};

/* A place and a means, as the watcher said last. */
struct means_row {
	const struct kind *kind;
	char *scope, *name, *text;
	bool in_force;
};

#define DEAR 256
#define LOSSES_MAX 1024 /* known to be open, and repaired by one job */

struct collector {
	struct collector_setup setup;
	struct loop *loop;
	struct event_base *base;           /* of the loop, where it is libevent's */
	struct collector_windows *windows; /* what only Windows has */
	struct store *store;
	bool own_store;
	const struct policy *policy;
	struct policy *own_policy; /* loaded by us; NULL: the caller's is in force */
	struct scan_options options;
	struct line watcher, parent, link;
	struct hint_before hint_before;    /* of the watcher */
	const struct late_door *late_door; /* NULL: nobody knows who */
	struct late *late;                 /* late.c */
	bool hearing;                      /* frames of the watcher are being read */
	struct control *control;
	struct backlog *backlog;
	struct hold *hold;
	struct event *written; /* somebody wrote to the store */
	bool hears;            /* and from now on this counts: */
	uint64_t heard;        /* seq of the last record that was told on */
	struct again *again;   /* NULL: nothing is to be looked at again later */
	struct arena *arena;   /* cleared after each notice */

	struct dear {
		uint64_t key; /* digest of a path; 0: none */
		int64_t next; /* monotonic ns: not before */
		unsigned ms;  /* it is given to be read */
		bool waits;   /* in the backlog, for a look of its own … */
		bool heard; /* … and was heard of since: what it is but its content comes first */
	} dear[DEAR];
	int64_t dear_next; /* monotonic ns: none of those that wait before */
	bool dear_alone;   /* one of those is looked at */
	struct give_way give_way;
	struct timer *due; /* the next look, … */
	int64_t due_at;    /* … at: monotonic ns */
	size_t most;       /* looks at once */
	size_t burst;      /* looks since memory was given back */
	int64_t rest;      /* monotonic ns: no look before */
	int64_t last_look; /* monotonic ns: it ends, and looks once more until then; 0: it goes on
			    */
	unsigned failures; /* of looks, in a row */
	char trouble[512]; /* why nothing can be recorded now; "": it can */
	struct pace pace[KIND_IDS];
	struct {
		const struct kind *kind;  /* observed by the side; NULL: none is */
		bool complete;            /* … and waits for the look that takes it */
		struct look_again *looks; /* what waited for it when it began */
		size_t n;
		struct arena *arena; /* of those */
		int64_t began, cost; /* monotonic ns */
		struct timer *tick;  /* NULL: not needed yet */
	} ahead;

	struct job *later;          /* a survey of everything, once the watcher is ready */
	struct job *jobs, *running; /* waiting, in order; being done */
	pid_t survey_pid;
	struct line survey;
	bool survey_paused;   /* not read from until less waits */
	uint64_t *gaps_known; /* digests of gaps recorded and standing */
	size_t n_gaps_known, n_gaps_found;
	uint64_t *gaps_found; /* of the survey that runs */
	struct timer *schedule;
	int64_t next_quick, next_full; /* monotonic ns; 0: never */
	int64_t rest_jobs;             /* monotonic ns: no job before */
	struct polled *polled;
	bool polled_begun;       /* a new list of what to poll has begun to come */
	struct linking *linking; /* linked.c; NULL: nothing was heard of */
	bool linked_begun;       /* files with several names are being told to the watcher */
	int64_t last_seen; /* ns since epoch: when the last agent is known to have been at work */

	struct answers *answers; /* answer.c */
	struct event *signals[3];
	int64_t started; /* ns since epoch */
	bool watcher_ready, stopping, baseline_new;
	unsigned unready; /* NOTICE_READYs to come: for its beginning, and each policy sent to it */
	struct pulse *pulse;   /* pulse.c; NULL: no watcher was ready yet */
	int64_t unheard_since; /* ns since epoch: when the watcher that stood still was heard of
				  last; 0: it did not */
	struct err err;        /* why it ends; code 0: it was asked to */

	/* for status and metrics */
	struct health *health;
	struct latency latency[KIND_IDS];
	uint64_t open_losses[LOSSES_MAX]; /* seqs of those without a repair */
	size_t n_open_losses;
	uint64_t hints[KIND_IDS], changes[CHANGE_TYPE_N], looks, losses, repairs, gaps;
	struct means_row means[MEANS_MAX];
	size_t n_means;
	struct count counts[COUNTS_MAX]; /* of the watcher, as it said last; names are ours */
	size_t n_counts;
	struct { /* the last survey of each name that came to its end */
		const char *name;
		int64_t from, to;
		uint64_t entities, bytes, found, gaps;
	} surveys[8];
	size_t n_surveys;
	char *routes; /* JSON text of AGENT_ROUTE_STATE; NULL: none came */
	char *roles;  /* JSON text of AGENT_ROLES */
};

/* ---- collector.c ---- */
void collector_end(struct collector *c, const struct err *why); /* NULL: it is done */
bool collector_send(struct line *l, struct span frame);
/* fd -1: nothing happens. */
typedef void collector_readable_fn(int fd, short what, void *ctx);
/* Something waits to be heard: what takes long can be done later. ctx: the collector. */
bool collector_hurry(void *ctx);
int collector_line_open(struct collector *c, struct line *l, int fd, size_t frame_max,
	collector_readable_fn *readable, struct err *e) MUST_CHECK;
void collector_line_close(struct line *l); /* accepts one that is not open */
/* A request to the watcher; text may be empty. */
void collector_ask(struct collector *c, enum request_type type, uint32_t pid, struct span text);

/* Another policy is in force: what hears of changes is told, and all is surveyed when it does. */
void collector_policy(struct collector *c);
/* Another watcher is there (fd: its channel) since `from` it was lost: all is surveyed. */
int collector_watcher(struct collector *c, int fd, int64_t from, struct err *e) MUST_CHECK;

/* ---- notice.c ---- */
void collector_notice(struct collector *c, const struct notice *n);
void collector_counts(struct collector *c, const struct count *counts, size_t n);
void collector_forget(struct collector *c); /* what was noticed: means and counts */

/* ---- records.c ---- */
int collector_note(struct collector *c, const char *what, const char *text);
/* What every record goes through: counts, the listener, followers, the link. */
struct check_listener collector_listener(struct collector *c);
/* Tell a record on, as what we wrote. */
int collector_tell(struct collector *c, const struct ledger_record *r, struct err *e) MUST_CHECK;

/* One that came, in its turn. */
void collector_heard(struct collector *c, const struct notice *n);

/* ---- late.c: what the watcher hears while a look is under way says whose that is, too ---- */
struct late_door {
	size_t (*hear)(void *ctx, const struct late_asked *x, struct arena *a,
		const struct look_again **ret); /* ctx: the collector */
	void (*done)(struct collector *c); /* the look is over: what was heard takes its turn */
	void (*settled)(struct collector *c, uint32_t number); /* a NOTICE_SETTLED */
	void (*stop)(struct collector *c);
};
extern const struct late_door late_door;
struct look_again look_of_hint(const struct hint *h);

/* ---- heard.c ---- */
int heard_start(struct collector *c, struct err *e) MUST_CHECK;
void heard_stop(struct collector *c);
void heard_record(struct collector *c, const struct ledger_record *r);
/* ---- records.c, too: the store may have been written to by others ---- */
void heard_others(struct collector *c);

/* ---- look.c ---- */
void look_start(struct collector *c);
/* It is to be looked at; held back while a package manager is at work. */
void look_hint(struct collector *c, const struct look_again *l);
/* The same, not to be held. */
void look_soon(struct collector *c, const struct look_again *l);
/* They were to be looked at, and were not: they wait again, behind all others. A survey that is
 * over waits for these, too: what it found may be among them. */
void look_back(struct collector *c, const struct look_again *looks, size_t n);
void look_schedule(struct collector *c);
/* Look at all that waits, now. */
void look_all(struct collector *c);

/* ---- ahead.c: kinds that take long to look at ---- */
#define AHEAD_MS 300 /* one that takes longer is observed by the side from then on */
/* Begin to, where one is due. */
bool ahead_begin(struct collector *c);
void ahead_drop(struct collector *c); /* what was heard of it waits with all others again */
bool ahead_holds(const struct collector *c);
/* It holds something, or something below this number waits that is not put off. */
bool ahead_waits(struct collector *c, uint64_t serial);
/* May this flat kind be looked at now; when (monotonic ns; 0: not known yet: one that is dear). */
bool ahead_may_look(const struct collector *c, const struct kind *k);
int64_t ahead_next(const struct collector *c, const struct kind *k);
/* Those that waited for what is observed now, and these; how many. In a. */
size_t ahead_take(struct collector *c, struct arena *a, struct look_again **looks, size_t n);
void ahead_looked(struct collector *c, const struct look_again *looks, size_t n);
/* True: only because a kind took long. All can be looked at again at once, without that. */
bool ahead_failed(struct collector *c, int rc, const struct look_again *looks, size_t n);

/* ---- dear.c: what takes long to look at ---- */
/* It does, and was looked at lately or waits for a look of its own. ctx: the collector. */
bool dear_is_put_off(void *ctx, const struct look_again *l);
#define DEAR_SURVEY_MS 2000 /* for large files, where what was lost is to be found soon */
/* That survey had no time for this: the looks that follow have more. False: it had. */
bool dear_survey(struct collector *c, const struct gap_note *g);
/* Something happened to it. */
void dear_heard(struct collector *c, const struct look_again *l);
/* Take one that has its turn now; 0: none has. */
size_t dear_take(struct collector *c, struct arena *a, struct look_again **ret);
/* How long large files may be read in this look, and until when. */
void dear_limit(struct collector *c, const struct look_again *looks, size_t n,
	struct scan_options *o);
/* They were looked at: what there was no time for waits again. How many of those. */
size_t dear_looked(struct collector *c, const struct look_again *looks, size_t n, int64_t cost);

/* ---- again.c ---- */
/* These were looked at, and something could not be seen. */
void again_later(struct collector *c, const struct look_again *looks, size_t n);
void again_free(struct collector *c);

/* ---- survey.c ---- */
struct job *job_new(const char *name, enum observed observed, const char *below, uint64_t mask);
void job_add(struct collector *c, struct job *j); /* takes it over */
void jobs_next(struct collector *c);              /* begin the next one if it may */
/* The same once the watcher is ready: what changes between a look and its being heard of would be
 * missed. Of everything. */
void survey_later(struct collector *c, struct job *j);
void jobs_free(struct collector *c);
/* Some of what waited has been recorded: what waited for that goes on. */
void survey_settled(struct collector *c);
void survey_stop(struct collector *c);
/* From its process: a frame; and behind those that came together (rc: 0, or why none come any
 * more). True: the survey is over. */
int survey_frame(struct collector *c, struct span frame, struct err *e) MUST_CHECK;
bool survey_frames_end(struct collector *c, int rc, const struct err *why);
/* A survey by an old policy is begun again with the new one. */
void survey_restart(struct collector *c);
/* ---- surveyor.c: its process ---- */
int surveyor_start(struct collector *c, const struct survey_setup *setup,
	const struct survey_plan *plan, struct err *e) MUST_CHECK;
void surveyor_stop(struct collector *c); /* it need not run */
bool surveyor_runs(const struct collector *c);
void surveyor_pause(struct collector *c);
void surveyor_resume(struct collector *c);

/* The ledger's loss of this seq is repaired by this job, too. */
void survey_repairs(struct job *j, uint64_t seq);

/* ---- losses.c: what was not heard of ---- */
/* Something was not heard of: record it, and survey its scope. */
void losses_survey(struct collector *c, const struct loss_note *l);
/* Nobody hears of anything until a watcher is ready: only a survey that begins then finds it all.
 */
void losses_deaf(struct collector *c, const struct loss_note *l);
/* Record it, to be repaired by this job. What fails now (a full disk) is recorded with the repair.
 */
int losses_keep(struct collector *c, struct job *j, const struct loss_note *l,
	struct err *e) MUST_CHECK;
/* The one that could not be recorded yet. */
int losses_record(struct collector *c, struct job *j, struct err *e) MUST_CHECK;
/* These records, by which the losses of this job are repaired. */
int losses_repaired(struct collector *c, const struct job *j, struct ledger_record *records,
	size_t n, struct err *e) MUST_CHECK;
/* What agents that ended before their repairs left open is repaired by this job, too. */
void losses_left(struct collector *c, struct job *j);

/* ---- linked.c: files that get another name while we watch ---- */
void linked_heard(struct collector *c, const struct other_name *x);
/* A file with several names is there that was not, is elsewhere, or took the place of another. */
void linked_record(struct collector *c, const struct ledger_record *r);
void linked_known(struct collector *c, struct span path, const struct record *is);
/* A name of one of these was found in the current tree. */
void linked_found(struct collector *c, struct span path);
void linked_searched(struct collector *c, const struct job *j);
bool linked_waits(const struct collector *c); /* there is to be searched */
void linked_stop(struct collector *c);

/* ---- start.c ---- */
/* The state as it is at the start: a baseline when there is none, a check when the policy is
 * another one; what the last agent left. */
int start_state(struct collector *c, struct err *e) MUST_CHECK;
/* The policy in force is not the one of the last check: check with it. ret_text: what became newly
 * watched; may be NULL. */
int start_policy(struct collector *c, struct buf *ret_text, struct err *e) MUST_CHECK;
/* Load the policy again, and put it in force unless it is wrong. */
int start_reload(struct collector *c, struct buf *ret_text, struct err *e) MUST_CHECK;
/* Something was to be loaded and was not ("the policy was"): a note in the ledger with all that is
 * wrong with it, which ret_text gets as well; may be NULL. */
void start_refused(struct collector *c, const char *note, const char *what,
	const struct problems *problems, struct err *e, struct buf *ret_text);
/* The survey that waits for it, once the watcher hears of everything. */
void start_survey(struct collector *c);
void start_schedule(struct collector *c); /* also again: with other settings */
void start_schedule_next(struct collector *c);
/* After a whole survey: gaps that stand, where reading again came to (NULL: it did not). */
int start_values(struct collector *c, uint64_t gaps, const struct buf *reread) MUST_CHECK;
void stop_state(struct collector *c);

/* ---- pulse.c: does the watcher still listen? ---- */
void pulse_begin(struct collector *c);  /* it is ready */
void pulse_policy(struct collector *c); /* it was given another policy, which may take long */
void pulse_heard(struct collector *c);  /* something came from it */
void pulse_stop(struct collector *c);

/* ---- health.c: canaries, metrics ---- */
int health_start(struct collector *c, struct err *e) MUST_CHECK;
void health_stop(struct collector *c);
void health_record(struct collector *c, const struct ledger_record *r);
void health_counts(struct collector *c);
void health_scanned(struct collector *c, const struct job *j);
void health_means(struct collector *c, const struct means *x);
void health_watcher(struct collector *c); /* another one is there, and ready */
void health_canary(struct collector *c, const struct canary *x);
/* AGENT_CANARY: plant now; answered (by control_answer) when all have answered. */
typedef void health_answer_fn(struct control *c, uint64_t client, int code, struct span text);
void health_canary_asked(struct collector *c, uint64_t client, health_answer_fn *answer);
/* For status: a JSON array, each place with its latency, or what is wrong. */
void health_canaries(struct collector *c, struct buf *ret);
/* Why the file of metrics is not written; NULL: it is, or none is asked for. */
const char *health_trouble(const struct collector *c);

/* ---- answer.c: to the parent, the link and the command line ---- */
int answer_start(struct collector *c, struct err *e) MUST_CHECK;
void answer_stop(struct collector *c);
/* Long work goes on. */
void answer_progress(struct collector *c, uint64_t entities);
void answer_record(struct collector *c, const struct ledger_record *r);
void answer_ready(struct collector *c);
void answer_trouble(struct collector *c); /* `trouble` began, or is over */
void answer_counts(struct collector *c);
void answer_canary(struct collector *c, const struct canary *x);
void answer_watcher_lost(struct collector *c, const struct err *why);
/* It stands still: whoever began it is to end it, and to begin another one. */
void answer_watcher_stuck(struct collector *c);
void answer_reload(struct collector *c);

/* ---- asked.c: what the command line asks for ---- */
void asked_policy(struct collector *c, uint64_t client);
void asked_scan(struct collector *c, uint64_t client, const struct agent_message *m);
void asked_follow(struct collector *c, const struct ledger_record *r); /* to all who follow */
void answer_job_done(struct collector *c, const struct job *j);

/* ---- status.c ---- */
/* All that AGENT_STATUS tells, as JSON. */
void status_json(struct collector *c, struct buf *ret);

#endif
