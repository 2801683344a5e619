/* The agent is four processes, so that each has no more rights than it needs:
 *
 *   parent     starts the others, starts them again when they end, tells systemd; reads nothing
 *   watcher    hears of changes (watch/watch.h); writes nothing
 *   collector  looks, compares, records; owns the state; no network
 *   link       carries records out (routes), by a process for each; own user, these see no files of
 *              the host but their spool and what their route names
 *
 * They are forks of one program, which hold nothing but the ends of channels to each other. */
#ifndef AGENT_SERVICE_ROLE_H
#define AGENT_SERVICE_ROLE_H

#include <sys/types.h>

#include "agent/config/config.h"
#include "agent/config/route.h"
#include "core/buf.h"
#include "core/err.h"

enum role { ROLE_PARENT, ROLE_WATCHER, ROLE_COLLECTOR, ROLE_LINK, ROLE_N };
extern const char *const role_names[];

/* Give up for good what this role does not need: capabilities, user, system calls, places to write
 * to. What the kernel cannot do (an old one, a container) is left out, and said to in *ret_text
 * (one line; empty: all is in force). An error only when going on would be unsafe. */
int role_confine(enum role role, const struct agent_config *c, struct buf *ret_text,
	struct err *e) MUST_CHECK;

/* Whom the link runs as: link_user of the settings, where there is none of that name nobody. */
void role_link_user(const struct agent_config *c, uid_t *ret_uid, gid_t *ret_gid);

/* ---- the parts of it, each in a file of its own ---- */

/* Capabilities kept, as a set of bits; an empty one of a role that changes its user. */
void confine_raise_all(void); /* effective is what is permitted: to confine with */
int confine_rights(uint64_t permitted, uint64_t effective, struct err *e) MUST_CHECK;
/* System calls. */
int confine_calls(enum role role, bool runs, struct buf *ret_text, struct err *e) MUST_CHECK;
/* Files, of each route's process: only what this one needs. can: is there such a thing? */
bool confine_files_can(struct buf *ret_text);
void confine_files(const struct route *r, struct buf *ret_text);

#endif
