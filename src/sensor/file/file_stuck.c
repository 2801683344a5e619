#include "entity/file.h"

#include "core/mem.h"
#include "os/clock.h"
#include "os/mounts.h"
#include "sensor/file/file_collect.h"

#define DEADLINE_MS 5000  /* for what a program or another machine serves */
#define LOCAL_DEADLINES 6 /* a busy disk gets this many of them */

static void station_path(const struct station *s, struct buf *ret)
{
	uint32_t folder = s->folder_n < STATION_PATH ? s->folder_n : STATION_PATH;
	uint32_t name = s->name_n < sizeof s->name ? s->name_n : sizeof s->name;

	buf_add(ret, s->folder, folder);
	if (name || !folder)
		buf_add_char(ret, '/');
	buf_add(ret, s->name, name);
}

static unsigned deadline_of(const struct collector *c, const struct mounts *m, struct span path)
{
	const struct scan_options *o = scan_options(c->scan);
	unsigned ms = o->deadline_ms ? o->deadline_ms : DEADLINE_MS;
	const struct mount_point *p = m ? mounts_find(m, path) : NULL;

	return o->deadline_ms || (p && mount_is_remote(p)) ? ms : ms * LOCAL_DEADLINES;
}

/* The path as the host knows it: below the root that is observed. */
static void host_path(const struct collector *c, struct span path, struct buf *ret)
{
	const char *root = scan_options(c->scan)->root;

	if (root && strcmp(root, "/") != 0)
		buf_add_text(ret, root);
	buf_add_span(ret, path);
}

void avoid_add(struct collector *c, struct span path)
{
	c->avoid = mem_grow(c->avoid, c->n_avoid + 1, sizeof *c->avoid);
	c->avoid[c->n_avoid++] = arena_copy(c->arena, path);
}

/* Give up on the mount the path lies on, or on the path alone when that is on the root's own. */
static void give_up(struct collector *c, const struct mounts *m, struct span path)
{
	const char *root = scan_options(c->scan)->root;
	AUTO(buf) host = BUF_INIT((size_t)1 << 20);
	const struct mount_point *p;
	struct span lost = path;
	struct gap g = { .kind = &kind_file, .subtree = true, .reason = GAP_TIMEOUT };

	host_path(c, path, &host);
	p = m ? mounts_find(m, buf_span(&host)) : NULL;
	if (p && mount_is_remote(p)) {
		size_t skip = root && strcmp(root, "/") != 0 ? strlen(root) : 0;

		if (p->path.n > skip + 1)
			lost = span_from_offset(p->path, skip);
	}
	g.key = arena_copy(c->arena, lost);
	g.text = p && mount_is_remote(p)
			 ? arena_format(c->arena, "%.*s mount does not answer", SPAN_ARG(p->type))
			 : "does not answer";
	scan_gap(c->scan, &g);
	avoid_add(c, lost);
}

bool stuck(struct collector *c)
{
	AUTO_FREE(mounts) m = NULL;
	int64_t now = clock_monotonic();
	struct err e = { 0 };
	bool found = false;

	for (unsigned i = 0; i < CREW_MAX; i++) {
		struct station *s = &c->crew.shared->station[i];
		uint32_t beat = atomic_load(&s->beat);
		AUTO(buf) path = BUF_INIT((size_t)64 << 10);
		AUTO(buf) host = BUF_INIT((size_t)64 << 10);
		int64_t still;

		if (!atomic_load(&s->busy) || beat != c->seen[i].beat || !c->seen[i].since) {
			c->seen[i] = (struct watch_station){ beat, now };
			continue;
		}
		still = (now - c->seen[i].since) / 1000000;
		if (still < 100)
			continue;
		if (!m && mounts_load(&m, &e) < 0)
			m = NULL;
		station_path(s, &path);
		host_path(c, buf_span(&path), &host);
		if (still < deadline_of(c, m, buf_span(&host)))
			continue;
		give_up(c, m, buf_span(&path));
		found = true;
	}
	return found;
}

bool silent(struct collector *c)
{
	unsigned ms = scan_options(c->scan)->deadline_ms;

	for (unsigned i = 0; i < CREW_MAX; i++)
		if (atomic_load(&c->crew.shared->station[i].busy))
			return false;
	return c->n_sent > 0 && (clock_monotonic() - c->heard) / 1000000 >
					(int64_t)(ms ? ms : DEADLINE_MS) * LOCAL_DEADLINES;
}
