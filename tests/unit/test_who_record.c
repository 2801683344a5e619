/* A who goes into bytes and comes back; what is not one is refused. */
#include "../check.h"
#include "core/cbor.h"
#include "entity/who.h"

static const struct span argv[] = { { "vim", 3 }, { "", 0 }, { "\xff\x00\n", 3 } };
static const struct who_ancestor ancestry[] = {
	{ 890, 1000, 17, { "/usr/bin/bash", 13 } },
	{ 811, WHO_NONE, 0, { NULL, 0 } },
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
		.ancestry = ancestry,
		.n_ancestry = 2,
		.others = 7,
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
		SAME(unit), SAME(container), SAME(means);
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
		}
		assert_int_equal(w.others, c->others);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_back),
		cmocka_unit_test(test_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
