/* Inside the collector: what only Windows has. */
#ifndef AGENT_COLLECTOR_WINDOWS_COLLECTOR_WINDOWS_H
#define AGENT_COLLECTOR_WINDOWS_COLLECTOR_WINDOWS_H

#include <windows.h>

#include "agent/collector/state.h"
#include "agent/loop/windows/loop_hear.h"
#include "watch/windows/hearings.h"

struct routes;   /* routes.c */
struct surveyor; /* surveyor.c */

struct collector_windows {
	struct hearings *hearings;
	struct loop_source *heard, *stop, *reload;
	struct surveyor *surveyor;
	struct timer *others; /* looks whether others wrote to the ledger, … */
	HANDLE written;       /* … which this tells: somebody wrote to the store; NULL: it
				 does not */
	struct loop_source *writing;
	struct held *held;          /* NULL: nothing is held */
	struct routes *routes;      /* NULL: there are none */
	struct loop_source *routed; /* what they say of themselves */
};

/* ---- answer.c ---- */
/* Once the store is there. Ended by answer_stop. */
int answer_routes(struct collector *c, struct err *e) MUST_CHECK;

/* ---- held.c ---- */
/* Something could not be looked at: if it is a file in use, it is looked at when it is let go. */
void held_gap(struct collector *c, const struct gap_note *g);
void held_free(struct held *h); /* accepts NULL */

#endif
