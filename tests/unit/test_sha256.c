#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../check.h"
#include "core/attr.h"
#include "core/sha256.h"
#include "core/sha256_engine.h"

/* A repeatable source of test bytes. */
static uint32_t next(uint32_t *x)
{
	*x = *x * 1664525u + 1013904223u;
	return *x >> 8;
}

static void fill(uint8_t *p, size_t n)
{
	uint32_t x = 1;

	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)next(&x);
}

static const struct sha256_engine *engines(unsigned i)
{
	if (i == 0)
		return &sha256_portable;
	return i == 1 ? sha256_x86() : NULL;
}

static void to_hex(const uint8_t *p, char *ret)
{
	for (unsigned i = 0; i < SHA256_SIZE; i++)
		snprintf(ret + 2 * i, 3, "%02x", p[i]);
}

/* FIPS 180-4 examples and NIST's CAVS short messages. */
static const struct {
	const char *text;
	size_t times;
	const char *digest;
} nist[] = {
	{ "", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
	{ "abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
	{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
		"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
	{ "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmno"
	  "ijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
		1, "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1" },
	{ "\xd3", 1, "28969cdfa74a12c82f3bad960b0b000aca2ac329deea5c2328ebc6f2ba9802c1" },
	{ "a", 1000000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0" },
};

static void gives_the_digests_nist_published(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(nist); i++) {
		size_t each = strlen(nist[i].text), n = each * nist[i].times;
		uint8_t *text = malloc(n + 1), digest[SHA256_SIZE];
		char hex[2 * SHA256_SIZE + 1];

		for (size_t t = 0; t < nist[i].times; t++)
			memcpy(text + t * each, nist[i].text, each);
		sha256_once(text, n, digest);
		free(text);
		to_hex(digest, hex);
		assert_string_equal(hex, nist[i].digest);
	}
}

static void every_length_at_every_alignment(void **state)
{
	static uint8_t data[320];
	uint8_t want[SHA256_SIZE], got[SHA256_SIZE];

	(void)state;
	fill(data, sizeof data);
	for (unsigned k = 0; engines(k); k++)
		for (size_t n = 0; n <= 300; n++) {
			size_t offset = n % 17;
			struct sha256_set s;

			SHA256(data + offset, n, want);
			sha256_set_init_with(&s, engines(k));
			for (unsigned lane = 0; lane < SHA256_LANES; lane++) {
				sha256_feed(&s, lane, data + offset, n, true);
				while (sha256_run(&s))
					;
				sha256_digest(&s, lane, got);
				assert_memory_equal(got, want, sizeof got);
			}
		}
}

/* A message that is fed piece by piece while others are at work beside it. */
struct feeding {
	const uint8_t *p;
	size_t n, fed;
	bool last;
};

static void feed_next(struct sha256_set *s, unsigned lane, struct feeding *f, uint32_t *x)
{
	size_t left = f->n - f->fed, n = next(x) % 3 ? next(x) % 200 : 64 * (next(x) % 5);

	if (n > left)
		n = left;
	f->last = n == left && next(x) % 2;
	sha256_feed(s, lane, f->p + f->fed, n, f->last);
	f->fed += n;
}

static void feed_new(struct sha256_set *s, unsigned lane, struct feeding *f, uint32_t *x)
{
	static uint8_t data[4096];

	fill(data, sizeof data);
	f->n = next(x) % 1000;
	f->p = data + next(x) % 1000;
	f->fed = 0;
	sha256_start(s, lane);
	feed_next(s, lane, f, x);
}

static void random_splits_on_all_lanes(const struct sha256_engine *engine)
{
	struct feeding f[SHA256_LANES];
	uint8_t want[SHA256_SIZE], got[SHA256_SIZE];
	struct sha256_set s;
	uint32_t x = 7;
	unsigned finished = 0;

	sha256_set_init_with(&s, engine);
	for (unsigned i = 0; i < SHA256_LANES; i++)
		feed_new(&s, i, &f[i], &x);
	while (finished < 3000) {
		unsigned idle = sha256_run(&s);

		assert_int_not_equal(idle, 0);
		for (unsigned i = 0; i < SHA256_LANES; i++) {
			assert_int_equal(sha256_busy(&s, i), !(idle & 1u << i));
			if (!(idle & 1u << i))
				continue;
			if (!f[i].last) {
				feed_next(&s, i, &f[i], &x);
				continue;
			}
			SHA256(f[i].p, f[i].n, want);
			sha256_digest(&s, i, got);
			assert_memory_equal(got, want, sizeof got);
			finished++;
			feed_new(&s, i, &f[i], &x);
		}
	}
}

static void messages_in_pieces_do_not_disturb_each_other(void **state)
{
	(void)state;
	for (unsigned k = 0; engines(k); k++)
		random_splits_on_all_lanes(engines(k));
}

static void no_work_is_told_apart_from_empty_work(void **state)
{
	uint8_t want[SHA256_SIZE], got[SHA256_SIZE];
	struct sha256_set s;

	(void)state;
	sha256_set_init(&s);
	assert_int_equal(sha256_run(&s), 0);
	sha256_feed(&s, 1, NULL, 0, false);
	assert_int_equal(sha256_run(&s), 1u << 1);
	assert_int_equal(sha256_run(&s), 0);
	sha256_feed(&s, 1, NULL, 0, true);
	assert_int_equal(sha256_run(&s), 1u << 1);
	sha256_digest(&s, 1, got);
	SHA256((const uint8_t *)"", 0, want);
	assert_memory_equal(got, want, sizeof got);
}

static void a_message_can_be_abandoned(void **state)
{
	uint8_t data[200], want[SHA256_SIZE], got[SHA256_SIZE];
	struct sha256_set s;

	(void)state;
	fill(data, sizeof data);
	sha256_set_init(&s);
	sha256_feed(&s, 0, data, 130, false);
	sha256_start(&s, 0);
	sha256_feed(&s, 0, data, sizeof data, true);
	assert_int_equal(sha256_run(&s), 1);
	sha256_digest(&s, 0, got);
	SHA256(data, sizeof data, want);
	assert_memory_equal(got, want, sizeof got);
}

/* An engine that is wrong only when all lanes are at work. */
static void advance_wrongly(struct sha256_lane *const *lane, unsigned n, size_t blocks)
{
	sha256_portable.advance(lane, n, blocks);
	if (n == SHA256_LANES)
		lane[2]->h[7] ^= 1;
}

static void a_wrong_engine_is_found_out(void **state)
{
	static const struct sha256_engine wrong = { "wrong", advance_wrongly };

	(void)state;
	assert_false(sha256_proven(&wrong));
	for (unsigned k = 0; engines(k); k++)
		assert_true(sha256_proven(engines(k)));
	assert_string_equal(sha256_means(), (sha256_x86() ? sha256_x86() : &sha256_portable)->name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_the_digests_nist_published),
		cmocka_unit_test(every_length_at_every_alignment),
		cmocka_unit_test(messages_in_pieces_do_not_disturb_each_other),
		cmocka_unit_test(no_work_is_told_apart_from_empty_work),
		cmocka_unit_test(a_message_can_be_abandoned),
		cmocka_unit_test(a_wrong_engine_is_found_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
