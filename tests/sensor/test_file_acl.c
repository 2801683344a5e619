#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

#include "../check.h"
#include "core/attr.h"
#include "run.h"
#include "sensor/file/file_acl.h"

#define NO_ID "\xff\xff\xff\xff"
#define VERSION "\2\0\0\0"
#define ENTRY(tag, perm, id) tag "\0" perm "\0" id
#define USER_OBJ(perm) ENTRY("\1", perm, NO_ID)
#define USER(perm, id) ENTRY("\2", perm, id)
#define GROUP_OBJ(perm) ENTRY("\4", perm, NO_ID)
#define GROUP(perm, id) ENTRY("\10", perm, id)
#define MASK(perm) ENTRY("\20", perm, NO_ID)
#define OTHER(perm) ENTRY("\40", perm, NO_ID)
#define BYTES(s) \
	{ \
		s, sizeof(s) - 1 \
	}

static const char passwd[] = "root:x:0:0::/:/bin/sh\nalice:x:1000:1000::/:\n"
			     "a,b:x:1001:1::/:\n1000:x:1002:1::/:\nbad name:x:1003:1::/:\n";
static const char group[] = "wheel:x:50:\n";

static const struct {
	struct span raw;
	const char *numbers; /* without names */
	const char *names;
} cases[] = {
	{ BYTES(VERSION), "", "" },
	{ BYTES(VERSION USER_OBJ("\6") GROUP_OBJ("\4") OTHER("\0")), "u::rw-,g::r--,o::---",
		"u::rw-,g::r--,o::---" },
	{ BYTES(VERSION USER_OBJ("\6") USER("\4", "\xe8\3\0\0") GROUP_OBJ("\4")
			  GROUP("\5", "\x32\0\0\0") MASK("\7") OTHER("\1")),
		"u::rw-,u:1000:r--,g::r--,g:50:r-x,m::rwx,o::--x",
		"u::rw-,u:alice:r--,g::r--,g:wheel:r-x,m::rwx,o::--x" },
	{ BYTES(VERSION USER("\2", "\xe9\3\0\0") USER("\2", "\xea\3\0\0") USER("\2", "\xeb\3\0\0")
			  USER("\2", "\xff\xff\xff\xff")),
		"u:1001:-w-,u:1002:-w-,u:1003:-w-,u:4294967295:-w-",
		"u:1001:-w-,u:1002:-w-,u:1003:-w-,u:4294967295:-w-" },
};

static void texts_are_short_acl_text(void **state)
{
	AUTO_FREE(names) names = names_from(span_of(passwd), span_of(group));

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(buf) plain = BUF_INIT(BUF_MAX_DEFAULT);
		AUTO(buf) named = BUF_INIT(BUF_MAX_DEFAULT);
		struct err e = { 0 };

		assert_int_equal(file_acl_text(cases[i].raw, NULL, &plain, &e), 0);
		assert_string_equal(buf_text(&plain), cases[i].numbers);
		assert_int_equal(file_acl_text(cases[i].raw, names, &named, &e), 0);
		assert_string_equal(buf_text(&named), cases[i].names);
	}
}

static const struct span wrong[] = {
	BYTES(""),
	BYTES("\2\0\0"),
	BYTES("\1\0\0\0"),
	BYTES("\2\0\0\1"),
	BYTES(VERSION "\1"),
	BYTES(VERSION USER_OBJ("\6") "\1\0\6\0\xff\xff\xff"),
	BYTES(VERSION ENTRY("\0", "\6", NO_ID)),
	BYTES(VERSION ENTRY("\3", "\6", NO_ID)),
	BYTES(VERSION ENTRY("\100", "\6", NO_ID)),
	BYTES(VERSION "\1\1\6\0" NO_ID),
	BYTES(VERSION USER_OBJ("\10")),
	BYTES(VERSION "\1\0\6\1" NO_ID),
};

static void other_bytes_are_refused(void **state)
{
	static char huge[(64 << 10) + 4] = VERSION;
	AUTO(buf) text = BUF_INIT(BUF_MAX_DEFAULT);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct err e = { 0 };

		assert_int_equal(file_acl_text(wrong[i], NULL, &text, &e), ERR_FORMAT);
		assert_int_not_equal(e.text[0], '\0');
	}
	assert_int_equal(file_acl_text(span_from(huge, sizeof huge), NULL, &text,
				 &(struct err){ 0 }),
		ERR_LIMIT);
	assert_int_equal(text.n, 0);
}

/* What getfacl prints, in the short form. */
static void shorten(char *text)
{
	static const char *const words[] = { "user", "group", "mask", "other" };
	char *to = text;

	while (*text) {
		for (size_t i = 0; i < ARRAY_LEN(words); i++)
			if (strncmp(text, words[i], strlen(words[i])) == 0) {
				*to++ = *text;
				text += strlen(words[i]);
			}
		while (*text && *text != '\n')
			*to++ = *text++;
		while (*text == '\n')
			text++;
		if (*text)
			*to++ = ',';
	}
	*to = '\0';
}

static void getfacl_agrees(void **state)
{
	char path[256], out[4096], raw[4096];
	const char *const set[] = { "setfacl", "-m",
		"u:1234:rw,u:77:---,g:4321:r-x,g:9:w,m::rx,o::---", path, NULL };
	const char *const get[] = { "getfacl", "--omit-header", "--numeric", "--no-effective",
		"--absolute-names", path, NULL };
	AUTO(buf) text = BUF_INIT(BUF_MAX_DEFAULT);
	struct err e = { 0 };
	ssize_t n = -1;

	(void)state;
	scratch_file(path, sizeof path);
	if (run(set, out, sizeof out) && run(get, out, sizeof out))
		n = getxattr(path, "system.posix_acl_access", raw, sizeof raw);
	unlink(path);
	if (n < 0)
		skip(); /* no acl tools, or a file system without ACLs */
	shorten(out);
	assert_int_equal(file_acl_text(span_from(raw, (size_t)n), NULL, &text, &e), 0);
	assert_string_equal(buf_text(&text), out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_short_acl_text),
		cmocka_unit_test(other_bytes_are_refused),
		cmocka_unit_test(getfacl_agrees),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
