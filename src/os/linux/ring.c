#include "os/ring.h"

#include <limits.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SKIP UINT32_MAX /* stands where a frame would have to wrap: go on at the start */
#define ALIGN 8u

/* head and tail count bytes ever written and read; each has one owner. */
struct ring {
	size_t size; /* set before fork, never read from shared memory again by …_get */
	_Alignas(64) _Atomic uint64_t head;
	_Alignas(64) _Atomic uint64_t tail;
	_Alignas(64) char bytes[];
};

struct ring *ring_new(size_t bytes)
{
	struct ring *r = mmap(NULL, sizeof *r + bytes, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (r == MAP_FAILED)
		return NULL;
	r->size = bytes;
	return r;
}

void ring_free(struct ring *r)
{
	if (r)
		munmap(r, sizeof *r + r->size);
}

size_t ring_frame_max(const struct ring *r)
{
	return r->size / 2 - ALIGN;
}

size_t ring_used(const struct ring *r)
{
	return (size_t)(atomic_load_explicit(&r->head, memory_order_acquire) -
			atomic_load_explicit(&r->tail, memory_order_acquire));
}

static size_t padded(size_t n)
{
	return (n + sizeof(uint32_t) + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

bool ring_put(struct ring *r, struct span frame)
{
	uint64_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
	uint64_t tail = atomic_load_explicit(&r->tail, memory_order_acquire);
	size_t at = head & (r->size - 1), need = padded(frame.n), skip = 0;
	uint32_t n = (uint32_t)frame.n;

	if (frame.n > ring_frame_max(r))
		return false;
	if (r->size - at < need)
		skip = r->size - at;
	if (r->size - (head - tail) < need + skip)
		return false;
	if (skip) {
		uint32_t mark = SKIP;

		memcpy(r->bytes + at, &mark, sizeof mark);
		at = 0;
	}
	memcpy(r->bytes + at, &n, sizeof n);
	memcpy(r->bytes + at + sizeof n, frame.p, frame.n);
	atomic_store_explicit(&r->head, head + skip + need, memory_order_release);
	return true;
}

bool ring_get(struct ring *r, struct span *ret)
{
	for (;;) {
		uint64_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
		uint64_t head = atomic_load_explicit(&r->head, memory_order_acquire);
		size_t at = tail & (r->size - 1);
		uint32_t n;

		if (head == tail)
			return false;
		memcpy(&n, r->bytes + at, sizeof n);
		if (n == SKIP) {
			atomic_store_explicit(&r->tail, tail + (r->size - at),
				memory_order_release);
			continue;
		}
		if (n > r->size - at - sizeof n)
			return false;
		*ret = span_from(r->bytes + at + sizeof n, n);
		return true;
	}
}

void ring_pop(struct ring *r)
{
	uint64_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
	uint32_t n;

	memcpy(&n, r->bytes + (tail & (r->size - 1)), sizeof n);
	atomic_store_explicit(&r->tail, tail + padded(n), memory_order_release);
}

void bell_ring(struct bell *b)
{
	atomic_fetch_add(&b->count, 1);
	if (atomic_load(&b->waiting) && atomic_exchange(&b->waiting, 0))
		syscall(SYS_futex, &b->count, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

/* Whoever rings after `waiting` is set sees it; whoever rang before changed the count, and the
 * kernel does not let us sleep on a changed one. */
void bell_wait(struct bell *b, uint32_t seen, unsigned timeout_ms)
{
	struct timespec t = { timeout_ms / 1000, (long)(timeout_ms % 1000) * 1000000 };

	atomic_store(&b->waiting, 1);
	syscall(SYS_futex, &b->count, FUTEX_WAIT, seen, &t, NULL, 0);
}
