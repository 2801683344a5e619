/* Bytes as a fanotify descriptor gives them, whole, cut and bent. */
#include <string.h>
#include <sys/fanotify.h>

#include "../check.h"
#include "core/attr.h"
#include "core/buf.h"
#include "watch/files/fan_event.h"

struct info {
	uint8_t type;
	const char *handle; /* NULL: the end of the list */
	const char *name;   /* NULL: none */
};

static void add_info(struct buf *b, const struct info *x)
{
	uint32_t n = (uint32_t)strlen(x->handle), type = 1;
	size_t name_n = x->name ? strlen(x->name) + 1 : 0;
	size_t size = 4 + FAN_HANDLE_HEAD + n + name_n, pad = (4 - size % 4) % 4;
	uint16_t len = (uint16_t)(size + pad);

	buf_add_char(b, (char)x->type);
	buf_add_char(b, 0);
	buf_add(b, &len, 2);
	buf_add(b, "FILESYS!", 8);
	buf_add(b, &n, 4);
	buf_add(b, &type, 4);
	buf_add(b, x->handle, n);
	buf_add(b, x->name ? x->name : "", name_n);
	buf_add(b, "\0\0\0", pad);
}

static void add_event(struct buf *b, uint64_t mask, const struct info *list)
{
	size_t at = b->n;
	struct fanotify_event_metadata m = { .vers = FANOTIFY_METADATA_VERSION,
		.metadata_len = sizeof m,
		.mask = mask,
		.fd = -1,
		.pid = 77 };

	buf_add(b, &m, sizeof m);
	for (; list->handle; list++)
		add_info(b, list);
	m.event_len = (uint32_t)(b->n - at);
	memcpy(b->p + at, &m, sizeof m);
}

static void assert_handle(struct span have, const char *want)
{
	if (!want) {
		assert_int_equal(have.n, 0);
		return;
	}
	assert_int_equal(have.n, FAN_HANDLE_HEAD + strlen(want));
	assert_memory_equal(have.p + FAN_HANDLE_HEAD, want, strlen(want));
}

static void events(void **state)
{
	static const struct {
		uint64_t mask;
		struct info info[4];
		const char *folder, *name, *new_folder, *new_name, *target;
	} cases[] = {
		{ FAN_MODIFY, { { 2, "dir", "name" } }, "dir", "name", NULL, "", NULL },
		{ FAN_MODIFY, { { 2, "dir", "n" }, { 1, "file", NULL } }, "dir", "n", NULL, "",
			"file" },
		{ FAN_ATTRIB, { { 1, "file", NULL } }, NULL, "", NULL, "", "file" },
		{ FAN_ATTRIB | FAN_ONDIR, { { 2, "dir", "." }, { 1, "dir", NULL } }, "dir", ".",
			NULL, "", "dir" },
		{ FAN_ATTRIB, { { 3, "dir", NULL } }, "dir", "", NULL, "", NULL },
		{ FAN_RENAME, { { 10, "d1", "a" }, { 12, "d2", "b" }, { 1, "f", NULL } }, "d1", "a",
			"d2", "b", "f" },
		{ FAN_CREATE, { { 2, "12345678901234567890", "\xff\n" } }, "12345678901234567890",
			"\xff\n", NULL, "", NULL },
		{ FAN_Q_OVERFLOW, { { 0 } }, NULL, "", NULL, "", NULL },
		{ FAN_MODIFY, { { 99, "of a later kernel", NULL }, { 2, "d", "n" } }, "d", "n",
			NULL, "", NULL },
	};
	AUTO(buf) b = BUF_INIT(65536);
	struct fan_event x;
	struct span rest;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		add_event(&b, cases[i].mask, cases[i].info);
	rest = buf_span(&b);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(fan_event_next(&rest, &x), 1);
		assert_int_equal(x.mask, cases[i].mask);
		assert_int_equal(x.pid, 77);
		assert_int_equal(x.pidfd, -1);
		assert_handle(x.folder, cases[i].folder);
		assert_true(span_is(x.name, cases[i].name));
		assert_handle(x.new_folder, cases[i].new_folder);
		assert_true(span_is(x.new_name, cases[i].new_name));
		assert_handle(x.target, cases[i].target);
	}
	assert_int_equal(fan_event_next(&rest, &x), 0);
}

/* Every cut is refused or, between two events, the end; no byte behind it is read (asan). */
static void cut(void **state)
{
	static const struct info list[] = { { 10, "d1", "a" }, { 12, "d2", "b" }, { 1, "f", NULL },
		{ 0 } };
	AUTO(buf) b = BUF_INIT(65536);

	(void)state;
	add_event(&b, FAN_RENAME, list);
	for (size_t n = 0; n <= b.n; n++) {
		AUTO(buf) copy = BUF_INIT(65536);
		struct fan_event x;
		struct span rest;

		buf_add(&copy, b.p, n);
		rest = buf_span(&copy);
		assert_int_equal(fan_event_next(&rest, &x), n == 0 ? 0 : n == b.n ? 1 : -1);
		assert_int_equal(rest.n, 0);
	}
}

/* Lengths that lie. */
static void bent(void **state)
{
	static const struct {
		size_t at, n;
		uint32_t value;
	} cases[] = {
		{ 0, 4, 1 << 20 },      /* the event is longer than all there is */
		{ 0, 4, 3 },            /* shorter than its head */
		{ 4, 1, 99 },           /* of another version */
		{ 6, 2, 4 },            /* its head is shorter than a head */
		{ 6, 2, 60000 },        /* longer than the event */
		{ 26, 2, 0 },           /* a record that never ends */
		{ 26, 2, 60000 },       /* longer than the event */
		{ 24 + 4 + 8, 4, 129 }, /* a handle longer than any */
		{ 24 + 4 + 8, 4, 100 }, /* longer than its record */
		{ 24 + 4 + 8, 4, UINT32_MAX },
	};
	static const struct info list[] = { { 2, "dir", "name" }, { 0 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(buf) b = BUF_INIT(65536);
		struct fan_event x;
		struct span rest;

		add_event(&b, FAN_MODIFY, list);
		memcpy(b.p + cases[i].at, &cases[i].value, cases[i].n);
		rest = buf_span(&b);
		assert_int_equal(fan_event_next(&rest, &x), -1);
	}
}

/* One byte more than any handle has, in a record that has room for it. */
static void long_handle(void **state)
{
	char text[FAN_HANDLE_MAX + 2];

	(void)state;
	for (size_t n = 128; n <= 129; n++) {
		const struct info list[] = { { 2, text, "name" }, { 0 } };
		AUTO(buf) b = BUF_INIT(65536);
		struct fan_event x;
		struct span rest;

		memset(text, 'h', n);
		text[n] = '\0';
		add_event(&b, FAN_MODIFY, list);
		rest = buf_span(&b);
		assert_int_equal(fan_event_next(&rest, &x), n == 128 ? 1 : -1);
	}
}

static void pidfd(void **state)
{
	const char info[] = { 4, 0, 8, 0, 9, 0, 0, 0 };
	struct fanotify_event_metadata m = { .vers = FANOTIFY_METADATA_VERSION,
		.metadata_len = sizeof m,
		.event_len = sizeof m + sizeof info,
		.mask = FAN_MODIFY };
	AUTO(buf) b = BUF_INIT(100);
	struct fan_event x;
	struct span rest;

	(void)state;
	buf_add(&b, &m, sizeof m);
	buf_add(&b, info, sizeof info);
	rest = buf_span(&b);
	assert_int_equal(fan_event_next(&rest, &x), 1);
	assert_int_equal(x.pidfd, 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events),
		cmocka_unit_test(cut),
		cmocka_unit_test(bent),
		cmocka_unit_test(long_handle),
		cmocka_unit_test(pidfd),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
