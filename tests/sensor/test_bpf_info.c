/* Links as the kernel describes them, byte by byte. */
#include "../check.h"
#include "sensor/bpf/bpf_info.h"

static struct span info(uint32_t type, const uint32_t *rest, size_t n)
{
	static uint32_t words[64];

	memset(words, 0, sizeof words);
	words[0] = type;
	words[1] = 3; /* id */
	words[2] = 7; /* program */
	memcpy(words + 4, rest, n * sizeof *rest);
	return span_from(words, sizeof words);
}

static void links_say_where_programs_run(void **state)
{
	static const struct {
		uint32_t type, rest[4];
		const char *name, *place, *text;
	} cases[] = {
		{ LINK_RAW_TRACEPOINT, { 0 }, "sys_enter", "", "raw_tracepoint:sys_enter" },
		{ LINK_TRACING, { 24, 1, 4711 }, "", "do_unlinkat", "fentry:do_unlinkat" },
		{ LINK_TRACING, { 27, 1, 4711 }, "", "bpf_lsm_file_open", "lsm:bpf_lsm_file_open" },
		{ LINK_CGROUP, { 42, 0, 1 }, "", "/system.slice", "cgroup:/system.slice egress" },
		{ LINK_XDP, { 2 }, "", "eth0", "xdp:eth0" },
		{ LINK_TCX, { 2, 46 }, "", "eth0", "tcx_ingress:eth0" },
		{ LINK_PERF_EVENT, { 3 }, "do_sys_open", "", "kprobe:do_sys_open" },
		{ LINK_PERF_EVENT, { 99 }, "x", "", "perf_event:x" },
		{ LINK_KPROBE_MULTI, { 0, 0, 12 }, "", "", "kprobe_multi:12 functions" },
		{ LINK_ITER, { 0 }, "task", "", "iter:task" },
		{ 99, { 0 }, "", "", "link-99" },
	};
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct bpf_link l;

		assert_true(bpf_link_from(info(cases[i].type, cases[i].rest, 4), &l));
		assert_int_equal(l.program, 7);
		assert_string_equal(bpf_link_text(&l, span_of(cases[i].name),
					    span_of(cases[i].place), a)
					    .p,
			cases[i].text);
	}
	arena_freep(&a);
}

static void what_is_short_is_no_more_than_it_is(void **state)
{
	static const uint32_t rest[4] = { 42, 0, 1 };
	struct span whole = info(LINK_CGROUP, rest, 4);
	struct bpf_link l;

	(void)state;
	for (size_t n = 0; n < 12; n++)
		assert_false(bpf_link_from(span_from(whole.p, n), &l));
	assert_true(bpf_link_from(span_from(whole.p, 16), &l));
	assert_int_equal(l.cgroup, 0);
}

static void types_that_are_not_known_have_a_number(void **state)
{
	struct arena *a = arena_new();

	(void)state;
	assert_string_equal(bpf_program_type(2, a), "kprobe");
	assert_string_equal(bpf_program_type(29, a), "lsm");
	assert_string_equal(bpf_program_type(1000, a), "type-1000");
	assert_string_equal(bpf_hook_name(43, a), "lsm_cgroup");
	assert_string_equal(bpf_hook_name(1000, a), "hook-1000");
	arena_freep(&a);
}

static void a_descriptor_says_its_program(void **state)
{
	(void)state;
	assert_int_equal(bpf_id_from_fdinfo(span_of("pos:\t0\nprog_type:\t6\nprog_id:\t42\n")), 42);
	assert_int_equal(bpf_id_from_fdinfo(span_of("pos:\t0\nmap_id:\t42\n")), 0);
	assert_int_equal(bpf_id_from_fdinfo(span_of("")), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(links_say_where_programs_run),
		cmocka_unit_test(what_is_short_is_no_more_than_it_is),
		cmocka_unit_test(types_that_are_not_known_have_a_number),
		cmocka_unit_test(a_descriptor_says_its_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
