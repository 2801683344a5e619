/* The collector: takes hints from the watcher, looks, records, tells; scans on a schedule; repairs
 * what was lost. One thread, one event loop; what can hang is in processes of its own. */
#ifndef AGENT_COLLECTOR_COLLECTOR_H
#define AGENT_COLLECTOR_COLLECTOR_H

#include "agent/config/config.h"
#include "change/pipeline.h"

struct collector_setup {
	const char *state_dir, *policy_path;
	struct store *store;         /* STORE_SHARE, the caller's; NULL: opened, or made, by us */
	const struct policy *policy; /* already loaded; the caller's */
	const struct agent_config *config;
	const char *config_path; /* where they are; NULL: nowhere. On Windows they are read again */
	int watcher;             /* channels; -1: there is none */
	int link;
	int parent;
	int control;                           /* listening socket */
	const char *control_pipe;              /* on Windows instead: its name; NULL: none */
	const struct check_listener *listener; /* hears every record; may be NULL */
	bool again; /* another one ended: the policy in force is the state's, not the caller's */
	bool after; /* another one ended, and the parent lived on */
	bool stuck; /* that one did not answer, and was ended for it */
	bool foreground; /* `invar watch`: no schedule */
	/* Without a parent: the watcher ended; begin another one and return its channel, or an
	 * error, which ends the collector. NULL: its end is ours. */
	int (*watcher_again)(void *ctx, struct err *e);
	void *again_ctx;
};

/* Go on until asked to stop (a signal, AGENT_STOP): 0 then. */
int collector_run(const struct collector_setup *setup, struct err *e) MUST_CHECK;

#endif
