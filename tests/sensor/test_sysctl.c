#include "entity/sysctl.h"
#include "room.h"
#include "sensor/sysctl/sysctl_conf.h"
#include "sensor/sysctl/sysctl_room.h"
#include "sensor/sysctl/sysctl_walk.h"

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

static void put(void *ctx, const struct sysctl_setting *x)
{
	struct buf *b = ctx;

	buf_addf(b, "%u %s%.*s=%.*s\n", x->line, x->exclude ? "-" : "", SPAN_ARG(x->path),
		SPAN_ARG(x->value));
}

static void lines_become_settings(void **state)
{
	static const struct {
		const char *text, *is;
		unsigned bad, first;
	} cases[] = {
		{ "net.ipv4.ip_forward=1", "1 net/ipv4/ip_forward=1\n", 0, 0 },
		{ "  net/ipv4/ip_forward \t=\t 1 \r\n", "1 net/ipv4/ip_forward=1\n", 0, 0 },
		{ "net.ipv4.conf.eth0/100.rp_filter=2", "1 net/ipv4/conf/eth0.100/rp_filter=2\n", 0,
			0 },
		{ "net/ipv4/conf/eth0.100/rp_filter=2", "1 net/ipv4/conf/eth0.100/rp_filter=2\n", 0,
			0 },
		{ "/proc/sys/kernel/x=1", "1 kernel/x=1\n", 0, 0 },
		{ "# a\n; b\n\nkernel.x = a\t b  c ", "4 kernel/x=a b c\n", 0, 0 },
		{ "-kernel.x = 1\n-kernel.y", "1 kernel/x=1\n2 -kernel/y=\n", 0, 0 },
		{ "kernel.x=", "1 kernel/x=\n", 0, 0 },
		{ "kernel.core_pattern=|/bin/x %p=%u", "1 kernel/core_pattern=|/bin/x %p=%u\n", 0,
			0 },
		{ "kernel.x\nkernel.y=1\n=3", "2 kernel/y=1\n", 2, 1 },
		{ "", "", 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_FREE(arena) a = arena_new();
		AUTO(buf) b = BUF_INIT(4096);
		struct sysctl_conf c = sysctl_conf_parse(span_of(cases[i].text), a, put, &b);

		assert_string_equal(buf_text(&b), cases[i].is);
		assert_int_equal(c.bad, cases[i].bad);
		assert_int_equal(c.first_bad, cases[i].first);
	}
}

static void what_moves_by_itself_is_left_out(void **state)
{
	static const struct {
		const char *path;
		bool out;
	} cases[] = {
		{ "fs/file-nr", true },
		{ "fs/file-max", false },
		{ "kernel/random/uuid", true },
		{ "net/ipv4/tcp_fastopen_key", true },
		{ "net/ipv6/conf/eth0/stable_secret", true },
		{ "net/ipv4/conf/veth12/rp_filter", true },
		{ "net/ipv4/conf/veth12", true },
		{ "net/ipv4/conf/eth0/rp_filter", false },
		{ "net/ipv4/neigh/eth0/gc_stale_time", true },
		{ "net/ipv4/neigh/default/gc_stale_time", false },
		{ "net", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(sysctl_is_left_out(span_of(cases[i].path)), cases[i].out);
}

static void values_are_met_with_what_is_configured(void **state)
{
	(void)state;
	room_text(root, "proc/sys/kernel/kptr_restrict", "1\n");
	room_text(root, "proc/sys/net/ipv4/tcp_rmem", "4096\t131072\t6291456\n");
	room_text(root, "proc/sys/net/ipv4/conf/eth0.100/rp_filter", "0\n");
	room_text(root, "proc/sys/net/ipv4/conf/eth1/rp_filter", "2\n");
	room_text(root, "proc/sys/net/ipv4/conf/lo/rp_filter", "0\n");
	room_file(root, "proc/sys/vm/drop_caches", "", 0, 0200);
	room_text(root, "proc/sys/kernel/random/uuid", "x\n");
	room_text(root, "proc/sys/fs/binfmt_misc/qemu", "enabled\ninterpreter /usr/bin/q\n");
	room_text(root, "usr/lib/sysctl.d/10-a.conf",
		"kernel.kptr_restrict=0\nnet.ipv4.conf.*.rp_filter=2\n-net.ipv4.conf.lo.rp_"
		"filter\n");
	room_text(root, "usr/lib/sysctl.d/50-b.conf", "kernel.kptr_restrict=9\n");
	room_text(root, "etc/sysctl.d/50-b.conf", "kernel.kptr_restrict = 2\n");
	room_text(root, "etc/sysctl.d/README", "no setting\n");
	room_text(root, "etc/sysctl.conf",
		"net.ipv4.tcp_rmem = 4096 131072  6291456\nnot.there=1\n");
	assert_string_equal(room_run(&sensor_sysctl, root, field_bit(SYSCTL_MODE)),
		"fs.binfmt_misc.qemu value=enabled; interpreter /usr/bin/q\n"
		"kernel.kptr_restrict value=1 configured=2 file=/etc/sysctl.d/50-b.conf:1"
		" differs=true\n"
		"net.ipv4.conf.eth0/100.rp_filter value=0 configured=2"
		" file=/usr/lib/sysctl.d/10-a.conf:2 differs=true\n"
		"net.ipv4.conf.eth1.rp_filter value=2 configured=2"
		" file=/usr/lib/sysctl.d/10-a.conf:2 differs=false\n"
		"net.ipv4.conf.lo.rp_filter value=0\n"
		"net.ipv4.tcp_rmem value=4096 131072 6291456 configured=4096 131072 6291456"
		" file=/etc/sysctl.conf:1 differs=false\n"
		"not.there configured=1 file=/etc/sysctl.conf:2\n"
		"vm.drop_caches value=\"\"\n");
}

static void bad_lines_are_one_gap(void **state)
{
	(void)state;
	room_text(root, "proc/sys/kernel/x", "1\n");
	room_text(root, "etc/sysctl.d/a.conf", "kernel.x=1\nwhat\n\x01\xff\nkernel.y=2\n");
	assert_string_equal(room_run(&sensor_sysctl, root, field_bit(SYSCTL_MODE)),
		"gap … format: '/etc/sysctl.d/a.conf' line 2: no setting (2 such lines)\n"
		"kernel.x value=1 configured=1 file=/etc/sysctl.d/a.conf:1 differs=false\n"
		"kernel.y configured=2 file=/etc/sysctl.d/a.conf:4\n");
}

static void nothing_is_nothing(void **state)
{
	(void)state;
	assert_string_equal(room_run(&sensor_sysctl, root, 0), "");
}

static void this_host_has_settings(void **state)
{
	(void)state;
	if (access("/proc/sys/kernel/ostype", R_OK) != 0)
		skip();
	(void)room_run(&sensor_sysctl, NULL, 0);
	assert_true(room.n > 200);
	assert_string_equal(room_find("kernel.ostype"), "kernel.ostype value=Linux mode=0444");
	assert_null(room_find("fs.file-nr"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_become_settings),
		cmocka_unit_test(what_moves_by_itself_is_left_out),
		cmocka_unit_test_setup_teardown(values_are_met_with_what_is_configured, setup,
			teardown),
		cmocka_unit_test_setup_teardown(bad_lines_are_one_gap, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_is_nothing, setup, teardown),
		cmocka_unit_test(this_host_has_settings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
