/* Processes: who did it. */
#include "entity/process.h"

#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "core/mem.h"
#include "host/bpf_trace.h"
#include "host/host.h"
#include "watch/process/process_hear.h"
#include "watch/process/process_room.h"

#define CLOCK_SET (50 * 1000 * 1000) /* ns */

static uint64_t now(clockid_t clock)
{
	struct timespec t = { 0 };

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * NS_PER_SECOND + (uint64_t)t.tv_nsec;
}

uint64_t processes_now(void)
{
	return now(CLOCK_BOOTTIME);
}

/* The distance of the two clocks is kept until somebody sets one: that they are read one after the
 * other must not give a process another start each time it is told. */
int64_t processes_wall(uint64_t at)
{
	static int64_t kept;
	int64_t apart = (int64_t)(now(CLOCK_REALTIME) - now(CLOCK_BOOTTIME));

	if (!kept || apart - kept > CLOCK_SET || kept - apart > CLOCK_SET)
		kept = apart;
	return at ? (int64_t)at + kept : 0;
}

uint64_t processes_boot(int64_t time)
{
	return (uint64_t)time - (now(CLOCK_REALTIME) - now(CLOCK_BOOTTIME));
}

void processes_count(struct watcher *w)
{
	struct processes *p = w->processes;
	struct process_numbers n = process_table_numbers(p->table);

	*p->count.known = n.living + n.gone;
	*p->count.refused = n.refused;
}

void processes_drain(struct watcher *w)
{
	if (w->processes->trace)
		trace_drain(w);
	if (w->processes->listener)
		connector_drain(w);
	processes_count(w);
}

/* ---- what was lost ---- */

static void say_loss(struct watcher *w)
{
	struct processes *p = w->processes;
	const struct notice n = { .type = NOTICE_LOSS,
		.loss = { .means = span_of(p->means),
			.kind = &kind_process,
			.from = processes_wall(p->loss.from),
			.to = processes_wall(processes_now()),
			.count = p->loss.count,
			.text = span_of(p->loss.why) } };

	p->loss.open = !watcher_send(w, &n);
	if (!p->loss.open)
		p->loss.count = 0;
}

/* In a storm of losses all of them are looked at once a second. */
static void look(evutil_socket_t fd, short what, void *ctx)
{
	struct watcher *w = ctx;
	struct processes *p = w->processes;

	(void)fd, (void)what;
	proc_running(p);
	p->looked = processes_now();
	say_loss(w);
}

void processes_lost(struct watcher *w, uint64_t count, const char *why)
{
	static const struct timeval second = { 1, 0 };
	struct processes *p = w->processes;
	uint64_t now = processes_now();

	*p->count.lost += count ? count : 1;
	if (!p->loss.open && !p->loss.count)
		p->loss.from = p->looked > now - NS_PER_SECOND ? p->looked : now - NS_PER_SECOND;
	p->loss.count += count;
	p->loss.why = why;
	if (now - p->looked > NS_PER_SECOND)
		look(-1, 0, w);
	else if (!evtimer_pending(p->again, NULL))
		evtimer_add(p->again, &second);
}

static void make_counters(struct watcher *w)
{
	struct processes *p = w->processes;

	p->count.execs = watcher_counter(w, "execs");
	p->count.forks = watcher_counter(w, "forks");
	p->count.exits = watcher_counter(w, "exits");
	p->count.lost = watcher_counter(w, "ring_lost");
	p->count.known = watcher_counter(w, "processes_known");
	p->count.asked = watcher_counter(w, "who_asked");
	p->count.unknown = watcher_counter(w, "who_unknown");
	p->count.refused = watcher_counter(w, "processes_refused");
}

static void say_means(struct watcher *w)
{
	const struct notice n = { .type = NOTICE_MEANS,
		.means = { .kind = &kind_process,
			.name = span_of(w->processes->means),
			.in_force = true,
			.text = span_of(w->processes->worse) } };

	w->processes->unsaid = !watcher_send(w, &n);
}

static void drained(struct watcher *w)
{
	if (w->processes->unsaid)
		say_means(w);
	if (w->processes->loss.open)
		say_loss(w);
}

/* The better means first. What is heard from the first moment on waits while all that run are
 * looked at. */
static void choose(struct watcher *w)
{
	struct processes *p = w->processes;
	struct err e;

	p->means = "bpf";
	p->worse = "";
	if (w->setup.no_bpf)
		(void)err_set(&e, ERR_DENIED, "the options ask for no BPF");
	else if (trace_start(w, &e) == 0)
		return;
	p->means = "connector";
	p->worse = arena_text(p->lasting, span_of(e.text));
	if (w->setup.no_connector)
		(void)err_set(&e, ERR_DENIED, "the options ask for no proc connector");
	else if (connector_start(w, &e) == 0)
		return;
	p->means = "proc";
	p->worse = arena_format(p->lasting, "%s; %s", p->worse, e.text);
}

/* What host_open_fs gives cannot be listed itself. */
static int open_proc(void)
{
	int clean = host_open_fs("proc"), fd;

	fd = clean < 0 ? -1 : openat(clean, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (clean >= 0)
		close(clean);
	return fd < 0 ? open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : fd;
}

static uint32_t mounts_of(const struct processes *p, const char *link)
{
	struct statx st;

	return statx(p->proc, link, AT_STATX_DONT_SYNC, STATX_INO, &st) == 0 ? (uint32_t)st.stx_ino
									     : 0;
}

static int start(struct watcher *w, struct err *e)
{
	struct processes *p = mem_new(sizeof *p);

	w->processes = p;
	p->tick = NS_PER_SECOND / (uint64_t)sysconf(_SC_CLK_TCK);
	p->groups = bpf_trace_groups();
	p->proc = open_proc();
	if (p->proc < 0)
		return err_sys(e, "cannot open '/proc'");
	p->mounts[0] = mounts_of(p, "self/ns/mnt");
	p->mounts[1] = mounts_of(p, "1/ns/mnt");
	p->arena = arena_new();
	p->told = arena_new();
	p->lasting = arena_new();
	p->table = process_table_new(PROCESSES_BYTES, p->tick);
	p->programs = programs_new();
	p->account = account_new();
	p->made = groups_new();
	p->again = evtimer_new(w->base, look, w);
	if (!p->again)
		return err_set(e, ERR_SYSTEM, "cannot make a timer");
	make_counters(w);
	choose(w);
	proc_running(p);
	p->looked = processes_now();
	say_means(w);
	return 0;
}

static void stop(struct watcher *w)
{
	struct processes *p = w->processes;

	if (!p)
		return;
	trace_stop(w);
	connector_stop(w);
	if (p->again)
		event_free(p->again);
	process_table_free(p->table);
	programs_free(p->programs);
	account_free(p->account);
	groups_free(p->made);
	arena_freep(&p->arena);
	arena_freep(&p->told);
	arena_freep(&p->lasting);
	if (p->proc >= 0)
		close(p->proc);
	if (p->groups >= 0)
		close(p->groups);
	free(p);
	w->processes = NULL;
}

const struct watch_room watch_processes = {
	.name = "processes",
	.start = start,
	.stop = stop,
	.drained = drained,
};
