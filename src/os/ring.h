/* Frames of bytes from one process to another through shared memory, and the bell that says so.
 *
 * One writer at a time, one reader. Nothing is locked, so a process that is killed at any moment
 * leaves nothing behind that the other would wait for. Memory comes from ring_new before fork(). */
#ifndef OS_RING_H
#define OS_RING_H

#include <stdatomic.h>
#include <stdint.h>

#include "core/span.h"

struct ring;

struct ring *ring_new(size_t bytes); /* bytes: a power of two; NULL when memory cannot be shared */
void ring_free(struct ring *r);
size_t ring_frame_max(const struct ring *r); /* the longest frame it takes */
size_t ring_used(const struct ring *r);      /* bytes waiting to be read */

/* Append one frame. False: no room now (or longer than ring_frame_max). */
bool ring_put(struct ring *r, struct span frame);
/* The oldest frame, valid until ring_pop. False: nothing there. A writer that scribbled over the
 * ring cannot make this read outside of it. */
bool ring_get(struct ring *r, struct span *ret);
void ring_pop(struct ring *r);

/* Something happened: waiters look again. Lives in shared memory. */
struct bell {
	_Atomic uint32_t count;
	_Atomic uint32_t waiting;
};

static inline uint32_t bell_seen(const struct bell *b)
{
	return atomic_load_explicit(&b->count, memory_order_acquire);
}
/* Wake who waits; cheap when nobody does, or when they were woken already and have yet to run. */
void bell_ring(struct bell *b);
/* Sleep until the bell was rung after `seen` was read, or timeout_ms passed. */
void bell_wait(struct bell *b, uint32_t seen, unsigned timeout_ms);

#endif
