/* The collector's side of the room: it never touches what is observed itself, but hears the crew
 * that does, in key order, and survives it. */
#include "entity/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/mem.h"
#include "entity/key.h"
#include "os/clock.h"
#include "os/mounts.h"
#include "sensor/file/file_crew.h"
#include "sensor/file/file_frame.h"
#include "sensor/file/file_room.h"

#define DEADLINE_MS 5000  /* for what a program or another machine serves */
#define LOCAL_DEADLINES 6 /* a busy disk gets this many of them */
#define RESTARTS_MAX 12
#define AWAITED_MAX 1024
#define POLL_MS 20
#define FRAMES_AT_ONCE 512

enum pump { PUMP_GOING, PUMP_DONE, PUMP_STOPPED, PUMP_RESTART, PUMP_FAILED };

struct watch_station { /* what was last seen of a station */
	uint32_t beat;
	int64_t since;
};

struct collector {
	struct scan *scan;
	struct crew crew;
	struct watch_station seen[CREW_MAX];
	struct arena *arena; /* paths to avoid */
	struct span *avoid;
	size_t n_avoid;
	struct buf key; /* prefix of the folder at hand, then the entry's name */
	size_t prefix_n;
	bool named;          /* key is an entry\'s, not a prefix alone */
	struct buf last;     /* the key passed on last: where another crew would resume */
	struct buf *awaited; /* keys the crew was asked for, in order of asking */
	size_t first, n_awaited, n_sent;
	uint64_t bytes_before, files_before; /* of crews that are gone */
	bool ended;
	unsigned restarts;
};

/* ---- what the crew says ---- */

static void put_key(struct collector *c, struct span name)
{
	c->key.n = c->prefix_n;
	buf_add_span(&c->key, name);
	c->named = true;
}

/* Where another crew would resume; kept only where it would be overwritten, once a folder. */
static void remember(struct collector *c)
{
	struct buf key = c->key;

	if (!c->named)
		return;
	c->key = c->last;
	c->last = key;
	c->named = false;
}

static void hear_folder(struct collector *c, struct span prefix)
{
	remember(c);
	buf_clear(&c->key);
	buf_add_char(&c->key, (char)kind_file.id);
	buf_add_span(&c->key, prefix);
	c->prefix_n = c->key.n;
}

static void ask(struct collector *c)
{
	struct buf *b = &c->awaited[(c->first + c->n_awaited) % AWAITED_MAX];

	buf_clear(b);
	buf_add_span(b, buf_span(&c->key));
	c->n_awaited++;
}

static void hear_stamp(struct collector *c, const struct frame_stamp *s)
{
	UNSET struct record r; /* `has` says which of its values are there */

	r.kind = &kind_file;
	r.has = 0;
	record_set_number(&r, FILE_TYPE, s->type);
	record_set_number(&r, FILE_MODE, s->mode);
	record_set_number(&r, FILE_UID, s->uid);
	record_set_number(&r, FILE_GID, s->gid);
	record_set_number(&r, FILE_NLINK, s->nlink);
	record_set_number(&r, FILE_INODE, s->inode);
	record_set_number(&r, FILE_DEVICE, s->device);
	record_set_time(&r, FILE_MTIME, s->mtime);
	record_set_time(&r, FILE_CTIME, s->ctime);
	if (s->has_btime)
		record_set_time(&r, FILE_BTIME, s->btime);
	if (s->type == FILE_REGULAR)
		record_set_number(&r, FILE_SIZE, s->size);
	if (s->type == FILE_BLOCK || s->type == FILE_CHAR)
		record_set_number(&r, FILE_RDEV, s->rdev);
	if (!scan_same(c->scan, buf_span(&c->key), &r))
		ask(c);
}

static void hear_gap(struct collector *c, const struct frame_head *h, struct span path,
	struct span text)
{
	AUTO(buf) why = BUF_INIT(4096);
	struct gap g = { .kind = &kind_file,
		.key = path,
		.subtree = h->subtree,
		.reason = h->reason < GAP_N ? h->reason : GAP_IO,
		.sys = (int)h->unknown };

	buf_add_span(&why, text);
	if (g.sys)
		buf_addf(&why, ": %s", strerror(g.sys));
	g.text = buf_text(&why);
	scan_gap(c->scan, &g);
}

/* Take an answered key off the list; answers come nearly in the order of asking. */
static bool answered(struct collector *c, struct span key)
{
	for (size_t i = 0; i < c->n_sent; i++) {
		size_t at = (c->first + i) % AWAITED_MAX;
		struct buf hit = c->awaited[at];

		if (!span_same(buf_span(&hit), key))
			continue;
		for (; i > 0; i--) { /* close the gap from the front */
			size_t to = (c->first + i) % AWAITED_MAX,
			       from = (c->first + i - 1) % AWAITED_MAX;

			c->awaited[to] = c->awaited[from];
		}
		c->awaited[c->first] = hit;
		c->first = (c->first + 1) % AWAITED_MAX;
		c->n_awaited--;
		c->n_sent--;
		return true;
	}
	return false;
}

/* One frame; false: it is not what a crew writes. */
static bool hear(struct collector *c, struct span frame)
{
	struct observation o = { 0 };
	struct frame_stamp stamp;
	struct frame_head h;
	struct span name;

	if (frame.n < sizeof h)
		return false;
	memcpy(&h, frame.p, sizeof h);
	if ((uint64_t)h.name_n + h.shared_n + h.local_n != frame.n - sizeof h)
		return false;
	name = (struct span){ frame.p + sizeof h, h.name_n };
	o.shared = (struct span){ name.p + name.n, h.shared_n };
	o.local = (struct span){ o.shared.p + o.shared.n, h.local_n };
	o.unknown = h.unknown;
	switch ((enum frame_type)h.type) {
	case FRAME_FOLDER:
		hear_folder(c, name);
		return true;
	case FRAME_ENTRY:
		put_key(c, name);
		o.key = buf_span(&c->key);
		scan_put(c->scan, &o);
		return true;
	case FRAME_STAMP:
		if (o.shared.n != sizeof stamp)
			return false;
		memcpy(&stamp, o.shared.p, sizeof stamp);
		put_key(c, name);
		hear_stamp(c, &stamp);
		return true;
	case FRAME_GAP:
		hear_gap(c, &h, name, o.local);
		return true;
	case FRAME_LATE:
		o.key = name;
		if (answered(c, name))
			scan_put_late(c->scan, &o);
		return true;
	case FRAME_GONE:
		if (answered(c, name))
			scan_gone_late(c->scan, name);
		return true;
	case FRAME_END:
		c->ended = true;
		return true;
	}
	return false;
}

/* Hear up to a number of frames; -1 on nonsense. */
static int hear_some(struct collector *c, struct ring *ring, int most)
{
	struct span frame;
	int n = 0;

	while (n < most && c->n_awaited < AWAITED_MAX && ring_get(ring, &frame)) {
		if (!hear(c, frame))
			return -1;
		ring_pop(ring);
		n++;
	}
	return n;
}

/* Answers to what was asked: read even when no more may be asked. */
static int hear_late(struct collector *c)
{
	struct span frame;
	int n = 0;

	while (n < FRAMES_AT_ONCE && ring_get(c->crew.late, &frame)) {
		if (!hear(c, frame))
			return -1;
		ring_pop(c->crew.late);
		n++;
	}
	return n;
}

static int send_requests(struct collector *c)
{
	int n = 0;

	while (c->n_sent < c->n_awaited) {
		struct buf *b = &c->awaited[(c->first + c->n_sent) % AWAITED_MAX];

		if (!ring_put(c->crew.requests, buf_span(b)))
			break;
		c->n_sent++;
		n++;
	}
	return n;
}

/* ---- when a crew does not come back ---- */

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

static void avoid_add(struct collector *c, struct span path)
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

/* Is a thread stuck in the kernel? Then its path is given up. */
static bool stuck(struct collector *c)
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

static void count_bytes(struct collector *c)
{
	scan_progress(c->scan, c->bytes_before + atomic_load(&c->crew.shared->tally.bytes),
		c->files_before + atomic_load(&c->crew.shared->tally.files_read));
}

/* ---- one crew's time ---- */

static enum pump pump_idle(struct collector *c, uint32_t seen, int64_t *checked, struct err *e)
{
	AUTO(buf) how = BUF_INIT(256);

	if (c->ended && c->n_awaited == 0)
		return PUMP_DONE;
	if (crew_died(&c->crew, &how)) {
		if (++c->restarts <= RESTARTS_MAX)
			return PUMP_RESTART;
		err_set(e, ERR_SYSTEM,
			"the reading process ended unexpectedly, again and again: %s",
			buf_text(&how));
		return PUMP_FAILED;
	}
	if (clock_monotonic() - *checked > 100000000) {
		*checked = clock_monotonic();
		if (stuck(c)) {
			if (++c->restarts <= RESTARTS_MAX)
				return PUMP_RESTART;
			err_set(e, ERR_SYSTEM, "more than %d file systems do not answer",
				RESTARTS_MAX);
			return PUMP_FAILED;
		}
	}
	bell_wait(&c->crew.shared->collector, seen, POLL_MS);
	return PUMP_GOING;
}

static enum pump pump(struct collector *c, struct err *e)
{
	int64_t checked = clock_monotonic();

	for (;;) {
		uint32_t seen = bell_seen(&c->crew.shared->collector);
		int late = hear_late(c);
		int heard = late < 0 ? -1 : hear_some(c, c->crew.walk, FRAMES_AT_ONCE);
		enum pump p = PUMP_GOING;

		if (heard < 0) {
			err_set(e, ERR_FORMAT, "the reading process wrote nonsense");
			return PUMP_FAILED;
		}
		if (send_requests(c) > 0 || heard == FRAMES_AT_ONCE)
			bell_ring(&c->crew.shared->crew);
		count_bytes(c);
		if (scan_stopped(c->scan))
			return PUMP_STOPPED;
		if (heard == 0 && late == 0) {
			bell_ring(&c->crew.shared->crew);
			p = pump_idle(c, seen, &checked, e);
		}
		if (p != PUMP_GOING)
			return p;
	}
}

/* "\1etc" NUL "ssh" NUL NUL "config" → "/etc/ssh/config" */
static void key_path(struct span key, struct buf *ret)
{
	buf_clear(ret);
	for (size_t i = 1; i < key.n; i++) {
		buf_add_char(ret, i == 1 || key.p[i] == '\0' ? '/' : key.p[i]);
		if (i == 1 && key.p[i] != '\0')
			buf_add_char(ret, key.p[i]);
		if (key.p[i] == '\0' && i + 1 < key.n && key.p[i + 1] == '\0')
			i++;
	}
}

static bool avoided(const struct collector *c, struct span path)
{
	for (size_t i = 0; i < c->n_avoid; i++)
		if (span_starts(path, c->avoid[i]) &&
			(path.n == c->avoid[i].n || path.p[c->avoid[i].n] == '/'))
			return true;
	return false;
}

/* What lies where nobody answers is not asked for again: a gap covers it. */
static void give_up_awaited(struct collector *c)
{
	AUTO(buf) path = BUF_INIT((size_t)4 << 20);
	size_t n = 0;

	for (size_t i = 0; i < c->n_awaited; i++) {
		struct buf *b = &c->awaited[(c->first + i) % AWAITED_MAX];
		struct buf *to = &c->awaited[(c->first + n) % AWAITED_MAX];
		struct buf kept = *b;

		key_path(buf_span(b), &path);
		if (avoided(c, buf_span(&path))) {
			scan_gone_late(c->scan, buf_span(b));
			continue;
		}
		*b = *to;
		*to = kept;
		n++;
	}
	c->n_awaited = n;
}

static void between_crews(struct collector *c)
{
	c->bytes_before += atomic_load(&c->crew.shared->tally.bytes);
	c->files_before += atomic_load(&c->crew.shared->tally.files_read);
	crew_end(&c->crew);
	remember(c);
	memset(c->seen, 0, sizeof c->seen);
	c->n_sent = 0; /* the next one is asked again */
	give_up_awaited(c);
}

static int run(struct collector *c, int rootfd, struct err *e)
{
	for (;;) {
		AUTO(buf) resume = BUF_INIT((size_t)4 << 20);
		struct crew_plan plan = { .options = scan_options(c->scan),
			.selector = scan_selector(c->scan),
			.avoid = { c->avoid, c->n_avoid },
			.rootfd = rootfd };
		enum pump p;

		buf_add_span(&resume, buf_span(&c->last));
		plan.resume = buf_span(&resume);
		if (crew_start(&c->crew, &plan, e) < 0)
			return e->code;
		p = pump(c, e);
		between_crews(c);
		if (p == PUMP_FAILED)
			return e->code;
		if (p != PUMP_RESTART || avoided(c, span_of("/")))
			return 0; /* the topmost folder itself: nothing is left to look at */
	}
}

static int scan_files(struct scan *s, struct err *e)
{
	const struct scan_options *o = scan_options(s);
	struct collector c = { .scan = s,
		.arena = arena_new(),
		.key = BUF_INIT((size_t)4 << 20),
		.last = BUF_INIT((size_t)4 << 20) };
	int rootfd = open(o->root ? o->root : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc;

	if (rootfd < 0) {
		arena_free(c.arena);
		return err_sys(e, "cannot open '%s'", o->root ? o->root : "/");
	}
	c.awaited = mem_array(AWAITED_MAX, sizeof *c.awaited);
	for (size_t i = 0; i < AWAITED_MAX; i++)
		c.awaited[i].max = (size_t)4 << 20;
	if (o->spare)
		avoid_add(&c, span_of(o->spare));
	rc = run(&c, rootfd, e);
	for (size_t i = 0; i < AWAITED_MAX; i++)
		buf_done(&c.awaited[i]);
	free(c.awaited);
	free(c.avoid);
	buf_done(&c.key);
	buf_done(&c.last);
	arena_free(c.arena);
	close(rootfd);
	return rc;
}

const struct sensor sensor_file = {
	.kind = &kind_file,
	.source = "filesystem",
	.scan = scan_files,
	.sorted = true,
};
