/* pipeline_look: exactly what was told of, with who, in one transaction or none at all. */
#include <stdlib.h>

#include "entity/file.h"
#include "fake.h"

const struct sensor *const sensors[] = { &sensor_fake, NULL };

struct heard {
	struct buf lines;
	struct arena *arena; /* not NULL: keep the card */
	struct span card;
	uint64_t last_seq;
};

static int hear(void *ctx, const struct ledger_record *r, struct err *e)
{
	struct heard *h = ctx;
	const struct change *c = &r->change;

	assert_true(r->chained);
	h->last_seq = r->seq;
	assert_int_equal(world_hear(&h->lines, r, e), 0);
	h->lines.n--; /* the end of the line */
	if (h->arena)
		h->card = arena_copy(h->arena, c->card);
	if (r->type == RECORD_CHANGE) {
		buf_addf(&h->lines, " %s", observed_names[c->observed]);
		if (c->happened)
			buf_addf(&h->lines, " at %lld", (long long)c->happened);
		if (c->who)
			buf_addf(&h->lines, " by %u", c->who->pid);
		if (c->who && c->who->others)
			buf_addf(&h->lines, "+%u", c->who->others);
		assert_true((c->who != NULL) != (c->who_unknown.n > 0));
	}
	buf_add_char(&h->lines, '\n');
	return 0;
}

static struct span who_of(uint32_t pid, struct buf *b)
{
	struct who w = { .pid = pid, .uid = 0, .login_uid = WHO_NONE, .session = WHO_NONE };

	buf_clear(b);
	who_encode(&w, b);
	return buf_span(b);
}

static struct look_again point(const char *path)
{
	return (struct look_again){ .kind = &kind_file, .key = span_of(path), .happened = 7 };
}

static struct look_again below(const char *path)
{
	struct look_again x = point(path);

	x.below = true;
	return x;
}

static void expect_look(struct world *w, const struct look_again *looks, size_t n,
	const char *lines)
{
	struct heard h = { .lines = BUF_INIT(1 << 20) };
	struct check_listener l = { .ctx = &h, .record = hear };
	struct err e = { 0 };

	if (pipeline_look(w->store, w->policy, &w->options, looks, n, &l, &w->summary, &e) < 0)
		fail_msg("%s", e.text);
	assert_string_equal(buf_text(&h.lines), lines);
	buf_done(&h.lines);
}

#define LOOK(w, lines, ...) \
	expect_look(w, (struct look_again[]){ __VA_ARGS__ }, \
		sizeof((struct look_again[]){ __VA_ARGS__ }) / sizeof(struct look_again), lines)

static struct world *begin(void **state)
{
	static const char *const folders[] = { "/etc", "/etc/sub", "/www" };
	static const char *const files[] = { "/etc/a", "/etc/b", "/etc/sub/c", "/etc/sub/d",
		"/www/x" };
	struct world *w = *state;
	struct err e = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(folders); i++)
		fake_put(folders[i], FILE_DIRECTORY);
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		fake_put(files[i], FILE_REGULAR);
	if (world_init(w, false, &e) < 0)
		fail_msg("%s", e.text);
	return w;
}

static void a_point_finds_its_change_and_no_other(void **state)
{
	struct world *w = begin(state);

	fake_write("/etc/a", 100);
	fake_write("/etc/b", 100);
	fake_remove("/www/x");
	LOOK(w, "updated /etc/a size sha256 mtime realtime at 7\n", point("/etc/a"));
	LOOK(w, "deleted /www/x realtime at 7\n", point("/www/x"), point("/nothing/here"));
	world_expect(w, "updated /etc/b size sha256 mtime\n");
}

static void nothing_is_written_when_nothing_differs(void **state)
{
	struct world *w = begin(state);
	uint64_t before, after;
	uint8_t head[2][DIGEST_BYTES];
	struct err e;

	assert_int_equal(ledger_last(w->store, &before, head[0], &e), 0);
	LOOK(w, "", point("/etc/a"), below("/www"));
	assert_int_equal(ledger_last(w->store, &after, head[1], &e), 0);
	assert_true(before == after);
	assert_memory_equal(head[0], head[1], DIGEST_BYTES);
}

static void what_was_below_a_folder_that_is_gone_is_gone(void **state)
{
	struct world *w = begin(state);

	fake_remove("/etc/sub");
	LOOK(w,
		"deleted /etc/sub realtime at 7\n"
		"deleted /etc/sub/c realtime at 7\n"
		"deleted /etc/sub/d realtime at 7\n",
		point("/etc/sub"));
	world_expect(w, "");
}

static void a_folder_that_became_a_file_has_nothing_below(void **state)
{
	struct world *w = begin(state);

	fake_remove("/etc/sub");
	fake_put("/etc/sub", FILE_REGULAR);
	LOOK(w,
		"updated /etc/sub type mode size sha256 mtime realtime at 7\n"
		"deleted /etc/sub/c realtime at 7\n"
		"deleted /etc/sub/d realtime at 7\n",
		point("/etc/sub"));
	world_expect(w, "");
}

static void a_folder_alone_is_not_what_is_below_it(void **state)
{
	struct world *w = begin(state);

	fake_chmod("/etc/sub", 0700);
	fake_write("/etc/sub/c", 100);
	LOOK(w, "updated /etc/sub mode realtime at 7\n", point("/etc/sub"));
	LOOK(w, "updated /etc/sub/c size sha256 mtime realtime at 7\n", below("/etc/sub"));
}

static void who_is_that_of_the_nearest_look(void **state)
{
	struct world *w = begin(state);
	AUTO(buf) b1 = BUF_INIT(4096);
	AUTO(buf) b2 = BUF_INIT(4096);
	AUTO(buf) b3 = BUF_INIT(4096);
	struct look_again all = below("/etc"), sub = below("/etc/sub"), c = point("/etc/sub/c");

	all.who = who_of(10, &b1);
	sub.who = who_of(20, &b2);
	c.who = who_of(30, &b3);
	sub.happened = 8;
	c.observed = OBSERVED_RECOVERED;
	fake_write("/etc/a", 100);
	fake_write("/etc/sub/c", 100);
	fake_write("/etc/sub/d", 100);
	LOOK(w,
		"updated /etc/a size sha256 mtime realtime at 7 by 10\n"
		"updated /etc/sub/c size sha256 mtime recovered at 7 by 30\n"
		"updated /etc/sub/d size sha256 mtime realtime at 8 by 20\n",
		c, sub, all);
}

static void the_last_who_wins_and_counts_the_others(void **state)
{
	struct world *w = begin(state);
	AUTO(buf) b1 = BUF_INIT(4096);
	AUTO(buf) b2 = BUF_INIT(4096);
	struct look_again first = point("/etc/a"), second = first, third = first;

	first.who = who_of(10, &b1);
	second.who = who_of(20, &b2);
	second.happened = 9;
	fake_write("/etc/a", 100);
	LOOK(w, "updated /etc/a size sha256 mtime realtime at 9 by 20+1\n", first, first, second,
		second, third);
}

static void a_move_is_one_change(void **state)
{
	struct world *w = begin(state);

	fake_move("/etc/sub", "/etc/moved");
	LOOK(w, "renamed /etc/sub > /etc/moved +2 realtime at 7\n", point("/etc/sub"),
		below("/etc/moved"));
	world_expect(w, "");
}

static void a_gap_is_told_once_while_it_stands(void **state)
{
	struct world *w = begin(state);

	w->options.memory = look_memory_new();
	fake.gap[0] = (struct fake_gap){ "/etc/a", false, true };
	fake.n_gaps = 1;
	LOOK(w, "gap /etc/a\n", point("/etc/a"));
	LOOK(w, "", point("/etc/a"));
	fake.n_gaps = 0;
	LOOK(w, "", point("/etc/b"));
	fake.n_gaps = 1;
	LOOK(w, "", point("/etc/a"));
	fake.n_gaps = 0;
	LOOK(w, "", point("/etc/a"));
	fake.n_gaps = 1;
	LOOK(w, "gap /etc/a\n", point("/etc/a"));
	look_memory_freep(&w->options.memory);
}

/* The card of the change a look at /etc/a finds, made by this session and process. */
static const char *card_of(struct world *w, uint32_t session, uint32_t top, int64_t happened)
{
	static char ids[8][32];
	static unsigned next;
	char *ret = ids[next++ % ARRAY_LEN(ids)];
	AUTO(buf) b = BUF_INIT(4096);
	AUTO_FREE(arena) a = arena_new();
	const struct who_ancestor above[] = { { 900 + top, 0, 5, span_of("/bin/sh"), 0 },
		{ top, 0, 4, span_of("/usr/sbin/sshd"), 0 },
		{ 1, 0, 1, span_of("/sbin/init"), 0 } };
	struct who who = { .pid = 1000 + (uint32_t)happened % 1000,
		.login_uid = WHO_NONE,
		.session = session,
		.ancestry = above,
		.n_ancestry = top ? 3 : 0 };
	struct look_again x = point("/etc/a");
	struct heard h = { .lines = BUF_INIT(1 << 20), .arena = a };
	struct check_listener l = { .ctx = &h, .record = hear };
	struct err e = { 0 };

	who_encode(&who, &b);
	if (top)
		x.who = buf_span(&b);
	x.happened = happened;
	fake_write("/etc/a", fake.last_inode++ + 100);
	if (pipeline_look(w->store, w->policy, &w->options, &x, 1, &l, &w->summary, &e) < 0)
		fail_msg("%s", e.text);
	buf_done(&h.lines);
	assert_int_equal(h.card.n, 26);
	memcpy(ret, h.card.p, h.card.n);
	return ret;
}

#define SECOND INT64_C(1000000000)

static void what_one_session_did_within_a_minute_is_one_card(void **state)
{
	struct world *w = begin(state);
	const char *first, *other;

	w->options.memory = look_memory_new();
	first = card_of(w, 3, 50, 100 * SECOND);
	assert_string_equal(card_of(w, 3, 60, 150 * SECOND), first);
	assert_string_equal(card_of(w, 3, 50, 205 * SECOND), first);
	other = card_of(w, 4, 50, 206 * SECOND);
	assert_string_not_equal(other, first);
	assert_string_equal(card_of(w, 3, 50, 207 * SECOND), first);
	assert_string_not_equal(card_of(w, 3, 50, 268 * SECOND), first);
	/* no session: what all of it came from */
	first = card_of(w, WHO_NONE, 50, 300 * SECOND);
	assert_string_equal(card_of(w, WHO_NONE, 50, 310 * SECOND), first);
	assert_string_not_equal(card_of(w, WHO_NONE, 51, 310 * SECOND), first);
	/* nobody knows who: a card of its own */
	assert_string_not_equal(card_of(w, WHO_NONE, 0, 311 * SECOND), first);
	assert_string_not_equal(card_of(w, WHO_NONE, 0, 311 * SECOND),
		card_of(w, WHO_NONE, 0, 311 * SECOND));
	look_memory_freep(&w->options.memory);
}

/* What the watcher tells when it is asked. */
struct told {
	struct heard h; /* first: hear() takes it */
	struct look_again look;
	unsigned asked;
};

static size_t told_late(void *ctx, const struct late_asked *x, struct arena *a,
	const struct look_again **ret)
{
	struct told *t = ctx;

	(void)a;
	assert_true(x->files && x->n == 0 && x->until > 0);
	t->asked++;
	*ret = &t->look;
	return 1;
}

static void expect_told(struct world *w, struct look_again seen, struct look_again told,
	unsigned asked, const char *lines)
{
	struct told t = { .h = { .lines = BUF_INIT(1 << 20) }, .look = told };
	struct check_listener l = { .ctx = &t, .record = hear, .late = told_late };
	struct err e = { 0 };

	if (pipeline_look(w->store, w->policy, &w->options, &seen, 1, &l, &w->summary, &e) < 0)
		fail_msg("%s", e.text);
	assert_string_equal(buf_text(&t.h.lines), lines);
	assert_int_equal(t.asked, asked);
	buf_done(&t.h.lines);
}

static void what_a_scan_sees_first_is_put_down_to_who_is_told_of_late(void **state)
{
	struct world *w = begin(state);
	struct look_again scan = point("/etc/a"), told = point("/etc/a"), hint = point("/etc/b");
	AUTO(buf) b = BUF_INIT(1000);

	scan.observed = OBSERVED_SCAN;
	told.who = who_of(5, &b);
	expect_told(w, scan, told, 0, "");
	fake_write("/etc/a", 100);
	fake_write("/etc/b", 100);
	expect_told(w, scan, told, 1, "updated /etc/a size sha256 mtime realtime at 7 by 5\n");
	/* one that somebody told of has its who, or none */
	expect_told(w, hint, told, 0, "updated /etc/b size sha256 mtime realtime at 7\n");
}

static void what_is_made_on_a_fresh_mount_is_not_who_mounted(void **state)
{
	struct world *w = begin(state);
	struct look_again mount = below("/www");
	AUTO(buf) b = BUF_INIT(1000);

	mount.who = who_of(5, &b);
	fake_put("/www/old", FILE_REGULAR);
	mount.before = fake_find("/www/old")->ctime + 1;
	fake.now += 10;
	fake_put("/www/new", FILE_REGULAR);
	LOOK(w,
		"created /www/new realtime at 7\n"
		"created /www/old realtime at 7 by 5\n",
		mount);
}

static struct store *share(struct world *w)
{
	struct store *ret = NULL;
	struct err e = { 0 };

	if (store_open(&ret, w->dir, STORE_SHARE, &e) < 0)
		fail_msg("%s", e.text);
	return ret;
}

/* Somebody changes it once more, and checks. */
static void check_meanwhile(void *ctx)
{
	struct world *w = ctx;
	struct store *ours = w->store;
	struct err e = { 0 };

	w->store = share(w);
	fake_write("/etc/a", 200);
	if (world_check(w, &e) < 0)
		fail_msg("%s", e.text);
	store_close(w->store);
	w->store = ours;
}

/* What was seen before somebody else recorded is older than that: it is looked at again. */
static void a_look_that_was_overtaken_looks_again(void **state)
{
	struct world *w = begin(state);

	store_close(w->store);
	w->store = share(w);
	fake_write("/etc/a", 100);
	fake_write("/etc/b", 100);
	fake.during = check_meanwhile;
	fake.during_ctx = w;
	LOOK(w, "", point("/etc/a"));
	assert_string_equal(buf_text(&w->log), "updated /etc/a size sha256 mtime\n"
					       "updated /etc/b size sha256 mtime\n");
	world_expect(w, "");
}

/* How much time passes with each look at the clock: who waits for long does not take long here. */
static int64_t hurry, hurried;

int64_t __real_clock_monotonic(void);
int64_t __wrap_clock_monotonic(void);
int64_t __wrap_clock_monotonic(void)
{
	hurried += hurry;
	return __real_clock_monotonic() + hurried;
}

static void a_store_that_another_has_locked_is_asked_again(void **state)
{
	struct world *w = begin(state);
	struct look_again x = point("/etc/a");
	struct store *other;
	struct err e = { 0 };

	store_close(w->store);
	w->store = share(w);
	other = share(w);
	assert_int_equal(store_begin(other, &e), 0);
	fake_write("/etc/a", 100);
	hurry = SECOND;
	assert_int_equal(pipeline_look(w->store, w->policy, &w->options, &x, 1, NULL, &w->summary,
				 &e),
		ERR_LOCKED);
	hurry = 0;
	store_rollback(other);
	store_close(other);
	LOOK(w, "updated /etc/a size sha256 mtime realtime at 7\n", x);
}

static void another_policy_is_no_look(void **state)
{
	struct world *w = begin(state);
	struct look_again x = point("/etc/a");
	struct err e = { 0 };

	world_policy(w, "version: 1\nrules:\n  - id: x\n    kind: file\n    base: /etc\n");
	assert_int_equal(pipeline_look(w->store, w->policy, &w->options, &x, 1, NULL, &w->summary,
				 &e),
		ERR_CHANGED);
}

static void records_of_our_own_are_told_in_order(void **state)
{
	struct world *w = begin(state);
	struct heard h = { .lines = BUF_INIT(1 << 20) };
	struct check_listener l = { .ctx = &h, .record = hear };
	struct ledger_record r[] = {
		{ .type = RECORD_NOTE, .note = { span_of("one"), span_of("") } },
		{ .type = RECORD_NOTE, .note = { span_of("two"), span_of("") } },
	};
	struct err e = { 0 };
	uint64_t seq = 0;

	assert_int_equal(pipeline_record(w->store, r, 2, &l, &seq, &e), 0);
	assert_string_equal(buf_text(&h.lines), "note one\nnote two\n");
	assert_true(seq == h.last_seq);
	buf_done(&h.lines);
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(a_point_finds_its_change_and_no_other),
		WORLD_TEST(what_a_scan_sees_first_is_put_down_to_who_is_told_of_late),
		WORLD_TEST(what_is_made_on_a_fresh_mount_is_not_who_mounted),
		WORLD_TEST(nothing_is_written_when_nothing_differs),
		WORLD_TEST(what_was_below_a_folder_that_is_gone_is_gone),
		WORLD_TEST(a_folder_that_became_a_file_has_nothing_below),
		WORLD_TEST(a_folder_alone_is_not_what_is_below_it),
		WORLD_TEST(who_is_that_of_the_nearest_look),
		WORLD_TEST(the_last_who_wins_and_counts_the_others),
		WORLD_TEST(a_move_is_one_change),
		WORLD_TEST(a_gap_is_told_once_while_it_stands),
		WORLD_TEST(what_one_session_did_within_a_minute_is_one_card),
		WORLD_TEST(a_look_that_was_overtaken_looks_again),
		WORLD_TEST(a_store_that_another_has_locked_is_asked_again),
		WORLD_TEST(another_policy_is_no_look),
		WORLD_TEST(records_of_our_own_are_told_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
