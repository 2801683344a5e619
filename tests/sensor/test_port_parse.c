/* What the kernel writes of sockets, by netlink and as text, and the names that become of it. */
#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/packet_diag.h>
#include <linux/unix_diag.h>
#include <sys/socket.h>

#include "../check.h"
#include "core/escape.h"
#include "sensor/port/dbus_service.h"
#include "sensor/port/diag.h"
#include "sensor/port/mount_text.h"
#include "sensor/port/proc_net.h"

static struct arena *arena;

static int setup(void **state)
{
	(void)state;
	arena = arena_new();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_freep(&arena);
	return 0;
}

static const char *key_of(const struct sock *x, const char *space)
{
	struct buf b = BUF_INIT(4096);
	const char *text;

	escape_text(&b, sock_key(x, span_of(space), arena));
	text = arena_text(arena, buf_span(&b));
	buf_done(&b);
	return text;
}

/* ---- /proc/net ---- */

#define TCP_TAIL "00000000:00000000 00:00000000 00000000  1000        0 12345 1 0 100 0 0 10 0"

static const struct {
	enum sock_proto proto;
	const char *line;
	int rc;
	const char *key;
	bool listening;
} lines[] = {
	{ SOCK_TCP, "  sl  local_address rem_address   st tx_queue rx_queue", 0, NULL, 0 },
	{ SOCK_TCP, "", 0, NULL, 0 },
	{ SOCK_TCP, "   0: 0100007F:0016 00000000:0000 0A " TCP_TAIL, 1, "tcp/127.0.0.1/22", true },
	{ SOCK_TCP, "   0: 00000000:07E8 00000000:0000 0A " TCP_TAIL, 1, "tcp/0.0.0.0/2024", true },
	{ SOCK_TCP, "   0: 0100007F:0016 0100007F:C001 01 " TCP_TAIL, 0, NULL, false },
	{ SOCK_TCP, "   0: 0100007F:0016 00000000:0000 0A 0:0 0:0 0 x", -1, NULL, false },
	{ SOCK_TCP, "   0: 0100007G:0016 00000000:0000 0A " TCP_TAIL, -1, NULL, false },
	{ SOCK_TCP, "   0: 0100007F:10016 00000000:0000 0A " TCP_TAIL, -1, NULL, false },
	{ SOCK_TCP, "   0: 0100007F", -1, NULL, false },
	{ SOCK_TCP6,
		"   0: 00000000000000000000000000000000:0016 "
		"00000000000000000000000000000000:0000 0A " TCP_TAIL,
		1, "tcp6/::/22", true },
	{ SOCK_TCP6,
		"   0: 00000000000000000000000001000000:0016 "
		"00000000000000000000000000000000:0000 0A " TCP_TAIL,
		1, "tcp6/::1/22", true },
	/* a line of the wrong file */
	{ SOCK_TCP6, "   0: 0100007F:0016 00000000:0000 0A " TCP_TAIL, -1, NULL, false },
	{ SOCK_UDP, "  512: 00000000:0044 00000000:0000 07 " TCP_TAIL, 1, "udp/0.0.0.0/68", false },
	{ SOCK_UDP, "  512: 0100007F:9C40 0100007F:0035 01 " TCP_TAIL, 0, NULL, false },
	{ SOCK_UDPLITE, "  512: 00000000:0044 00000000:0000 07 " TCP_TAIL, 1, "udplite/0.0.0.0/68",
		false },
	{ SOCK_RAW4, "    1: 00000000:0001 00000000:0000 07 " TCP_TAIL, 1, "raw/0.0.0.0/1", false },
	{ SOCK_RAW6,
		"   58: 00000000000000000000000000000000:003A "
		"00000000000000000000000000000000:0000 07 " TCP_TAIL,
		1, "raw6/::/58", false },
	{ SOCK_PACKETS, "sk               RefCnt Type Proto  Iface R Rmem   User   Inode", 0, NULL,
		false },
	{ SOCK_PACKETS, "0000000000000000 3      3    0003   0     1 0      0      12345", 1,
		"packet/*/0x0003", false },
	{ SOCK_PACKETS, "0000000000000000 3      2    0000   0     1 0      0      12345", 0, NULL,
		false },
	{ SOCK_UNIX, "Num       RefCount Protocol Flags    Type St Inode Path", 0, NULL, false },
	{ SOCK_UNIX, "0000000000000000: 00000002 00000000 00010000 0001 01 12345 /run/a b", 1,
		"unix//run/a b", true },
	{ SOCK_UNIX, "0000000000000000: 00000002 00000000 00010000 0005 01 12345 @x", 1, "unix/@x",
		true },
	/* accepted from a listener, whose name it bears */
	{ SOCK_UNIX, "0000000000000000: 00000003 00000000 00000000 0001 03 12345 /run/a", 0, NULL,
		false },
	{ SOCK_UNIX, "0000000000000000: 00000003 00000000 00000000 0002 03 12345 /run/d", 1,
		"unix//run/d", false },
	{ SOCK_UNIX, "0000000000000000: 00000002 00000000 00000000 0001 01 12345", 0, NULL, false },
	{ SOCK_UNIX, "0000000000000000: 00000002 00000000 zz", -1, NULL, false },
	{ SOCK_SCTP, " ENDPT     SOCK   STY SST HBKT LPORT   UID INODE LADDRS", 0, NULL, false },
	{ SOCK_SCTP, "ffff8800 ffff8800 2   10  29   11165   200  8090 10.0.0.1 192.168.1.1", 1,
		"sctp/10.0.0.1/11165", true },
	{ SOCK_SCTP, "ffff8800 ffff8800 2   10  29   11165   200  8090 ::", 1, "sctp/::/11165",
		true },
	{ SOCK_SCTP, "ffff8800 ffff8800 2   1   29   11165   200  8090 10.0.0.1", 0, NULL, false },
	{ SOCK_SCTP, "ffff8800 ffff8800 2   10  29   11165   200  8090 nonsense", -1, NULL, false },
};

static void lines_of_proc_net_become_sockets(void **state)
{

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		struct sock x = { 0 };

		assert_int_equal(sock_from_proc(lines[i].proto, span_of(lines[i].line), &x),
			lines[i].rc);
		if (lines[i].rc <= 0)
			continue;
		assert_string_equal(key_of(&x, ""), lines[i].key);
		assert_int_equal(x.listening, lines[i].listening);
		assert_int_equal(x.inode, lines[i].proto == SOCK_SCTP ? 8090 : 12345);
	}
}

static void an_sctp_endpoint_has_all_its_addresses(void **state)
{
	struct sock x;

	(void)state;
	assert_int_equal(sock_from_proc(SOCK_SCTP, span_of("f f 2 10 29 80 0 9 10.0.0.1 x fe80::1"),
				 &x),
		1);
	assert_string_equal(key_of(&x, ""), "sctp/10.0.0.1/80");
	assert_true(sock_next_address(&x));
	assert_string_equal(key_of(&x, ""), "sctp/fe80::1/80");
	assert_false(sock_next_address(&x));
}

/* ---- sock_diag ---- */

struct message {
	char bytes[512];
	size_t n;
};

static void add_attribute(struct message *m, uint16_t type, const void *p, size_t n)
{
	struct nlattr a = { .nla_len = (uint16_t)(sizeof a + n), .nla_type = type };

	m->n = (m->n + 3) & ~(size_t)3;
	memcpy(m->bytes + m->n, &a, sizeof a);
	memcpy(m->bytes + m->n + sizeof a, p, n);
	m->n += sizeof a + n;
}

static struct message inet(uint8_t family, uint8_t state, const char *address, uint16_t port)
{
	struct inet_diag_msg body = { .idiag_family = family,
		.idiag_state = state,
		.idiag_inode = 77,
		.idiag_uid = 33,
		.idiag_wqueue = 128 };
	struct message m = { .n = sizeof body };

	body.id.idiag_sport = htons(port);
	assert_int_equal(inet_pton(family, address, body.id.idiag_src), 1);
	memcpy(m.bytes, &body, sizeof body);
	return m;
}

static bool parse(enum diag_family f, enum sock_proto p, const struct message *m, struct sock *x)
{
	return sock_from_diag(f, p, span_from(m->bytes, m->n), x);
}

static void answers_of_sock_diag_become_sockets(void **state)
{
	struct message m = inet(AF_INET6, 10, "::", 80);
	uint8_t only = 0;
	struct sock x;

	(void)state;
	add_attribute(&m, INET_DIAG_SKV6ONLY, &only, 1);
	assert_true(parse(DIAG_INET, SOCK_TCP, &m, &x));
	assert_string_equal(key_of(&x, ""), "tcp6/::/80");
	assert_true(x.listening && x.has_v6only && !x.v6only);
	assert_int_equal(x.inode, 77);
	assert_int_equal(x.uid, 33);
	assert_int_equal(x.backlog, 128);
	assert_true(sock_is_wildcard(&x));

	m = inet(AF_INET, 7, "127.0.0.53", 53);
	assert_true(parse(DIAG_INET, SOCK_UDP, &m, &x));
	assert_string_equal(key_of(&x, "web"), "udp/127.0.0.53/53@netns:web");
	assert_true(sock_is_loopback(&x));
	m = inet(AF_INET, 1, "10.0.0.1", 40000);
	assert_false(parse(DIAG_INET, SOCK_UDP, &m, &x)); /* connected */
	assert_false(parse(DIAG_INET, SOCK_TCP, &m, &x));
	m = inet(AF_INET, 13, "10.0.0.1", 40000); /* bound, and not listening (yet) */
	assert_true(parse(DIAG_INET, SOCK_TCP, &m, &x));
	assert_false(x.listening);
	m = inet(AF_INET6, 10, "::ffff:127.0.0.1", 80);
	assert_true(parse(DIAG_INET, SOCK_TCP, &m, &x));
	assert_true(sock_is_loopback(&x));
	for (size_t n = 0; n < sizeof(struct inet_diag_msg); n++)
		assert_false(sock_from_diag(DIAG_INET, SOCK_TCP, span_from(m.bytes, n), &x));
}

static struct message local(uint8_t type, uint8_t state, const char *name, size_t n)
{
	struct unix_diag_msg body = { .udiag_family = AF_UNIX,
		.udiag_type = type,
		.udiag_state = state,
		.udiag_ino = 5 };
	struct message m = { .n = sizeof body };

	memcpy(m.bytes, &body, sizeof body);
	if (n)
		add_attribute(&m, UNIX_DIAG_NAME, name, n);
	return m;
}

static void unix_sockets_have_names_of_any_bytes(void **state)
{
	struct message m = local(SOCK_STREAM, 10, "/run/x", 7);
	struct sock x;

	(void)state;
	assert_true(parse(DIAG_UNIX, SOCK_UNIX, &m, &x));
	assert_string_equal(key_of(&x, ""), "unix//run/x");
	m = local(SOCK_STREAM, 10, "/tmp/\x1b[2J\n", 10);
	assert_true(parse(DIAG_UNIX, SOCK_UNIX, &m, &x));
	assert_string_equal(key_of(&x, ""), "unix//tmp/\\x1b[2J\\x0a");
	m = local(SOCK_STREAM, 1, "/run/x", 7); /* accepted */
	assert_false(parse(DIAG_UNIX, SOCK_UNIX, &m, &x));
	m = local(SOCK_DGRAM, 1, "/run/x", 7);
	assert_true(parse(DIAG_UNIX, SOCK_UNIX, &m, &x));
	m = local(SOCK_STREAM, 10, "", 0);
	assert_false(parse(DIAG_UNIX, SOCK_UNIX, &m, &x));
	/* an attribute that says it is longer than what is there */
	m = local(SOCK_STREAM, 10, "/run/x", 7);
	m.bytes[sizeof(struct unix_diag_msg)] = 100;
	assert_false(parse(DIAG_UNIX, SOCK_UNIX, &m, &x));
}

static void packet_sockets_have_an_interface(void **state)
{
	struct packet_diag_msg body = { .pdiag_type = SOCK_RAW, .pdiag_num = 3, .pdiag_ino = 9 };
	struct packet_diag_info info = { .pdi_index = 2 };
	struct message m = { .n = sizeof body };
	struct sock x;

	(void)state;
	memcpy(m.bytes, &body, sizeof body);
	add_attribute(&m, PACKET_DIAG_INFO, &info, sizeof info);
	assert_true(parse(DIAG_PACKET, SOCK_PACKETS, &m, &x));
	assert_int_equal(x.interface, 2);
	x.device = span_of("eth0");
	assert_string_equal(key_of(&x, ""), "packet/eth0/0x0003");
	assert_string_equal(key_of(&x, "blue"), "packet/eth0/0x0003@netns:blue");
}

/* ---- names ---- */

static void names_that_do_not_last_are_guessed(void **state)
{
	static const struct {
		const char *name;
		bool random;
	} cases[] = {
		{ "@0001f", true },
		{ "@0001F", false },
		{ "@00001x", false },
		{ "/run/dbus/system_bus_socket", false },
		{ "/run/systemd/journal/dev-log", false },
		{ "/run/systemd/userdb/io.systemd.DynamicUser", false },
		{ "/run/user/1000/bus", false },
		{ "@/tmp/.X11-unix/X0", false },
		{ "@ISCSIADM_ABSTRACT_NAMESPACE", false },
		{ "/var/run/docker/libnetwork/0123456789ab.sock", true },
		{ "/run/containerd/s/1f2e3d4c5b6a7988", true },
		{ "/tmp/dbus-Xy3kQ9zAaB", true },
		{ "/var/tmp/room-5ruffN/s", true },
		{ "/tmp/ssh-XXXXabQw12ZZ/agent.4711", true },
		{ "/tmp/agent.4711", true },
		{ "/tmp/agent.4712", false },
		{ "/run/user/0/vscode-ipc-550e8400-e29b-41d4-a716-446655440000.sock", true },
		{ "/var/lib/mysql/mysql.sock", false },
		{ "/run/php/php8.2-fpm.sock", false },
		{ "/run/postgresql/.s.PGSQL.5432", false },
		{ "", false },
	};
	static const uint32_t pids[] = { 12, 4711 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (sock_name_is_random(span_of(cases[i].name), pids, 2) != cases[i].random)
			fail_msg("'%s' is %srandom", cases[i].name, cases[i].random ? "" : "not ");
}

static void service_files_say_what_is_started(void **state)
{
	static const struct {
		const char *text, *activation;
	} cases[] = {
		{ "[D-BUS Service]\nName=a.b\nExec=/usr/bin/x --y\nUser=root\n",
			"/usr/bin/x --y as root" },
		{ "[D-BUS Service]\r\nExec = /bin/false\r\nSystemdService= a.service \r\n",
			"a.service" },
		{ "Exec=/before/any/section\n[Other]\nExec=/in/another\n", "" },
		{ "[D-BUS Service]\n#Exec=/no\nExec\n=\n", "" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct dbus_service s = dbus_service_from(span_of(cases[i].text));

		assert_true(span_is(dbus_activation(&s, arena), cases[i].activation));
	}
}

static void mounts_of_network_namespaces_are_found(void **state)
{
	struct span path;

	(void)state;
	assert_true(mount_of_netns(span_of("36 35 0:4 net:[4026532169] /run/netns/a\\040b\\134 rw "
					   "- nsfs nsfs rw"),
		arena, &path));
	assert_string_equal(path.p, "/run/netns/a b\\");
	assert_false(
		mount_of_netns(span_of("36 35 0:4 mnt:[4026532169] /run/mnt rw - nsfs nsfs rw"),
			arena, &path));
	assert_false(mount_of_netns(span_of("36 35 0:4 net:[4026532169]"), arena, &path));
	assert_false(mount_of_netns(span_of("36 35 0:4 net:[1] rel"), arena, &path));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_of_proc_net_become_sockets),
		cmocka_unit_test(an_sctp_endpoint_has_all_its_addresses),
		cmocka_unit_test(answers_of_sock_diag_become_sockets),
		cmocka_unit_test(unix_sockets_have_names_of_any_bytes),
		cmocka_unit_test(packet_sockets_have_an_interface),
		cmocka_unit_test(names_that_do_not_last_are_guessed),
		cmocka_unit_test(service_files_say_what_is_started),
		cmocka_unit_test(mounts_of_network_namespaces_are_found),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
