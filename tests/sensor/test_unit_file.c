#include "../check.h"
#include "core/buf.h"
#include "host/unit_file.h"

/* Settings as "Section.Key=value", a line each; "bad N at LINE" at the end. */
static const struct {
	const char *text;
	size_t n; /* 0: as C has it */
	const char *is;
} files[] = {
	{ "[Unit]\nDescription=A b\n[Service]\nExecStart=/bin/true\n", 0,
		"Unit.Description=A b\nService.ExecStart=/bin/true\n" },
	{ "", 0, "" },
	{ "# a\n; b\n\n  # c\n[A]\n  x  =  y  \n", 0, "A.x=y\n" },
	{ "[A]\nx=\nx=1\nx=2=3", 0, "A.x=\nA.x=1\nA.x=2=3\n" },
	{ "\xef\xbb\xbf[A]\r\nx=1\r\n", 0, "A.x=1\n" },
	/* systemd.syntax(7): comments within are left out, the backslash is a blank */
	{ "[A]\nx=1 \\\n# no\n; no\n   2\\\n3\ny=4\n", 0, "A.x=1     2 3\nA.y=4\n" },
	{ "[A]\nx=1\\", 0, "A.x=1\n" },
	{ "[A]\nx=1\\\n# no", 0, "A.x=1\n" },
	{ "[A]\nnothing\n=x\nx=1\nalso nothing\n", 0, "A.x=1\nbad 3 at 2\n" },
	{ "x=1\n[A]\ny=2\n", 0, "A.y=2\nbad 1 at 1\n" },
	{ "[A]\nx=1\0002\ny=2\n", 13, "A.y=2\nbad 1 at 2\n" },
	{ "[A\nx=1\n[B]\ny=2\n", 0, "B.y=2\nbad 2 at 1\n" },
};

static void files_are_read_as_systemd_does(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		AUTO(buf) b = BUF_INIT(4096);
		AUTO_FREE(arena) a = arena_new();
		size_t n = files[i].n ? files[i].n : strlen(files[i].text);
		struct unit_reader r = unit_reader(span_from(files[i].text, n), a);
		struct unit_setting x;

		while (unit_reader_next(&r, &x))
			buf_addf(&b, "%.*s.%.*s=%.*s\n", SPAN_ARG(x.section), SPAN_ARG(x.key),
				SPAN_ARG(x.value));
		if (r.bad)
			buf_addf(&b, "bad %u at %u\n", r.bad, r.first_bad);
		assert_string_equal(buf_text(&b), files[i].is);
	}
}

static const struct {
	const char *text, *is; /* words, each behind a "|" */
} values[] = {
	{ "", "" },
	{ "  a b\tc ", "|a|b|c" },
	{ "\"a b\" 'c \"d'", "|a b|c \"d" },
	{ "A=\"x y\"z", "|A=x yz" },
	{ "a\\x41\\101\\n\\s\\q\\\\", "|aAA\n \\q\\" },
	{ "\"open", "|open" },
	{ "a\\", "|a" },
	{ "\"\" b", "||b" },
};

static void values_are_cut_into_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		AUTO(buf) b = BUF_INIT(4096);
		AUTO_FREE(arena) a = arena_new();
		struct span rest = span_of(values[i].text), word;

		while (unit_word(&rest, a, &word))
			buf_addf(&b, "|%.*s", SPAN_ARG(word));
		assert_string_equal(buf_text(&b), values[i].is);
	}
}

static const struct {
	const char *name, *type, *template;
	bool is_template;
} names[] = {
	{ "ssh.service", "service", "", false },
	{ "getty@tty1.service", "service", "getty@.service", false },
	{ "getty@.service", "service", "", true },
	{ "a@b@c.service", "service", "a@.service", false },
	{ "@x.service", "service", "", false },
	{ "system-systemd\\x2dcryptsetup.slice", "slice", "", false },
	{ "-.mount", "mount", "", false },
	{ ".service", "", "", false },
	{ "ssh.conf", "", "", false },
	{ "a.service@b", "", "", false },
};

static void names_have_types_and_templates(void **state)
{
	AUTO_FREE(arena) a = arena_new();
	char long_name[300];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct span name = span_of(names[i].name);

		assert_true(span_is(unit_type(name), names[i].type));
		assert_true(span_is(unit_template(name, a), names[i].template));
		assert_int_equal(unit_is_template(name), names[i].is_template);
	}
	memset(long_name, 'a', sizeof long_name);
	memcpy(long_name + 256 - 8, ".service", 8);
	assert_int_equal(unit_type(span_from(long_name, 256)).n, 0);
	assert_int_equal(unit_type(span_from(long_name + 1, 255)).n, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_are_read_as_systemd_does),
		cmocka_unit_test(values_are_cut_into_words),
		cmocka_unit_test(names_have_types_and_templates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
