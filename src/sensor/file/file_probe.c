#include "sensor/file/file_probe.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/mem.h"
#include "os/clock.h"
#include "sensor/file/file_crew.h"

#define PROBE_MAX 256
#define STACK ((size_t)64 << 10)

struct answers {
	_Atomic bool is[PROBE_MAX];
};

struct probe {
	pid_t pid;
	struct answers *answers; /* shared with the process that asks */
	int64_t began;
	char *path[PROBE_MAX];
	size_t n;
};

struct question {
	const char *path;
	_Atomic bool *answer;
};

/* What a scan begins with: open it, look at it, list it. Any error is an answer. */
static void *ask(void *arg)
{
	const struct question *q = arg;
	int how = O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC;
	int fd = open(q->path, how | O_NOATIME);
	char names[4096];
	struct stat st;

	if (fd < 0 && errno == EPERM)
		fd = open(q->path, how);
	if (fd >= 0) {
		(void)fstat(fd, &st);
		(void)syscall(SYS_getdents64, fd, names, sizeof names);
		close(fd);
	}
	atomic_store(q->answer, true);
	return NULL;
}

static NORETURN void ask_all(const struct probe *p)
{
	static struct question q[PROBE_MAX];
	pthread_attr_t attr;
	pthread_t id;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	for (size_t i = 0; i < p->n; i++) {
		q[i] = (struct question){ p->path[i], &p->answers->is[i] };
		if (pthread_create(&id, &attr, ask, &q[i]) != 0)
			atomic_store(q[i].answer, true);
	}
	for (;;)
		pause(); /* until we are killed */
}

struct probe *probe_new(const struct mounts *m)
{
	struct probe *p = mem_new(sizeof *p);
	pid_t parent = getpid();
	void *shared = mmap(NULL, sizeof *p->answers, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	size_t n;
	const struct mount_point *all = mounts_list(m, &n);

	p->pid = -1;
	p->began = clock_monotonic();
	if (shared == MAP_FAILED)
		return p;
	p->answers = shared;
	for (size_t i = 0; i < n && p->n < PROBE_MAX; i++)
		if (mount_is_remote(&all[i]))
			p->path[p->n++] = mem_copy(all[i].path.p, all[i].path.n);
	p->pid = fork();
	if (p->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent || !crew_let_go(-1))
			_exit(1);
		prctl(PR_SET_NAME, "invar-probe");
		ask_all(p);
	}
	return p;
}

void probe_free(struct probe *p)
{
	if (!p)
		return;
	if (p->pid > 0)
		(void)crew_kill(p->pid);
	if (p->answers)
		munmap(p->answers, sizeof *p->answers);
	for (size_t i = 0; i < p->n; i++)
		free(p->path[i]);
	free(p);
}

bool probe_silent(const struct probe *p, const struct mount_point *mount, unsigned ms)
{
	if (!p || p->pid < 0 || clock_monotonic() - p->began < ms * INT64_C(1000000))
		return false;
	for (size_t i = 0; i < p->n; i++)
		if (span_same(span_of(p->path[i]), mount->path))
			return !atomic_load(&p->answers->is[i]);
	return false;
}
