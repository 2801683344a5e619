/* Processes by BPF. While nothing happens nothing wakes us; once something did, the ring is looked
 * at every few milliseconds until it was empty, whatever happens meanwhile. */
#include <stdio.h>
#include <stdlib.h>

#include "core/mem.h"
#include "host/bpf_trace.h"
#include "watch/process/process_hear.h"
#include "watch/process/process_room.h"

#define RHYTHM_US 5000
#define PATH_ROOM 4096
#define KTHREAD 0x00200000U

struct trace {
	struct bpf_trace *bpf;
	struct event *readable, *later;
	uint64_t lost;
	bool reading;
	char tty[TTY_MAX + 1];
	char path[PATH_ROOM];
};

/* The kernel's driver calls them "pts3"; everybody else, "pts/3". */
static struct span tty_of(struct trace *t, const struct bpf_trace_head *h)
{
	struct span name = span_from(h->tty, strnlen(h->tty, sizeof h->tty));
	int n;

	if (!span_starts(name, span_of("pts")))
		return name;
	n = snprintf(t->tty, sizeof t->tty, "pts/%.*s", (int)name.n - 3, name.p + 3);
	return span_from(t->tty, (size_t)n);
}

static struct seen seen_of(struct trace *t, const struct bpf_trace_record *r)
{
	const struct bpf_trace_head *h = &r->head;
	struct seen s = { .pid = h->pid,
		.parent = h->parent,
		.start = h->start,
		.parent_start = h->parent_start,
		.uid = h->uid,
		.login_uid = h->login_uid,
		.session = h->session,
		.cgroup = h->cgroup,
		.cgroup_set = h->cgroup_set,
		.comm = span_from(h->comm, strnlen(h->comm, sizeof h->comm)),
		.tty = tty_of(t, h),
		.inode = h->inode,
		.mounts = h->mounts,
		.device = h->device,
		.deleted = h->inode && h->nlink == 0,
		.args = r->args,
		.args_cut = h->args_total > r->args.n,
		.kernel = (h->flags & KTHREAD) != 0 };
	size_t n;

	if (bpf_trace_path(r->path, t->path, sizeof t->path, &n))
		s.exe = span_from(t->path, n);
	return s;
}

static void take(void *ctx, const struct bpf_trace_record *r)
{
	struct watcher *w = ctx;
	struct processes *p = w->processes;
	const struct bpf_trace_head *h = &r->head;
	struct seen s = seen_of(p->trace, r);

	switch ((enum bpf_trace_type)h->type) {
	case BPF_TRACE_FORK:
		++*p->count.forks;
		process_forked(w, &s);
		break;
	case BPF_TRACE_EXEC:
		++*p->count.execs;
		process_began(w, &s, h->time);
		break;
	case BPF_TRACE_EXIT:
		++*p->count.exits;
		process_ended(w, &s, h->time);
		break;
	case BPF_TRACE_SOCKET:
		process_socket(w, h->pid);
		break;
	case BPF_TRACE_GROUP:
		group_made(p, h->cgroup, r->path);
		break;
	}
}

static size_t read_ring(struct watcher *w)
{
	struct trace *t = w->processes->trace;
	uint64_t lost;
	size_t n;

	/* who is told of a record asks who did it, and so for the ring, while it is read */
	if (t->reading)
		return 0;
	t->reading = true;
	n = bpf_trace_read(t->bpf, take, w);
	t->reading = false;
	lost = bpf_trace_lost(t->bpf);
	if (lost != t->lost) {
		uint64_t more = lost - t->lost;

		t->lost = lost;
		processes_lost(w, more, "the ring of the kernel's BPF programs was full");
	}
	return n;
}

void trace_drain(struct watcher *w)
{
	(void)read_ring(w);
}

/* The ring is not polled while the rhythm goes on: a wake-up for each record would cost more than
 * the record. */
static void on_readable(evutil_socket_t fd, short what, void *ctx)
{
	static const struct timeval rhythm = { 0, RHYTHM_US };
	struct watcher *w = ctx;
	struct trace *t = w->processes->trace;

	(void)fd, (void)what;
	if (read_ring(w) > 0)
		event_add(t->later, &rhythm);
	else
		event_add(t->readable, NULL);
	processes_count(w);
}

int trace_start(struct watcher *w, struct err *e)
{
	struct processes *p = w->processes;
	struct bpf_trace *bpf;
	struct trace *t;

	if (bpf_trace_open(&bpf, true, e) < 0)
		return e->code;
	p->trace = t = mem_new(sizeof *t);
	t->bpf = bpf;
	t->readable = event_new(w->base, bpf_trace_fd(bpf), EV_READ, on_readable, w);
	t->later = evtimer_new(w->base, on_readable, w);
	if (!t->readable || !t->later || event_add(t->readable, NULL) < 0) {
		trace_stop(w);
		return err_set(e, ERR_SYSTEM, "cannot wait for the kernel's BPF programs");
	}
	p->heard[PROCESS_EXEC] = p->heard[PROCESS_EXIT] = true;
	p->heard[PROCESS_SOCKET] = bpf_trace_hears_sockets(bpf);
	return 0;
}

void trace_stop(struct watcher *w)
{
	struct trace *t = w->processes->trace;

	if (!t)
		return;
	if (t->readable)
		event_free(t->readable);
	if (t->later)
		event_free(t->later);
	bpf_trace_free(t->bpf);
	free(t);
	w->processes->trace = NULL;
}
