/* One role as a process of its own: started by the parent, confined, run, ended with the parent. */
#ifndef AGENT_SERVICE_CHILD_H
#define AGENT_SERVICE_CHILD_H

#include "agent/service/parent.h"
#include "agent/service/role.h"
#include "core/buf.h"

/* What a role is given; of these it holds nothing else, and the parent keeps no copy. */
struct child_ends {
	int parent;        /* collector: channel to the parent; else -1 */
	int collector;     /* watcher, link: channel to the collector */
	int watcher, link; /* collector: channels to them; -1: there is none */
	bool again; /* collector: it goes on where another one ended, with the policy in force */
	bool after; /* collector: another one ended, and the parent lived on */
	bool stuck; /* collector: that one was ended, since it did not answer */
};

struct child {
	enum role role;
	pid_t pid;       /* 0: none runs */
	int told;        /* -1, or a pipe: what could not be confined, then its end */
	struct buf text; /* what came by it */
	unsigned starts;
	int64_t began, ended; /* ns since epoch */
	int64_t good_at;      /* monotonic: from then on it ran well */
	int64_t due;          /* monotonic: when it is to be started again; 0: it is not */
	int64_t pause;        /* ns, before the next start */
	bool killed;          /* by us, which is nothing to warn of */
};

int child_start(struct child *c, const struct parent_setup *setup, const struct child_ends *ends,
	struct err *e) MUST_CHECK;
/* Read what it says of itself. */
void child_hear(struct child *c);
/* It ended: when it is to be started again. */
void child_ended(struct child *c, int status);
/* JSON for status: one object a role. */
void children_json(const struct child *list, size_t n, struct buf *ret);

#endif
