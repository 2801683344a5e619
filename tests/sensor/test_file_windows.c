/* What files of Windows are made of, from bytes: read on any platform. */
#include "../check.h"
#include "core/attr.h"
#include "sensor/file/file_attributes.h"
#include "sensor/file/file_pe.h"
#include "sensor/file/file_reparse.h"
#include "sensor/file/file_streams.h"

/* ---- attributes ---- */

static const struct {
	uint32_t bits;
	const char *text;
} attributes[] = {
	{ 0x80, "" },
	{ 0x10, "" },
	{ 0x410, "" },
	{ 0x20, "A" },
	{ 0x27, "ASHR" },
	{ 0x23, "AHR" },
	{ 0x1000, "O" },
	{ 0x2020, "AI" },
	{ 0x820, "A compressed" },
	{ 0x4200, "sparse encrypted" },
	{ 0x400000, "recall-on-data-access" },
	{ 0x100020, "AU" },
	{ 0x80000001, "R 0x80000000" },
	{ 0x40000000, "0x40000000" },
};

static void attributes_are_the_letters_of_attrib(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(attributes); i++) {
		AUTO(buf) text = BUF_INIT(200);

		file_attributes_text(attributes[i].bits, &text);
		assert_string_equal(buf_text(&text), attributes[i].text);
	}
}

/* ---- reparse points ---- */

static void put(struct buf *b, uint32_t n, unsigned bytes)
{
	for (; bytes > 0; bytes--, n >>= 8)
		buf_add_char(b, (char)n);
}

static void put_wide(struct buf *b, const char *ascii)
{
	for (; *ascii; ascii++)
		put(b, (unsigned char)*ascii, 2);
}

/* A symbolic link (flags) or a junction (none), whose display name says something else. */
static void make_link(struct buf *b, uint32_t tag, const char *target)
{
	uint32_t n = (uint32_t)strlen(target) * 2;
	bool symlink = tag == 0xa000000c;

	put(b, tag, 4);
	put(b, (symlink ? 12 : 8) + n + 6, 2);
	put(b, 0, 2);
	put(b, 6, 2); /* the display name comes first here */
	put(b, n, 2);
	put(b, 0, 2);
	put(b, 6, 2);
	if (symlink)
		put(b, 1, 4);
	put_wide(b, "lie");
	put_wide(b, target);
}

static const struct {
	uint32_t tag;
	const char *target, *text;
} links[] = {
	{ 0xa000000c, "..\\x", "..\\x" },
	{ 0xa000000c, "\\??\\C:\\x y", "C:\\x y" },
	{ 0xa000000c, "\\??\\UNC\\server\\share\\x", "\\\\server\\share\\x" },
	{ 0xa000000c, "\\x", "\\x" },
	{ 0xa0000003, "\\??\\D:\\", "D:\\" },
	{ 0xa0000003, "\\??\\Volume{01234567-89ab-cdef-0123-456789abcdef}\\",
		"\\\\?\\Volume{01234567-89ab-cdef-0123-456789abcdef}\\" },
	{ 0xa0000003, "\\??\\", "\\\\?\\" },
	{ 0xa0000003, "", "" },
};

static void a_link_leads_where_its_substitute_name_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(links); i++) {
		AUTO(buf) bytes = BUF_INIT(2000);
		AUTO(buf) text = BUF_INIT(2000);

		make_link(&bytes, links[i].tag, links[i].target);
		assert_true(file_reparse_target(buf_span(&bytes), &text));
		assert_string_equal(buf_text(&text), links[i].text);
	}
}

static void every_cut_of_a_link_is_refused(void **state)
{
	AUTO(buf) bytes = BUF_INIT(2000);

	(void)state;
	make_link(&bytes, 0xa000000c, "\\??\\C:\\x");
	for (size_t n = 0; n < bytes.n; n++) {
		AUTO(buf) text = BUF_INIT(2000);

		assert_false(file_reparse_target(span_from(bytes.p, n), &text));
		assert_int_equal(text.n, 0);
	}
	bytes.p[8] = 127; /* begins behind the end */
	AUTO(buf) text = BUF_INIT(2000);
	assert_false(file_reparse_target(buf_span(&bytes), &text));
}

static void names_keep_every_unit(void **state)
{
	static const char want[] = "\xed\xa0\x80x\xf0\x9f\x98\x80\xe3\x81\x82\xc0\x80";
	static const uint16_t units[] = { 0xd800, 'x', 0xd83d, 0xde00, 0x3042, 0 };
	AUTO(buf) bytes = BUF_INIT(2000);
	AUTO(buf) text = BUF_INIT(2000);

	(void)state;
	put(&bytes, 0xa0000003, 4);
	put(&bytes, 8 + sizeof units, 4);
	put(&bytes, 0, 2);
	put(&bytes, sizeof units, 2);
	put(&bytes, 0, 4);
	for (size_t i = 0; i < ARRAY_LEN(units); i++)
		put(&bytes, units[i], 2);
	assert_true(file_reparse_target(buf_span(&bytes), &text));
	assert_int_equal(text.n, sizeof want - 1);
	assert_memory_equal(text.p, want, sizeof want - 1);
}

static void other_tags_have_their_own_targets(void **state)
{
	AUTO(buf) lx = BUF_INIT(2000);
	AUTO(buf) app = BUF_INIT(2000);
	AUTO(buf) text = BUF_INIT(2000);

	(void)state;
	put(&lx, 0xa000001d, 4);
	put(&lx, 4 + 4, 4);
	put(&lx, 2, 4);
	buf_add_text(&lx, "/etc");
	assert_true(file_reparse_target(buf_span(&lx), &text));
	assert_string_equal(buf_text(&text), "/etc");

	buf_clear(&text);
	put(&app, 0x8000001b, 4);
	put(&app, 4 + 2 * 8, 4);
	put(&app, 3, 4);
	put_wide(&app, "p");
	put(&app, 0, 2);
	put_wide(&app, "e");
	put(&app, 0, 2);
	put_wide(&app, "C:x");
	put(&app, 0, 2);
	assert_true(file_reparse_target(buf_span(&app), &text));
	assert_string_equal(buf_text(&text), "C:x");
}

static const struct {
	uint32_t tag;
	enum file_type type;
	const char *name;
} tags[] = {
	{ 0xa000000c, FILE_SYMLINK, "symlink" },
	{ 0xa0000003, FILE_SYMLINK, "mount-point" },
	{ 0x80000023, FILE_SOCKET, "af-unix" },
	{ 0x80000017, FILE_REGULAR, "wof" },
	{ 0x9000601a, FILE_REGULAR, "cloud" },
	{ 0x90001018, FILE_REGULAR, "0x90001018" },
	{ 0x20001234, FILE_SYMLINK, "0x20001234" }, /* somebody's own, and a name surrogate */
	{ 0x00001234, FILE_REGULAR, "0x00001234" },
};

static void a_tag_says_what_it_is(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(tags); i++) {
		AUTO(buf) text = BUF_INIT(200);

		assert_int_equal(file_reparse_type(tags[i].tag, FILE_REGULAR), tags[i].type);
		file_reparse_name(tags[i].tag, &text);
		assert_string_equal(buf_text(&text), tags[i].name);
	}
}

/* ---- programs ---- */

static void make_program(struct buf *b, uint32_t at, unsigned flags, unsigned system)
{
	buf_add_text(b, "MZ");
	while (b->n < 60)
		buf_add_char(b, 'x');
	put(b, at, 4);
	while (b->n < at)
		buf_add_char(b, 'x');
	buf_add(b, "PE\0", 4);
	put(b, 0x8664, 2);
	while (b->n < at + 22)
		buf_add_char(b, 'x');
	put(b, flags, 2);
	while (b->n < at + 24 + 68)
		buf_add_char(b, 'x');
	put(b, system, 2);
}

static const struct {
	uint32_t at;
	unsigned flags, system;
	const char *kind;
} programs[] = {
	{ 0x80, 0x22, 3, "pe:program" },
	{ 0x80, 0x22, 2, "pe:program" },
	{ 0xf8, 0x2022, 3, "pe:library" },
	{ 0xf8, 0x22, 1, "pe:native" },
	{ 0x40, 0x22, 10, "pe:efi" },
	{ 0x40, 0x22, 13, "pe:efi" },
	{ 4000, 0x22, 3, "pe:program" },
	{ 4050, 0x22, 3, "mz" },
};

static void programs_are_known_by_their_headers(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(programs); i++) {
		AUTO(buf) bytes = BUF_INIT(8000);
		AUTO(buf) kind = BUF_INIT(200);

		make_program(&bytes, programs[i].at, programs[i].flags, programs[i].system);
		file_pe_kind(buf_span(&bytes), &kind);
		assert_string_equal(buf_text(&kind), programs[i].kind);
	}
}

static void what_is_cut_is_a_dos_program_or_none(void **state)
{
	AUTO(buf) bytes = BUF_INIT(8000);

	(void)state;
	make_program(&bytes, 0x80, 0x22, 3);
	for (size_t n = 0; n < bytes.n; n++) {
		AUTO(buf) kind = BUF_INIT(200);

		file_pe_kind(span_from(bytes.p, n), &kind);
		assert_string_equal(buf_text(&kind), n < 2 ? "" : "mz");
	}
	bytes.p[63] = (char)0xff; /* an offset that would wrap */
	AUTO(buf) kind = BUF_INIT(200);
	file_pe_kind(buf_span(&bytes), &kind);
	assert_string_equal(buf_text(&kind), "mz");
}

/* ---- streams ---- */

static void put_stream(struct buf *b, const char *name, uint32_t size, bool last)
{
	size_t n = strlen(name) * 2, whole = (24 + n + 7) / 8 * 8;

	put(b, last ? 0 : (uint32_t)whole, 4);
	put(b, (uint32_t)n, 4);
	put(b, size, 4);
	put(b, 0, 4);
	put(b, 4096, 4);
	put(b, 0, 4);
	put_wide(b, name);
	for (; !last && n + 24 < whole; n++)
		buf_add_char(b, 0);
}

static void alternate_streams_alone_are_listed(void **state)
{
	AUTO(buf) bytes = BUF_INIT(2000);
	struct file_stream x;
	size_t at = 0;

	(void)state;
	put_stream(&bytes, "::$DATA", 7, false);
	put_stream(&bytes, ":Zone.Identifier:$DATA", 26, false);
	put_stream(&bytes, ":x:$OTHER", 1, false);
	put_stream(&bytes, ":y:$DATA", 3, true);
	assert_int_equal(file_stream_next(buf_span(&bytes), &at, &x), 1);
	assert_int_equal(x.name.n, 2 * strlen("Zone.Identifier"));
	assert_memory_equal(x.name.p, "Z\0o", 3);
	assert_int_equal(x.size, 26);
	assert_int_equal(file_stream_next(buf_span(&bytes), &at, &x), 1);
	assert_int_equal(x.name.n, 2);
	assert_int_equal(file_stream_next(buf_span(&bytes), &at, &x), 0);
	for (size_t n = 1; n < bytes.n; n++) { /* every cut ends, and reads nothing behind it */
		int r = 1;

		at = 0;
		while (r > 0)
			r = file_stream_next(span_from(bytes.p, n), &at, &x);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attributes_are_the_letters_of_attrib),
		cmocka_unit_test(a_link_leads_where_its_substitute_name_says),
		cmocka_unit_test(every_cut_of_a_link_is_refused),
		cmocka_unit_test(names_keep_every_unit),
		cmocka_unit_test(other_tags_have_their_own_targets),
		cmocka_unit_test(a_tag_says_what_it_is),
		cmocka_unit_test(alternate_streams_alone_are_listed),
		cmocka_unit_test(programs_are_known_by_their_headers),
		cmocka_unit_test(what_is_cut_is_a_dos_program_or_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
