#include "os/mounts.h"

#include <stdlib.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/mem.h"
#include "os/file.h"
#include "os/mount_line.h"

#define MOUNTINFO_MAX ((size_t)16 << 20)
#define MOUNTS_MAX 100000

struct mounts {
	struct arena *arena;
	struct mount_point *point;
	size_t n, cap;
};

static void add_line(struct mounts *m, struct span text)
{
	struct mount_line x;
	struct err e;

	if (m->n == MOUNTS_MAX || mount_line_parse(text, m->arena, &x, &e) < 0)
		return;
	if (m->n == m->cap) {
		m->cap = m->cap ? m->cap * 2 : 64;
		m->point = mem_grow(m->point, m->cap, sizeof *m->point);
	}
	m->point[m->n++] =
		(struct mount_point){ arena_copy(m->arena, x.point), arena_copy(m->arena, x.type) };
}

struct mounts *mounts_from(struct span text)
{
	struct mounts *m = mem_new(sizeof *m);
	struct span rest = text, line;

	m->arena = arena_new();
	while (span_cut(&rest, '\n', &line))
		add_line(m, line);
	return m;
}

int mounts_load(struct mounts **ret, struct err *e)
{
	AUTO(buf) text = BUF_INIT(MOUNTINFO_MAX);
	int fd = file_open("/proc/self/mountinfo");
	int rc = fd < 0 ? -1 : file_read_all(fd, MOUNTINFO_MAX - 1, &text);

	if (rc < 0)
		(void)err_sys(e, "cannot read '/proc/self/mountinfo'");
	file_close(fd);
	if (rc < 0)
		return e->code;
	*ret = mounts_from(buf_span(&text));
	return 0;
}

void mounts_free(struct mounts *m)
{
	if (!m)
		return;
	arena_free(m->arena);
	free(m->point);
	free(m);
}

void mounts_freep(struct mounts **m)
{
	mounts_free(*m);
	*m = NULL;
}

const struct mount_point *mounts_list(const struct mounts *m, size_t *ret_n)
{
	*ret_n = m->n;
	return m->point;
}

const struct mount_point *mounts_find(const struct mounts *m, struct span path)
{
	const struct mount_point *best = NULL;

	for (size_t i = 0; i < m->n; i++) {
		struct span p = m->point[i].path;

		if (span_is(p, "/"))
			p.n = 0;
		if (!span_starts(path, p) || (path.n > p.n && path.p[p.n] != '/'))
			continue;
		if (!best || m->point[i].path.n >= best->path.n)
			best = &m->point[i];
	}
	return best;
}

bool mount_is_remote(const struct mount_point *p)
{
	static const char *const types[] = { "fuse", "nfs", "cifs", "smb", "9p", "ceph", "afs",
		"coda", "ncp", "glusterfs", "lustre", "virtiofs", "autofs", "davfs" };

	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (span_starts(p->type, span_of(types[i])))
			return true;
	return false;
}
