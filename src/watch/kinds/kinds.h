/* Inside the room of kinds: which kinds are watched, by which means, and what waits to be told. */
#ifndef WATCH_KINDS_KINDS_H
#define WATCH_KINDS_KINDS_H

#include "watch/watcher.h"

#define KINDS_MEANS_N (WATCH_POLL + 1)
#define KINDS_WAITING 64 /* hints that wait, of one kind; more become one for all of it */

/* One thing that happened, as a means hears of it. */
struct kinds_act {
	struct span key; /* empty: any entity of the kind */
	bool below;      /* every key that begins with this */
	int64_t time;    /* ns since epoch; 0: now */
	struct span who; /* entity/who.h; empty: not known */
	const char *why; /* then: why not; a literal */
	bool urgent;     /* to be looked at soon, however much else happens */
};

/* Hints of one kind that were not sent yet: what happens together is looked at once. */
struct kinds_waiting {
	struct kinds_hint {
		struct buf key, who;
		bool below;
		int64_t time;
		const char *why;
	} hint[KINDS_WAITING];
	size_t n;
	int64_t began; /* monotonic; of the first one */
	bool urgent;
	/* How often a kind is looked at that does not come to rest: a bucket of tokens, whose
	 * interval grows as long as it is empty. All monotonic. */
	unsigned tokens;
	int64_t interval, refilled, sent;
	struct event *timer;
};

struct watched_kind {
	struct watched_kinds *all;
	const struct kind *kind; /* NULL: no kind has this id */
	bool asked;              /* some rule asks for it */
	unsigned declared;       /* bit per enum watch_means */
	const char *uevent;      /* subsystem, of WATCH_UEVENT */
	const char *setting;     /* folder, of WATCH_SETTING */
	unsigned poll;           /* seconds, declared; 0: not */
	unsigned polled;         /* seconds, in force; 0: not */
	int64_t due;             /* monotonic; of the next poll */
	unsigned untold;         /* bit per means: its state is still to be told */
	unsigned polled_told;    /* seconds, as told */
	struct loss lost;        /* count or text: still to be told */
	struct kinds_waiting waiting;
};

/* A means and how it stands. */
struct kinds_means {
	bool begun, in_force;
	bool absent;   /* nothing is there to be listened to, so that nothing is missed */
	char why[200]; /* not in force: why */
};

struct kinds_signals;
struct kinds_netlink;
struct kinds_programs;
struct kinds_settings;

struct watched_kinds {
	struct watcher *w;
	struct watched_kind of[KIND_IDS];
	struct kinds_means means[KINDS_MEANS_N];
	struct buf paths; /* struct watch_path, ended by one that is empty */
	struct event *poll;
	struct arena *arena; /* for what is over at once */
	struct kinds_signals *systemd, *bus;
	struct kinds_netlink *uevent, *nftables, *destroyed;
	struct kinds_programs *programs;
	struct kinds_settings *settings;
	uint64_t *hints[KINDS_MEANS_N]; /* counters */
};

/* Fires once, so many ns from now. */
static inline void kinds_timer(struct event *timer, int64_t ns)
{
	int64_t us = ns > 0 ? (ns + 999) / 1000 : 0;

	event_add(timer, &(struct timeval){ us / 1000000, us % 1000000 });
}

/* ---- what a means may do ---- */

/* Something of this kind may have changed. */
void kinds_heard(struct watched_kind *k, enum watch_means by, const struct kinds_act *act);
/* The same of every kind that has this source; what: NULL, or the subsystem. */
void kinds_heard_all(struct watched_kinds *all, enum watch_means by, struct span what,
	const struct kinds_act *act);
/* The means is in force, or is not any more, and why. */
void kinds_state(struct watched_kinds *all, enum watch_means by, bool in_force, const char *why);
/* What it listens to is not there on this host, by now. */
void kinds_absent(struct watched_kinds *all, enum watch_means by, const char *why);
/* It did not hear what happened since `from` (ns since epoch). */
void kinds_lost(struct watched_kinds *all, enum watch_means by, int64_t from, uint64_t count,
	const char *text);

/* ---- hints that wait (waiting.c) ---- */

void kinds_wait(struct watched_kind *k, const struct kinds_act *act);
/* Send what waits; what the channel does not take keeps waiting. */
void kinds_send_waiting(struct watched_kind *k);
void kinds_waiting_done(struct watched_kind *k);

/* ---- programs and their sockets (programs.c) ---- */

void kinds_programs_start(struct watched_kinds *all);
void kinds_programs_stop(struct watched_kinds *all);

/* ---- how it is told (told.c) ---- */

void kinds_tell(struct watched_kinds *all); /* states and losses not yet told */
/* Which kinds are polled, as of now; sets the timer. */
void kinds_poll_set(struct watched_kinds *all);
void kinds_poll_done(struct watched_kinds *all);

/* ---- the means; each may be begun again after it was ended ---- */

struct kinds_means_room {
	enum watch_means of;
	void (*begin)(struct watched_kinds *all); /* tells its state by kinds_state, now or later */
	void (*end)(struct watched_kinds *all);   /* also when it was never begun */
};
extern const struct kinds_means_room kinds_means_systemd, kinds_means_bus, kinds_means_uevent,
	kinds_means_nftables, kinds_means_socket, kinds_means_exec, kinds_means_setting;

#endif
