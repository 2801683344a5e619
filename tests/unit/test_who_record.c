/* A who goes into bytes and comes back; what is not one is refused. */
#include "../check.h"
#include "core/cbor.h"
#include "entity/who.h"

static const struct span argv[] = { { "vim", 3 }, { "", 0 }, { "\xff\x00\n", 3 } };
static const struct who_ancestor ancestry[] = {
	{ 890, 1000, 17, { "/usr/bin/bash", 13 }, WHO_APART },
	{ 811, WHO_NONE, 0, { NULL, 0 }, 0 },
};
static const struct who_also also[] = {
	{ WHO_BEFORE, 911, WHO_NONE, 5, 9, { "/tmp/evil", 9 },
		{ "0123456789abcdef0123456789abcdef", 32 }, argv, 2, true, { "alice", 5 },
		WHO_APART | WHO_REPLACED },
	{ .relation = WHO_TOO, .pid = 912, .uid = 0 },
};
#define NOBODY .uid = WHO_NONE, .login_uid = WHO_NONE, .session = WHO_NONE
#define TEXT(s) \
	{ \
		s, sizeof(s) - 1 \
	}

static const struct who cases[] = {
	{ .pid = 1, NOBODY },
	{ .pid = 911, .uid = 0, .login_uid = 1000, .session = 3, .started = -5 },
	{ .pid = 2, NOBODY, .comm = TEXT("kthreadd") },
	{ .pid = UINT32_MAX,
		.uid = UINT32_MAX - 1,
		.login_uid = 0,
		.session = 0,
		.started = INT64_MAX,
		.exe = TEXT("/usr/bin/vim (deleted)"),
		.sha256 = TEXT("0123456789abcdef0123456789abcdef"),
		.argv = argv,
		.n_argv = 3,
		.argv_cut = true,
		.user = TEXT("root"),
		.login = TEXT("alice"),
		.tty = TEXT("pts/3"),
		.unit = TEXT("ssh.service"),
		.container = TEXT("docker:0123456789ab"),
		.ancestry_cut = true,
		.ancestry = ancestry,
		.n_ancestry = 2,
		.others = 7,
		.also = also,
		.n_also = 2,
		.also_cut = true,
		.part = WHO_LET_GO,
		.place = WHO_APART | WHO_REPLACED,
		.unread = TEXT("it cannot be opened"),
		.means = TEXT("bpf") },
};

#define SAME(member) assert_true(span_same(w.member, c->member))

static void test_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct who *c = &cases[i];
		AUTO(buf) one = BUF_INIT(4096), two = BUF_INIT(4096);
		AUTO_FREE(arena) a = arena_new();
		struct who w;
		struct err e;

		who_encode(c, &one);
		assert_int_equal(who_decode(buf_span(&one), a, &w, &e), 0);
		assert_int_equal(w.pid, c->pid);
		assert_int_equal(w.uid, c->uid);
		assert_int_equal(w.login_uid, c->login_uid);
		assert_int_equal(w.session, c->session);
		assert_true(w.started == c->started);
		SAME(exe), SAME(sha256), SAME(comm), SAME(user), SAME(login), SAME(tty);
		SAME(unit), SAME(container), SAME(means), SAME(unread);
		assert_int_equal(w.n_argv, c->n_argv);
		for (size_t k = 0; k < w.n_argv; k++)
			SAME(argv[k]);
		assert_int_equal(w.argv_cut, c->argv_cut);
		assert_int_equal(w.n_ancestry, c->n_ancestry);
		for (size_t k = 0; k < w.n_ancestry; k++) {
			assert_int_equal(w.ancestry[k].pid, c->ancestry[k].pid);
			assert_int_equal(w.ancestry[k].uid, c->ancestry[k].uid);
			assert_true(w.ancestry[k].started == c->ancestry[k].started);
			SAME(ancestry[k].exe);
			assert_int_equal(w.ancestry[k].place, c->ancestry[k].place);
		}
		assert_int_equal(w.ancestry_cut, c->ancestry_cut);
		assert_int_equal(w.part, c->part);
		assert_int_equal(w.place, c->place);
		assert_int_equal(w.others, c->others);
		assert_int_equal(w.n_also, c->n_also);
		assert_int_equal(w.also_cut, c->also_cut);
		for (size_t k = 0; k < w.n_also; k++) {
			assert_int_equal(w.also[k].relation, c->also[k].relation);
			assert_int_equal(w.also[k].pid, c->also[k].pid);
			assert_int_equal(w.also[k].uid, c->also[k].uid);
			assert_true(w.also[k].started == c->also[k].started);
			assert_true(w.also[k].until == c->also[k].until);
			SAME(also[k].exe), SAME(also[k].sha256), SAME(also[k].user);
			assert_int_equal(w.also[k].place, c->also[k].place);
			assert_int_equal(w.also[k].n_argv, c->also[k].n_argv);
			assert_int_equal(w.also[k].argv_cut, c->also[k].argv_cut);
		}
		who_encode(&w, &two);
		assert_true(span_same(buf_span(&one), buf_span(&two)));
	}
}

struct bad {
	const char *bytes;
	size_t n;
	int code;
};
#define BYTES(text) text, sizeof(text) - 1

static const struct bad bad[] = {
	{ BYTES("\xa0"), 0 },
	{ BYTES("\xa1\x18\x63\x82\x01\x02"), 0 }, /* a key of a newer program is passed over */
	{ BYTES(""), ERR_FORMAT }, { BYTES("\xa0\x00"), ERR_FORMAT },
	{ BYTES("\xa1\x00\x1b\x00\x00\x00\x01\x00\x00\x00\x00"), ERR_FORMAT },
	{ BYTES("\xa1\x05\x61\x61"), ERR_FORMAT },         /* a path is bytes, not text */
	{ BYTES("\xa1\x06\x41\x61"), ERR_FORMAT },         /* a digest of one byte */
	{ BYTES("\xa1\x08\x18\x20"), ERR_FORMAT },         /* arguments are a list */
	{ BYTES("\xa1\x08\x98\x41"), ERR_FORMAT },         /* … of at most 64 */
	{ BYTES("\xa1\x0f\x98\x21"), ERR_FORMAT },         /* ancestors: at most 32 */
	{ BYTES("\xa1\x0f\x81\xa1\x03\x01"), ERR_FORMAT }, /* whose exe is bytes */
	{ BYTES("\xa1\x15\x03"), ERR_FORMAT },             /* a part that there is not */
	{ BYTES("\xa1\x12\x81\xa1\x00\x02"), 0 },
	{ BYTES("\xa1\x12\x81\xa1\x00\x03"), ERR_FORMAT },         /* related in an unknown way */
	{ BYTES("\xa1\x12\x81\xa0"), ERR_FORMAT },                 /* … or in none */
	{ BYTES("\xa1\x12\x85\xa0\xa0\xa0\xa0\xa0"), ERR_FORMAT }, /* at most 4 */
	{ BYTES("\xa1\x12\x81\xa2\x00\x02\x06\x41\x61"), ERR_FORMAT }, /* a short digest */
};

static void test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		AUTO_FREE(arena) a = arena_new();
		struct who w;
		struct err e;
		int rc = who_decode(span_from(bad[i].bytes, bad[i].n), a, &w, &e);

		if (rc != bad[i].code)
			print_error("row %zu\n", i);
		assert_int_equal(rc, bad[i].code);
	}
}

/* ---- who_join ---- */

/* "12:rm" is process 12 running rm; behind it what is in its list, and how many others there are
 * that are not. Joined from left to right, the newest last. */
struct join_case {
	const char *acts, *want;
};

static const struct join_case joins[] = {
	{ "1:a", "1:a" },
	{ "1:a 1:a", "1:a" },
	{ "1:a 2:b", "2:b too 1:a others 1" },
	{ "1:a 2:b 2:b", "2:b too 1:a others 1" },
	{ "1:a 2:b 1:a", "1:a too 2:b others 1" },
	{ "1:a 2:b 1:a 2:b 1:a 2:b", "2:b too 1:a others 1" },
	{ "1:evil 1:rm", "1:rm before 1:evil others 0" },
	{ "1:evil 2:sh 1:rm", "1:rm too 2:sh before 1:evil others 1" },
	{ "1:evil 1:rm 2:sh", "2:sh too 1:rm before 1:evil others 1" },
	{ "1:a 2:b 3:c", "3:c too 2:b too 1:a others 2" },
	{ "1:a ?", "1:a others 1" },
	{ "? 1:a", "1:a others 1" },
	/* what is dropped is not the first one, and it is told */
	{ "1:a 2:b 3:c 4:d 5:e 6:f", "6:f too 4:d too 3:c too 2:b too 1:a others 5 cut" },
	{ "1:a 2:b 3:c 4:d 5:e 6:f 7:g", "7:g too 4:d too 3:c too 2:b too 1:a others 6 cut" },
	{ "1:evil 1:rm 2:a 3:b 4:c", "4:c too 3:b too 2:a too 1:rm before 1:evil others 3" },
	{ "1:evil 1:rm 2:a 3:b 4:c 5:d",
		"5:d too 3:b too 2:a too 1:rm before 1:evil others 4 cut" },
	/* programs of one process */
	{ "1:evil 1:a 1:b 1:c 1:d 1:e 1:f",
		"1:f before 1:e before 1:b before 1:a before 1:evil others 0 cut" },
};

static void encode_act(struct span act, struct buf *ret)
{
	struct who w = { .pid = (uint32_t)(act.p[0] - '0'), NOBODY, .started = 1 };

	w.exe = span_from_offset(act, 2);
	if (act.p[0] != '?')
		who_encode(&w, ret);
}

static void show(struct span who, struct buf *ret)
{
	AUTO_FREE(arena) a = arena_new();
	struct who w;
	struct err e;

	assert_int_equal(who_decode(who, a, &w, &e), 0);
	buf_addf(ret, "%u:%.*s", w.pid, SPAN_ARG(w.exe));
	for (size_t i = 0; i < w.n_also; i++)
		buf_addf(ret, " %s %u:%.*s", who_relation_names[w.also[i].relation], w.also[i].pid,
			SPAN_ARG(w.also[i].exe));
	if (w.n_also || w.others)
		buf_addf(ret, " others %u", w.others);
	if (w.also_cut)
		buf_add_text(ret, " cut");
}

static void test_join(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(joins); i++) {
		AUTO(buf) got = BUF_INIT(4096), said = BUF_INIT(4096);
		struct span rest = span_of(joins[i].acts), act;

		for (bool first = true; span_cut(&rest, ' ', &act); first = false) {
			AUTO(buf) one = BUF_INIT(4096);
			struct buf both = BUF_INIT(4096);

			encode_act(act, &one);
			if (first)
				buf_add_span(&both, buf_span(&one));
			else
				assert_true(who_join(buf_span(&one), buf_span(&got), &both));
			buf_done(&got);
			got = both;
		}
		show(buf_span(&got), &said);
		assert_string_equal(buf_text(&said), joins[i].want);
	}
}

/* What both know of one, and one that cannot be read. */
static void test_join_odd(void **state)
{
	static const char digest[] = "0123456789abcdef0123456789abcdef";
	AUTO(buf) a = BUF_INIT(4096), b = BUF_INIT(4096), both = BUF_INIT(4096);
	AUTO_FREE(arena) arena = arena_new();
	const struct who_also before = { .relation = WHO_BEFORE,
		.pid = 1,
		.uid = WHO_NONE,
		.started = 1,
		.until = 77,
		.exe = span_of("evil") };
	struct who w = { .pid = 1, NOBODY, .started = 1, .exe = span_of("evil") }, got;
	struct err e;

	(void)state;
	w.sha256 = span_of(digest);
	who_encode(&w, &a);
	w.exe = span_of("rm");
	w.also = &before;
	w.n_also = 1;
	who_encode(&w, &b);
	assert_true(who_join(buf_span(&b), buf_span(&a), &both));
	assert_int_equal(who_decode(buf_span(&both), arena, &got, &e), 0);
	assert_int_equal(got.n_also, 1);
	assert_true(got.also[0].until == 77);
	assert_true(span_is(got.also[0].sha256, digest));
	buf_clear(&both);
	assert_false(who_join(span_of("x"), buf_span(&a), &both));
	assert_false(who_join(buf_span(&a), span_of("x"), &both));
	assert_int_equal(both.n, 0);
}

/* Who made the name comes before who wrote, and that before who only closed it last. */
static void test_parts(void **state)
{
	static const struct {
		uint32_t earlier, last, named, part;
		bool same;
	} parts[] = {
		{ WHO_TOUCHED, WHO_TOUCHED, 2, WHO_TOUCHED, false },
		{ WHO_TOUCHED, WHO_LET_GO, 1, WHO_TOUCHED, false },
		{ WHO_LET_GO, WHO_TOUCHED, 2, WHO_TOUCHED, false },
		{ WHO_LET_GO, WHO_LET_GO, 2, WHO_LET_GO, false },
		{ WHO_NAMED, WHO_TOUCHED, 1, WHO_NAMED, false },
		{ WHO_NAMED, WHO_NAMED, 2, WHO_NAMED, false },
		{ WHO_NAMED, WHO_LET_GO, 1, WHO_NAMED, true },
		{ WHO_TOUCHED, WHO_LET_GO, 1, WHO_TOUCHED, true },
		{ WHO_LET_GO, WHO_LET_GO, 1, WHO_LET_GO, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		AUTO_FREE(arena) a = arena_new();
		struct who earlier = { .pid = 1, NOBODY, .part = parts[i].earlier };
		struct who last = { .pid = parts[i].same ? 1 : 2, NOBODY, .part = parts[i].last };

		who_merge(&last, &earlier, a, &last);
		assert_int_equal(last.pid, parts[i].named);
		assert_int_equal(last.part, parts[i].part);
		assert_int_equal(last.others, !parts[i].same);
		assert_int_equal(last.n_also, !parts[i].same);
		if (last.n_also)
			assert_int_equal(last.also[0].pid, 3 - parts[i].named);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_back),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_join),
		cmocka_unit_test(test_join_odd),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
