#include "watch/kinds/parse.h"

#include <arpa/inet.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

#include "core/attr.h"

#ifndef NFTA_GEN_PROC_PID /* since Linux 4.14 */
#define NFTA_GEN_PROC_PID 2
#endif

#define ATTRIBUTE_HEAD sizeof(struct nlattr)

/* ---- uevent ---- */

bool uevent_parse(struct span datagram, struct uevent *ret)
{
	struct span rest = datagram, line, at;
	struct uevent u = { 0 };

	if (!span_cut(&rest, '\0', &line) || !span_cut(&line, '@', &u.action) || !line.p ||
		!u.action.n)
		return false;
	u.path = line;
	while (span_cut(&rest, '\0', &line)) {
		at = line;
		if (span_starts(at, span_of("SUBSYSTEM=")))
			u.subsystem = span_from_offset(at, sizeof "SUBSYSTEM=" - 1);
	}
	*ret = u;
	return true;
}

/* ---- nf_tables ---- */

static uint32_t attribute_number(struct span attributes, unsigned type)
{
	while (attributes.n >= ATTRIBUTE_HEAD) {
		struct nlattr a;
		uint32_t value;

		memcpy(&a, attributes.p, sizeof a);
		if (a.nla_len < ATTRIBUTE_HEAD || a.nla_len > attributes.n)
			return 0;
		if ((a.nla_type & NLA_TYPE_MASK) == type &&
			a.nla_len >= ATTRIBUTE_HEAD + sizeof value) {
			memcpy(&value, attributes.p + ATTRIBUTE_HEAD, sizeof value);
			return ntohl(value);
		}
		attributes = span_from_offset(attributes, ((size_t)a.nla_len + 3) & ~(size_t)3);
	}
	return 0;
}

bool nft_event_parse(struct span datagram, struct nft_event *ret)
{
	const size_t head = sizeof(struct nlmsghdr) + sizeof(struct nfgenmsg);

	*ret = (struct nft_event){ 0 };
	while (datagram.n) {
		struct nlmsghdr h;

		if (datagram.n < sizeof h)
			return false;
		memcpy(&h, datagram.p, sizeof h);
		if (h.nlmsg_len < sizeof h || h.nlmsg_len > datagram.n)
			return false;
		if (h.nlmsg_type >> 8 == NFNL_SUBSYS_NFTABLES) {
			ret->changed = true;
			if ((h.nlmsg_type & 0xff) == NFT_MSG_NEWGEN && h.nlmsg_len > head)
				ret->pid = attribute_number((struct span){ datagram.p + head,
								    h.nlmsg_len - head },
					NFTA_GEN_PROC_PID);
		}
		datagram = span_from_offset(datagram, ((size_t)h.nlmsg_len + 3) & ~(size_t)3);
	}
	return true;
}

/* ---- units ---- */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool unit_of_path(struct span path, struct buf *ret)
{
	static const char base[] = "/org/freedesktop/systemd1/unit/";

	if (!span_starts(path, span_of(base)))
		return false;
	path = span_from_offset(path, sizeof base - 1);
	for (size_t i = 0; i < path.n; i++) {
		int high, low;

		if (path.p[i] != '_') {
			buf_add_char(ret, path.p[i]);
			continue;
		}
		if (path.n - i < 3)
			return false;
		high = hex_digit(path.p[i + 1]);
		low = hex_digit(path.p[i + 2]);
		if (high < 0 || low < 0)
			return false;
		buf_add_char(ret, (char)(high << 4 | low));
		i += 2;
	}
	return path.n && !ret->full;
}

bool unit_is_watched(struct span name)
{
	static const char *const others[] = { ".scope", ".device" };

	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		size_t n = strlen(others[i]);

		if (name.n > n && memcmp(name.p + name.n - n, others[i], n) == 0)
			return false;
	}
	return name.n > 0;
}
