/* When a path is told: at rest, or after a while, and ever more seldom. */
#include <stdio.h>

#include "../check.h"
#include "core/attr.h"
#include "entity/who.h"
#include "watch/files/passing.h"
#include "watch/files/pending.h"

#define ACTS 8

/* Let time run from `from`, in milliseconds; how often the path was told, and when first. */
static unsigned run(struct pending *p, int64_t from, int64_t to, int64_t *ret_first)
{
	unsigned told = 0;

	for (int64_t t = from; t < to; t++) {
		struct pending_row *r;
		uint32_t at = 0;

		if (p->due > t * MS)
			continue;
		while ((r = pending_next(p, t * MS, &at))) {
			if (told++ == 0)
				*ret_first = t;
			pending_told(p, r, t * MS);
		}
		pending_sweep(p, t * MS);
	}
	return told;
}

static void act(struct pending *p, const char *path, int64_t ms, bool settled)
{
	struct pending_act x = { .path = span_of(path),
		.rest = settled ? REST_SETTLED : REST_OPEN,
		.now = ms * MS };

	assert_true(pending_add(p, &x));
}

static void rest(void **state)
{
	static const struct {
		const char *what;
		struct {
			int64_t at;
			bool settled;
		} act[ACTS];
		size_t n;
		int64_t first;
		unsigned told;
	} cases[] = {
		{ "closed", { { 100, true } }, 1, 110, 1 },
		{ "written, not closed", { { 100, false } }, 1, 250, 1 },
		{ "written, then closed", { { 100, false }, { 130, true } }, 2, 140, 1 },
		{ "closed, then written", { { 100, true }, { 105, false } }, 2, 255, 1 },
		{ "twice at once", { { 100, true }, { 105, true } }, 2, 115, 1 },
		{ "twice", { { 100, true }, { 200, true } }, 2, 110, 2 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct pending p;
		int64_t first = 0, at;
		unsigned told = 0;

		pending_init(&p, 0);
		for (size_t k = 0; k < cases[i].n; k++) {
			int64_t next = k + 1 < cases[i].n ? cases[i].act[k + 1].at : 5000;

			act(&p, "/x", cases[i].act[k].at, cases[i].act[k].settled);
			told += run(&p, cases[i].act[k].at, next, told ? &at : &first);
		}
		if (told != cases[i].told || first != cases[i].first)
			print_error("%s: %u times, first at %d\n", cases[i].what, told, (int)first);
		assert_int_equal(told, cases[i].told);
		assert_int_equal(first, cases[i].first);
		assert_int_equal(p.n_waiting, 0);
		assert_true(p.due == INT64_MAX);
		pending_done(&p);
	}
}

/* Something done every `every` ms for a minute: the first time soon, no more seldom than every
 * second, and the last time not long after it ends. */
static void on_and_on(void **state)
{
	static const struct {
		int64_t every;
		bool settled;
		int64_t first;
		unsigned least, most;
	} cases[] = {
		{ 5, false, 1000, 50, 62 }, /* never rests: after a second */
		{ 5, true, 1000, 50, 62 },
		{ 50, true, 10, 50, 130 }, /* rests each time: at once, soon, then every second */
		{ 100, false, 1000, 50, 62 },
		{ 1000, true, 10, 55, 62 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int64_t first = -1, at, end = 60000;
		struct pending p;
		unsigned told = 0;

		pending_init(&p, 0);
		for (int64_t t = 0; t < end; t += cases[i].every) {
			act(&p, "/x", t, cases[i].settled);
			told += run(&p, t, t + cases[i].every, told ? &at : &first);
		}
		if (first != cases[i].first || told < cases[i].least || told > cases[i].most)
			print_error("every %d ms: %u times, first at %d\n", (int)cases[i].every,
				told, (int)first);
		assert_int_equal(first, cases[i].first);
		assert_in_range(told, cases[i].least, cases[i].most);
		if (p.n_waiting) {
			assert_int_equal(run(&p, end, end + 10000, &at), 1);
			assert_in_range(at, end, end + 2600);
		}
		/* after a rest it is as at first */
		act(&p, "/x", end + 60000, true);
		assert_int_equal(run(&p, end + 60000, end + 70000, &at), 1);
		assert_int_equal(at, end + 60010);
		pending_done(&p);
	}
}

static void full(void **state)
{
	struct pending p;
	int64_t first;
	char name[32];

	(void)state;
	pending_init(&p, 100);
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof name, "/%d", i);
		act(&p, name, 0, true);
	}
	assert_false(pending_add(&p, &(struct pending_act){ .path = span_of("/more") }));
	act(&p, "/50", 1, true); /* one that waits already */
	assert_int_equal(run(&p, 0, 100, &first), 100);
	/* those that were told make room */
	act(&p, "/more", 100, true);
	assert_int_equal(run(&p, 100, 200, &first), 1);
	pending_done(&p);
}

static void who(void **state)
{
	struct whodunit *a = whodunit_new(span_of("a"), NULL),
			*b = whodunit_new(span_of("b"), NULL);
	struct pending_act x = { .path = span_of("/x"), .who = a };
	struct pending p;

	(void)state;
	pending_init(&p, 0);
	assert_true(pending_add(&p, &x));
	assert_int_equal(a->refs, 2);
	x.who = b; /* the last one who touched it; that neither can be read is no reason to fail */
	assert_true(pending_add(&p, &x));
	assert_true(whodunit_same(p.row[0].who, b));
	pending_done(&p);
	assert_int_equal(a->refs, 1);
	assert_int_equal(b->refs, 1);
	whodunit_drop(a);
	whodunit_drop(b);
}

static struct whodunit *somebody(uint32_t pid)
{
	AUTO(buf) bytes = BUF_INIT(4096);
	struct who w = { .pid = pid, .uid = 0, .login_uid = WHO_NONE, .session = WHO_NONE };

	who_encode(&w, &bytes);
	return whodunit_new(buf_span(&bytes), NULL);
}

/* Two take turns: both are told, at no cost after the first few; and told once. */
static void two(void **state)
{
	struct whodunit *x[2] = { somebody(10), somebody(20) }, *told;
	AUTO_FREE(arena) a = arena_new();
	struct pending_act act = { .path = span_of("/x") };
	unsigned joined = 0;
	struct pending p;
	struct who who;
	struct err e;

	(void)state;
	pending_init(&p, 0);
	for (unsigned i = 0; i < 1000; i++) {
		act.who = x[i % 2];
		assert_true(pending_add(&p, &act));
		if (i == 10)
			joined = p.at_joined;
	}
	assert_int_equal(p.at_joined, joined);
	told = p.row[0].who;
	assert_int_equal(who_decode(span_from(told->bytes, told->n), a, &who, &e), 0);
	assert_int_equal(who.pid, 20);
	assert_int_equal(who.others, 1);
	assert_int_equal(who.n_also, 1);
	assert_int_equal(who.also[0].pid, 10);
	pending_told(&p, &p.row[0], 1);
	act.who = x[0]; /* since then only this one */
	assert_true(pending_add(&p, &act));
	assert_ptr_equal(p.row[0].who, x[0]);
	pending_done(&p);
	assert_int_equal(x[0]->refs, 1);
	assert_int_equal(x[1]->refs, 1);
	whodunit_drop(x[0]);
	whodunit_drop(x[1]);
}

static void name_is_passing__knows_what_programs_do(void **state)
{
	static const struct {
		const char *name;
		bool passing;
	} cases[] = {
		{ ".passwd.swp", true },
		{ ".goutputstream-ABC123", true },
		{ "sedKx81aP", true },
		{ "passwd~", true },
		{ "#notes#", true },
		{ "shadow+", true },
		{ "x.dpkg-new", true },
		{ "4913", true },
		{ "passwd", false },
		{ "a.conf", false },
		{ "42", false },
		{ "", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(name_is_passing(span_of(cases[i].name)), cases[i].passing);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(name_is_passing__knows_what_programs_do),
		cmocka_unit_test(rest),
		cmocka_unit_test(on_and_on),
		cmocka_unit_test(full),
		cmocka_unit_test(who),
		cmocka_unit_test(two),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
