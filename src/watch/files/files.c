/* Files: by fanotify, else inotify. The room's door, and when what is done. */
#include "watch/files/files.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/mem.h"
#include "entity/file.h"
#include "os/clock.h"
#include "os/memory.h"
#include "watch/files/canary.h"
#include "watch/files/inotify.h"

/* While events come, the kernel need not wake us for each: that is what costs whoever causes them.
 * We look every so often, and wait to be woken when nothing came a few times. */
#define PERIOD_MIN (1 * MS)
#define PERIOD_MAX (10 * MS)
#define QUIET_ROUNDS 4
#define LINKED_HINTS 4096
#define BURST 5000 /* events that take memory worth giving back */
#define MANY 2000  /* events in a round: the queue fills; look more often */
#define LOSS_PAUSE (1000 * MS)
#define SETTLE_EVENTS ((size_t)1 << 17) /* more than queues hold: what was there is among them */

void files_clock(struct files *f)
{
	f->now = clock_monotonic();
	f->time = clock_now();
}

/* ---- what is to be told ---- */

/* How much of `a` is the folder that both are, or are in. */
static size_t both_in(struct span a, struct span b)
{
	size_t n = 0;

	while (n < a.n && n < b.n && a.p[n] == b.p[n])
		n++;
	if ((n == a.n || a.p[n] == '/') && (n == b.n || b.p[n] == '/'))
		return n;
	while (n > 1 && a.p[n - 1] != '/')
		n--;
	return n > 1 ? n - 1 : 1;
}

void files_loss(struct files *f, struct span scope, int64_t from, uint64_t count, const char *text)
{
	++*f->n_losses;
	if (!f->loss.open) {
		f->loss.open = true;
		f->loss.from = from;
		f->loss.count = 0;
		f->loss.text = text;
		buf_clear(&f->loss.scope);
		buf_add_span(&f->loss.scope, scope);
	}
	if (from < f->loss.from)
		f->loss.from = from;
	f->loss.to = f->time;
	f->loss.count += count;
	f->loss.scope.n = both_in(buf_span(&f->loss.scope), scope);
}

static bool send_loss(struct files *f)
{
	struct notice n = { .type = NOTICE_LOSS,
		.loss = { .means = span_of(f->fan_fd >= 0 ? "fanotify" : "inotify"),
			.kind = &kind_file,
			.scope = buf_span(&f->loss.scope),
			.from = f->loss.from,
			.to = f->loss.to,
			.count = f->loss.count,
			.text = span_of(f->loss.text) } };

	if (!watcher_send(f->w, &n))
		return false;
	f->loss.open = false;
	f->loss.sent = f->now;
	return true;
}

static struct span folder_of(struct span path)
{
	const char *slash = memrchr(path.p, '/', path.n);

	return slash == path.p ? span_of("/") : span_from(path.p, (size_t)(slash - path.p));
}

static void add(struct files *f, const struct pending_act *x)
{
	if (!pending_add(&f->pending, x))
		files_loss(f, folder_of(x->path), f->time, 1, "too many paths wait to be told");
	if (f->pending.n_waiting > *f->n_pending_max)
		*f->n_pending_max = f->pending.n_waiting;
}

void files_hint(struct files *f, struct span path, bool below, enum pending_rest rest,
	struct whodunit *who)
{
	add(f, &(struct pending_act){ .path = path,
		       .below = below,
		       .rest = rest,
		       .now = f->now,
		       .time = f->time,
		       .who = who });
}

void files_mounted(struct files *f, struct span point, struct whodunit *who, int64_t before)
{
	add(f, &(struct pending_act){ .path = point,
		       .below = true,
		       .mounted = true,
		       .before = before,
		       .rest = REST_SETTLED,
		       .now = f->now,
		       .time = f->time,
		       .who = who });
}

static bool send_as(struct files *f, const struct pending_row *r, bool below,
	const struct whodunit *who, int64_t before)
{
	struct notice n = { .type = NOTICE_HINT,
		.hint = { .kind = &kind_file,
			.key = span_from(r->path, r->path_n),
			.below = below,
			.time = r->time,
			.before = before } };

	if (who) {
		n.hint.who = span_from(who->bytes, who->n);
		n.hint.why = span_of(who->why);
	}
	if (!watcher_send(f->w, &n))
		return false;
	++*f->n_hints;
	return true;
}

/* Who touched something where a mount came or went did not bring, or take, what is below. */
static bool send_hint(struct files *f, const struct pending_row *r)
{
	if (!r->mounter)
		return send_as(f, r, r->below, r->who, 0);
	return send_as(f, r, true, r->mounter, r->before) &&
	       (!r->who || r->who->n == 0 || send_as(f, r, false, r->who, 0));
}

/* Tell what is due. Stops when the collector does not listen, until drained. */
static void flush(struct files *f)
{
	struct pending_row *r;
	uint32_t at = 0;

	if (f->blocked)
		return;
	if (f->loss.open && f->now - f->loss.sent >= LOSS_PAUSE && !send_loss(f)) {
		f->blocked = true;
		return;
	}
	if (f->pending.due > f->now)
		return;
	while ((r = pending_next(&f->pending, f->now, &at))) {
		if (!send_hint(f, r)) {
			f->blocked = true;
			return;
		}
		pending_told(&f->pending, r, f->now);
	}
	pending_sweep(&f->pending, f->now);
}

/* ---- when ---- */

void files_arm(struct files *f)
{
	int64_t next = INT64_MAX, in;
	struct timeval tv;

	if (f->draining)
		next = f->now + f->period;
	if (!f->blocked && f->pending.due < next)
		next = f->pending.due;
	if (!f->blocked && f->loss.open && f->loss.sent + LOSS_PAUSE < next)
		next = f->loss.sent + LOSS_PAUSE;
	if (next == INT64_MAX) {
		event_del(f->timer);
		return;
	}
	in = next - clock_monotonic();
	if (in < 0)
		in = 0;
	tv = (struct timeval){ in / 1000000000, in % 1000000000 / 1000 + 1 };
	event_add(f->timer, &tv);
}

/* One round of draining, and what follows from it. */
static void round_of(struct files *f)
{
	size_t n = fan_drain(f);

	if (n > 0)
		f->quiet_rounds = 0;
	else
		f->quiet_rounds++;
	if (n > MANY)
		f->period = PERIOD_MIN;
	else if (n > 0 && f->period < PERIOD_MAX)
		f->period *= 2;
	f->burst += n;
	if (f->quiet_rounds < QUIET_ROUNDS)
		return;
	if (f->burst > BURST)
		memory_give_back();
	f->burst = 0;
	f->draining = false;
	event_add(f->readable, NULL);
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
	struct files *f = ctx;

	(void)fd, (void)what;
	files_clock(f);
	if (f->draining)
		round_of(f);
	flush(f);
	files_arm(f);
}

static void on_readable(evutil_socket_t fd, short what, void *ctx)
{
	struct files *f = ctx;

	(void)fd, (void)what;
	files_clock(f);
	event_del(f->readable);
	f->draining = true;
	f->quiet_rounds = 0;
	f->period = PERIOD_MIN;
	round_of(f);
	flush(f);
	files_arm(f);
}

/* ---- the door ---- */

static void name_counters(struct files *f)
{
	struct watcher *w = f->w;

	f->n_events = watcher_counter(w, "events");
	f->n_filtered = watcher_counter(w, "events_filtered");
	f->n_own = watcher_counter(w, "events_own");
	f->n_hints = watcher_counter(w, "hints");
	f->n_overflows = watcher_counter(w, "overflows");
	f->n_losses = watcher_counter(w, "losses");
	f->n_resolved = watcher_counter(w, "folders_resolved");
	f->n_folders = watcher_counter(w, "folders_cached");
	f->n_pending_max = watcher_counter(w, "pending_max");
}

/* As the kernel names it. */
static void set_spare(struct files *f)
{
	char *real = f->w->setup.spare ? realpath(f->w->setup.spare, NULL) : NULL;

	if (real)
		f->asker.spare = span_of(real);
}

static int start(struct watcher *w, struct err *e)
{
	struct files *f = w->files = mem_new(sizeof *f);

	f->w = w;
	f->mounts_fd = f->mounts_poll = f->fan_fd = -1;
	f->path = BUF_INIT((size_t)1 << 20);
	f->loss.scope = BUF_INIT((size_t)1 << 20);
	f->loss.sent = -LOSS_PAUSE;
	linked_clear(&f->linked);
	f->block = mem_array(1, FAN_BLOCK);
	f->unnamed = whodunit_new(SPAN_NONE,
		"it has other names, by which it may have been changed before they were known");
	f->nobody = whodunit_new(SPAN_NONE, "this means of watching does not say who");
	name_counters(f);
	files_clock(f);
	f->empty_at = f->time;
	asker_start(&f->asker, w);
	set_spare(f);
	folder_cache_init(&f->cache, &w->selector);
	pending_init(&f->pending, w->setup.queue);
	f->timer = evtimer_new(w->base, on_timer, f);
	if (!f->timer)
		return err_set(e, ERR_SYSTEM, "cannot make a timer");
	if (fan_open(f) == 0) {
		f->readable = event_new(w->base, f->fan_fd, EV_READ | EV_PERSIST, on_readable, f);
		if (!f->readable || event_add(f->readable, NULL) < 0)
			return err_set(e, ERR_SYSTEM, "cannot wait for events of files");
	}
	return marks_start(f, e);
}

static void stop(struct watcher *w)
{
	struct files *f = w->files;

	if (!f)
		return;
	canary_stop(f);
	inotify_stop(f);
	marks_stop(f);
	if (f->readable)
		event_free(f->readable);
	if (f->timer)
		event_free(f->timer);
	if (f->fan_fd >= 0)
		close(f->fan_fd);
	fan_who_forget(f);
	folder_cache_done(&f->cache);
	pending_done(&f->pending);
	linked_clear(&f->linked);
	free((void *)(uintptr_t)f->asker.spare.p);
	asker_stop(&f->asker);
	whodunit_drop(f->unnamed);
	whodunit_drop(f->nobody);
	buf_done(&f->path);
	buf_done(&f->loss.scope);
	free(f->block);
	free(f);
	w->files = NULL;
}

static void policy(struct watcher *w)
{
	files_clock(w->files);
	marks_refresh(w->files, true);
}

static void canary(struct watcher *w)
{
	files_clock(w->files);
	canary_plant(w->files);
}

static void linked(struct watcher *w, struct span path)
{
	struct files *f = w->files;
	bool was = f->linked.full;
	bool is_new;

	if (path.n == 0) {
		/* A list from the current state: what was heard of since that was read stays. */
		f->linked.full = false;
		another_name_forget(f);
		return;
	}
	(void)linked_add(&f->linked, path, &is_new);
	/* What was done by its other names before this moment was not heard of under this one. Of a
	 * long list (65,536 at most, and only from a scan) the first ones do: more would be lost.
	 */
	if (is_new && f->pending.n_waiting < LINKED_HINTS) {
		files_clock(f);
		files_hint(f, path, false, REST_SETTLED, f->unnamed);
		files_arm(f);
	}
	if (f->linked.full && !was) {
		struct notice n = { .type = NOTICE_MEANS,
			.means = { &kind_file, span_of("/"), span_of("fanotify, hard links"), false,
				false,
				span_of("more files with several names than are remembered: "
					"writes by other names are seen by scans alone") } };

		(void)watcher_send(w, &n);
	}
}

static void drained(struct watcher *w)
{
	struct files *f = w->files;

	if (!f)
		return;
	files_clock(f);
	f->blocked = !marks_tell(f);
	flush(f);
	files_arm(f);
}

static bool settle(struct watcher *w)
{
	struct files *f = w->files;
	size_t n = 0;

	files_clock(f);
	do
		n += f->fan_fd >= 0 ? fan_drain(f) : 0;
	while (f->busy_at && n < SETTLE_EVENTS);
	inotify_drain(f);
	if (!w->gently)
		pending_hurry(&f->pending, f->now);
	flush(f);
	files_arm(f);
	return !f->blocked;
}

const struct watch_room watch_files = {
	.name = "files",
	.start = start,
	.stop = stop,
	.policy = policy,
	.canary = canary,
	.linked = linked,
	.drained = drained,
	.settle = settle,
};
