/* Processes that began after the list of them was made. */
#include "sensor/port/late.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define EXE_MAX 4096
#define TRIES_MAX 4096
#define CGROUP_MAX 4096

static void read_exe(int folder, struct arena *a, struct process *p)
{
	static const char tail[] = " (deleted)";
	char text[EXE_MAX];
	ssize_t n = readlinkat(folder, "exe", text, sizeof text);
	struct span path = span_from(text, n > 0 ? (size_t)n : 0);

	if (path.n > strlen(tail) &&
		memcmp(path.p + path.n - strlen(tail), tail, strlen(tail)) == 0) {
		path.n -= strlen(tail);
		p->deleted = true;
		p->memfd = span_starts(path, span_of("/memfd:"));
	}
	p->exe = arena_copy(a, path);
}

static void read_texts(int folder, struct arena *a, struct process *p)
{
	struct span text, line;
	struct err why;

	if (host_read_at(folder, "comm", EXE_MAX, a, &text, &why) == 0)
		(void)span_cut(&text, '\n', &p->comm);
	if (host_read_at(folder, "cgroup", CGROUP_MAX, a, &text, &why) < 0)
		return;
	while (span_cut(&text, '\n', &line))
		if (span_starts(line, span_of("0::")))
			cgroup_parse(span_from_offset(line, 3), a, &p->unit, &p->container);
}

const struct process *late_process(struct late *l, struct arena *a, uint32_t pid)
{
	struct process *p;
	struct stat st;
	char path[32];
	int folder;

	for (size_t i = 0; i < l->n; i++)
		if (l->list[i]->pid == pid)
			return l->list[i];
	if (l->tries++ >= TRIES_MAX)
		return NULL; /* somebody makes processes all the time */
	snprintf(path, sizeof path, "/proc/%u", pid);
	folder = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return NULL;
	p = arena_get(a, sizeof *p);
	p->pid = pid;
	if (fstat(folder, &st) == 0) {
		p->euid = st.st_uid;
		p->egid = st.st_gid;
	}
	read_exe(folder, a, p);
	read_texts(folder, a, p);
	close(folder);
	if (p->exe.n == 0)
		return NULL;
	if (l->n < LATE_MAX)
		l->list[l->n++] = p;
	return p;
}

bool process_is_gone(uint32_t pid)
{
	return kill((pid_t)pid, 0) < 0 && errno == ESRCH;
}
