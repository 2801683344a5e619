#include "entity/file.h"

#include "core/mem.h"
#include "os/clock.h"
#include "os/mounts.h"
#include "sensor/file/file_collect.h"

#define DEADLINE_MS 5000  /* for what a program or another machine serves */
#define LOCAL_DEADLINES 6 /* a busy disk gets this many of them */
#define NOTICED_MS 100    /* before that nobody asks why */

static void station_path(const struct station *s, struct buf *ret)
{
	uint32_t folder = s->folder_n < STATION_PATH ? s->folder_n : STATION_PATH;
	uint32_t name = s->name_n < sizeof s->name ? s->name_n : sizeof s->name;

	buf_add(ret, s->folder, folder);
	if (name || !folder)
		buf_add_char(ret, '/');
	buf_add(ret, s->name, name);
}

static unsigned deadline_of(const struct collector *c, const struct mount_point *remote)
{
	const struct scan_options *o = scan_options(c->scan);

	if (o->deadline_ms)
		return o->deadline_ms;
	if (!remote)
		return DEADLINE_MS * LOCAL_DEADLINES;
	return o->remote_ms ? o->remote_ms : DEADLINE_MS;
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

/* Give up on what is mounted there, or on the path alone when that is on the root's own. */
static void give_up(struct collector *c, const struct mount_point *remote, struct span path)
{
	const char *root = scan_options(c->scan)->root;
	struct gap g = { .kind = &kind_file, .subtree = true, .reason = GAP_TIMEOUT };

	if (remote) {
		size_t skip = root && strcmp(root, "/") != 0 ? strlen(root) : 0;

		if (remote->path.n > skip + 1)
			path = span_from_offset(remote->path, skip);
	}
	g.key = arena_copy(c->arena, path);
	g.text = remote ? arena_format(c->arena, "%.*s mount does not answer",
				  SPAN_ARG(remote->type))
			: "does not answer";
	scan_gap(c->scan, &g);
	avoid_add(c, g.key);
}

/* Also asked by the probe for nearly as long: it began when the first one was noticed. */
static bool probed_in_vain(const struct collector *c, const struct mount_point *remote)
{
	return remote && probe_silent(c->probe, remote, deadline_of(c, remote) * 3 / 4);
}

/* What lies on mounts that the probe told not to answer need not be tried. */
static void give_up_silent(struct collector *c, const struct mounts *m, const struct span *paths,
	size_t n)
{
	AUTO(buf) host = BUF_INIT((size_t)1 << 20);

	for (size_t i = 0; i < n; i++) {
		const struct mount_point *p;

		if (avoided(c, paths[i]))
			continue;
		buf_clear(&host);
		host_path(c, paths[i], &host);
		p = mounts_find(m, buf_span(&host));
		if (p && mount_is_remote(p) && probed_in_vain(c, p))
			give_up(c, p, paths[i]);
	}
}

/* Is it time to give up what this station is at? */
static bool has_waited(struct collector *c, const struct mounts *m, const struct station *s,
	int64_t still)
{
	AUTO(buf) path = BUF_INIT((size_t)64 << 10);
	AUTO(buf) host = BUF_INIT((size_t)64 << 10);
	const struct mount_point *p;
	bool probed;

	station_path(s, &path);
	host_path(c, buf_span(&path), &host);
	p = m ? mounts_find(m, buf_span(&host)) : NULL;
	if (p && !mount_is_remote(p))
		p = NULL;
	if (p && !c->probe)
		c->probe = probe_new(m);
	probed = probed_in_vain(c, p);
	if (!probed && still < deadline_of(c, p))
		return false;
	if (!avoided(c, buf_span(&path))) /* not by another station already */
		give_up(c, p, buf_span(&path));
	c->restarts += !probed;
	return true;
}

bool stuck(struct collector *c)
{
	const struct scan_options *o = scan_options(c->scan);
	AUTO_FREE(mounts) m = NULL;
	int64_t now = clock_monotonic();
	struct err e = { 0 };
	bool found = false;

	for (unsigned i = 0; i < CREW_MAX; i++) {
		struct station *s = &c->crew.shared->station[i];
		uint32_t beat = atomic_load(&s->beat);
		int64_t still;

		if (!atomic_load(&s->busy) || beat != c->seen[i].beat || !c->seen[i].since) {
			c->seen[i] = (struct watch_station){ beat, now };
			continue;
		}
		still = (now - c->seen[i].since) / 1000000;
		if (still < NOTICED_MS)
			continue;
		if (!m && mounts_load(&m, &e) < 0)
			m = NULL;
		found |= has_waited(c, m, s, still);
	}
	if (found && m) {
		give_up_silent(c, m, o->points, o->n_points);
		give_up_silent(c, m, o->below, o->n_below);
	}
	return found;
}

bool silent(struct collector *c)
{
	unsigned ms = scan_options(c->scan)->deadline_ms;

	for (unsigned i = 0; i < CREW_MAX; i++)
		if (atomic_load(&c->crew.shared->station[i].busy))
			return false;
	if (c->n_sent == 0 || (clock_monotonic() - c->heard) / 1000000 <=
				      (int64_t)(ms ? ms : DEADLINE_MS) * LOCAL_DEADLINES)
		return false;
	c->restarts++;
	return true;
}
