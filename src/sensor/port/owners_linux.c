/* Which processes have which of the sockets open: one pass over the open files of all of them, and
 * a hash from the inode of a socket to it. Where somebody has made that pass too long, a second one
 * with a share for each user (owners_share.c). */
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

#define BPF_MAX 2000000 /* open sockets looked at, below a second */
#define PROC_MAX 200000 /* the same by their links, far dearer */
#define OWNERS_MAX 500000
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
	if (all->n_owners == OWNERS_MAX) {
		all->too_many = true;
		return;
	}
	if (all->n_owners == all->cap_owners) {
		all->cap_owners = all->cap_owners ? all->cap_owners * 2 : 1024;
		all->owners = mem_grow(all->owners, all->cap_owners, sizeof *all->owners);
	}
	all->n_orphans -= x->owner == NOBODY;
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
	struct socks *all = ctx;

	if (all->too_many || all->looked++ == BPF_MAX) {
		all->too_many = true;
		return err_set(e, ERR_LIMIT, "too many open sockets");
	}
	found(all, s->inode, s->pid);
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
size_t socks_of_process(struct socks *all, const struct process *p, size_t max)
{
	char *block = all->block;
	size_t looked = 0;
	int folder = host_process_open(all->host, p), fd;
	long n;

	if (folder < 0)
		return 0; /* it ended */
	fd = openat(folder, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	n = errno;
	close(folder);
	errno = (int)n;
	if (fd < 0) {
		all->blind = all->blind || errno == EACCES || errno == EPERM;
		return 0;
	}
	while (looked <= max && (n = syscall(SYS_getdents64, fd, block, LIST_BYTES)) > 0) {
		for (long at = 0; at < n;) {
			const struct entry *d = (const void *)(block + at);

			if (d->name[0] != '.' && ++looked <= max)
				look_at(all, fd, d->name, p->pid);
			at += d->n;
		}
		scan_alive(all->scan);
	}
	close(fd);
	return looked;
}

static bool is_orphan(const struct sock *x)
{
	return x->inode != 0 && x->owner == NOBODY;
}

void socks_done(struct socks *all)
{
	free(all->list);
	free(all->slot);
	free(all->owners);
	free(all->block);
	free(all->cut.uid);
}

/* Owners as if nobody had been looked at. */
static void begin(struct socks *all)
{
	all->n_owners = all->n_orphans = all->looked = 0;
	all->too_many = false;
	for (size_t i = 0; i < all->n; i++) {
		all->list[i].owner = NOBODY;
		all->n_orphans += all->list[i].inode != 0;
	}
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

static void all_by_proc(struct socks *all, const struct process *list, size_t n)
{
	for (size_t i = 0; i < n && !all->too_many && !scan_stopped(all->scan); i++) {
		if (list[i].kernel)
			continue;
		all->looked += socks_of_process(all, &list[i], PROC_MAX - all->looked);
		all->too_many = all->too_many || all->looked > PROC_MAX;
	}
}

int socks_owners(struct socks *all, struct err *e)
{
	const struct process *list;
	struct err why;
	size_t n;

	if (host_processes(all->host, &list, &n, e) < 0)
		return e->code;
	index_socks(all);
	all->block = mem_new(LIST_BYTES);
	all->means = "bpf";
	begin(all);
	if (bpf_sockets(all->host, by_bpf, all, &why) == 0) {
		/* the one that some kernels keep from their iterators (host/bpf.h) */
		const struct process *first = host_process(all->host, 1);

		if (first && all->n_orphans)
			(void)socks_of_process(all, first, PROC_MAX);
	} else if (!all->too_many) {
		all->means = "proc";
		begin(all);
		all_by_proc(all, list, n);
	}
	if (all->too_many) {
		begin(all);
		socks_share(all, list, n);
	}
	if (all->n_orphans)
		drop_closed(all);
	return 0;
}
