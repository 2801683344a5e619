/* The watcher's loop: the channel to the collector, and the rooms. */
#include "watch/watcher.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/mem.h"

#define OWN_MAX 256
/* More than this the collector does not read in time: the rest waits with the rooms, where the same
 * thing that happens again takes no more room. */
#define WAITING_BYTES ((size_t)768 << 10)

/* In the order they begin: who did something is known before it is heard of. */
static const struct watch_room *const rooms[] = { &watch_processes, &watch_kinds, &watch_files };

/* Its number is another one's as soon as it has ended: whoever waits for that would not be heard.
 */
struct own_process {
	uint32_t pid;
	int fd; /* pidfd; -1: none, it is ours until we end */
	struct event *ended;
	struct watcher *watcher;
};

struct running {
	struct watcher w;
	struct event *readable, *writable;
	struct err err; /* the first failure; code 0: none */
	bool full;      /* a room's notice was refused */
	bool ready;     /* all is heard of, and it is to be said */
	struct hint_before before;
};

static struct running *running_of(struct watcher *w)
{
	return (struct running *)w;
}

static void end(struct running *r, const struct err *why)
{
	if (why && r->err.code == 0)
		r->err = *why;
	event_base_loopbreak(r->w.base);
}

/* ---- up ---- */

/* What files hear of kinds have to tell: from the last room to the first. */
static void settle(struct watcher *w)
{
	struct notice n = { .type = NOTICE_SETTLED, .settled = w->settling };

	if (w->settling == 0)
		return;
	for (size_t i = w->gently && !w->settles ? 0 : ARRAY_LEN(rooms); i-- > 0;)
		if (rooms[i]->settle && !rooms[i]->settle(w))
			return;
	if (watcher_send(w, &n))
		w->settling = 0;
}

static void say_ready(struct running *r)
{
	r->ready = !watcher_send(&r->w, &(struct notice){ .type = NOTICE_READY });
}

static void flush(struct running *r)
{
	struct err e;
	int rc = channel_flush(&r->w.channel, &e);

	if (rc == 0)
		event_add(r->writable, NULL);
	else if (rc < 0)
		end(r, NULL);
}

bool watcher_send(struct watcher *w, const struct notice *n)
{
	struct running *r = running_of(w);
	AUTO(buf) frame = BUF_INIT(NOTICE_FRAME_MAX);
	struct notice x = *n;

	if (x.type == NOTICE_HINT)
		hint_shorten(&r->before, &x.hint);
	notice_encode(&x, &frame);
	if (!channel_put(&w->channel, buf_span(&frame))) {
		r->full = true;
		return false;
	}
	if (x.type == NOTICE_HINT && !x.hint.as_before)
		hint_went(&r->before, &n->hint);
	/* Written when the loop turns, so that what comes together goes together. */
	event_active(r->writable, EV_WRITE, 0);
	return true;
}

static void on_writable(evutil_socket_t fd, short what, void *ctx)
{
	struct running *r = ctx;

	(void)fd, (void)what;
	flush(r);
	if (!r->full || channel_waiting(&r->w.channel))
		return;
	r->full = false;
	for (size_t i = 0; i < ARRAY_LEN(rooms); i++)
		if (rooms[i]->drained)
			rooms[i]->drained(&r->w);
	if (r->ready)
		say_ready(r);
	settle(&r->w);
}

/* ---- down ---- */

static void take_policy(struct watcher *w, struct span text)
{
	AUTO(problems) problems = { 0 };
	struct policy *p;
	struct err e;

	if (policy_load_text(&p, "the policy in force", text, false, &problems, &e) < 0) {
		end(running_of(w), &e);
		return;
	}
	w->policy = p;
	w->selector = policy_selector(p);
	for (size_t i = 0; i < ARRAY_LEN(rooms); i++)
		if (rooms[i]->policy)
			rooms[i]->policy(w);
	policy_free(w->own_policy);
	w->own_policy = p;
	say_ready(running_of(w));
}

static void own_drop(struct watcher *w, size_t i)
{
	struct own_process *o = w->own[i];

	if (o->ended)
		event_free(o->ended);
	if (o->fd >= 0)
		close(o->fd);
	free(o);
	memmove(&w->own[i], &w->own[i + 1], (--w->n_own - i) * sizeof *w->own);
}

static void on_own_ended(evutil_socket_t fd, short what, void *ctx)
{
	struct own_process *o = ctx;
	struct watcher *w = o->watcher;
	size_t i = 0;

	(void)fd, (void)what;
	/* what it did is heard of as ours */
	for (size_t r = ARRAY_LEN(rooms); r-- > 0;)
		if (rooms[r]->settle)
			(void)rooms[r]->settle(w);
	while (i < w->n_own && w->own[i] != o)
		i++;
	if (i < w->n_own)
		own_drop(w, i);
}

static void own_add(struct watcher *w, uint32_t pid, int fd)
{
	struct own_process *o = mem_new(sizeof *o);

	*o = (struct own_process){ .pid = pid, .fd = fd, .watcher = w };
	if (fd >= 0) {
		o->ended = event_new(w->base, fd, EV_READ, on_own_ended, o);
		event_add(o->ended, NULL);
	}
	w->own[w->n_own++] = o;
}

static void take_own(struct watcher *w, uint32_t pid)
{
	int fd;

	if (watcher_is_own(w, pid))
		return;
	fd = (int)syscall(SYS_pidfd_open, pid, 0); /* Linux 5.3 */
	if (fd < 0 && errno == ESRCH)
		return;
	if (w->n_own == OWN_MAX) /* the oldest of those that come and go */
		own_drop(w, 2);
	own_add(w, pid, fd);
}

static void send_counts(struct watcher *w)
{
	struct count counts[ARRAY_LEN(w->counts)];
	struct notice n = { .type = NOTICE_COUNTS, .counts = counts, .n_counts = w->n_counts };

	for (size_t i = 0; i < w->n_counts; i++)
		counts[i] = (struct count){ span_of(w->counts[i].name), w->counts[i].value };
	(void)watcher_send(w, &n);
}

static void take_settle(struct watcher *w, const struct request *r)
{
	bool waits = w->settling != 0;

	w->gently = r->text.n && (!waits || w->gently);
	w->settles = waits ? w->settles : 0;
	for (size_t i = 0; i < r->text.n; i++)
		if (r->text.p[i] > 0 && r->text.p[i] <= KIND_IDS)
			w->settles |= UINT64_C(1) << (r->text.p[i] - 1);
	w->settling = r->pid;
}

/* Who asks waits for the rest of the answers only: one that the channel does not take is left out.
 */
static void tell_who(struct watcher *w, const struct request *r)
{
	AUTO(buf) who = BUF_INIT(NOTICE_FRAME_MAX / 2);
	const struct who_asked x = { .pid = r->pid,
		.pidfd = -1,
		.ended = r->type == REQUEST_ENDED };
	struct notice n = { .type = NOTICE_WHO };
	const char *why = NULL;

	n.hint.kind = request_whose(r->text, &n.hint.key);
	if (!n.hint.kind)
		return;
	if (processes_who(w, &x, &who, &why))
		n.hint.who = buf_span(&who);
	n.hint.why = span_of(n.hint.who.n ? NULL : why);
	(void)watcher_send(w, &n);
}

static void take(struct watcher *w, const struct request *r)
{
	switch (r->type) {
	case REQUEST_POLICY:
		take_policy(w, r->text);
		return;
	case REQUEST_OWN:
		take_own(w, r->pid);
		return;
	case REQUEST_LINKED:
		for (size_t i = 0; i < ARRAY_LEN(rooms); i++)
			if (rooms[i]->linked)
				rooms[i]->linked(w, r->text);
		return;
	case REQUEST_CANARY:
		for (size_t i = 0; i < ARRAY_LEN(rooms); i++)
			if (rooms[i]->canary)
				rooms[i]->canary(w);
		return;
	case REQUEST_COUNTS:
		send_counts(w);
		return;
	case REQUEST_SETTLE:
		take_settle(w, r);
		settle(w);
		return;
	case REQUEST_WHO:
	case REQUEST_ENDED:
		tell_who(w, r);
		return;
	case REQUEST_TYPE_N:
		break;
	}
}

static void on_readable(evutil_socket_t fd, short what, void *ctx)
{
	struct running *r = ctx;
	struct request q;
	struct span frame;
	struct err e;
	int rc = channel_fill(&r->w.channel, &e);

	(void)fd, (void)what;
	if (rc < 0) { /* the collector is gone, and with it our use */
		end(r, NULL);
		return;
	}
	while ((rc = channel_next(&r->w.channel, &frame, &e)) > 0) {
		if (request_decode(frame, &q, &e) < 0) {
			end(r, &e);
			return;
		}
		take(&r->w, &q);
	}
	if (rc < 0)
		end(r, &e);
}

/* ---- the whole ---- */

bool watcher_is_own(const struct watcher *w, uint32_t pid)
{
	for (size_t i = 0; i < w->n_own; i++)
		if (w->own[i]->pid == pid)
			return true;
	return false;
}

uint64_t *watcher_counter(struct watcher *w, const char *name)
{
	for (size_t i = 0; i < w->n_counts; i++)
		if (strcmp(w->counts[i].name, name) == 0)
			return &w->counts[i].value;
	if (w->n_counts == ARRAY_LEN(w->counts))
		abort(); /* names are literals: there are more than the table was made for */
	w->counts[w->n_counts].name = name;
	return &w->counts[w->n_counts++].value;
}

static int start(struct running *r, struct err *e)
{
	struct watcher *w = &r->w;

	w->base = event_base_new();
	if (!w->base)
		return err_set(e, ERR_SYSTEM, "cannot make an event loop");
	r->readable = event_new(w->base, w->setup.fd, EV_READ | EV_PERSIST, on_readable, r);
	r->writable = event_new(w->base, w->setup.fd, EV_WRITE, on_writable, r);
	if (!r->readable || !r->writable || event_add(r->readable, NULL) < 0)
		return err_set(e, ERR_SYSTEM, "cannot listen to the collector");
	for (size_t i = 0; i < ARRAY_LEN(rooms); i++)
		if (rooms[i]->start(w, e) < 0)
			return err_prefix(e, "cannot watch %s: ", rooms[i]->name);
	say_ready(r);
	return 0;
}

static void stop(struct running *r)
{
	for (size_t i = ARRAY_LEN(rooms); r->w.base && i-- > 0;)
		rooms[i]->stop(&r->w);
	if (r->readable)
		event_free(r->readable);
	if (r->writable)
		event_free(r->writable);
	while (r->w.n_own > 0)
		own_drop(&r->w, r->w.n_own - 1);
	if (r->w.base)
		event_base_free(r->w.base);
	channel_done(&r->w.channel);
	hint_before_done(&r->before);
	policy_free(r->w.own_policy);
	arena_freep(&r->w.scratch);
	free(r->w.own);
}

int watch_run(const struct watch_setup *setup, struct err *e)
{
	struct running r = { .w = { .setup = *setup, .policy = setup->policy } };
	int rc;

	prctl(PR_SET_NAME, "invar-watcher");
	r.w.selector = policy_selector(setup->policy);
	r.w.scratch = arena_new();
	r.w.own = mem_array(OWN_MAX, sizeof *r.w.own);
	own_add(&r.w, (uint32_t)getpid(), -1);
	own_add(&r.w, (uint32_t)getppid(), -1);
	channel_init(&r.w.channel, setup->fd, NOTICE_FRAME_MAX);
	r.w.channel.most_waiting = WAITING_BYTES;
	rc = start(&r, e);
	if (rc == 0) {
		event_base_dispatch(r.w.base);
		if (r.err.code < 0) {
			*e = r.err;
			rc = e->code;
		}
	}
	stop(&r);
	return rc;
}
