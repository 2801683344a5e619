#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

#include "../check.h"
#include "core/attr.h"
#include "run.h"
#include "sensor/file/file_caps.h"

struct set {
	uint32_t permitted, inheritable;
};

static size_t put_le32(uint8_t *p, size_t at, uint32_t v)
{
	for (unsigned i = 0; i < 4; i++)
		p[at + i] = (uint8_t)(v >> 8 * i);
	return at + 4;
}

/* The attribute in the given version. Returns its size. */
static size_t encode(uint8_t *ret, uint32_t magic, const struct set *sets, uint32_t rootid)
{
	unsigned version = magic >> 24, words = version == 1 ? 1 : 2;
	size_t n = put_le32(ret, 0, magic);

	for (unsigned i = 0; i < words; i++) {
		n = put_le32(ret, n, sets[i].permitted);
		n = put_le32(ret, n, sets[i].inheritable);
	}
	return version == 3 ? put_le32(ret, n, rootid) : n;
}

#define V1 0x01000000u
#define V2 0x02000000u
#define V3 0x03000000u
#define ALL_LOW 0xffffffffu
#define ALL_HIGH 0x1ffu

/* Texts as getcap 2.66 printed them for these bytes. */
static const struct {
	uint32_t magic;
	struct set sets[2];
	uint32_t rootid;
	const char *text;
} cases[] = {
	{ V2 | 1, { { 0x2000, 0 }, { 0, 0 } }, 0, "cap_net_raw=ep" },
	{ V1 | 1, { { 0x2000, 0 }, { 0, 0 } }, 0, "cap_net_raw=ep" },
	{ V2 | 1, { { 0x2400, 0 }, { 0, 0 } }, 0, "cap_net_bind_service,cap_net_raw=ep" },
	{ V2, { { 1, 0x2400 }, { 0, 0 } }, 0, "cap_net_bind_service,cap_net_raw=i cap_chown+p" },
	{ V2 | 1, { { ALL_LOW, 0 }, { ALL_HIGH, 0 } }, 0, "=ep" },
	{ V2 | 1, { { ALL_LOW - 1, 0 }, { ALL_HIGH, 0 } }, 0, "=ep cap_chown-ep" },
	{ V2, { { 0, 0 }, { 0, 0 } }, 0, "=" },
	{ V2 | 1, { { 0, 0 }, { 0x80, 0 } }, 0, "cap_bpf=ep" },
	{ V2, { { 0, 0 }, { 0x80000000, 0 } }, 0, "= 63+p" },
	{ V3 | 1, { { 0x2000, 0 }, { 0, 0 } }, 1000, "cap_net_raw=ep [rootid=1000]" },
};

static void texts_are_those_of_getcap(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(buf) text = BUF_INIT(BUF_MAX_DEFAULT);
		struct err e = { 0 };
		uint8_t raw[32];
		size_t n = encode(raw, cases[i].magic, cases[i].sets, cases[i].rootid);

		assert_int_equal(file_caps_text(span_from(raw, n), &text, &e), 0);
		assert_string_equal(buf_text(&text), cases[i].text);
	}
}

static void other_bytes_are_refused(void **state)
{
	static const struct {
		uint32_t magic;
		size_t n;
	} wrong[] = { { V2, 0 }, { V2, 3 }, { V2, 4 }, { V2, 19 }, { V2, 21 }, { V1, 20 },
		{ V3, 20 }, { V3, 25 }, { 0, 4 }, { 0x04000000, 24 }, { V2 | 2, 20 },
		{ 0xff000000, 20 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		AUTO(buf) text = BUF_INIT(BUF_MAX_DEFAULT);
		struct err e = { 0 };
		uint8_t raw[32] = { 0 };

		put_le32(raw, 0, wrong[i].magic);
		assert_int_equal(file_caps_text(span_from(raw, wrong[i].n), &text, &e), ERR_FORMAT);
		assert_int_equal(text.n, 0);
		assert_int_not_equal(e.text[0], '\0');
	}
}

static uint32_t next(uint32_t *x)
{
	*x = *x * 1664525u + 1013904223u;
	return *x ^ *x >> 16;
}

/* Few, most or random bits: each leads to another form of the text. */
static uint32_t bits(uint32_t *x)
{
	switch (next(x) >> 8 & 3) {
	case 0:
		return 0;
	case 1:
		return next(x) & next(x) & next(x);
	case 2:
		return next(x) | next(x) | next(x);
	default:
		return next(x);
	}
}

static void getcap_agrees_on_random_sets(void **state)
{
	char path[256], out[8192], want[8192];
	const char *const argv[] = { "getcap", "-n", path, NULL };
	uint32_t x = 11;

	(void)state;
	scratch_file(path, sizeof path);
	for (int i = 0; i < 200; i++) {
		AUTO(buf) text = BUF_INIT(BUF_MAX_DEFAULT);
		struct err e = { 0 };
		uint32_t magic = (i % 3 ? V2 : V3) | (next(&x) >> 9 & 1);
		struct set sets[2] = { { bits(&x), bits(&x) },
			{ bits(&x) & ALL_HIGH, bits(&x) & ALL_HIGH } };
		uint8_t raw[32];
		size_t n = encode(raw, magic, sets, 1000 + (uint32_t)i);

		if (setxattr(path, "security.capability", raw, n, 0) < 0 ||
			!run(argv, out, sizeof out)) {
			unlink(path);
			skip(); /* not root, no getcap, or a file system without capabilities */
		}
		assert_int_equal(file_caps_text(span_from(raw, n), &text, &e), 0);
		snprintf(want, sizeof want, "%s %s\n", path, buf_text(&text));
		assert_string_equal(out, want);
	}
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_those_of_getcap),
		cmocka_unit_test(other_bytes_are_refused),
		cmocka_unit_test(getcap_agrees_on_random_sets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
