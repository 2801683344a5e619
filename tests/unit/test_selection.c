#include "../check.h"
#include "change/pipeline.h"
#include "entity/container.h"
#include "entity/file.h"
#include "entity/registry_key.h"
#include "entity/registry_value.h"

/* The record every case is asked about: renamed from /srv/old.txt to /srv/www/a.php. */
static struct ledger_record asked(void)
{
	struct ledger_record r = { .type = RECORD_CHANGE, .seq = 7, .chained = true };

	r.change.type = CHANGE_RENAMED;
	r.change.kind = &kind_file;
	r.change.key = span_of("/srv/www/a.php");
	r.change.old_key = span_of("/srv/old.txt");
	r.change.rule = span_of("web");
	r.change.card = span_of("01J");
	return r;
}

static const struct {
	const char *words[4];
	bool holds;
} cases[] = {
	{ { "all" }, true },
	{ { "/" }, true },
	{ { "/srv" }, true },
	{ { "/srv/www/a.php" }, true },
	{ { "/srv/www/a.php/" }, true },
	{ { "/srv//www/./x/../a.php" }, true },
	{ { "/srv/www/a.ph" }, false },
	{ { "/srv/w" }, false },
	{ { "/srv/old.txt" }, true },
	{ { "www" }, true },
	{ { "." }, true },
	{ { "./www/a.php" }, true },
	{ { "../srv/www" }, true },
	{ { "../../../srv" }, true },
	{ { "a.php" }, false },
	{ { "file" }, true },
	{ { "./file" }, false },
	{ { "file", "/srv/www" }, true },
	{ { "file", "/etc", "/srv/www/a.php" }, true },
	{ { "file", "/srv/**/*.php" }, true },
	{ { "file", "/srv/*.php" }, false },
	{ { "file:/srv/www/*.php" }, true },
	{ { "file:/srv/www/*.c" }, false },
	{ { "file:/srv/www" }, true },
	{ { "nokind:/srv/www" }, false },
	{ { "rule:web" }, true },
	{ { "rule:we" }, false },
	{ { "seq:7" }, true },
	{ { "seq:1-6" }, false },
	{ { "seq:1-7" }, true },
	{ { "seq:7-9" }, true },
	{ { "card:01J" }, true },
	{ { "card:01K" }, false },
	{ { "/etc", "rule:x", "seq:7" }, true },
	{ { NULL }, false },
};

/* Of Windows: what is asked about, the words, and whether they hold it. */
static const struct {
	const struct kind *kind;
	const char *key, *words[2];
	bool holds;
} windows[] = {
	{ &kind_file, "C:\\Windows\\x", { "c:/windows/" }, true },
	{ &kind_file, "C:\\Windows\\x", { "C:\\windows\\y\\..\\X" }, true },
	{ &kind_file, "C:\\Windows\\x", { "C:\\win" }, false },
	{ &kind_file, "C:\\Windows\\x", { "file:C:/*/X" }, true },
	{ &kind_file, "C:\\Windows\\x", { "/" }, true },
	{ &kind_file, "\\\\server\\share\\x", { "\\\\SERVER\\share" }, true },
	{ &kind_registry_key, "HKLM\\SOFTWARE\\A", { "hkey_local_machine\\software" }, true },
	{ &kind_registry_key, "HKLM\\SOFTWARE\\Classes\\.txt", { "HKCR\\.TXT" }, true },
	{ &kind_registry_key, "HKLM\\SOFTWARE\\A", { "registry-key", "HKLM\\*\\a" }, true },
	{ &kind_registry_key, "HKLM\\SOFTWARE\\A/b", { "HKLM\\SOFTWARE\\A" }, false },
	{ &kind_registry_value, "HKLM\\A\\x\\\\y", { "HKLM\\A\\x" }, false },
	{ &kind_registry_value, "HKLM\\A\\x\\\\y", { "registry-value", "HKLM\\a\\X\\\\y" }, true },
	{ &kind_registry_value, "HKLM\\A\\", { "registry-value", "HKLM\\A\\" }, true },
	{ &kind_registry_value, "HKLM\\A\\x", { "registry-value", "HKLM\\A\\" }, false },
	{ &kind_registry_value, "HKLM\\A\\x", { "HKLM\\A\\" }, true },
	{ &kind_registry_key, "HKLM\\A", { "C:\\A" }, false },
};

static void a_selection_knows_windows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(windows); i++) {
		AUTO_FREE(arena) a = arena_new();
		struct ledger_record r = asked();
		struct change_selection sel;
		struct err e = { 0 };

		r.change.kind = windows[i].kind;
		r.change.key = span_of(windows[i].key);
		r.change.old_key = SPAN_NONE;
		if (change_selection_parse(a, windows[i].words, windows[i].words[1] ? 2 : 1, "/srv",
			    &sel, &e) < 0)
			fail_msg("%s: %s", windows[i].words[0], e.text);
		if (change_selection_holds(&sel, &r) != windows[i].holds)
			fail_msg("%s %s: %s", windows[i].words[0],
				windows[i].words[1] ? windows[i].words[1] : "", windows[i].key);
	}
}

static size_t count(const char *const *words)
{
	size_t n = 0;

	while (words[n])
		n++;
	return n;
}

static void a_selection_holds_what_it_names(void **state)
{
	const struct ledger_record r = asked();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_FREE(arena) a = arena_new();
		struct change_selection sel;
		struct err e = { 0 };

		if (change_selection_parse(a, cases[i].words, count(cases[i].words), "/srv", &sel,
			    &e) < 0)
			fail_msg("case %zu '%s': %s", i, cases[i].words[0], e.text);
		if (change_selection_holds(&sel, &r) != cases[i].holds)
			fail_msg("case %zu '%s'", i, cases[i].words[0]);
	}
}

/* Keys that are no paths hold slashes, colons, blanks, stars and backslashes. */
static void names_of_flat_kinds_are_patterns(void **state)
{
	static const struct {
		const char *words[3];
		bool holds;
	} rows[] = { { { "container" }, true }, { { "user" }, false },
		{ { "container:docker:a/b\\\\c d*\a" }, true }, { { "container:docker:*" }, true },
		{ { "container:*/b*" }, true }, { { "container:docker:a" }, false },
		{ { "container:docker:a/b\\x5cc d*\\x07" }, true }, /* as we print it */
		{ { "container:docker:a/b\\x5cc d*\\x08" }, false },
		{ { "container", "image:*", "docker:a*" }, true }, { { "/docker" }, false },
		{ { "user:docker:*" }, false } };
	struct ledger_record r = { .type = RECORD_CHANGE };

	(void)state;
	r.change.type = CHANGE_CREATED;
	r.change.kind = &kind_container;
	r.change.key = span_of("docker:a/b\\c d*\a");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO_FREE(arena) a = arena_new();
		struct change_selection sel;
		struct err e = { 0 };
		size_t n = 0;

		while (n < ARRAY_LEN(rows[i].words) && rows[i].words[n])
			n++;
		assert_int_equal(change_selection_parse(a, rows[i].words, n, "/", &sel, &e), 0);
		if (change_selection_holds(&sel, &r) != rows[i].holds)
			fail_msg("'%s'", rows[i].words[0]);
	}
}

/* A key of the registry copied from what we printed, NUL and all. */
static void keys_are_taken_as_printed(void **state)
{
	static const struct {
		const char *word;
		bool holds;
	} rows[] = { { "registry-value:HKLM\\Run\\a\\x00z", true }, { "HKLM\\Run\\a\\x00z", true },
		{ "HKLM\\Run\\a\xc0\x80z", true }, { "HKLM\\Run\\a\\x01b", false },
		{ "HKLM\\Run", true }, { "registry-key:HKLM\\Run\\a\\x00z", false } };
	struct ledger_record r = { .type = RECORD_CHANGE };

	(void)state;
	r.change.type = CHANGE_CREATED;
	r.change.kind = &kind_registry_value;
	r.change.key = span_of("HKLM\\Run\\a\xc0\x80z");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO_FREE(arena) a = arena_new();
		struct change_selection sel;
		struct err e = { 0 };

		assert_int_equal(change_selection_parse(a, &rows[i].word, 1, "/", &sel, &e), 0);
		if (change_selection_holds(&sel, &r) != rows[i].holds)
			fail_msg("'%s'", rows[i].word);
	}
}

static void what_is_no_selection_is_refused(void **state)
{
	static const char *const bad[] = { "", "seq:", "seq:x", "seq:0", "seq:5-4", "seq:5-",
		"seq:99999999999999999999", "rule:", "card:", "file:/a/*\\" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		AUTO_FREE(arena) a = arena_new();
		struct change_selection sel;
		struct err e = { 0 };

		if (change_selection_parse(a, &bad[i], 1, "/", &sel, &e) != ERR_USAGE)
			fail_msg("'%s': %d %s", bad[i], e.code, e.text);
		assert_non_null(strstr(e.text, "selection"));
	}
}

static void other_records_match_by_place_number_or_all(void **state)
{
	static const struct {
		const char *word;
		bool gap, note;
	} rows[] = {
		{ "all", true, true },
		{ "/srv", true, false },
		{ "rule:web", false, false },
		{ "seq:3", true, true },
		{ "card:01J", false, false },
	};
	struct ledger_record gap = { .type = RECORD_GAP, .seq = 3, .chained = true };
	struct ledger_record note = { .type = RECORD_NOTE, .seq = 3, .chained = true };

	(void)state;
	gap.gap.kind = &kind_file;
	gap.gap.key = span_of("/srv/private");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO_FREE(arena) a = arena_new();
		struct change_selection sel;
		struct err e = { 0 };

		assert_int_equal(change_selection_parse(a, &rows[i].word, 1, "/", &sel, &e), 0);
		if (change_selection_holds(&sel, &gap) != rows[i].gap ||
			change_selection_holds(&sel, &note) != rows[i].note)
			fail_msg("'%s'", rows[i].word);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_selection_knows_windows),
		cmocka_unit_test(a_selection_holds_what_it_names),
		cmocka_unit_test(names_of_flat_kinds_are_patterns),
		cmocka_unit_test(keys_are_taken_as_printed),
		cmocka_unit_test(what_is_no_selection_is_refused),
		cmocka_unit_test(other_records_match_by_place_number_or_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
