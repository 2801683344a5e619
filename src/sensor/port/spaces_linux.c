/* The network namespaces of the host: those that processes are in, and those that a mount keeps
 * alive (ip netns, container runtimes). */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/mem.h"
#include "entity/port.h"
#include "sensor/port/mount_text.h"
#include "sensor/port/room.h"

#define MOUNTS_MAX ((size_t)16 << 20)

static struct space *find(struct socks *all, uint64_t inode)
{
	for (size_t i = 0; i < all->n_spaces; i++)
		if (all->space[i].inode == inode)
			return &all->space[i];
	return NULL;
}

static struct space *add(struct socks *all, uint64_t inode)
{
	if (all->n_spaces == SPACES_MAX)
		return NULL;
	all->space[all->n_spaces] = (struct space){ .inode = inode };
	return &all->space[all->n_spaces++];
}

static uint64_t inode_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_ino : 0;
}

/* A name that is the same after a restart. */
static struct span name_by(const struct process *p, struct arena *a)
{
	struct span name = p->exe;

	if (p->container.n)
		return p->container;
	if (unit_stable(p->unit, a).n && !span_is(p->unit, "init.scope"))
		return unit_stable(p->unit, a);
	for (size_t i = p->exe.n; i > 0; i--)
		if (p->exe.p[i - 1] == '/')
			return span_from_offset(p->exe, i);
	return name.n ? name : p->comm;
}

/* A container names it, else the process that has been in it for the longest time: pids say nothing
 * of that once they have wrapped. One of our own program is in it for a moment, to list it: anybody
 * else comes first. */
static void offer(struct socks *all, struct space *x, const struct process *p, struct span self)
{
	int64_t start = self.n && span_same(p->exe, self) ? INT64_MAX : p->start;
	bool older = x->pid == 0 || start < x->started;

	if (older) {
		x->pid = p->pid;
		x->started = start;
	}
	if (x->named || (!older && !p->container.n))
		return;
	x->name = name_by(p, all->arena);
	x->named = p->container.n > 0;
}

/* True: some process is in a namespace that we may not know. */
static bool by_processes(struct socks *all, const struct process *list, size_t n)
{
	uint64_t own = all->space[0].inode;
	bool hidden = false;
	char path[32], exe[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", exe, sizeof exe);
	struct span self = span_from(exe, length > 0 ? (size_t)length : 0);
	uint32_t own_pid = (uint32_t)getpid();

	for (size_t i = 0; i < n; i++) {
		const struct process *p = &list[i];
		uint64_t inode = p->ns[NS_NET];
		struct space *x;

		if (p->kernel || p->pid == own_pid)
			continue;
		if (inode == 0) {
			snprintf(path, sizeof path, "/proc/%u/ns/net", p->pid);
			errno = 0;
			inode = inode_of(path);
		}
		hidden = hidden || (inode == 0 && errno == EACCES);
		if (inode == 0 || inode == own)
			continue;
		x = find(all, inode);
		if (!x)
			x = add(all, inode);
		if (!x)
			break;
		offer(all, x, p, self);
	}
	return hidden;
}

static void by_mounts(struct socks *all, struct span text)
{
	struct span line, path, name;
	uint64_t inode;

	while (span_cut(&text, '\n', &line)) {
		struct space *x;
		bool by_ip;

		if (!mount_of_netns(line, all->arena, &path))
			continue;
		inode = inode_of(path.p);
		x = inode ? find(all, inode) : NULL;
		if (inode == 0 || x == all->space)
			continue;
		if (!x)
			x = add(all, inode);
		if (!x)
			return;
		name = path;
		for (size_t i = 0; i < path.n; i++)
			if (path.p[i] == '/')
				name = span_from_offset(path, i + 1);
		by_ip = span_starts(path, span_of("/run/netns/")) ||
			span_starts(path, span_of("/var/run/netns/"));
		x->path = path;
		if (by_ip || !x->name.n)
			x->name = name;
		x->named = x->named || by_ip;
	}
}

/* Any of the sockets known may be in one of those: none is gone because it is not listed. */
static void tell_hidden(struct socks *all)
{
	struct gap g = {
		.kind = &kind_port,
		.subtree = true,
		.reason = GAP_DENIED,
		.text = "without root's rights sockets are seen in our own network namespace only"
	};

	scan_gap(all->scan, &g);
}

int socks_spaces(struct socks *all, struct err *e)
{
	const struct process *list = NULL;
	struct span mounts = SPAN_NONE;
	struct err why;
	size_t n = 0;

	all->space = arena_get(all->arena, SPACES_MAX * sizeof *all->space);
	if (!add(all, inode_of("/proc/self/ns/net")))
		return err_set(e, ERR_LIMIT, "no room for a network namespace");
	if (host_read(all->host, "proc/self/mountinfo", MOUNTS_MAX, all->arena, &mounts, &why) == 0)
		by_mounts(all, mounts);
	if (host_processes(all->host, &list, &n, e) < 0)
		return err_prefix(e, "cannot tell who owns sockets: ");
	if (by_processes(all, list, n) && geteuid() != 0)
		tell_hidden(all);
	if (all->n_spaces == SPACES_MAX)
		return err_set(e, ERR_LIMIT, "more than %d network namespaces", SPACES_MAX);
	return 0;
}
