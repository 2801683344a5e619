/* What the kernel and the bus send, read. */
#include <arpa/inet.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stdlib.h>

#include "../check.h"
#include "core/attr.h"
#include "watch/kinds/parse.h"

#define TEXT(s) \
	{ \
		s, sizeof(s) - 1 \
	}

static void uevents(void **state)
{
	static const struct {
		struct span datagram;
		bool good;
		const char *action, *path, *subsystem;
	} rows[] = {
		{ TEXT("add@/module/dummy\0ACTION=add\0DEVPATH=/module/dummy\0SUBSYSTEM=module\0"
		       "SEQNUM=1\0"),
			true, "add", "/module/dummy", "module" },
		{ TEXT("remove@/module/dummy\0SUBSYSTEM=module"), true, "remove", "/module/dummy",
			"module" },
		{ TEXT("add@/x"), true, "add", "/x", "" },
		{ TEXT("add@"), true, "add", "", "" },
		{ TEXT("add@/x\0SUBSYSTEM="), true, "add", "/x", "" },
		{ TEXT("add@/x\0XSUBSYSTEM=module\0"), true, "add", "/x", "" },
		{ TEXT(""), false, "", "", "" },
		{ TEXT("add"), false, "", "", "" },
		{ TEXT("@/module/dummy\0SUBSYSTEM=module\0"), false, "", "", "" },
		{ TEXT("libudev\0\xfe\xed\xca\xfe"), false, "", "", "" },
		{ TEXT("\0SUBSYSTEM=module\0"), false, "", "", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct uevent u = { 0 };

		assert_int_equal(uevent_parse(rows[i].datagram, &u), rows[i].good);
		if (!rows[i].good)
			continue;
		assert_true(span_is(u.action, rows[i].action));
		assert_true(span_is(u.path, rows[i].path));
		assert_true(span_is(u.subsystem, rows[i].subsystem));
	}
}

/* ---- nf_tables ---- */

static void add_message(struct buf *b, unsigned subsystem, unsigned type, const void *body,
	size_t n)
{
	struct nfgenmsg g = { .nfgen_family = AF_INET };
	struct nlmsghdr h = { .nlmsg_len = (uint32_t)(sizeof h + sizeof g + n),
		.nlmsg_type = (uint16_t)(subsystem << 8 | type) };

	buf_add(b, &h, sizeof h);
	buf_add(b, &g, sizeof g);
	buf_add(b, body, n);
	while (b->n % 4)
		buf_add_char(b, 0);
}

static void add_generation(struct buf *b, uint32_t pid)
{
	struct {
		struct nlattr id_head;
		uint32_t id;
		struct nlattr pid_head;
		uint32_t pid;
	} body = { { 8, NFTA_GEN_ID }, htonl(9), { 8, NFTA_GEN_PROC_PID }, htonl(pid) };

	add_message(b, NFNL_SUBSYS_NFTABLES, NFT_MSG_NEWGEN, &body, sizeof body);
}

static void packet_filter(void **state)
{
	AUTO(buf) b = BUF_INIT(65536);
	struct nft_event x;

	(void)state;
	assert_true(nft_event_parse(SPAN_NONE, &x));
	assert_false(x.changed);
	add_message(&b, NFNL_SUBSYS_CTNETLINK, 0, "abc", 3);
	assert_true(nft_event_parse(buf_span(&b), &x));
	assert_false(x.changed);
	add_message(&b, NFNL_SUBSYS_NFTABLES, NFT_MSG_NEWTABLE, "", 0);
	assert_true(nft_event_parse(buf_span(&b), &x));
	assert_true(x.changed);
	assert_int_equal(x.pid, 0);
	add_generation(&b, 4711);
	assert_true(nft_event_parse(buf_span(&b), &x));
	assert_int_equal(x.pid, 4711);
	/* cut anywhere: nothing behind the end is read, and what came before counts */
	for (size_t n = 0; n < b.n; n++) {
		char *exact = malloc(n + 1);

		memcpy(exact, b.p, n);
		(void)nft_event_parse(span_from(exact, n), &x);
		assert_int_equal(x.pid, 0);
		free(exact);
	}
}

static void packet_filter_lies(void **state)
{
	AUTO(buf) b = BUF_INIT(65536);
	struct nft_event x;
	struct nlattr a = { 2, NFTA_GEN_PROC_PID }; /* shorter than itself */

	(void)state;
	add_message(&b, NFNL_SUBSYS_NFTABLES, NFT_MSG_NEWGEN, &a, sizeof a);
	assert_true(nft_event_parse(buf_span(&b), &x));
	assert_int_equal(x.pid, 0);
	((struct nlmsghdr *)(void *)b.p)->nlmsg_len = 3;
	assert_false(nft_event_parse(buf_span(&b), &x));
	((struct nlmsghdr *)(void *)b.p)->nlmsg_len = UINT32_MAX;
	assert_false(nft_event_parse(buf_span(&b), &x));
}

/* ---- units ---- */

static void units(void **state)
{
	static const struct {
		const char *path, *name;
	} rows[] = {
		{ "/org/freedesktop/systemd1/unit/ssh_2eservice", "ssh.service" },
		{ "/org/freedesktop/systemd1/unit/getty_40tty1_2eservice", "getty@tty1.service" },
		{ "/org/freedesktop/systemd1/unit/system_2dsystemd_5cx2dfsck_2eslice",
			"system-systemd\\x2dfsck.slice" },
		{ "/org/freedesktop/systemd1/unit/", NULL },
		{ "/org/freedesktop/systemd1/unit/a_2", NULL },
		{ "/org/freedesktop/systemd1/unit/a_", NULL },
		{ "/org/freedesktop/systemd1/unit/a_zz", NULL },
		{ "/org/freedesktop/systemd1/unit/a_2z", NULL },
		{ "/org/freedesktop/systemd1/unit/a_z2", NULL },
		{ "/org/freedesktop/systemd1/job/1", NULL },
		{ "/org/freedesktop/systemd1", NULL },
		{ "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf) name = BUF_INIT(256);
		bool good = unit_of_path(span_of(rows[i].path), &name);

		assert_int_equal(good, rows[i].name != NULL);
		assert_true(!good || span_is(buf_span(&name), rows[i].name));
	}
	assert_true(unit_is_watched(span_of("ssh.service")));
	assert_true(unit_is_watched(span_of("scope.service")));
	assert_false(unit_is_watched(span_of("session-3.scope")));
	assert_false(unit_is_watched(span_of("dev-sda.device")));
	assert_false(unit_is_watched(SPAN_NONE));
}

static void long_unit(void **state)
{
	AUTO(buf) name = BUF_INIT(8);

	(void)state;
	assert_false(unit_of_path(span_of("/org/freedesktop/systemd1/unit/abcdefghij"), &name));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(uevents),
		cmocka_unit_test(packet_filter),
		cmocka_unit_test(packet_filter_lies),
		cmocka_unit_test(units),
		cmocka_unit_test(long_unit),
	};

	return cmocka_run_group_tests_name("kinds_parse", tests, NULL, NULL);
}
