/* Which processes have which of the sockets open: one pass over the open files of all of them, and
 * a hash from the inode of a socket to it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/mem.h"
#include "entity/port.h"
#include "host/bpf.h"
#include "sensor/port/room.h"

#define OWNERS_MAX 4000000
#define LIST_BYTES ((size_t)32 << 10)

static uint32_t hash(uint64_t inode)
{
	return (uint32_t)((inode * UINT64_C(0x9e3779b97f4a7c15)) >> 32);
}

static void index_socks(struct socks *all)
{
	uint32_t n = 64;

	while (n < all->n * 2)
		n *= 2;
	all->mask = n - 1;
	all->slot = mem_array(n, sizeof *all->slot);
	memset(all->slot, 0xff, n * sizeof *all->slot);
	for (uint32_t i = 0; i < all->n; i++) {
		uint32_t *slot = &all->slot[hash(all->list[i].inode) & all->mask];

		all->list[i].next = *slot;
		*slot = i;
	}
}

static void add_owner(struct socks *all, struct sock *x, uint32_t pid)
{
	/* descriptors of one process come together */
	if (x->owner != NOBODY && all->owners[x->owner].pid == pid)
		return;
	if (all->n_owners == OWNERS_MAX)
		return;
	if (all->n_owners == all->cap_owners) {
		all->cap_owners = all->cap_owners ? all->cap_owners * 2 : 1024;
		all->owners = mem_grow(all->owners, all->cap_owners, sizeof *all->owners);
	}
	all->owners[all->n_owners] = (struct owner){ pid, x->owner };
	x->owner = (uint32_t)all->n_owners++;
}

static void found(struct socks *all, uint64_t inode, uint32_t pid)
{
	uint32_t at = all->slot[hash(inode) & all->mask];

	for (; at != NOBODY; at = all->list[at].next)
		if (all->list[at].inode == inode)
			add_owner(all, &all->list[at], pid);
}

static int by_bpf(void *ctx, const struct bpf_socket *s, struct err *e)
{
	(void)e;
	found(ctx, s->inode, s->pid);
	return 0;
}

/* ---- /proc/PID/fd ---- */

struct entry { /* getdents64(2) */
	uint64_t inode;
	int64_t next;
	uint16_t n;
	uint8_t type;
	char name[];
};

static void look_at(struct socks *all, int folder, const char *name, uint32_t pid)
{
	char text[64], *end;
	ssize_t n = readlinkat(folder, name, text, sizeof text - 1);
	uint64_t inode;

	if (n < 0 && (errno == EACCES || errno == EPERM))
		all->blind = true;
	if (n <= 9 || memcmp(text, "socket:[", 8) != 0)
		return;
	text[n] = '\0';
	inode = strtoull(text + 8, &end, 10);
	if (*end == ']')
		found(all, inode, pid);
}

/* Through the list's own view, which sees below what is mounted over /proc/PID. */
static void by_proc(struct socks *all, const struct process *p, char *block)
{
	int folder = host_process_open(all->host, p), fd;
	long n;

	if (folder < 0)
		return; /* it ended */
	fd = openat(folder, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	n = errno;
	close(folder);
	errno = (int)n;
	if (fd < 0) {
		all->blind = all->blind || errno == EACCES || errno == EPERM;
		return;
	}
	while ((n = syscall(SYS_getdents64, fd, block, LIST_BYTES)) > 0) {
		for (long at = 0; at < n;) {
			const struct entry *d = (const void *)(block + at);

			if (d->name[0] != '.')
				look_at(all, fd, d->name, p->pid);
			at += d->n;
		}
	}
	close(fd);
}

static bool is_orphan(const struct sock *x)
{
	return x->inode != 0 && x->owner == NOBODY;
}

static bool has_orphans(const struct socks *all)
{
	for (size_t i = 0; i < all->n; i++)
		if (is_orphan(&all->list[i]))
			return true;
	return false;
}

void socks_done(struct socks *all)
{
	free(all->list);
	free(all->slot);
	free(all->owners);
}

static bool has_inode(const struct socks *all, uint64_t inode)
{
	uint32_t at = all->slot[hash(inode) & all->mask];

	while (at != NOBODY && all->list[at].inode != inode)
		at = all->list[at].next;
	return at != NOBODY;
}

static void drop_closed(struct socks *all)
{
	__attribute__((cleanup(socks_done))) struct socks now = {
		.scan = all->scan,
		.host = all->host,
		.arena = all->arena,
		.space = all->space,
		.n_spaces = all->n_spaces,
		.again = true,
	};
	size_t k = 0;

	for (size_t i = 0; i < all->n; i++) {
		if (!is_orphan(&all->list[i]))
			continue;
		now.protos |= UINT32_C(1) << all->list[i].proto;
		all->space[all->list[i].space].suspect = true;
	}
	socks_dump(&now);
	index_socks(&now);
	for (size_t i = 0; i < all->n; i++) {
		const struct sock *x = &all->list[i];

		if (!is_orphan(x) || has_inode(&now, x->inode))
			all->list[k++] = *x;
	}
	all->n = k;
}

int socks_owners(struct socks *all, struct err *e)
{
	const struct process *list;
	struct err why;
	char *block;
	size_t n;

	if (host_processes(all->host, &list, &n, e) < 0)
		return e->code;
	index_socks(all);
	block = mem_new(LIST_BYTES);
	all->means = "bpf";
	if (bpf_sockets(all->host, by_bpf, all, &why) < 0) {
		all->means = "proc";
		for (size_t i = 0; i < n && !scan_stopped(all->scan); i++)
			if (!list[i].kernel)
				by_proc(all, &list[i], block);
	} else if (has_orphans(all)) {
		/* the one that some kernels keep from their iterators (host/bpf.h) */
		const struct process *first = host_process(all->host, 1);

		if (first)
			by_proc(all, first, block);
	}
	free(block);
	if (has_orphans(all))
		drop_closed(all);
	return 0;
}
