#include "../check.h"
#include "core/attr.h"
#include "sensor/file/file_exec.h"

#define BYTES(s) \
	{ \
		s, sizeof(s) - 1 \
	}

static const struct {
	struct span head;
	const char *kind;
} cases[] = {
	{ BYTES(""), "" },
	{ BYTES("\177ELF"), "elf" },
	{ BYTES("\177ELF\2\1\1"), "elf" },
	{ BYTES("\177EL"), "" },
	{ BYTES("#!/bin/sh\necho"), "script:/bin/sh" },
	{ BYTES("#!/bin/sh"), "script:/bin/sh" },
	{ BYTES("#! \t/usr/bin/env python3\n"), "script:/usr/bin/env" },
	{ BYTES("#!/bin/sh\0x\n"), "script:/bin/sh" },
	{ BYTES("#!/bin/sh\r\n"), "script:/bin/sh\r" },
	{ BYTES("#!\n/bin/sh"), "" },
	{ BYTES("#!  \n"), "" },
	{ BYTES("#!"), "" },
	{ BYTES("#"), "" },
	{ BYTES(" #!/bin/sh"), "" },
	{ BYTES("#!perl\n"), "script:perl" },
};

static void kind_is_what_the_kernel_would_run(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(buf) kind = BUF_INIT(BUF_MAX_DEFAULT);

		file_exec_kind(cases[i].head, &kind);
		assert_string_equal(buf_text(&kind), cases[i].kind);
	}
}

static void a_line_without_end_is_cut(void **state)
{
	AUTO(buf) kind = BUF_INIT(BUF_MAX_DEFAULT);
	char head[5000];

	(void)state;
	memset(head, 'x', sizeof head);
	memcpy(head, "#!/", 3);
	file_exec_kind(span_from(head, sizeof head), &kind);
	assert_int_equal(kind.n, strlen("script:") + FILE_EXEC_HEAD - strlen("#!"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kind_is_what_the_kernel_would_run),
		cmocka_unit_test(a_line_without_end_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
