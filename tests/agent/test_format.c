/* The formats over a fixed set of records, against files that people have read:
 * INVAR_GOLDEN_WRITE=1 writes them. tests/agent/golden/check.py reads them as their readers do. */
#include <stdio.h>
#include <stdlib.h>

#include "../check.h"
#include "core/utf8.h"
#include "fixed.h"
#include "output/format.h"

static void golden(enum format f, const char *name)
{
	AUTO(buf) is = BUF_INIT(BUF_MAX_DEFAULT);
	AUTO(buf) was = BUF_INIT(BUF_MAX_DEFAULT);
	AUTO_FREE(arena) arena = arena_new();
	struct ledger_record r;
	char path[128], chunk[4096];
	FILE *file;
	size_t n;

	for (size_t i = 0; fixed_record(arena, i, &r); i++) {
		const struct syslog_style cef = { 13, 32473, FORMAT_CEF, 0 };

		if (f == FORMAT_SYSLOG)
			syslog5424_record(&is, &cef, span_of("web7"), &r);
		else
			format_record(&is, f, span_of("web7"), &r);
		buf_add_char(&is, '\n');
	}
	snprintf(path, sizeof path, "tests/agent/golden/%s", name);
	if (getenv("INVAR_GOLDEN_WRITE")) {
		file = fopen(path, "w");
		assert_non_null(file);
		assert_int_equal(fwrite(is.p, 1, is.n, file), is.n);
		assert_int_equal(fclose(file), 0);
	}
	file = fopen(path, "r");
	assert_non_null(file);
	while ((n = fread(chunk, 1, sizeof chunk, file)) > 0)
		buf_add(&was, chunk, n);
	fclose(file);
	assert_string_equal(buf_text(&is), buf_text(&was));
}

static void every_format__is_as_it_was_read(void **state)
{
	(void)state;
	golden(FORMAT_CEF, "cef");
	golden(FORMAT_LEEF, "leef");
	golden(FORMAT_OCSF, "ocsf");
	golden(FORMAT_ECS, "ecs");
	golden(FORMAT_SYSLOG, "syslog");
}

static void syslog__stays_below_its_size(void **state)
{
	static const size_t sizes[] = { 480, 1024, 2048, 8192 };
	AUTO_FREE(arena) arena = arena_new();
	struct ledger_record r;

	(void)state;
	for (size_t s = 0; s < ARRAY_LEN(sizes); s++)
		for (size_t i = 0; fixed_record(arena, i, &r); i++)
			for (enum format f = FORMAT_JSON; f < FORMAT_SYSLOG; f++) {
				const struct syslog_style style = { 13, 32473, f, sizes[s] };
				AUTO(buf) b = BUF_INIT(BUF_MAX_DEFAULT);
				struct span rest;
				uint32_t c;

				syslog5424_record(&b, &style, span_of("web7"), &r);
				assert_true(b.n <= sizes[s]);
				for (rest = buf_span(&b); rest.n;) {
					size_t n = utf8_next(rest, &c);

					assert_true(n > 0 &&
						    (c >= 0x20 || (f == FORMAT_LEEF && c == '\t')));
					rest = span_from_offset(rest, n);
				}
			}
}

static void syslog__says_how_long_text_is_encoded(void **state)
{
	AUTO_FREE(arena) arena = arena_new();
	const struct syslog_style style = { 4, 1, FORMAT_TEXT, 0 };
	AUTO(buf) ascii = BUF_INIT(BUF_MAX_DEFAULT);
	AUTO(buf) utf8 = BUF_INIT(BUF_MAX_DEFAULT);
	struct ledger_record r;

	(void)state;
	assert_true(fixed_record(arena, 20, &r));
	syslog5424_record(&ascii, &style, span_of("my host"), &r);
	assert_non_null(strstr(buf_text(&ascii), "<35>1 "));
	assert_non_null(strstr(buf_text(&ascii), " my_host invar - INVAR_LOSS [invar@1 "));
	assert_null(strstr(buf_text(&ascii), "\xef\xbb\xbf"));
	assert_true(fixed_record(arena, 4, &r));
	syslog5424_record(&utf8, &style, SPAN_NONE, &r);
	assert_non_null(strstr(buf_text(&utf8), "Z - invar - FILE_DELETED ["));
	assert_non_null(strstr(buf_text(&utf8), "] \xef\xbb\xbf/etc"));
}

static void severity__is_low_where_nobody_must_act(void **state)
{
	AUTO_FREE(arena) arena = arena_new();
	struct ledger_record r;

	(void)state;
	assert_true(fixed_record(arena, 0, &r));
	assert_int_equal(record_severity(&r), SEVERITY_HIGH);
	assert_true(fixed_record(arena, 6, &r)); /* the same, explained */
	assert_int_equal(record_severity(&r), SEVERITY_INFO);
	assert_true(fixed_record(arena, 25, &r));
	assert_int_equal(record_severity(&r), SEVERITY_HIGH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_format__is_as_it_was_read),
		cmocka_unit_test(syslog__stays_below_its_size),
		cmocka_unit_test(syslog__says_how_long_text_is_encoded),
		cmocka_unit_test(severity__is_low_where_nobody_must_act),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
