/* Sensors of kinds that are not sorted run in a process of their own, one after the other: hostile
 * bytes that crash a parser, or a file system that never answers, cost one kind a gap, and the next
 * process goes on behind it. */
#ifndef CHANGE_GUARD_H
#define CHANGE_GUARD_H

#include "change/scan.h"

struct guard;

struct guard *guard_new(struct scan *s);
void guard_free(struct guard *g); /* ends the process; accepts NULL */
void guard_freep(struct guard **g);

/* Observe one kind: s->emitted and the gaps get what its sensors deliver. Kinds come in the order
 * of their ids. `wanted` says which ones will come. */
int guard_kind(struct guard *g, const struct kind *k, struct err *e) MUST_CHECK;

/* For who looks often: a process that is there for the next scan, with all that host_renew takes
 * over. It is asked for one kind after the other; it ends when nobody asks for a while, and when it
 * did, or was killed, there is another one at the next question. The policy is that of the first
 * scan. old: of an earlier scan, or NULL; taken over. guard_rest: this scan
 * ends. */
struct guard *guard_kept(struct guard *old, struct scan *s);
void guard_rest(struct guard *g);

/* Was this program started to be that process? Then it has done what it was asked for, and ends
 * with *ret. Call first in main. */
bool guard_serves(int argc, char **argv, int *ret);

/* ---- in that process: what scan_emit and scan_gap become ---- */
struct outlet;
void outlet_entity(struct outlet *o, const struct observation *x);
void outlet_gap(struct outlet *o, const struct gap *g);
void outlet_alive(struct outlet *o); /* at most once a second */

#endif
