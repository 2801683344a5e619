/* What `invar watch` prints, on every platform. */
#ifndef AGENT_COMMAND_WATCH_PRINT_H
#define AGENT_COMMAND_WATCH_PRINT_H

#include "change/change.h"
#include "cli/session.h"

/* A check_listener's record; ctx: the session. */
int watch_print(void *ctx, const struct ledger_record *r, struct err *e);
/* 1: an agent runs for this state, and was followed to its end; 0: there is none. */
int watch_follow(struct session *s, struct err *e) MUST_CHECK;

#endif
