/* Which processes hold programs and links open. Only root's can have loaded one on a usual host;
 * the others are looked at when a program is left that nobody holds, pins or runs. */
#include "entity/bpf.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/hash.h"
#include "core/mem.h"
#include "host/process.h"
#include "os/clock.h"
#include "sensor/bpf/bpf_collect.h"

#define LIST_BYTES ((size_t)32 << 10)
#define FDINFO_MAX 4096
#define NAME_BYTES 256
#define SEEN_MAX 65536
#define WHOLE_NS INT64_C(60000000000)

struct entry { /* getdents64(2) */
	uint64_t inode;
	int64_t next;
	uint16_t n;
	uint8_t type;
	char name[];
};

/* A perf event with a program: how kprobes were attached before there were links. */
static void ask_perf(struct bpf_programs *all, uint32_t pid, const char *fd)
{
	static const char *const words[] = { "raw_tracepoint", "tracepoint", "kprobe", "kretprobe",
		"uprobe", "uretprobe" };
	char name[NAME_BYTES] = "";
	struct bpf_program *p;
	union bpf_attr a;

	memset(&a, 0, sizeof a);
	a.task_fd_query.pid = pid;
	a.task_fd_query.fd = (uint32_t)strtoul(fd, NULL, 10);
	a.task_fd_query.buf = (uint64_t)(uintptr_t)name;
	a.task_fd_query.buf_len = sizeof name;
	if (bpf_call(BPF_TASK_FD_QUERY, &a, sizeof a) < 0)
		return;
	name[sizeof name - 1] = '\0';
	p = bpf_by_id(all, a.task_fd_query.prog_id);
	if (!p || a.task_fd_query.fd_type >= sizeof words / sizeof *words)
		return;
	bpf_note(all, p, NOTE_HOLDER, SPAN_NONE, pid);
	bpf_note(all, p, NOTE_ATTACHED,
		span_of(arena_format(all->arena, "%s:%s", words[a.task_fd_query.fd_type], name)),
		0);
}

static void look_at(struct bpf_programs *all, int folder, const char *fd, uint32_t pid)
{
	struct bpf_program *p;
	char text[64], path[48], info[FDINFO_MAX];
	ssize_t n = readlinkat(folder, fd, text, sizeof text - 1);
	int file;

	if (n <= 0)
		return;
	text[n] = '\0';
	if (strstr(text, "anon_inode:[perf_event]"))
		ask_perf(all, pid, fd);
	if (!strstr(text, "anon_inode:bpf-prog") && !strstr(text, "anon_inode:bpf_link") &&
		!strstr(text, "anon_inode:bpf-link"))
		return;
	snprintf(path, sizeof path, "/proc/%u/fdinfo/%s", pid, fd);
	file = open(path, O_RDONLY | O_CLOEXEC);
	n = file < 0 ? -1 : read(file, info, sizeof info);
	if (file >= 0)
		close(file);
	p = n > 0 ? bpf_by_id(all, bpf_id_from_fdinfo(span_from(info, (size_t)n))) : NULL;
	if (p)
		bpf_note(all, p, NOTE_HOLDER, SPAN_NONE, pid);
}

static void look(struct bpf_programs *all, uint32_t pid, char *block)
{
	char path[32];
	int fd;
	long n;

	snprintf(path, sizeof path, "/proc/%u/fd", pid);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	while ((n = syscall(SYS_getdents64, fd, block, LIST_BYTES)) > 0)
		for (long at = 0; at < n;) {
			const struct entry *d = (const void *)(block + at);

			if (d->name[0] != '.')
				look_at(all, fd, d->name, pid);
			at += d->n;
		}
	close(fd);
}

/* Of the look before, in a process that is kept: only where to ask, never what is there. A process
 * that began before and held nothing may only have got what was loaded before, from another one or
 * by its number: that is found when all are asked, each minute. */
struct seen {
	uint32_t pid;
	bool holds;
	int64_t start;
};
static struct {
	struct seen *list; /* ascending by pid */
	size_t n;
	uint64_t programs; /* a digest of their numbers */
	int64_t whole;     /* monotonic: when all were asked; 0: never */
} before;

static uint64_t digest_programs(const struct bpf_programs *all)
{
	uint64_t h = HASH_START;

	for (size_t i = 0; i < all->n; i++)
		h = hash_add(h, span_from((const char *)&all->list[i].id, sizeof all->list[i].id));
	return h;
}

static int by_pid(const void *a, const void *b)
{
	const struct seen *x = a, *y = b;

	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

/* Was asked lately, and held nothing. */
static bool held_nothing(const struct process *p)
{
	struct seen key = { .pid = p->pid };
	const struct seen *x =
		before.n ? bsearch(&key, before.list, before.n, sizeof key, by_pid) : NULL;

	return x && !x->holds && p->start && x->start == p->start;
}

static void remember(struct bpf_programs *all, const struct process *list, size_t n)
{
	n = n < SEEN_MAX ? n : SEEN_MAX; /* those beyond are asked each time */
	before.list = mem_grow(before.list, n + 1, sizeof *before.list);
	before.n = n;
	for (size_t i = 0; i < n; i++)
		before.list[i] = (struct seen){ .pid = list[i].pid, .start = list[i].start };
	qsort(before.list, n, sizeof *before.list, by_pid);
	for (size_t i = 0; i < all->n; i++)
		for (uint32_t at = all->list[i].notes[NOTE_HOLDER]; at != NONE;
			at = all->notes[at].next) {
			struct seen key = { .pid = all->notes[at].pid };
			struct seen *x = bsearch(&key, before.list, n, sizeof key, by_pid);

			if (x)
				x->holds = true;
		}
}

static bool is_left_over(const struct bpf_programs *all)
{
	for (size_t i = 0; i < all->n; i++) {
		const uint32_t *notes = all->list[i].notes;

		if (!all->list[i].own && notes[NOTE_HOLDER] == NONE && notes[NOTE_PINNED] == NONE &&
			notes[NOTE_ATTACHED] == NONE)
			return true;
	}
	return false;
}

/* Everything was asked lately, and no program came or went since. */
static bool is_known(const struct bpf_programs *all, uint64_t programs, int64_t now)
{
	return scan_options(all->scan)->memory && before.whole && now - before.whole < WHOLE_NS &&
	       programs == before.programs;
}

enum whom { ROOT_NEW, ROOT_SEEN, OTHERS };

static void look_at_those(struct bpf_programs *all, const struct process *list, size_t n,
	enum whom whom)
{
	char *block = mem_new(LIST_BYTES);

	for (size_t i = 0; i < n; i++) {
		enum whom is = list[i].euid != 0        ? OTHERS
			       : held_nothing(&list[i]) ? ROOT_SEEN
							: ROOT_NEW;

		if (!list[i].kernel && is == whom)
			look(all, list[i].pid, block);
	}
	free(block);
}

void bpf_holders(struct bpf_programs *all)
{
	int64_t now = clock_monotonic();
	uint64_t programs = digest_programs(all);
	bool known = is_known(all, programs, now);
	const struct process *list;
	struct err why;
	size_t n;

	if (host_processes(all->host, &list, &n, &why) < 0) {
		scan_gap_err(all->scan, &kind_bpf, SPAN_NONE, false, &why);
		return;
	}
	look_at_those(all, list, n, ROOT_NEW);
	if (!known || is_left_over(all))
		look_at_those(all, list, n, ROOT_SEEN);
	if (is_left_over(all))
		look_at_those(all, list, n, OTHERS);
	remember(all, list, n);
	before.programs = programs;
	before.whole = known ? before.whole : now;
}
