/* What is heard of processes, into the table and on to kinds. */
#include "watch/process/process_room.h"

/* Copied, since whoever is told may ask for more, and what is gone gives way to that. */
static void tell(struct watcher *w, enum process_event_type type, const struct life *l,
	const struct image *i, bool first)
{
	uint64_t at = type == PROCESS_EXEC               ? l->exec
		      : type == PROCESS_EXIT && l->ended ? l->ended
							 : processes_now();
	struct arena *a = w->processes->told;
	struct process_event x = { .type = type,
		.pid = l->pid,
		.uid = l->uid,
		.exe = i ? arena_copy(a, i->exe) : SPAN_NONE,
		.unit = l->group ? arena_copy(a, l->group->unit) : SPAN_NONE,
		.container = l->group ? arena_copy(a, l->group->container) : SPAN_NONE,
		.time = processes_wall(at),
		.first = first };

	kinds_process(w, &x);
	arena_clear(a);
}

void process_forked(struct watcher *w, struct seen *s)
{
	struct processes *p = w->processes;

	group_complete(p, s);
	(void)process_table_fork(p->table, s);
}

void process_began(struct watcher *w, struct seen *s, uint64_t at)
{
	struct processes *p = w->processes;
	struct life *l;

	group_complete(p, s);
	l = process_table_exec(p->table, s, at);
	if (!l)
		return;
	/* What it ran until now, runs no more: unless somebody else does. */
	if (l->past && process_table_alike(p->table, l, l->past->image) == 0)
		tell(w, PROCESS_EXIT, l, l->past->image, true);
	tell(w, PROCESS_EXEC, l, l->image, process_table_alike(p->table, l, l->image) == 1);
}

/* It may have got other rights since it began. */
void process_ended(struct watcher *w, struct seen *s, uint64_t at)
{
	struct processes *p = w->processes;
	struct life *l = process_table_get(p->table, s->pid, s->start);

	if (!l || l->ended)
		return;
	group_complete(p, s);
	process_table_better(p->table, l, s);
	if (process_table_exit(p->table, s->pid, s->start, at))
		tell(w, PROCESS_EXIT, l, l->image, process_table_alike(p->table, l, l->image) == 0);
}

void process_socket(struct watcher *w, uint32_t pid)
{
	struct life *l = process_table_get(w->processes->table, pid, 0);

	if (l)
		tell(w, PROCESS_SOCKET, l, l->image, false);
}

bool processes_hear(const struct watcher *w, enum process_event_type type)
{
	return w->processes && type < PROCESS_EVENT_N && w->processes->heard[type];
}
