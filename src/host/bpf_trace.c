#include "host/bpf_trace.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "core/attr.h"
#include "core/mem.h"
#include "host/bpf.h"
#include "host/bpf_trace_code.h"
#include "host/bpf_types.h"
#include "host/host.h"

#define RING_BYTES ((size_t)2 << 20)
#define ROUND8(n) (((n) + 7) & ~(size_t)7)

/* Where each is attached. Those of bind are asked by the topmost control group when a socket was
 * bound; a program at bind(2) itself would cost every other system call something. */
static const struct place {
	const char *point; /* a tracepoint, or: */
	enum bpf_attach_type attach;
	bool needed,
		sockets; /* nothing goes without it; only who wants to hear of sockets needs it */
} places[TRACE_PROGRAMS] = {
	[TRACE_FORK] = { "sched_process_fork", 0, true, false },
	[TRACE_EXEC] = { "sched_process_exec", 0, true, false },
	[TRACE_EXIT] = { "sched_process_exit", 0, true, false },
	[TRACE_LISTEN] = { "inet_sock_set_state", 0, false, true },
	[TRACE_BIND] = { NULL, BPF_CGROUP_INET4_POST_BIND, false, true },
	[TRACE_BIND6] = { NULL, BPF_CGROUP_INET6_POST_BIND, false, true },
	[TRACE_GROUP] = { "cgroup_mkdir", 0, false, false },
};

struct bpf_trace {
	int map[TRACE_MAPS], program[TRACE_PROGRAMS], link[TRACE_PROGRAMS];
	size_t page;
	unsigned long *consumed; /* a page we write */
	unsigned long *produced; /* a page of the kernel's, and the data behind it, twice */
	uint64_t *lost;
};

static uint64_t address(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

static int call(int what, union bpf_attr *a)
{
	return (int)syscall(SYS_bpf, what, a, sizeof *a);
}

static void close_all(int *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] >= 0)
			close(list[i]);
}

void bpf_trace_free(struct bpf_trace *t)
{
	if (!t)
		return;
	close_all(t->link, TRACE_PROGRAMS);
	close_all(t->program, TRACE_PROGRAMS);
	if (t->consumed)
		munmap(t->consumed, t->page);
	if (t->produced)
		munmap(t->produced, t->page + 2 * RING_BYTES);
	if (t->lost)
		munmap(t->lost, t->page);
	close_all(t->map, TRACE_MAPS);
	free(t);
}

void bpf_trace_freep(struct bpf_trace **t)
{
	bpf_trace_free(*t);
	*t = NULL;
}

static struct bpf_trace *blank(void)
{
	struct bpf_trace *t = mem_new(sizeof *t);

	memset(t->map, -1, sizeof t->map);
	memset(t->program, -1, sizeof t->program);
	memset(t->link, -1, sizeof t->link);
	t->page = (size_t)sysconf(_SC_PAGESIZE);
	return t;
}

static int groups_mounted_nowhere(void)
{
	int own = host_open_fs("cgroup2"), fd;

	if (own < 0)
		return -1;
	fd = openat(own, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	close(own);
	return fd;
}

/* Where the unified hierarchy of control groups stands: alone, or beside the old ones. */
int bpf_trace_groups(void)
{
	static const char *const folders[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };
	struct statfs fs;

	for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
		int fd = open(folders[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (fd >= 0 && fstatfs(fd, &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC)
			return fd;
		if (fd >= 0)
			close(fd);
	}
	return groups_mounted_nowhere();
}

/* ---- maps ---- */

static int make_map(uint32_t type, uint32_t value, uint32_t entries, uint32_t flags)
{
	union bpf_attr a;

	memset(&a, 0, sizeof a);
	a.map_type = type;
	a.key_size = type == BPF_MAP_TYPE_RINGBUF ? 0 : 4;
	a.value_size = value;
	a.max_entries = entries;
	a.map_flags = flags;
	memcpy(a.map_name, BPF_OWN_NAME, sizeof BPF_OWN_NAME);
	return call(BPF_MAP_CREATE, &a);
}

static int make_maps(struct bpf_trace *t, struct err *e)
{
	t->map[TRACE_RING] = make_map(BPF_MAP_TYPE_RINGBUF, 0, RING_BYTES, 0);
	t->map[TRACE_SCRATCH] =
		make_map(BPF_MAP_TYPE_PERCPU_ARRAY, TRACE_SCRATCH_SIZE, TRACE_PROGRAMS, 0);
	t->map[TRACE_LOST] = make_map(BPF_MAP_TYPE_ARRAY, 8, 1, BPF_F_MMAPABLE);
	for (unsigned i = 0; i < TRACE_MAPS; i++)
		if (t->map[i] < 0)
			return err_sys(e, "cannot make a BPF map");
	return 0;
}

static void *map_memory(int fd, size_t n, int prot, size_t at)
{
	void *p = mmap(NULL, n, prot, MAP_SHARED, fd, (off_t)at);

	return p == MAP_FAILED ? NULL : p;
}

static int map_ring(struct bpf_trace *t, struct err *e)
{
	int ring = t->map[TRACE_RING];

	t->consumed = map_memory(ring, t->page, PROT_READ | PROT_WRITE, 0);
	t->produced = map_memory(ring, t->page + 2 * RING_BYTES, PROT_READ, t->page);
	t->lost = map_memory(t->map[TRACE_LOST], t->page, PROT_READ, 0);
	return t->consumed && t->produced && t->lost ? 0 : err_sys(e, "cannot map a BPF ring");
}

/* ---- programs ---- */

static void set_maps(struct bpf_code *c, const int *maps)
{
	for (uint32_t i = 0; i + 1 < c->n; i++)
		if (c->insn[i].code == (BPF_LD | BPF_IMM | BPF_DW)) {
			c->insn[i].imm = maps[c->insn[i].imm];
			i++;
		}
}

static int load(const struct bpf_code *c, const struct place *p, struct err *e)
{
	union bpf_attr a;
	int fd;

	memset(&a, 0, sizeof a);
	a.prog_type = p->point ? BPF_PROG_TYPE_RAW_TRACEPOINT : BPF_PROG_TYPE_CGROUP_SOCK;
	a.expected_attach_type = p->attach;
	a.insns = address(c->insn);
	a.insn_cnt = c->n;
	a.license = address("Dual BSD/GPL");
	memcpy(a.prog_name, BPF_OWN_NAME, sizeof BPF_OWN_NAME);
	fd = call(BPF_PROG_LOAD, &a);
	return fd < 0 ? err_sys(e, "the kernel does not take our BPF program") : fd;
}

static int load_all(struct bpf_trace *t, bool sockets, struct err *e)
{
	AUTO(bpf_types) types = { 0 };
	struct bpf_code *code;
	struct err why;
	int rc;

	if (bpf_numbers_mean(e) < 0 || bpf_types_open(&types, e) < 0)
		return e->code;
	code = mem_array(TRACE_PROGRAMS, sizeof *code);
	rc = bpf_trace_code(types.btf, code, e);
	for (unsigned i = 0; rc == 0 && i < TRACE_PROGRAMS; i++) {
		const struct place *p = &places[i];

		if ((p->sockets && !sockets) || code[i].n == 0)
			continue;
		set_maps(&code[i], t->map);
		t->program[i] = load(&code[i], p, p->needed ? e : &why);
		if (t->program[i] < 0 && p->needed)
			rc = e->code;
	}
	free(code);
	return rc;
}

static int attach_point(int program, const char *point)
{
	union bpf_attr a;

	memset(&a, 0, sizeof a);
	a.raw_tracepoint.name = address(point);
	a.raw_tracepoint.prog_fd = (uint32_t)program;
	return call(BPF_RAW_TRACEPOINT_OPEN, &a);
}

/* It ends with the link's descriptor, and hinders no other. */
static int attach_group(int program, enum bpf_attach_type type)
{
	int group = bpf_trace_groups(), link;
	union bpf_attr a;

	if (group < 0)
		return -1;
	memset(&a, 0, sizeof a);
	a.link_create.prog_fd = (uint32_t)program;
	a.link_create.target_fd = (uint32_t)group;
	a.link_create.attach_type = type;
	link = call(BPF_LINK_CREATE, &a);
	close(group);
	return link;
}

static int attach_all(struct bpf_trace *t, struct err *e)
{
	for (unsigned i = 0; i < TRACE_PROGRAMS; i++) {
		const struct place *p = &places[i];

		if (t->program[i] < 0)
			continue;
		t->link[i] = p->point ? attach_point(t->program[i], p->point)
				      : attach_group(t->program[i], p->attach);
		if (t->link[i] < 0 && p->needed)
			return err_sys(e, "cannot attach a BPF program to '%s'", p->point);
	}
	return 0;
}

int bpf_trace_open(struct bpf_trace **ret, bool sockets, struct err *e)
{
	AUTO_FREE(bpf_trace) t = blank();

	if (make_maps(t, e) < 0 || map_ring(t, e) < 0 || load_all(t, sockets, e) < 0 ||
		attach_all(t, e) < 0)
		return e->code;
	*ret = t;
	t = NULL;
	return 0;
}

/* ---- the ring: Documentation/bpf/ringbuf.rst ---- */

int bpf_trace_fd(const struct bpf_trace *t)
{
	return t->map[TRACE_RING];
}

bool bpf_trace_hears_sockets(const struct bpf_trace *t)
{
	return t->link[TRACE_LISTEN] >= 0 && t->link[TRACE_BIND] >= 0 && t->link[TRACE_BIND6] >= 0;
}

uint64_t bpf_trace_lost(const struct bpf_trace *t)
{
	return __atomic_load_n(t->lost, __ATOMIC_RELAXED);
}

size_t bpf_trace_read(struct bpf_trace *t,
	void (*each)(void *ctx, const struct bpf_trace_record *r), void *ctx)
{
	const char *data = (const char *)t->produced + t->page;
	unsigned long at = *t->consumed;
	unsigned long end = __atomic_load_n(t->produced, __ATOMIC_ACQUIRE);
	size_t n = 0;

	while (at < end) {
		const uint32_t *head = (const void *)(data + (at & (RING_BYTES - 1)));
		uint32_t size = __atomic_load_n(head, __ATOMIC_ACQUIRE);
		struct bpf_trace_record r;

		if (size & BPF_RINGBUF_BUSY_BIT)
			break;
		if (!(size & BPF_RINGBUF_DISCARD_BIT) &&
			bpf_trace_record_from(span_from((const char *)head + BPF_RINGBUF_HDR_SZ,
						      size),
				&r)) {
			each(ctx, &r);
			n++;
		}
		at += ROUND8((size & ~(uint32_t)BPF_RINGBUF_DISCARD_BIT) + BPF_RINGBUF_HDR_SZ);
		__atomic_store_n(t->consumed, at, __ATOMIC_RELEASE);
	}
	return n;
}

/* ---- ours, among all there are ---- */

static bool tag_of(int program, uint8_t ret[BPF_TAG_SIZE])
{
	struct bpf_prog_info info;
	union bpf_attr a;

	memset(&info, 0, sizeof info);
	memset(&a, 0, sizeof a);
	a.info.bpf_fd = (uint32_t)program;
	a.info.info_len = sizeof info;
	a.info.info = address(&info);
	if (call(BPF_OBJ_GET_INFO_BY_FD, &a) < 0)
		return false;
	memcpy(ret, info.tag, BPF_TAG_SIZE);
	return true;
}

bool bpf_trace_is_own(const uint8_t tag[8])
{
	static uint8_t tags[TRACE_PROGRAMS][BPF_TAG_SIZE];
	static unsigned n;
	static bool asked;

	if (!asked) {
		AUTO_FREE(bpf_trace) t = blank();
		struct err why;

		asked = true;
		if (make_maps(t, &why) == 0 && load_all(t, true, &why) == 0)
			for (unsigned i = 0; i < TRACE_PROGRAMS; i++)
				if (t->program[i] >= 0 && tag_of(t->program[i], tags[n]))
					n++;
	}
	for (unsigned i = 0; i < n; i++)
		if (memcmp(tags[i], tag, BPF_TAG_SIZE) == 0)
			return true;
	return false;
}
