/* Inside the collector: what only Windows has. */
#ifndef AGENT_COLLECTOR_WINDOWS_COLLECTOR_WINDOWS_H
#define AGENT_COLLECTOR_WINDOWS_COLLECTOR_WINDOWS_H

#include <windows.h>

#include "agent/collector/state.h"
#include "agent/health/clocks.h"
#include "agent/loop/windows/loop_hear.h"
#include "watch/windows/hearings.h"

struct routes;   /* routes.c */
struct surveyor; /* surveyor.c */

struct collector_windows {
	struct agent_config *config; /* read again since we began; NULL: the setup's is in force */
	struct hearings *hearings;
	struct loop_source *heard, *stop, *reload;
	struct surveyor *surveyor;
	struct timer *others; /* looks whether others wrote to the ledger, … */
	HANDLE written;       /* … which this tells: somebody wrote to the store; NULL: it
				 does not */
	struct loop_source *writing;
	struct timer *clock; /* looks whether somebody set the clock, or the host slept */
	struct clocks clocks;
	struct held *held;          /* NULL: nothing is held */
	struct routes *routes;      /* NULL: there are none */
	struct loop_source *routed; /* what they say of themselves */
};

/* ---- answer.c ---- */
/* Once the store is there. Ended by answer_stop. */
int answer_routes(struct collector *c, struct err *e) MUST_CHECK;
/* Ends them. False: they did not end in time, and still use the settings they were begun with. */
bool answer_routes_end(struct collector *c);

/* ---- settings.c ---- */
/* Read them again; other ones are in force when it returns: routes, schedule, limits. Wrong ones
 * are refused, and the old ones stay: ERR_POLICY; ret_text: what is wrong, may be NULL. */
int settings_reload(struct collector *c, struct buf *ret_text, struct err *e) MUST_CHECK;
void settings_done(struct collector *c);

/* ---- held.c ---- */
/* Something could not be looked at: if it is a file in use, it is looked at when it is let go. */
void held_gap(struct collector *c, const struct gap_note *g);
void held_free(struct held *h); /* accepts NULL */

#endif
