/* What kinds are told of processes. */
#include "watch/process/process_room.h"

void process_tell(struct watcher *w, enum process_event_type type, const struct life *l)
{
	const struct process_table *t = w->processes->table;
	uint32_t alike = process_table_alike(t, l);
	struct process_event x = { .type = type,
		.pid = l->pid,
		.uid = l->uid,
		.exe = l->image ? l->image->exe : SPAN_NONE,
		.unit = l->group ? l->group->unit : SPAN_NONE,
		.container = l->group ? l->group->container : SPAN_NONE,
		.time = processes_wall(type == PROCESS_EXIT ? l->ended : l->exec) };

	/* One that began is counted itself, one that ended no more. */
	x.first = type == PROCESS_EXEC ? alike <= 1 : type == PROCESS_EXIT && alike == 0;
	if (type == PROCESS_SOCKET)
		x.time = processes_wall(processes_now());
	kinds_process(w, &x);
}

bool processes_hear(const struct watcher *w, enum process_event_type type)
{
	return w->processes && type < PROCESS_EVENT_N && w->processes->heard[type];
}
