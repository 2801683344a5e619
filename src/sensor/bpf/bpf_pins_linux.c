/* Objects that a BPF file system keeps, with or without a process. */
#include "entity/bpf.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "sensor/bpf/bpf_collect.h"

#define ROOT "sys/fs/bpf"
#define ENTRIES_MAX 65536
#define DEPTH_MAX 16
#define MAGIC 0xcafe4a11
#define FDINFO_MAX 4096

/* What an object is says its descriptor: "prog_id:", "map_id:", "link_id:" in its fdinfo. */
static const char *describe(int fd, uint32_t *ret_program)
{
	char path[48], text[FDINFO_MAX];
	const char *what = NULL;
	ssize_t n;
	int info;

	snprintf(path, sizeof path, "/proc/self/fdinfo/%d", fd);
	info = open(path, O_RDONLY | O_CLOEXEC);
	n = info < 0 ? -1 : read(info, text, sizeof text - 1);
	if (info >= 0)
		close(info);
	if (n <= 0)
		return NULL;
	text[n] = '\0';
	*ret_program = bpf_id_from_fdinfo(span_from(text, (size_t)n));
	if (strstr(text, "link_id:"))
		what = "link";
	else if (strstr(text, "map_id:"))
		what = "map";
	else if (*ret_program)
		what = "prog";
	return what;
}

static void pinned(struct bpf_programs *all, const char *path)
{
	const char *full = arena_format(all->arena, "/%s", path);
	struct record *r = record_new(all->arena, &kind_bpf);
	const char *what = NULL;
	struct bpf_program *p;
	uint32_t program = 0;
	union bpf_attr a;
	int fd;

	memset(&a, 0, sizeof a);
	a.pathname = (uint64_t)(uintptr_t)full;
	a.file_flags = BPF_F_RDONLY;
	fd = bpf_call(BPF_OBJ_GET, &a, sizeof a);
	if (fd < 0) { /* programs and links know no read-only */
		a.file_flags = 0;
		fd = bpf_call(BPF_OBJ_GET, &a, sizeof a);
	}
	if (fd >= 0) {
		what = describe(fd, &program);
		close(fd);
	}
	p = program ? bpf_by_id(all, program) : NULL;
	if (p)
		bpf_note(all, p, NOTE_PINNED, span_of(full), 0);
	r->key = span_of(arena_format(all->arena, "pinned%s", full));
	if (what)
		record_set_bytes(r, BPF_FIELD_TYPE, span_of(what));
	if (p) {
		char tag[17];

		for (unsigned i = 0; i < 8; i++)
			snprintf(tag + 2 * i, 3, "%02x", p->tag[i]);
		record_set_bytes(r, BPF_FIELD_NAME, arena_copy(all->arena, span_of(p->name)));
		record_set_bytes(r, BPF_FIELD_TAG, arena_copy(all->arena, span_of(tag)));
	}
	scan_emit(all->scan, r);
}

static void walk(struct bpf_programs *all, const char *path, unsigned depth)
{
	struct host_entry *list;
	struct err why;
	size_t n;

	if (depth > DEPTH_MAX ||
		host_list(all->host, path, ENTRIES_MAX, all->arena, &list, &n, &why) < 0)
		return;
	for (size_t i = 0; i < n; i++) {
		const char *at = arena_format(all->arena, "%s/%s", path, list[i].name.p);

		if (list[i].type == DT_DIR)
			walk(all, at, depth + 1);
		else if (list[i].type != DT_LNK)
			pinned(all, at);
	}
}

/* Where it is not mounted, the folder is an empty one of sysfs. The iterators that BPF_PRELOAD pins
 * are the kernel's own, and are shown. */
void bpf_pins(struct bpf_programs *all)
{
	struct statfs fs;

	if (statfs("/" ROOT, &fs) == 0 && (unsigned long)fs.f_type == MAGIC)
		walk(all, ROOT, 0);
}
