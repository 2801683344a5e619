/* Any bytes as a who: what is taken is written again, and comes back the same. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "entity/who.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* With somebody else before and behind it: bounded, and read again. */
static void join(struct span one, const struct who *w)
{
	AUTO_FREE(arena) a = arena_new();
	AUTO(buf)
	other = BUF_INIT(BUF_MAX_DEFAULT), both = BUF_INIT(BUF_MAX_DEFAULT),
	again = BUF_INIT(BUF_MAX_DEFAULT);
	struct who x = { .pid = w->pid ^ 1, .uid = WHO_NONE, .exe = span_of("/bin/x") }, got;
	struct err e;

	who_encode(&x, &other);
	if (!who_join(one, buf_span(&other), &both) ||
		!who_join(buf_span(&other), buf_span(&both), &again) ||
		who_decode(buf_span(&again), a, &got, &e) < 0)
		abort();
	assert(got.pid == x.pid && got.others > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	AUTO_FREE(arena) a = arena_new();
	AUTO(buf) one = BUF_INIT(BUF_MAX_DEFAULT), two = BUF_INIT(BUF_MAX_DEFAULT);
	struct who w;
	struct err e;

	if (who_decode(span_from(data, n), a, &w, &e) < 0)
		return 0;
	who_encode(&w, &one);
	if (who_decode(buf_span(&one), a, &w, &e) < 0)
		abort(); /* what we wrote is not read */
	who_encode(&w, &two);
	assert(span_same(buf_span(&one), buf_span(&two)));
	join(buf_span(&one), &w);
	return 0;
}
