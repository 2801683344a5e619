/* Where something runs, by its control group. A service that runs for a moment is gone with its
 * group before anybody can ask, so what groups are called is kept from when they are made; others
 * are looked up when they are first heard of. What a process was in before is no answer: the
 * service manager's children move to their group when they run their program. */
#include "host/process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/mem.h"
#include "watch/process/process_room.h"

#define PATH_ROOM 4096
#define MADE_MAX 256       /* groups that are remembered … */
#define TEXT_MAX 512       /* … unless their names are longer */
#define HANDLE_KERNFS 0xfe /* FILEID_KERNFS of include/linux/exportfs.h: the id, eight bytes */

static ssize_t path_of(int fd, char *ret, size_t n)
{
	char link[48];

	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	return readlink(link, ret, n);
}

/* ---- those that were made since we hear of it ---- */

struct made {
	uint64_t id; /* 0: none */
	struct span unit, container;
	char *text;
};

struct groups {
	struct made list[MADE_MAX];
	size_t next;
};

struct groups *groups_new(void)
{
	return mem_new(sizeof(struct groups));
}

void groups_free(struct groups *g)
{
	if (!g)
		return;
	for (size_t i = 0; i < MADE_MAX; i++)
		free(g->list[i].text);
	free(g);
}

void group_made(struct processes *p, uint64_t id, struct span path)
{
	struct groups *g = p->made;
	struct made *m = &g->list[g->next];
	struct span unit = SPAN_NONE, container = SPAN_NONE;

	arena_clear(p->told);
	if (path.n && path.p[path.n - 1] == '\0')
		path.n--;
	cgroup_parse(path, p->told, &unit, &container);
	if (unit.n + container.n > TEXT_MAX)
		return;
	free(m->text);
	m->text = mem_array(unit.n + container.n + 1, 1);
	if (unit.n)
		memcpy(m->text, unit.p, unit.n);
	if (container.n)
		memcpy(m->text + unit.n, container.p, container.n);
	m->id = id;
	m->unit = span_from(m->text, unit.n);
	m->container = span_from(m->text + unit.n, container.n);
	g->next = (g->next + 1) % MADE_MAX;
}

/* The newest first: a number is not used twice, but nobody promises that. */
static const struct made *made_find(const struct groups *g, uint64_t id)
{
	for (size_t i = 1; id && i <= MADE_MAX; i++) {
		const struct made *m = &g->list[(g->next + MADE_MAX - i) % MADE_MAX];

		if (m->id == id)
			return m;
	}
	return NULL;
}

/* ---- others ---- */

enum place {
	PLACE_NAMED,
	PLACE_TOP,    /* in none, or those that matter are of the old hierarchies */
	PLACE_GONE,   /* there was one */
	PLACE_UNTOLD, /* nobody can say */
};

/* The path of the group with this id, below where the hierarchy is mounted. */
static enum place by_handle(int groups, uint64_t id, struct arena *a, struct span *ret)
{
	struct {
		struct file_handle head;
		unsigned char id[8];
	} handle = { .head = { .handle_bytes = 8, .handle_type = HANDLE_KERNFS } };
	char top[PATH_ROOM], path[PATH_ROOM];
	ssize_t n_top, n;
	int fd;

	if (groups < 0 || !id)
		return PLACE_UNTOLD;
	memcpy(handle.head.f_handle, &id, sizeof id);
	fd = open_by_handle_at(groups, &handle.head, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return errno == ESTALE ? PLACE_GONE : PLACE_UNTOLD;
	n_top = path_of(groups, top, sizeof top);
	n = path_of(fd, path, sizeof path);
	close(fd);
	if (n_top <= 0 || n < n_top || memcmp(top, path, (size_t)n_top) != 0)
		return PLACE_UNTOLD;
	*ret = arena_copy(a, span_from(path + n_top, (size_t)(n - n_top)));
	return n > n_top ? PLACE_NAMED : PLACE_TOP;
}

void group_complete(struct processes *p, struct seen *s)
{
	const struct made *made;
	enum place place;
	struct seen now;
	struct span path;

	if ((!s->cgroup && !s->cgroup_set) ||
		process_table_group(p->table, s->cgroup, s->cgroup_set))
		return;
	made = made_find(p->made, s->cgroup);
	if (made) {
		s->unit = made->unit;
		s->container = made->container;
		return;
	}
	arena_clear(p->told);
	place = by_handle(p->groups, s->cgroup, p->told, &path);
	if (place == PLACE_NAMED) {
		cgroup_parse(path, p->told, &s->unit, &s->container);
	} else if (place != PLACE_GONE && proc_group(p, s->pid, s->start, p->told, &now)) {
		s->unit = now.unit;
		s->container = now.container;
	} else {
		s->group_unknown = true;
	}
}
