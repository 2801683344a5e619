#include <fcntl.h>

#include "entity/firewall.h"
#include "room.h"
#include "sensor/firewall/firewall_nft.h"
#include "sensor/firewall/firewall_room.h"
#include "sensor/firewall/firewall_xt.h"

/* tests/data/firewall_*: what Linux 6.18 answered to the dumps of one ruleset, once as it was made
 * and once after packets, a flush and other rules that came and went (…_again). */
static struct span data(struct arena *a, const char *name)
{
	struct span ret;
	struct err e;
	int fd = open("tests/data", O_RDONLY | O_DIRECTORY);

	assert_int_equal(host_read_at(fd, name, 65536, a, &ret, &e), 0);
	close(fd);
	return ret;
}

/* Messages of these types. */
static void feed(struct nft *n, struct span file, bool elements, bool rules)
{
	while (file.n > 3) {
		unsigned type = (unsigned char)file.p[0];
		size_t size = (unsigned char)file.p[1] | (size_t)(unsigned char)file.p[2] << 8;

		size = size > file.n - 3 ? file.n - 3 : size;
		if (type == 12 ? elements : type == 6 ? rules : !elements && !rules)
			nft_take(n, type, span_from(file.p + 3, size));
		file = span_from_offset(file, 3 + size);
	}
}

static void load(struct nft *n, struct arena *a, struct span file)
{
	nft_init(n, a);
	feed(n, file, false, false);
	nft_settle(n);
	feed(n, file, true, false);
	nft_settle_elements(n);
	feed(n, file, false, true);
}

static const struct nft_thing *find(const struct nft *n, enum nft_sort sort, const char *name)
{
	size_t count;
	const struct nft_thing *list = nft_things(n, sort, &count);

	for (size_t i = 0; i < count; i++)
		if (span_is(list[i].name, name))
			return &list[i];
	return NULL;
}

static void a_ruleset_as_the_kernel_gives_it(void **state)
{
	AUTO_FREE(arena) a = arena_new();
	AUTO(nft) n;
	const struct nft_thing *x;
	size_t count;

	(void)state;
	load(&n, a, data(a, "firewall_nft.bin"));
	assert_int_equal(n.bad, 0);
	(void)nft_things(&n, NFT_TABLE, &count);
	assert_int_equal(count, 1);
	x = find(&n, NFT_CHAIN, "input");
	assert_non_null(x);
	assert_string_equal(nft_family_name(x->family), "inet");
	assert_string_equal(nft_hook_name(x->family, x->hook), "input");
	assert_true(x->base && x->has_policy && x->drops && x->has_digest);
	assert_int_equal(x->rules, 6);
	assert_true(span_is(x->comments->text, "loopback"));
	assert_true(span_is(x->comments->next->text, "web"));
	x = find(&n, NFT_CHAIN, "other");
	assert_true(!x->base && !x->has_policy && x->rules == 1);
	x = find(&n, NFT_SET, "allowed");
	assert_true(x->has_digest && !x->map && !x->restless && x->elements > 2);
	assert_true(span_is(x->comments->text, "friends"));
	x = find(&n, NFT_SET, "dyn");
	assert_true(x->restless && !x->has_digest);
	assert_true(find(&n, NFT_SET, "m")->map);
	assert_false(find(&n, NFT_OBJECT, "c1")->has_digest); /* nothing but a counter */
	assert_true(span_is(find(&n, NFT_OBJECT, "q1")->type, "quota"));
}

/* Handles, counters, what a quota used up and the numbers of nameless sets differ in the files. */
static void traffic_and_a_reload_change_nothing(void **state)
{
	static const struct {
		enum nft_sort sort;
		const char *name;
	} things[] = { { NFT_CHAIN, "input" }, { NFT_CHAIN, "other" }, { NFT_SET, "allowed" },
		{ NFT_SET, "m" }, { NFT_OBJECT, "q1" } };
	AUTO_FREE(arena) a = arena_new();
	struct span one = data(a, "firewall_nft.bin"), two = data(a, "firewall_nft_again.bin");
	AUTO(nft) n;
	AUTO(nft) again;

	(void)state;
	assert_false(span_same(one, two));
	load(&n, a, one);
	load(&again, a, two);
	for (size_t i = 0; i < ARRAY_LEN(things); i++)
		assert_memory_equal(find(&n, things[i].sort, things[i].name)->digest,
			find(&again, things[i].sort, things[i].name)->digest, SHA256_SIZE);
}

/* Port 22 in a nameless set, a port compared, an element: each is part of some digest. */
static void what_a_rule_says_is_in_its_digest(void **state)
{
	static const char *const changes[][3] = {
		{ "\6\0\1\0\0\x16", "\6\0\1\0\0\x17", "input" },
		{ "\6\0\1\0\0\x09", "\6\0\1\0\0\x0a", "input" },
		{ "\xff\xff\xff\xfd\n\0\2\0othe", "\xff\xff\xff\xfd\n\0\2\0othx", "input" },
	};
	AUTO_FREE(arena) a = arena_new();
	struct span one = data(a, "firewall_nft.bin");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
		struct span two = arena_copy(a, one);
		size_t size = i == 2 ? 12 : 6;
		AUTO(nft) n;
		AUTO(nft) changed;
		char *at = (char *)(size_t)two.p, *hit = NULL;

		for (size_t k = 0; k + size < two.n; k++)
			if (memcmp(at + k, changes[i][0], size) == 0)
				hit = at + k;
		assert_non_null(hit);
		memcpy(hit, changes[i][1], size);
		load(&n, a, one);
		load(&changed, a, two);
		assert_memory_not_equal(find(&n, NFT_CHAIN, changes[i][2])->digest,
			find(&changed, NFT_CHAIN, changes[i][2])->digest, SHA256_SIZE);
	}
}

static void broken_messages_are_counted(void **state)
{
	AUTO_FREE(arena) a = arena_new();
	struct span file = data(a, "firewall_nft.bin");

	(void)state;
	for (size_t i = 0; i < file.n; i += 7) {
		struct span cut = arena_copy(a, span_from(file.p, i));
		AUTO(nft) n;

		load(&n, a, cut);
		memset((char *)(size_t)cut.p, (int)i, i / 2);
		nft_done(&n);
		load(&n, a, cut);
	}
	AUTO(nft) n;
	nft_init(&n, a);
	nft_take(&n, 0, span_of("abc"));
	nft_take(&n, 0, span_of("abcd"));
	assert_int_equal(n.bad, 2);
}

static struct xt_table table(struct span file)
{
	struct xt_table t = { 0 };

	memcpy(&t.valid_hooks, file.p, 4);
	memcpy(t.hook_entry, file.p + 4, sizeof t.hook_entry);
	memcpy(t.underflow, file.p + 24, sizeof t.underflow);
	t.entries = span_from_offset(file, 44);
	return t;
}

static void the_older_tables(void **state)
{
	AUTO_FREE(arena) a = arena_new();
	AUTO(buf) b = BUF_INIT(4096);
	struct xt_table t = table(data(a, "firewall_xt.bin"));
	struct xt_chain *list;
	struct err e;
	size_t n;

	(void)state;
	assert_int_equal(xt_parse(&t, a, &list, &n, &e), 0);
	for (size_t i = 0; i < n; i++)
		buf_addf(&b, "%.*s %d %.*s %d %zu\n", SPAN_ARG(list[i].name), list[i].hook,
			SPAN_ARG(list[i].policy), (int)list[i].rules, list[i].n_comments);
	assert_string_equal(buf_text(&b),
		"INPUT 1 accept 2 1\nFORWARD 2 drop 0 0\nOUTPUT 3 accept 0 0\nfoo -1  2 0\n");
	assert_true(span_is(list[0].comments[0], "ssh"));
}

/* Other chains came: every offset moved, and packets were counted. */
static void jumps_are_named(void **state)
{
	AUTO_FREE(arena) a = arena_new();
	struct xt_table t = table(data(a, "firewall_xt.bin"));
	struct xt_table u = table(data(a, "firewall_xt_again.bin"));
	struct xt_chain *one, *two;
	struct err e;
	size_t n, m;

	(void)state;
	assert_int_equal(xt_parse(&t, a, &one, &n, &e), 0);
	assert_int_equal(xt_parse(&u, a, &two, &m, &e), 0);
	assert_int_equal(n, 4);
	assert_int_equal(m, 6);
	assert_memory_equal(one[0].digest, two[0].digest, SHA256_SIZE);
	assert_memory_equal(one[3].digest, two[5].digest, SHA256_SIZE);
	t.entries.n -= 100;
	assert_int_equal(xt_parse(&t, a, &one, &n, &e), ERR_FORMAT);
}

static void this_host_answers(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	(void)room_run(&sensor_firewall, NULL, 0);
	assert_non_null(room_find("firewall"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ruleset_as_the_kernel_gives_it),
		cmocka_unit_test(traffic_and_a_reload_change_nothing),
		cmocka_unit_test(what_a_rule_says_is_in_its_digest),
		cmocka_unit_test(broken_messages_are_counted),
		cmocka_unit_test(the_older_tables),
		cmocka_unit_test(jumps_are_named),
		cmocka_unit_test(this_host_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
