#include "sensor/firewall/firewall_netlink.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "core/attr.h"

#define TRIES 4
#define ANSWER_BYTES ((size_t)256 << 10)
#define SECONDS 3
#define XT_BYTES_MAX ((size_t)64 << 20)

struct asker {
	int fd;
	uint32_t seq;
	struct buf question;
	struct buf answer;
	struct nft *nft;
	bool interrupted; /* the ruleset changed during this answer */
};

static void asker_done(struct asker *k)
{
	if (k->fd >= 0)
		close(k->fd);
	buf_done(&k->question);
	buf_done(&k->answer);
}

static int connect_to(struct asker *k, struct err *e)
{
	struct sockaddr_nl self = { .nl_family = AF_NETLINK };
	struct timeval patience = { .tv_sec = SECONDS };

	k->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	if (k->fd < 0 && (errno == EPROTONOSUPPORT || errno == EAFNOSUPPORT))
		return err_set(e, ERR_MISSING, "this kernel has no netfilter");
	if (k->fd < 0 || bind(k->fd, (struct sockaddr *)&self, sizeof self) < 0 ||
		setsockopt(k->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) < 0)
		return err_sys(e, "cannot open a socket to netfilter");
	return 0;
}

static void add_text(struct buf *b, uint16_t type, struct span text)
{
	static const char zeroes[4];
	uint16_t head[2] = { (uint16_t)(text.n + 5), type };

	buf_add(b, head, sizeof head);
	buf_add_span(b, text);
	buf_add(b, zeroes, 1 + (4 - (text.n + 1) % 4) % 4);
}

/* set NULL: everything of this sort. */
static int ask(struct asker *k, unsigned type, const struct nft_thing *set, struct err *e)
{
	struct nlmsghdr head = { .nlmsg_type = (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type),
		.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		.nlmsg_seq = ++k->seq };
	struct nfgenmsg family = { .nfgen_family = set ? set->family : NFPROTO_UNSPEC,
		.version = NFNETLINK_V0 };

	buf_clear(&k->question);
	buf_add(&k->question, &head, sizeof head);
	buf_add(&k->question, &family, sizeof family);
	if (set) {
		add_text(&k->question, NFTA_SET_ELEM_LIST_TABLE, set->table);
		add_text(&k->question, NFTA_SET_ELEM_LIST_SET, set->name);
	}
	head.nlmsg_len = (uint32_t)k->question.n;
	memcpy(k->question.p, &head, sizeof head);
	if (send(k->fd, k->question.p, k->question.n, 0) != (ssize_t)k->question.n)
		return err_sys(e, "cannot ask netfilter");
	return 0;
}

/* An answer to a dump that failed. */
static int refused(struct nlmsghdr *h, struct err *e)
{
	struct nlmsgerr why = { 0 };

	if (h->nlmsg_len >= NLMSG_LENGTH(sizeof why.error))
		memcpy(&why.error, NLMSG_DATA(h), sizeof why.error);
	errno = -why.error;
	switch (errno) {
	case 0:
		return 0;
	case ENOENT: /* a set that went while we asked */
	case EINTR:
	case EAGAIN:
		return err_set(e, ERR_CHANGED, "the ruleset changes");
	case EINVAL:
	case EOPNOTSUPP:
		return err_set(e, ERR_MISSING, "this kernel has no such question");
	default:
		return err_sys(e, "netfilter does not answer");
	}
}

/* 1: more is to come. */
static int take_answer(struct asker *k, size_t n, struct err *e)
{
	struct nlmsghdr *h = (struct nlmsghdr *)(void *)k->answer.p;
	unsigned left = n <= INT32_MAX ? (unsigned)n : 0;

	for (; NLMSG_OK(h, left); h = NLMSG_NEXT(h, left)) {
		if (h->nlmsg_seq != k->seq)
			continue;
		k->interrupted = k->interrupted || (h->nlmsg_flags & NLM_F_DUMP_INTR);
		if (h->nlmsg_type == NLMSG_DONE)
			return k->interrupted ? err_set(e, ERR_CHANGED, "the ruleset changes") : 0;
		if (h->nlmsg_type == NLMSG_ERROR)
			return refused(h, e);
		if (h->nlmsg_type >> 8 == NFNL_SUBSYS_NFTABLES)
			nft_take(k->nft, h->nlmsg_type & 0xff,
				span_from(NLMSG_DATA(h), h->nlmsg_len - NLMSG_HDRLEN));
	}
	return 1;
}

static int hear(struct asker *k, struct err *e)
{
	int r = 1;

	k->interrupted = false;
	while (r > 0) {
		char *room;
		ssize_t n;

		buf_clear(&k->answer);
		room = buf_room(&k->answer, ANSWER_BYTES);
		n = recv(k->fd, room, ANSWER_BYTES, MSG_TRUNC);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, "cannot hear from netfilter");
		if ((size_t)n > ANSWER_BYTES)
			return err_set(e, ERR_LIMIT, "an answer of netfilter of %zd bytes", n);
		r = take_answer(k, (size_t)n, e);
	}
	return r;
}

static int dump(struct asker *k, unsigned type, const struct nft_thing *set, struct err *e)
{
	return ask(k, type, set, e) < 0 ? e->code : hear(k, e);
}

static int dump_elements(struct asker *k, struct err *e)
{
	size_t n;
	const struct nft_thing *sets = nft_things(k->nft, NFT_SET, &n);

	for (size_t i = 0; i < n; i++)
		if (dump(k, NFT_MSG_GETSETELEM, &sets[i], e) < 0)
			return e->code == ERR_MISSING
				       ? err_set(e, ERR_CHANGED, "the ruleset changes")
				       : e->code;
	nft_settle_elements(k->nft);
	return 0;
}

static int dump_all(struct asker *k, struct err *e)
{
	if (dump(k, NFT_MSG_GETTABLE, NULL, e) < 0 || dump(k, NFT_MSG_GETCHAIN, NULL, e) < 0 ||
		dump(k, NFT_MSG_GETSET, NULL, e) < 0)
		return e->code;
	/* older kernels know neither */
	if (dump(k, NFT_MSG_GETOBJ, NULL, e) < 0 && e->code != ERR_MISSING)
		return e->code;
	if (dump(k, NFT_MSG_GETFLOWTABLE, NULL, e) < 0 && e->code != ERR_MISSING)
		return e->code;
	nft_settle(k->nft);
	if (dump_elements(k, e) < 0 || dump(k, NFT_MSG_GETRULE, NULL, e) < 0)
		return e->code;
	return 0;
}

int netlink_ruleset(struct nft *ret, struct arena *a, struct err *e)
{
	AUTO(asker)
	k = { .fd = -1, .question = BUF_INIT(65536), .answer = BUF_INIT(ANSWER_BYTES), .nft = ret };
	int r = connect_to(&k, e);

	nft_init(ret, a);
	if (r < 0)
		return r;
	for (unsigned i = 0; i < TRIES; i++) {
		nft_done(ret);
		nft_init(ret, a);
		r = dump_all(&k, e);
		if (r != ERR_CHANGED)
			break;
	}
	return r;
}

/* ---- iptables ---- */

struct xt_numbers {
	int level, info, entries;
	size_t head; /* of the answer with the entries */
};

static int xt_info(int fd, const struct xt_numbers *x, struct span name, struct xt_table *t,
	struct ipt_getinfo *info, struct err *e)
{
	socklen_t n = sizeof *info;

	_Static_assert(sizeof(struct ipt_getinfo) == sizeof(struct ip6t_getinfo), "one for both");
	*info = (struct ipt_getinfo){ 0 };
	memcpy(info->name, name.p, name.n);
	if (getsockopt(fd, x->level, x->info, info, &n) < 0)
		return err_sys(e, "cannot look at table '%.*s' of iptables", SPAN_ARG(name));
	t->valid_hooks = info->valid_hooks;
	memcpy(t->hook_entry, info->hook_entry, sizeof t->hook_entry);
	memcpy(t->underflow, info->underflow, sizeof t->underflow);
	return 0;
}

static int xt_entries(int fd, const struct xt_numbers *x, struct span name, uint32_t size,
	struct arena *a, struct span *ret, struct err *e)
{
	socklen_t n = (socklen_t)(x->head + size);
	struct ipt_get_entries *head;

	_Static_assert(sizeof head->name == sizeof((struct ip6t_get_entries *)0)->name, "both");
	_Static_assert(offsetof(struct ipt_get_entries, size) ==
			       offsetof(struct ip6t_get_entries, size),
		"both");
	if (size > XT_BYTES_MAX)
		return err_set(e, ERR_LIMIT, "a table of iptables of %u bytes", size);
	head = arena_get(a, n);
	memcpy(head->name, name.p, name.n);
	head->size = size;
	if (getsockopt(fd, x->level, x->entries, head, &n) < 0) {
		if (errno == EAGAIN || errno == EINVAL)
			return err_set(e, ERR_CHANGED, "the table changes");
		return err_sys(e, "cannot read table '%.*s' of iptables", SPAN_ARG(name));
	}
	*ret = span_from((const char *)head + x->head, size);
	return 0;
}

int netlink_xt_table(struct xt_table *ret, bool v6, struct span name, struct arena *a,
	struct err *e)
{
	static const struct xt_numbers numbers[] = {
		{ IPPROTO_IP, IPT_SO_GET_INFO, IPT_SO_GET_ENTRIES,
			offsetof(struct ipt_get_entries, entrytable) },
		{ IPPROTO_IPV6, IP6T_SO_GET_INFO, IP6T_SO_GET_ENTRIES,
			offsetof(struct ip6t_get_entries, entrytable) },
	};
	const struct xt_numbers *x = &numbers[v6];
	struct ipt_getinfo info;
	int fd, r = ERR_CHANGED;

	if (name.n == 0 || name.n >= sizeof info.name)
		return err_set(e, ERR_FORMAT, "no name of a table of iptables");
	fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_sys(e, "cannot open a socket");
	*ret = (struct xt_table){ .v6 = v6 };
	for (unsigned i = 0; i < TRIES && r == ERR_CHANGED; i++) {
		r = xt_info(fd, x, name, ret, &info, e);
		if (r == 0)
			r = xt_entries(fd, x, name, info.size, a, &ret->entries, e);
	}
	close(fd);
	return r;
}
