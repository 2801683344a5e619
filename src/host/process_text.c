#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/mem.h"
#include "host/process_list.h"

#define SLOTS_FIRST 256

struct slot {
	struct span text; /* p NULL: free */
	void *value;
};

void texts_free(struct texts *t)
{
	free(t->slot);
}

/* Seeded, so that who chooses names cannot make them meet in one place. */
static uint64_t hash(uint64_t seed, struct span s)
{
	uint64_t h = seed ^ s.n;

	for (size_t i = 0; i < s.n; i++) {
		h = (h ^ (unsigned char)s.p[i]) * UINT64_C(0x9e3779b97f4a7c15);
		h ^= h >> 29;
	}
	return h;
}

static struct slot *find(const struct texts *t, struct span s)
{
	size_t at = (size_t)hash(t->seed, s) & (t->cap - 1);

	while (t->slot[at].text.p && !span_same(t->slot[at].text, s))
		at = (at + 1) & (t->cap - 1);
	return &t->slot[at];
}

static void grow(struct texts *t)
{
	struct texts old = *t;

	if (t->n * 2 < t->cap)
		return;
	t->cap = t->cap ? t->cap * 2 : SLOTS_FIRST;
	t->slot = mem_array(t->cap, sizeof *t->slot);
	for (size_t i = 0; i < old.cap; i++)
		if (old.slot[i].text.p)
			*find(t, old.slot[i].text) = old.slot[i];
	free(old.slot);
}

static struct slot *keep(struct texts *t, struct arena *a, struct span s)
{
	struct slot *x;

	grow(t);
	x = find(t, s);
	if (!x->text.p) {
		x->text = arena_copy(a, s);
		t->n++;
	}
	return x;
}

struct span texts_keep(struct texts *t, struct arena *a, struct span s)
{
	return s.n ? keep(t, a, s)->text : SPAN_NONE;
}

void **texts_value(struct texts *t, struct arena *a, struct span key)
{
	return &keep(t, a, key)->value;
}

static uint64_t folder_inode(int cgroups, struct span path)
{
	struct stat st;

	while (path.n && path.p[0] == '/')
		path = span_from_offset(path, 1);
	if (cgroups < 0 || fstatat(cgroups, path.n ? path.p : ".", &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	return st.st_ino;
}

const struct cgroup *texts_cgroup(struct texts *t, struct arena *a, struct span text, int cgroups)
{
	void **value = texts_value(t, a, text);
	struct cgroup *c = *value;

	if (c)
		return c;
	c = *value = arena_get(a, sizeof *c);
	c->path = arena_copy(a, process_cgroup_path(text));
	c->inode = folder_inode(cgroups, c->path);
	cgroup_parse(c->path, a, &c->unit, &c->container);
	return c;
}
