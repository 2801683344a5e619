/* The agent is four processes, so that each has no more rights than it needs:
 *
 *   parent     starts the others, starts them again when they end, tells systemd; reads nothing
 *   watcher    hears of changes (watch/watch.h); writes nothing
 *   collector  looks, compares, records; owns the state; no network
 *   link       carries records out (routes); own user, sees no files of the host but its own spool
 *
 * They are forks of one program, which hold nothing but the ends of channels to each other. */
#ifndef AGENT_ROLE_H
#define AGENT_ROLE_H

#include <sys/types.h>

#include "agent/config.h"
#include "core/err.h"

enum role { ROLE_PARENT, ROLE_WATCHER, ROLE_COLLECTOR, ROLE_LINK, ROLE_N };
extern const char *const role_names[];

/* Give up for good what this role does not need: capabilities, user, system calls, places to write
 * to. What the kernel cannot do (an old one, a container) is left out, and said to in *ret_text
 * (one line; empty: all is in force). An error only when going on would be unsafe. */
int role_confine(enum role role, const struct agent_config *c, struct buf *ret_text,
	struct err *e) MUST_CHECK;

#endif
