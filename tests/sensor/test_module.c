#include <fcntl.h>

#include "entity/hidden.h"
#include "entity/module.h"
#include "room.h"
#include "sensor/module/module_room.h"
#include "sensor/module/module_sign.h"
#include "sensor/module/module_text.h"

#define REST \
	(field_bit(MODULE_BUILTIN) | field_bit(MODULE_OUT_OF_TREE) | field_bit(MODULE_UNSIGNED) | \
		field_bit(MODULE_FORCED) | field_bit(MODULE_PROPRIETARY) | \
		field_bit(MODULE_SYMBOLS))

static const char *root;

static int setup(void **state)
{
	(void)state;
	root = room_root();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	room_root_done(root);
	return 0;
}

static void lines_of_the_list(void **state)
{
	static const struct {
		const char *line, *is; /* NULL: no line */
	} cases[] = {
		{ "ext4 1011712 1 - Live 0xffffffffc0a5b000", "ext4|1011712|1||live|" },
		{ "jbd2 1 2 ext4,ocfs2, Live 0x0 (OE)", "jbd2|1|2|ext4,ocfs2,|live|OE" },
		{ "x 1 - - Loading 0x0 (P+)", "x|1|0||coming|P" },
		{ "x 1 - [permanent], Unloading 0x0", "x|1|0|[permanent],|going|" },
		{ "x 1 0 - Live", NULL },
		{ "x y 0 - Live 0x0", NULL },
		{ "../x 1 0 - Live 0x0", NULL },
		{ "x 1 0 - Lives 0x0", NULL },
		{ "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(buf) b = BUF_INIT(4096);
		struct module_line m;
		struct err e;
		int r = module_line_parse(span_of(cases[i].line), &m, &e);

		assert_int_equal(r, cases[i].is ? 0 : ERR_FORMAT);
		if (r < 0)
			continue;
		buf_addf(&b, "%.*s|%llu|%llu|%.*s|%.*s|%.*s", SPAN_ARG(m.name),
			(unsigned long long)m.size, (unsigned long long)m.refcnt,
			SPAN_ARG(m.used_by), SPAN_ARG(m.state), SPAN_ARG(m.taint));
		assert_string_equal(buf_text(&b), cases[i].is);
	}
}

static void names_and_symbols(void **state)
{
	static const struct {
		const char *path, *name;
	} names[] = {
		{ "kernel/fs/nls/nls-utf8.ko", "nls_utf8" },
		{ "a.ko.xz", "a" },
		{ "x/a.ko.zst", "a" },
		{ "x/.ko", "" },
		{ "x/a.o", "" },
	};
	static const struct {
		const char *line, *name;
	} symbols[] = {
		{ "0000000000000000 t f\t[ext4]", "ext4" },
		{ "0000000000000000 t bpf_prog_1\t[bpf]", "" },
		{ "0000000000000000 t f\t[__builtin__ftrace]", "" },
		{ "0000000000000000 T start_kernel", "" },
		{ "]", "" },
		{ "t f [x]", "" },
	};
	AUTO_FREE(arena) a = arena_new();
	char letters[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		assert_true(span_is(module_name_of(span_of(names[i].path), a), names[i].name));
	for (size_t i = 0; i < ARRAY_LEN(symbols); i++)
		assert_true(span_is(module_of_symbol(span_of(symbols[i].line)), symbols[i].name));
	assert_true(span_is(module_taint_letters(0x3001, letters), "POE"));
	assert_true(span_is(module_taint_letters(0, letters), ""));
	assert_true(span_is(module_taint_letters(UINT64_C(1) << 40, letters), "?"));
	assert_true(span_same(module_build_id(span_from("\4\0\0\0\1\0\0\0\1\0\0\0XYZ\0q\0\0\0"
							"\4\0\0\0\2\0\0\0\3\0\0\0GNU\0\xab\xcd\0\0",
				      40)),
		span_of("\xab\xcd")));
	assert_int_equal(module_build_id(span_from("\4\0\0\0\xff\xff\xff\xff\3\0\0\0GNU\0", 16)).n,
		0);
}

static struct span signed_file(struct arena *a)
{
	struct span ret;
	struct err e;
	int fd = open("tests/data", O_RDONLY | O_DIRECTORY);

	assert_int_equal(host_read_at(fd, "module_signed.ko", 4096, a, &ret, &e), 0);
	close(fd);
	return ret;
}

/* tests/data/module_signed.ko: `openssl cms -sign -noattr -nocerts` as scripts/sign-file does. */
static void who_signed(void **state)
{
	AUTO_FREE(arena) a = arena_new();
	struct span file = signed_file(a), signer;
	static char cut[4096];

	(void)state;
	assert_true(module_signature(file, a, &signer));
	assert_true(span_is(signer, "Test Kernel Signer, serial 1234abcd"));
	assert_true(module_signature(span_from_offset(file, file.n - 60), a, &signer));
	assert_int_equal(signer.n, 0); /* says that it is longer than what is there */
	assert_false(module_signature(span_from(file.p, file.n - 1), a, &signer));
	assert_false(module_signature(SPAN_NONE, a, &signer));
	for (size_t i = 0; i < file.n; i++) { /* whatever is broken breaks nothing else */
		memcpy(cut, file.p, file.n);
		cut[i] = (char)(cut[i] ^ 0x55);
		(void)module_signature(span_from(cut, file.n), a, &signer);
	}
}

static void two_views_of_a_host(void **state)
{
	AUTO_FREE(arena) a = arena_new();
	struct span ko = signed_file(a);

	(void)state;
	room_text(root, "proc/sys/kernel/osrelease", "6.1.0-28-amd64\n");
	room_text(root, "proc/sys/kernel/version", "#1 SMP Debian\n");
	room_text(root, "proc/sys/kernel/tainted", "12288\n");
	room_text(root, "proc/sys/kernel/modules_disabled", "0\n");
	room_text(root, "sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
	room_text(root, "sys/module/module/parameters/sig_enforce", "Y\n");
	room_text(root, "proc/modules",
		"ext4 1011712 1 - Live 0xffffffffc0a5b000\n"
		"nls_utf8 16384 0 ext4,a, Live 0xffffffffc0a5b000 (OE)\n"
		"ghost 1 0 - Live 0x0\n");
	room_text(root, "sys/module/ext4/initstate", "live\n");
	room_text(root, "sys/module/ext4/srcversion", "ABCD\n");
	room_text(root, "sys/module/ext4/parameters/bb", "1\n");
	room_text(root, "sys/module/ext4/parameters/a", "x y\n");
	room_file(root, "sys/module/ext4/notes/.note.gnu.build-id",
		"\4\0\0\0\2\0\0\0\3\0\0\0GNU\0\xab\xcd\0\0", 20, 0444);
	room_text(root, "sys/module/nls_utf8/initstate", "live\n");
	room_text(root, "sys/module/diamorphine/initstate", "live\n");
	room_text(root, "sys/module/diamorphine/taint", "OE\n");
	room_text(root, "sys/module/printk/parameters/time", "Y\n");
	room_text(root, "proc/kallsyms",
		"0000000000000000 T start\n0000000000000000 t a\t[ext4]\n"
		"0000000000000000 t b\t[reptile]\n0000000000000000 t c\t[reptile]\n");
	room_text(root, "lib/modules/6.1.0-28-amd64/modules.dep",
		"kernel/fs/ext4/ext4.ko: kernel/fs/jbd2/jbd2.ko\nkernel/fs/nls/nls-utf8.ko.xz:\n");
	room_file(root, "lib/modules/6.1.0-28-amd64/kernel/fs/ext4/ext4.ko", ko.p, ko.n, 0644);
	(void)room_run(&sensor_module, root, REST | field_bit(MODULE_SHA256));
	assert_string_equal(room_find("ext4"),
		"ext4 hidden=false views=proc, sys state=live size=1,011,712 bytes refcnt=1"
		" srcversion=ABCD build_id=abcd parameters=a=\"x y\", bb=\"1\""
		" file=/lib/modules/6.1.0-28-amd64/kernel/fs/ext4/ext4.ko signed=true"
		" signer=Test Kernel Signer, serial 1234abcd");
	assert_string_equal(room_find("nls_utf8"),
		"nls_utf8 hidden=false views=proc, sys state=live size=16,384 bytes refcnt=0"
		" used_by=a, ext4 taint=OE taint_words=out-of-tree module, unsigned module"
		" file=/lib/modules/6.1.0-28-amd64/kernel/fs/nls/nls-utf8.ko.xz");
	assert_string_equal(room_find("diamorphine"),
		"diamorphine hidden=true views=sys taint=OE"
		" taint_words=out-of-tree module, unsigned module");
	assert_string_equal(room_find("ghost"),
		"ghost hidden=true views=proc state=live size=1 byte refcnt=0");
	assert_string_equal(room_find("reptile"), "reptile hidden=true views=none");
	assert_string_equal(room_find("printk"), "printk parameters=time=\"Y\"");
	assert_string_equal(room_find("kernel"),
		"kernel version=#1 SMP Debian taint=OE"
		" taint_words=out-of-tree module, unsigned module release=6.1.0-28-amd64"
		" lockdown=integrity loading_disabled=false signatures_enforced=true count=4");
}

static void what_one_view_leaves_out(void **state)
{
	(void)state;
	room_text(root, "proc/modules",
		"ext4 1 1 - Live 0x0\nghost 1 0 - Live 0x0\ngone 1 0 - Unloading 0x0\n");
	room_text(root, "sys/module/ext4/initstate", "live\n");
	room_text(root, "sys/module/diamorphine/initstate", "live\n");
	room_text(root, "sys/module/printk/parameters/time", "Y\n");
	room_text(root, "proc/kallsyms", "0000000000000000 t b\t[reptile]\n");
	assert_string_equal(room_run(&sensor_hidden_module, root, field_bit(HIDDEN_DETAIL)),
		"module/diamorphine type=module seen_by=/sys/module missing_from=/proc/modules\n"
		"module/ghost type=module seen_by=/proc/modules missing_from=/sys/module\n"
		"module/reptile type=module seen_by=/proc/kallsyms"
		" missing_from=/proc/modules, /sys/module\n");
}

/* ProcSubset=pid and its like: a list that cannot be had hides nothing. */
static void a_view_that_is_missing_hides_nothing(void **state)
{
	(void)state;
	room_text(root, "sys/module/ext4/initstate", "live\n");
	assert_string_equal(room_run(&sensor_hidden_module, root, 0),
		"gap … skipped: no '/proc/modules' to compare '/sys/module' with\n");
	teardown(NULL), setup(NULL);
	room_text(root, "proc/modules", "ext4 1 1 - Live 0x0\n");
	assert_string_equal(room_run(&sensor_hidden_module, root, 0), "");
}

static void bad_lines_are_one_gap(void **state)
{
	(void)state;
	room_text(root, "proc/modules", "ext4 1 1 - Live 0x0\nwhat\n\x01\xff\n");
	room_text(root, "sys/module/ext4/initstate", "live\n");
	(void)room_run(&sensor_module, root, kind_fields_all(&kind_module));
	assert_int_equal(room.n, 2);
	assert_string_equal(room.lines[1],
		"gap … format: '/proc/modules' line 2: fewer than 6 fields (2 such lines)");
}

static void an_image_has_no_modules(void **state)
{
	(void)state;
	room_text(root, "lib/modules/6.1.0-28-amd64/modules.dep", "kernel/fs/ext4/ext4.ko:\n");
	assert_string_equal(room_run(&sensor_module, root, 0), "");
}

static void this_host_has_a_kernel(void **state)
{
	(void)state;
	(void)room_run(&sensor_module, NULL, field_bit(MODULE_SHA256));
	assert_non_null(room_find("kernel"));
	for (size_t i = 0; i < room.n; i++)
		assert_null(strstr(room.lines[i], " hidden=true"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_of_the_list),
		cmocka_unit_test(names_and_symbols),
		cmocka_unit_test(who_signed),
		cmocka_unit_test_setup_teardown(two_views_of_a_host, setup, teardown),
		cmocka_unit_test_setup_teardown(what_one_view_leaves_out, setup, teardown),
		cmocka_unit_test_setup_teardown(a_view_that_is_missing_hides_nothing, setup,
			teardown),
		cmocka_unit_test_setup_teardown(bad_lines_are_one_gap, setup, teardown),
		cmocka_unit_test_setup_teardown(an_image_has_no_modules, setup, teardown),
		cmocka_unit_test(this_host_has_a_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
