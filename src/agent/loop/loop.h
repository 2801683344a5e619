/* The collector's loop: timers, and what else wakes it, which is the platform's (loop_event.h,
 * loop/windows/loop_hear.h). One thread. */
#ifndef AGENT_LOOP_LOOP_H
#define AGENT_LOOP_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/err.h"

struct loop;
struct timer;

int loop_new(struct loop **ret, struct err *e) MUST_CHECK;
void loop_free(struct loop *l); /* after its timers; accepts NULL */
/* Until loop_end. */
void loop_run(struct loop *l);
void loop_end(struct loop *l);

/* Once, so long after each timer_start; it rests until then. */
struct timer *timer_new(struct loop *l, void (*due)(void *ctx), void *ctx);
void timer_free(struct timer *t); /* accepts NULL */
/* ns from now; instead of what it waited for. */
void timer_start(struct timer *t, int64_t ns);
void timer_stop(struct timer *t);
bool timer_waits(const struct timer *t);

#endif
