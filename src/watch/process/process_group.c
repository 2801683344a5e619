/* Where something runs, by its control group. A group may be gone before it is asked for, so each
 * is looked up when it is first heard of. */
#include "host/process.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "watch/process/process_room.h"

#define PATH_ROOM 4096
#define HANDLE_KERNFS 0xfe /* FILEID_KERNFS of include/linux/exportfs.h: the id, eight bytes */

static ssize_t path_of(int fd, char *ret, size_t n)
{
	char link[48];

	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	return readlink(link, ret, n);
}

/* The path of the group with this id, below where the hierarchy is mounted. */
static bool by_handle(int groups, uint64_t id, struct arena *a, struct span *ret)
{
	struct {
		struct file_handle head;
		unsigned char id[8];
	} handle = { .head = { .handle_bytes = 8, .handle_type = HANDLE_KERNFS } };
	char top[PATH_ROOM], path[PATH_ROOM];
	ssize_t n_top, n;
	int fd;

	memcpy(handle.head.f_handle, &id, sizeof id);
	fd = groups < 0 ? -1 : open_by_handle_at(groups, &handle.head, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return false;
	n_top = path_of(groups, top, sizeof top);
	n = path_of(fd, path, sizeof path);
	close(fd);
	if (n_top <= 0 || n <= n_top || memcmp(top, path, (size_t)n_top) != 0)
		return false;
	*ret = arena_copy(a, span_from(path + n_top, (size_t)(n - n_top)));
	return true;
}

void group_complete(struct processes *p, struct seen *s)
{
	const struct life *parent;
	struct seen now;
	struct span path;

	if ((!s->cgroup && !s->cgroup_set) ||
		process_table_group(p->table, s->cgroup, s->cgroup_set))
		return;
	arena_clear(p->told);
	if (proc_group(p, s->pid, s->start, p->told, &now)) {
		s->unit = now.unit;
		s->container = now.container;
		return;
	}
	if (by_handle(p->groups, s->cgroup, p->told, &path)) {
		cgroup_parse(path, p->told, &s->unit, &s->container);
		return;
	}
	parent = process_table_get(p->table, s->parent, s->parent_start);
	if (parent && parent->group) {
		s->unit = parent->group->unit;
		s->container = parent->group->container;
	}
}
