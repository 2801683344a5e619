#include "watch/files/mount_map.h"

#include <stdlib.h>

#include "core/attr.h"
#include "core/mem.h"
#include "os/mount_line.h"

static bool parse(struct arena *a, struct span text, struct mount_row *ret)
{
	struct mount_line x;
	struct err e;

	if (mount_line_parse(text, a, &x, &e) < 0 || x.root.n == 0)
		return false;
	*ret = (struct mount_row){ .id = x.id,
		.parent = x.parent,
		.device = (uint64_t)x.major << 32 | x.minor,
		.root = arena_copy(a, x.root),
		.point = arena_copy(a, x.point),
		.type = arena_copy(a, x.type),
		.options = span_of(arena_format(a, "%.*s,%.*s", SPAN_ARG(x.options),
			SPAN_ARG(x.super_options))) };
	return true;
}

bool path_is_below(struct span path, struct span folder)
{
	if (folder.n == 1) /* "/" */
		return path.n > 0 && path.p[0] == '/';
	return span_starts(path, folder) && (path.n == folder.n || path.p[folder.n] == '/');
}

static int by_id(const void *x, const void *y)
{
	const struct mount_row *const *a = x, *const *b = y;

	return (*a)->id < (*b)->id ? -1 : (*a)->id > (*b)->id;
}

/* Find each one's mount below by number: sorted once. */
static void link_parents(struct mount_map *m)
{
	struct mount_row **sorted = mem_array(m->n + 1, sizeof(struct mount_row *));

	for (size_t i = 0; i < m->n; i++)
		sorted[i] = &m->row[i];
	qsort(sorted, m->n, sizeof(struct mount_row *), by_id);
	for (size_t i = 0; i < m->n; i++) {
		struct mount_row want = { .id = m->row[i].parent }, *key = &want;
		struct mount_row **hit =
			bsearch(&key, sorted, m->n, sizeof(struct mount_row *), by_id);

		m->row[i].above = hit && *hit != &m->row[i] ? *hit : NULL;
	}
	free(sorted);
}

/* Is there a mount on `on` that covers this path? `not`: which is not asked for. */
static bool covered(const struct mount_map *m, const struct mount_row *on, struct span path,
	const struct mount_row * not )
{
	for (size_t i = 0; i < m->n; i++) {
		const struct mount_row *r = &m->row[i];

		if (r->above == on && r != not &&r != on && path_is_below(path, r->point))
			return true;
	}
	return false;
}

/* Something lies over a folder that it is mounted below. */
static bool is_buried(const struct mount_map *m, const struct mount_row *r)
{
	for (size_t i = 0; r->above && i < m->n; i++) {
		const struct mount_row *o = &m->row[i];

		if (o != r && o->above == r->above && o->point.n < r->point.n &&
			path_is_below(r->point, o->point))
			return true;
	}
	return false;
}

/* What is mounted on a buried one is buried; what is mounted on a covered one, too, unless it is
 * what covers. */
static void settle_hidden(struct mount_map *m)
{
	bool *buried = mem_array(m->n + 1, sizeof *buried);

	for (size_t i = 0; i < m->n; i++) {
		m->row[i].hidden = covered(m, &m->row[i], m->row[i].point, &m->row[i]);
		buried[i] = is_buried(m, &m->row[i]);
	}
	for (bool more = true; more;) {
		more = false;
		for (size_t i = 0; i < m->n; i++) {
			const struct mount_row *above = m->row[i].above;

			if (!above || buried[i])
				continue;
			if (buried[above - m->row] ||
				(above->hidden && !span_same(above->point, m->row[i].point)))
				buried[i] = more = true;
		}
	}
	for (size_t i = 0; i < m->n; i++)
		m->row[i].hidden = m->row[i].hidden || buried[i];
	free(buried);
}

struct mount_map *mount_map_new(struct span text)
{
	struct mount_map *m = mem_new(sizeof *m);
	struct span rest = text, line;
	size_t cap = 0;

	m->arena = arena_new();
	while (span_cut(&rest, '\n', &line)) {
		struct mount_row r;

		if (!parse(m->arena, line, &r))
			continue;
		if (m->n == MOUNT_MAP_MAX) {
			m->cut = true;
			break;
		}
		if (m->n == cap) {
			cap = cap ? cap * 2 : 64;
			m->row = mem_grow(m->row, cap, sizeof *m->row);
		}
		m->row[m->n++] = r;
	}
	link_parents(m);
	settle_hidden(m);
	return m;
}

void mount_map_free(struct mount_map *m)
{
	if (!m)
		return;
	arena_free(m->arena);
	free(m->row);
	free(m);
}

void mount_map_freep(struct mount_map **m)
{
	mount_map_free(*m);
	*m = NULL;
}

/* Of a path below `from`, the same below `to`. */
static struct span moved(struct arena *a, struct span path, struct span from, struct span to)
{
	struct span rest = span_from_offset(path, from.n == 1 ? 0 : from.n);
	char *p;

	if (rest.n == 1 && rest.p[0] == '/') /* of the root itself nothing is left */
		rest.n = 0;
	if (to.n == 1)
		to.n = 0;
	if (to.n + rest.n == 0)
		return span_of("/");
	p = arena_get(a, to.n + rest.n + 1);
	if (to.n)
		memcpy(p, to.p, to.n);
	if (rest.n)
		memcpy(p + to.n, rest.p, rest.n);
	return span_from(p, to.n + rest.n);
}

bool mount_map_inside(const struct mount_row *r, struct span path, struct arena *a,
	struct span *ret)
{
	if (!path_is_below(path, r->point))
		return false;
	*ret = moved(a, path, r->point, r->root);
	return true;
}

bool mount_map_outside(const struct mount_map *m, const struct mount_row *r, struct span inside,
	struct arena *a, struct span *ret)
{
	struct span path;

	if (r->hidden || !path_is_below(inside, r->root))
		return false;
	path = moved(a, inside, r->root, r->point);
	if (covered(m, r, path, NULL))
		return false;
	*ret = path;
	return true;
}

const struct mount_row *mount_map_find(const struct mount_map *m, struct span path)
{
	const struct mount_row *best = NULL;

	for (size_t i = 0; i < m->n; i++) {
		const struct mount_row *r = &m->row[i];

		if (!r->hidden && path_is_below(path, r->point) &&
			(!best || r->point.n >= best->point.n))
			best = r;
	}
	return best;
}

bool mount_map_is_point(const struct mount_map *m, struct span path)
{
	for (size_t i = 0; i < m->n; i++)
		if (!m->row[i].hidden && span_same(m->row[i].point, path))
			return true;
	return false;
}
