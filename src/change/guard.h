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
/* ERR_TIMEOUT: options.kind_ms were not enough. One kept goes on with it then: guard_goes_on. */
int guard_kind(struct guard *g, const struct kind *k, struct err *e) MUST_CHECK;

/* For who looks often: a process that is there for the next scan, with all that host_renew takes
 * over. It is asked for one kind after the other; it ends when nobody asks for a while, and when it
 * did, or was killed, there is another one at the next question. The policy is that of the first
 * scan. old: of an earlier scan, or NULL; taken over. guard_rest: this scan
 * ends. */
struct guard *guard_kept(struct guard *old, struct scan *s);
void guard_rest(struct guard *g);

/* One kept: begin to observe this kind, and do not wait; the scan may end. What came is taken by
 * guard_kind of a later scan, after guard_adopt. */
int guard_ahead(struct guard *g, const struct kind *k, struct err *e) MUST_CHECK;
/* One that is at a kind (NULL: any) nobody took yet: begun by guard_ahead, or guard_kind had no
 * more time for it. */
bool guard_goes_on(const struct guard *g, const struct kind *k);
/* Take in what came, without waiting. */
enum ahead guard_ahead_state(struct guard *g);
/* It is that scan's from now on, when all of this kind came. */
bool guard_adopt(struct guard *g, const struct kind *k, struct scan *s);
/* Which kind took longer than options.kind_ms; NULL: none did. Said once. */
const struct kind *guard_late(struct guard *g);
/* Ended by us, being stopped by a signal: said once. */
bool guard_was_stopped(struct guard *g);

/* Was this program started to be that process? Then it has done what it was asked for, and ends
 * with *ret. Call first in main. */
bool guard_serves(int argc, char **argv, int *ret);

/* ---- in that process: what scan_emit and scan_gap become ---- */
struct outlet;
void outlet_entity(struct outlet *o, const struct observation *x);
void outlet_gap(struct outlet *o, const struct gap *g);
void outlet_alive(struct outlet *o); /* at most once a second */

#endif
