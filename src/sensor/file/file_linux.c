/* The collector's side of the room: it never touches what is observed itself, but hears the crew
 * that does, in key order, and survives it. */
#include "entity/file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/mem.h"
#include "os/clock.h"
#include "sensor/file/file_collect.h"
#include "sensor/file/file_room.h"

#define RESTARTS_MAX 12
#define STOPPED_NS 500000000
#define POLL_MS 20
#define FRAMES_AT_ONCE 512

enum pump { PUMP_GOING, PUMP_DONE, PUMP_STOPPED, PUMP_RESTART, PUMP_FAILED };

static void count_bytes(struct collector *c)
{
	scan_progress(c->scan, c->bytes_before + atomic_load(&c->crew.shared->tally.bytes),
		c->files_before + atomic_load(&c->crew.shared->tally.files_read));
}

/* ---- one crew's time ---- */

/* large_ms counts from here. */
static void allow_large(struct collector *c)
{
	atomic_store(&c->crew.shared->tally.large_left,
		(int64_t)scan_options(c->scan)->large_ms * 1000000);
}

static void hurry(struct collector *c)
{
	const struct scan_options *o = scan_options(c->scan);

	if (o->large_ms && o->hurry && o->hurry(o->hurry_ctx))
		atomic_store(&c->crew.shared->tally.large_left, 0);
}

/* It does nothing before it gets another signal: that need not be waited for. */
static bool is_stopped(struct collector *c)
{
	if (clock_monotonic() - c->heard < STOPPED_NS || !crew_is_stopped(&c->crew))
		return false;
	c->stopped = true;
	c->restarts++;
	return true;
}

static enum pump pump_idle(struct collector *c, uint32_t seen, int64_t *checked, struct err *e)
{
	AUTO(buf) how = BUF_INIT(256);

	if (c->ended && c->n_awaited == 0 && c->points == scan_options(c->scan)->n_points)
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
		if (is_stopped(c) || stuck(c) || silent(c)) {
			if (c->restarts <= RESTARTS_MAX)
				return PUMP_RESTART;
			err_set(e, ERR_SYSTEM, "more than %d file systems do not answer",
				RESTARTS_MAX);
			return PUMP_FAILED;
		}
	}
	hurry(c);
	bell_wait(&c->crew.shared->collector, seen, POLL_MS);
	return PUMP_GOING;
}

static enum pump pump(struct collector *c, struct err *e)
{
	int64_t checked = clock_monotonic();

	c->heard = checked;
	for (;;) {
		uint32_t seen = bell_seen(&c->crew.shared->collector);
		int late = hear_late(c, FRAMES_AT_ONCE);
		int heard = late < 0 ? -1 : hear_some(c, c->crew.walk, FRAMES_AT_ONCE);
		enum pump p = PUMP_GOING;

		if (heard < 0) {
			err_set(e, ERR_FORMAT, "the reading process wrote nonsense");
			return PUMP_FAILED;
		}
		ask_points(c);
		if (send_requests(c) > 0 || heard == FRAMES_AT_ONCE)
			bell_ring(&c->crew.shared->crew);
		if (heard + late > 0)
			c->heard = clock_monotonic();
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

bool avoided(const struct collector *c, struct span path)
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

/* One gap for all files; their names stay as they are known. */
static void tell_nameless(struct collector *c)
{
	AUTO(buf) text = BUF_INIT(1024);
	struct gap gap = { .kind = &kind_file, .key = span_of("/etc"), .reason = GAP_FORMAT };

	if (!c->crew.shared->names_problem[0])
		return;
	buf_addf(&text, "%s: owners and groups of files are not known by name",
		c->crew.shared->names_problem);
	gap.text = buf_text(&text);
	scan_gap(c->scan, &gap);
}

void collect_init(struct collector *c)
{
	*c = (struct collector){ .crew = { .pid = -1 },
		.arena = arena_new(),
		.key = BUF_INIT((size_t)4 << 20),
		.last = BUF_INIT((size_t)4 << 20) };
	c->awaited = mem_array(AWAITED_MAX, sizeof *c->awaited);
	for (size_t i = 0; i < AWAITED_MAX; i++)
		c->awaited[i].max = (size_t)4 << 20;
}

void collect_done(struct collector *c)
{
	if (c->crew.shared)
		crew_end(&c->crew);
	for (size_t i = 0; i < AWAITED_MAX; i++)
		buf_done(&c->awaited[i]);
	free(c->awaited);
	probe_free(c->probe);
	free(c->avoid);
	buf_done(&c->key);
	buf_done(&c->last);
	arena_free(c->arena);
}

static int start_crew(struct collector *c, int rootfd, struct err *e)
{
	AUTO(buf) resume = BUF_INIT((size_t)4 << 20);
	struct crew_plan plan = { .options = scan_options(c->scan),
		.selector = scan_selector(c->scan),
		.avoid = { c->avoid, c->n_avoid },
		.rootfd = rootfd,
		.kept = c->kept };

	buf_add_span(&resume, buf_span(&c->last));
	plan.resume = buf_span(&resume);
	return crew_start(&c->crew, &plan, e);
}

/* Another look begins: a byte that is no key. */
static int begin_look(struct collector *c, struct err *e)
{
	if (!ring_put(c->crew.requests, span_from("", 1)))
		return err_set(e, ERR_SYSTEM, "cannot ask the reading process");
	return 0;
}

int collect_run(struct collector *c, int rootfd, struct err *e)
{
	for (;;) {
		enum pump p;

		if (!c->crew.shared && start_crew(c, rootfd, e) < 0)
			return e->code;
		allow_large(c);
		if (c->kept && begin_look(c, e) < 0)
			return e->code;
		p = pump(c, e);
		tell_nameless(c);
		if (c->kept && p == PUMP_DONE)
			return 0;
		between_crews(c);
		if (p == PUMP_FAILED)
			return e->code;
		if (p != PUMP_RESTART || avoided(c, span_of("/")))
			return 0; /* the topmost folder itself: nothing is left to look at */
	}
}

static int scan_once(struct scan *s, struct err *e)
{
	const struct scan_options *o = scan_options(s);
	struct collector c;
	int rootfd, rc;

	rootfd = open(o->root ? o->root : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (rootfd < 0)
		return err_sys(e, "cannot open '%s'", o->root ? o->root : "/");
	collect_init(&c);
	c.scan = s;
	if (o->spare)
		avoid_add(&c, span_of(o->spare));
	rc = collect_run(&c, rootfd, e);
	collect_done(&c);
	close(rootfd);
	return rc;
}

static int scan_files(struct scan *s, struct err *e)
{
	const struct scan_options *o = scan_options(s);

	if (!scan_asks_kind(s, &kind_file)) /* no scope to begin with */
		return 0;
	return o->points && o->kept ? kept_scan(s, o->kept, e) : scan_once(s, e);
}

const struct sensor sensor_file = {
	.kind = &kind_file,
	.source = "filesystem",
	.scan = scan_files,
	.sorted = true,
};
