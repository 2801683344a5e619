/* Where programs run. */
#include "host/bpf.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/attr.h"
#include "core/mem.h"
#include "sensor/bpf/bpf_collect.h"

#define NAME_BYTES 256
#define CGROUPS_MAX 20000
#define FOLDERS_MAX 65536
#define IDS 64
#define TYPE_BITS 0x3fffu /* of an attribute, without its flags */
#define ANSWER_BYTES ((size_t)64 << 10)

/* ---- cgroups, by path ---- */

static const char *cgroup_root(void)
{
	return access("/sys/fs/cgroup/cgroup.controllers", F_OK) == 0 ? "sys/fs/cgroup"
								      : "sys/fs/cgroup/unified";
}

struct cgroups {
	struct bpf_programs *all;
	const char *root;
	size_t seen;
	/* Non-zero ends it. path: below the root of the hierarchy, "/" for itself. */
	bool (*each)(struct cgroups *c, const char *folder, const char *path);
	uint64_t wanted;
	struct span found;
};

static bool walk(struct cgroups *c, const char *path, unsigned depth)
{
	struct arena *a = c->all->arena;
	const char *folder = arena_format(a, "%s%s", c->root, path);
	struct host_entry *list;
	struct err why;
	size_t n;

	if (depth > 32 || c->seen++ > CGROUPS_MAX)
		return true;
	if (c->each(c, folder, *path ? path : "/"))
		return true;
	if (host_list(c->all->host, folder, FOLDERS_MAX, a, &list, &n, &why) < 0)
		return false;
	for (size_t i = 0; i < n; i++)
		if (list[i].type == 4 /* DT_DIR */ &&
			walk(c, arena_format(a, "%s/%s", path, list[i].name.p), depth + 1))
			return true;
	return false;
}

static bool is_wanted(struct cgroups *c, const char *folder, const char *path)
{
	struct stat st;
	struct err why;

	if (host_stat(c->all->host, folder, true, &st, &why) < 0 || st.st_ino != c->wanted)
		return false;
	c->found = span_of(path);
	return true;
}

static struct span cgroup_path(struct bpf_programs *all, uint64_t id)
{
	struct cgroups c = { .all = all, .root = cgroup_root(), .each = is_wanted, .wanted = id };

	walk(&c, "", 0);
	return c.found.n ? c.found : span_of("?");
}

/* ---- what is attached to cgroups without a link ---- */

struct hook {
	uint32_t program_type, hook;
};

static const struct hook cgroup_hooks[] = {
	{ BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_INGRESS },
	{ BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS },
	{ BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET_SOCK_CREATE },
	{ BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET_SOCK_RELEASE },
	{ BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET4_POST_BIND },
	{ BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET6_POST_BIND },
	{ BPF_PROG_TYPE_SOCK_OPS, BPF_CGROUP_SOCK_OPS },
	{ BPF_PROG_TYPE_CGROUP_DEVICE, BPF_CGROUP_DEVICE },
	{ BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_BIND },
	{ BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET6_BIND },
	{ BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_CONNECT },
	{ BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET6_CONNECT },
	{ BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UDP4_SENDMSG },
	{ BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UDP6_SENDMSG },
	{ BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UDP4_RECVMSG },
	{ BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UDP6_RECVMSG },
	{ BPF_PROG_TYPE_CGROUP_SYSCTL, BPF_CGROUP_SYSCTL },
	{ BPF_PROG_TYPE_CGROUP_SOCKOPT, BPF_CGROUP_GETSOCKOPT },
	{ BPF_PROG_TYPE_CGROUP_SOCKOPT, BPF_CGROUP_SETSOCKOPT },
	{ BPF_PROG_TYPE_LSM, BPF_LSM_CGROUP },
};

static void query(struct cgroups *c, int fd, const struct hook *h, const char *path)
{
	uint32_t ids[IDS];
	union bpf_attr a;

	memset(&a, 0, sizeof a);
	a.query.target_fd = (uint32_t)fd;
	a.query.attach_type = h->hook;
	a.query.prog_ids = (uint64_t)(uintptr_t)ids;
	a.query.prog_cnt = IDS;
	if (bpf_call(BPF_PROG_QUERY, &a, sizeof a) < 0)
		return;
	for (uint32_t i = 0; i < a.query.prog_cnt && i < IDS; i++) {
		struct bpf_program *p = bpf_by_id(c->all, ids[i]);

		if (p)
			bpf_note(c->all, p, NOTE_ATTACHED,
				span_of(arena_format(c->all->arena, "cgroup:%s %s", path,
					bpf_hook_name(h->hook, c->all->arena))),
				0);
	}
}

static bool query_all(struct cgroups *c, const char *folder, const char *path)
{
	struct err why;
	int fd = -1;

	if (host_open_file(c->all->host, folder, O_DIRECTORY, &fd, &why) < 0)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(cgroup_hooks); i++)
		if (c->wanted >> cgroup_hooks[i].program_type & 1)
			query(c, fd, &cgroup_hooks[i], path);
	close(fd);
	return false;
}

/* Asked only for what the programs there are could be attached to. */
void bpf_cgroups(struct bpf_programs *all)
{
	struct cgroups c = { .all = all, .root = cgroup_root(), .each = query_all };

	for (size_t i = 0; i < all->n; i++)
		for (size_t k = 0; k < ARRAY_LEN(cgroup_hooks); k++)
			if (all->list[i].type == cgroup_hooks[k].program_type &&
				all->list[i].notes[NOTE_ATTACHED] == NONE)
				c.wanted |= UINT64_C(1) << all->list[i].type;
	if (c.wanted)
		walk(&c, "", 0);
}

/* ---- links ---- */

static struct span place_of(struct bpf_programs *all, const struct bpf_link *l)
{
	char name[IF_NAMESIZE];

	switch (l->type) {
	case LINK_CGROUP:
		return cgroup_path(all, l->cgroup);
	case LINK_XDP:
	case LINK_TCX:
	case LINK_NETKIT:
		return l->interface && if_indextoname(l->interface, name)
			       ? arena_copy(all->arena, span_of(name))
			       : span_of("?");
	case LINK_TRACING:
		return bpf_function(all->host, l->object, l->function, all->arena);
	default:
		return SPAN_NONE;
	}
}

static void note_link(struct bpf_programs *all, int fd)
{
	char name[NAME_BYTES] = "";
	char info[LINK_INFO_BYTES] = "";
	uint64_t pointer = (uint64_t)(uintptr_t)name;
	uint32_t n = sizeof info, room = sizeof name;
	struct bpf_program *p;
	struct bpf_link l;
	unsigned at;

	if (bpf_info(fd, info, &n) < 0 || !bpf_link_from(span_from(info, n), &l))
		return;
	p = bpf_by_id(all, l.program);
	at = bpf_link_name_at(&l);
	if (!p || p->own)
		return;
	if (at) {
		memset(info, 0, sizeof info);
		memcpy(info + at, &pointer, sizeof pointer);
		memcpy(info + at + sizeof pointer, &room, sizeof room);
		n = sizeof info;
		if (bpf_info(fd, info, &n) < 0)
			name[0] = '\0';
		name[sizeof name - 1] = '\0';
	}
	bpf_note(all, p, NOTE_ATTACHED,
		bpf_link_text(&l, arena_copy(all->arena, span_of(name)), place_of(all, &l),
			all->arena),
		0);
}

void bpf_links(struct bpf_programs *all)
{
	union bpf_attr a;

	memset(&a, 0, sizeof a);
	for (size_t i = 0; i < PROGRAMS_MAX; i++) {
		int fd;

		if (bpf_call(BPF_LINK_GET_NEXT_ID, &a, sizeof a) < 0)
			return;
		fd = bpf_open_id(BPF_LINK_GET_FD_BY_ID, a.next_id);
		a.start_id = a.next_id;
		a.next_id = 0;
		if (fd < 0)
			continue;
		note_link(all, fd);
		close(fd);
	}
}

/* ---- XDP programs that were set through netlink ---- */

static void note_xdp(struct bpf_programs *all, const char *name, struct rtattr *xdp)
{
	struct rtattr *r = RTA_DATA(xdp);
	unsigned left = (unsigned)RTA_PAYLOAD(xdp);

	for (; RTA_OK(r, left); r = RTA_NEXT(r, left)) {
		unsigned type = r->rta_type & TYPE_BITS;
		struct bpf_program *p;
		uint32_t id;

		if (type != IFLA_XDP_PROG_ID && type != IFLA_XDP_DRV_PROG_ID &&
			type != IFLA_XDP_SKB_PROG_ID && type != IFLA_XDP_HW_PROG_ID)
			continue;
		if (RTA_PAYLOAD(r) < (int)sizeof id)
			continue;
		memcpy(&id, RTA_DATA(r), sizeof id);
		p = bpf_by_id(all, id);
		if (p)
			bpf_note(all, p, NOTE_ATTACHED,
				span_of(arena_format(all->arena, "xdp:%s", name)), 0);
	}
}

static bool take_interfaces(struct bpf_programs *all, char *block, size_t n)
{
	struct nlmsghdr *m = (void *)block;
	unsigned left = (unsigned)n;

	for (; NLMSG_OK(m, left); m = (void *)((char *)m + NLMSG_ALIGN(m->nlmsg_len))) {
		struct ifinfomsg *head = NLMSG_DATA(m);
		char name[IF_NAMESIZE];
		struct rtattr *r;
		unsigned rest;

		if (m->nlmsg_type != RTM_NEWLINK || m->nlmsg_len < NLMSG_LENGTH(sizeof *head))
			return false;
		left -= left < NLMSG_ALIGN(m->nlmsg_len) ? left : NLMSG_ALIGN(m->nlmsg_len);
		rest = (unsigned)(m->nlmsg_len - NLMSG_LENGTH(sizeof *head));
		if (!if_indextoname((unsigned)head->ifi_index, name))
			continue;
		for (r = IFLA_RTA(head); RTA_OK(r, rest); r = RTA_NEXT(r, rest))
			if ((r->rta_type & TYPE_BITS) == IFLA_XDP)
				note_xdp(all, name, r);
	}
	return true;
}

void bpf_interfaces(struct bpf_programs *all)
{
	struct {
		struct nlmsghdr head;
		struct ifinfomsg body;
	} ask = { { .nlmsg_len = sizeof ask,
			  .nlmsg_type = RTM_GETLINK,
			  .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		{ 0 } };
	struct timeval t = { .tv_sec = 5 };
	bool wanted = false;
	char *block;
	ssize_t n;
	int fd;

	for (size_t i = 0; i < all->n; i++)
		wanted = wanted || all->list[i].type == BPF_PROG_TYPE_XDP;
	if (!wanted || (fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)) < 0)
		return;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
	block = mem_new(ANSWER_BYTES);
	if (send(fd, &ask, sizeof ask, 0) > 0)
		while ((n = recv(fd, block, ANSWER_BYTES, 0)) > 0 &&
			take_interfaces(all, block, (size_t)n))
			;
	free(block);
	close(fd);
}
