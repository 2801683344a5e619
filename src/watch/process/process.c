/* Processes: who did it. */
#include "entity/process.h"

#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "core/mem.h"
#include "host/host.h"
#include "watch/process/process_hear.h"
#include "watch/process/process_room.h"

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

int64_t processes_wall(uint64_t at)
{
	return at ? (int64_t)(at + (now(CLOCK_REALTIME) - now(CLOCK_BOOTTIME))) : 0;
}

uint64_t processes_boot(int64_t time)
{
	return (uint64_t)time - (now(CLOCK_REALTIME) - now(CLOCK_BOOTTIME));
}

void processes_drain(struct watcher *w)
{
	(void)w;
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
}

static int start(struct watcher *w, struct err *e)
{
	struct processes *p = mem_new(sizeof *p);

	w->processes = p;
	p->tick = NS_PER_SECOND / (uint64_t)sysconf(_SC_CLK_TCK);
	p->means = "proc";
	p->worse = "";
	p->proc = host_open_proc();
	if (p->proc < 0)
		p->proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (p->proc < 0)
		return err_sys(e, "cannot open '/proc'");
	p->arena = arena_new();
	p->table = process_table_new(PROCESSES_BYTES, p->tick);
	p->programs = programs_new();
	p->account = account_new();
	make_counters(w);
	proc_running(p);
	say_means(w);
	return 0;
}

static void stop(struct watcher *w)
{
	struct processes *p = w->processes;

	if (!p)
		return;
	process_table_free(p->table);
	programs_free(p->programs);
	account_free(p->account);
	arena_freep(&p->arena);
	if (p->proc >= 0)
		close(p->proc);
	free(p);
	w->processes = NULL;
}

const struct watch_room watch_processes = {
	.name = "processes",
	.start = start,
	.stop = stop,
	.drained = drained,
};
