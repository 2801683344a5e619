/* The pile against a sorted table in memory: any order, doubles, runs in the file, empty keys. */
#include "core/mem.h"
#include "scratch.h"
#include "store/pile.h"

#define KEYS 4000

static uint32_t seed;
static uint32_t pick(uint32_t n)
{
	seed = seed * 1664525u + 1013904223u;
	return (uint32_t)(((uint64_t)seed * n) >> 32);
}

struct expected {
	uint32_t version[KEYS]; /* 0: never put */
	uint32_t next, seen;
	size_t value_n;
};

static struct span key_of(uint32_t k, char room[16])
{
	snprintf(room, 16, "%08x", k);
	return span_from(room, k ? 8 : 0); /* the first one is empty */
}

static int in_order(void *ctx, struct span key, struct span value, struct err *e)
{
	struct expected *x = ctx;
	char room[16];
	uint32_t version;

	(void)e;
	while (x->next < KEYS && !x->version[x->next])
		x->next++;
	assert_true(x->next < KEYS);
	assert_true(span_same(key, key_of(x->next, room)));
	assert_true(value.n >= sizeof version);
	memcpy(&version, value.p, sizeof version);
	assert_int_equal(version, x->version[x->next]);
	assert_int_equal(value.p[value.n - 1], value.n == 4 ? value.p[3] : 'x');
	x->next++;
	x->seen++;
	return 0;
}

/* puts with values of up to value_max bytes; ascending: keys only grow */
static void round_of(struct pile *p, uint32_t puts, uint32_t value_max, bool ascending)
{
	struct expected *x = mem_new(sizeof *x);
	char *value = mem_grow(NULL, value_max + 4, 1), room[16];
	uint32_t different = 0, k = 0;

	memset(value, 'x', value_max + 4);
	for (uint32_t i = 1; i <= puts; i++) {
		k = ascending ? (k + pick(3)) % KEYS : pick(KEYS);
		if (ascending && i > KEYS / 3)
			break;
		different += !x->version[k];
		x->version[k] = i;
		memcpy(value, &i, sizeof i);
		OK(pile_put(p, key_of(k, room), span_from(value, 4 + pick(value_max)), &e));
	}
	OK(pile_each(p, in_order, x, &e));
	assert_int_equal(x->seen, different);
	free(value);
	free(x);
}

static void pile__is_in_order(void **state)
{
	AUTO_FREE(store) s = NULL;
	AUTO_FREE(pile) p = NULL;

	(void)state;
	scratch_empty();
	OK(store_open(&s, scratch, STORE_CREATE, &e));
	p = pile_new(s);
	for (seed = 1; seed < 20; seed++) {
		round_of(p, 0, 8, false);
		round_of(p, 1, 8, false);
		round_of(p, pick(3000), 8, false);
		round_of(p, pick(3000), 8, true);
	}
	round_of(p, 30000, 4000, false);  /* some 15 runs */
	round_of(p, 150000, 4000, false); /* runs of runs */
	round_of(p, 12, 9 << 20, false);  /* one item is more than all that is kept in memory */
	round_of(p, 2000, 8, false);      /* and is as good as new */
}

static int stop_at_third(void *ctx, struct span key, struct span value, struct err *e)
{
	unsigned *n = ctx;

	(void)key;
	(void)value;
	return ++*n == 3 ? err_set(e, ERR_INTERRUPTED, "enough") : 0;
}

static void pile__stops_and_begins_anew(void **state)
{
	AUTO_FREE(store) s = NULL;
	AUTO_FREE(pile) p = NULL;
	unsigned n = 0;

	(void)state;
	scratch_empty();
	OK(store_open(&s, scratch, STORE_CREATE, &e));
	p = pile_new(s);
	for (unsigned i = 0; i < 10; i++)
		OK(pile_put(p, span_from(&"9876543210"[i], 1), SPAN_NONE, &e));
	FAILS(pile_each(p, stop_at_third, &n, &e), ERR_INTERRUPTED);
	assert_int_equal(n, 3);
	n = 3;
	OK(pile_each(p, stop_at_third, &n, &e));
	assert_int_equal(n, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pile__is_in_order),
		cmocka_unit_test(pile__stops_and_begins_anew),
	};

	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
