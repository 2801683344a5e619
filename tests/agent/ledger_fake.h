/* A collector that has made up its ledger: record n is the creation of /srv/file-n. */
#ifndef TESTS_AGENT_LEDGER_FAKE_H
#define TESTS_AGENT_LEDGER_FAKE_H

#include "agent/link/link.h"
#include "os/channel.h"

struct ledger_fake {
	struct link_setup setup; /* of the link; fd is ours to set */
	uint64_t head;
	uint64_t beyond; /* so many records more than it told of are served */
	char ledger;     /* another one: another ledger */
	int64_t time;    /* of every record; 0: now */
	pid_t pid;       /* of the link */
	struct channel channel;
	struct buf state; /* what it said last of its routes */
};

/* Begin a link in a process of its own. */
void ledger_fake_start(struct ledger_fake *f);
/* End it: by closing its channel, or by SIGKILL. */
void ledger_fake_stop(struct ledger_fake *f, bool kill_it);
void ledger_fake_head(struct ledger_fake *f, uint64_t head);
/* Serve for so long, or until every route has this cursor: true then. */
bool ledger_fake_serve(struct ledger_fake *f, int ms, uint64_t until);

#endif
