#include "sensor/file/file_crew.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ioprio.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/mem.h"
#include "entity/file.h"
#include "host/package.h"
#include "os/clock.h"
#include "os/machine.h"
#include "sensor/file/file_ship.h"

#define RING_WALK ((size_t)2 << 20)
#define RING_LATE ((size_t)1 << 20)
#define RING_REQUESTS ((size_t)256 << 10)
#define SCRATCH ((size_t)32 << 10) /* for getdents64 */
#define BLOCK_WARM ((size_t)128 << 10)
#define BLOCK_COLD ((size_t)64 << 10) /* of the threads added when reads wait for the disk */
#define STACK ((size_t)256 << 10)
#define THREADS_COLD 16
#define TICK_MS 50
#define TICK_EARLY_MS 5 /* a cold cache should be noticed before a short scan is over */
#define EARLY_NS 1000000000
#define RESTING_MS 1000
#define FORGET_MS 10000 /* kept, and nothing to do */
#define FOREVER_MS 3600000
#define CALM_NS 300000000 /* without the disk before the extra threads rest */
#define FOLDERS_MAX 1024  /* held open at a time */

/* ---- a thread ---- */

/* Kept for the next look, however long that takes: no folder is held, and nothing wakes us but it.
 */
static void wait_for_look(struct hand *h, uint32_t seen)
{
	struct ship *s = h->ship;
	struct bell *bell = &s->crew->shared->crew;

	hand_leave(h);
	if (ring_used(s->crew->late))
		bell_ring(&s->crew->shared->collector);
	bell_wait(bell, seen, h->index == 0 ? FORGET_MS : FOREVER_MS);
	if (h->index > 0 || bell_seen(bell) != seen)
		return;
	ship_forget(s);
	bell_wait(bell, seen, FOREVER_MS);
}

static void wait_for_work(struct hand *h, uint32_t seen)
{
	struct ship *s = h->ship;

	reader_rest(h->reader);
	walk_pass(&s->walk);
	atomic_fetch_add(&s->waiting, 1);
	if (s->kept)
		wait_for_look(h, seen);
	else
		bell_wait(&s->crew->shared->crew, seen, TICK_MS);
	atomic_fetch_sub(&s->waiting, 1);
}

/* Not needed now. Woken by adapt() alone: the crew's bell rings for those at work. */
static void rest(struct hand *h)
{
	uint32_t seen = bell_seen(&h->ship->dock);

	reader_settle(h->reader);
	reader_rest(h->reader);
	if (h->index >= atomic_load(&h->ship->active))
		bell_wait(&h->ship->dock, seen, RESTING_MS);
}

static void *work(void *arg)
{
	struct hand *h = arg;
	struct ship *s = h->ship;
	struct node *node = NULL;
	struct batch *batch = NULL;

	if (s->common.options->io_class == 2)
		syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0,
			IOPRIO_PRIO_VALUE(IOPRIO_CLASS_IDLE, 0));
	while (!atomic_load(&s->crew->shared->stop)) {
		uint32_t seen = bell_seen(&s->crew->shared->crew);

		if (h->index >= atomic_load(&s->active)) {
			rest(h);
			continue;
		}
		if (hand_serve(h))
			continue;
		switch (walk_claim(&s->walk, &node, &batch)) {
		case WORK_LIST:
			reader_at(h->reader, node->folder, SPAN_NONE);
			walk_listed(&s->walk, node,
				list_folder(&s->walk, node, h->scratch, SCRATCH,
					&s->crew->shared->station[h->index].beat));
			break;
		case WORK_ENTRIES:
			reader_batch(h->reader, batch);
			break;
		default:
			if (reader_idle(h->reader))
				wait_for_work(h, seen);
			else
				reader_settle(h->reader);
		}
	}
	return NULL;
}

static bool add_hand(struct ship *s, size_t block)
{
	struct hand *h = &s->hand[s->hands];
	pthread_attr_t attr;
	bool made;

	h->ship = s;
	h->index = s->hands;
	h->reader = reader_new(&s->common, &s->crew->shared->station[h->index], block,
		block == BLOCK_WARM);
	h->scratch = mem_grow(NULL, SCRATCH, 1);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	made = pthread_create(&h->id, &attr, work, h) == 0;
	pthread_attr_destroy(&attr);
	s->hands += made;
	return made;
}

/* ---- the process ---- */

struct gauge {
	int64_t wall, cpu;
	long blocks;
};

static struct gauge read_gauge(void)
{
	struct gauge g = { .wall = clock_monotonic() };
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	g.cpu = ((int64_t)u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000000 +
		((int64_t)u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1000;
	g.blocks = u.ru_inblock;
	return g;
}

/* Blocks of 512 bytes in TICK_MS. A warm cache has misses too (10 MB/s of them are no cold cache),
 * and other programs take the processor: that we wait for the disk takes many blocks, or some and
 * hardly any work. */
#define BLOCKS_MANY 1024
#define BLOCKS_SOME 16

/* With a warm cache as many threads as cores are best; while they wait for the disk, many more keep
 * its queue full. */
static void adapt(struct ship *s, const struct gauge *was, const struct gauge *is, unsigned cores)
{
	int64_t could = (is->wall - was->wall) * cores, cpu = is->cpu - was->cpu;
	int64_t wall = is->wall - was->wall;
	int64_t seen = is->blocks - was->blocks;
	int64_t blocks = seen * (TICK_MS * 1000000LL) / (wall ? wall : 1);
	bool disk = (blocks > BLOCKS_MANY && seen > BLOCKS_MANY / 4 && cpu < could * 3 / 4) ||
		    (seen > BLOCKS_SOME && cpu < could / 5 && wall > TICK_MS * 900000LL);
	unsigned active = atomic_load(&s->active);

	if (disk && atomic_load(&s->waiting) == 0) {
		while (s->hands < THREADS_COLD && add_hand(s, BLOCK_COLD))
			;
		atomic_store(&s->active, s->hands);
		bell_ring(&s->dock);
		s->walk.wide = true;
	}
	s->calm = blocks < BLOCKS_MANY / 4 ? s->calm + wall : 0;
	if (s->calm > CALM_NS && active > cores) {
		atomic_store(&s->active, cores);
		s->walk.wide = false;
	}
}

/* Rest when more of a core was used than allowed; measured over half a second. */
static void limit(struct ship *s, struct gauge *from, const struct gauge *is)
{
	unsigned percent = s->common.options->limit_cpu;
	int64_t allowed = (is->wall - from->wall) / 100 * percent;

	if (!percent)
		return;
	atomic_store(&s->common.hold, is->cpu - from->cpu > allowed);
	if (is->wall - from->wall > 2000000000)
		*from = *is;
}

/* How many folders may be open: half of what is allowed, and no more than keeps everybody busy. */
static unsigned folders_max(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) < 0 || r.rlim_cur / 2 > FOLDERS_MAX)
		return FOLDERS_MAX;
	return (unsigned)(r.rlim_cur / 2);
}

/* Where nothing is to be measured, or nobody is at work, there is no tick. */
static void rest_between_looks(struct ship *s)
{
	struct bell *bell = &s->crew->shared->crew;
	uint32_t seen = bell_seen(bell);

	while (s->kept && !s->common.options->limit_cpu)
		pause(); /* ended by a signal */
	if (s->kept && atomic_load(&s->waiting) == s->hands)
		bell_wait(bell, seen, FOREVER_MS);
}

static NORETURN void crew_main(struct crew *c, const struct crew_plan *plan)
{
	unsigned jobs = plan->options->jobs, cores = machine_cores();
	struct ship *s = mem_new(sizeof *s);
	struct timespec tick = { 0, TICK_EARLY_MS * 1000000L };
	struct gauge from, was;
	int64_t first;
	struct err e = { 0 };

	jobs = jobs ? jobs : cores;
	jobs = jobs < CREW_MAX ? jobs : CREW_MAX;
	s->crew = c;
	s->kept = plan->kept;
	s->walk = (struct walk){ .threads = jobs,
		.ring = c->walk,
		.late = c->late,
		.collector = &c->shared->collector,
		.crew = &c->shared->crew,
		.options = plan->options,
		.selector = plan->selector,
		.avoid = plan->avoid,
		.resume = plan->resume,
		.folders_max = folders_max(),
		.rootfd = plan->rootfd };
	/* Not on any entry yet, but already on what may never answer. */
	atomic_store(&c->shared->station[0].busy, 1);
	s->common = (struct look_common){ .options = plan->options,
		.selector = plan->selector,
		.walk = &s->walk,
		.tally = &c->shared->tally };
	ship_learn(s);
	pthread_mutex_init(&s->requests, NULL);
	atomic_store(&s->active, jobs);
	if (walk_init(&s->walk, &e) < 0)
		_exit(1);
	atomic_store(&c->shared->station[0].busy, 0);
	for (unsigned i = 0; i < jobs; i++)
		if (!add_hand(s, BLOCK_WARM))
			_exit(1);
	from = was = read_gauge();
	first = from.wall;
	while (!atomic_load(&c->shared->stop)) {
		struct gauge is;

		rest_between_looks(s);
		nanosleep(&tick, NULL);
		is = read_gauge();
		if (is.wall - first > EARLY_NS)
			tick.tv_nsec = TICK_MS * 1000000L;
		if (!plan->options->jobs && !plan->options->limit_cpu)
			adapt(s, &was, &is, cores);
		limit(s, &from, &is);
		was = is;
	}
	_exit(0);
}

bool crew_let_go(int but)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	unsigned keep = but < 0 ? 0 : (unsigned)but;

	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fd != but && (null < 0 || dup2(null, fd) < 0))
			return false;
	return (keep <= 3 || close_range(3, keep - 1, 0) == 0) &&
	       close_range(keep > 2 ? keep + 1 : 3, ~0U, 0) == 0;
}

static void raise_files(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) == 0) {
		r.rlim_cur = r.rlim_max;
		setrlimit(RLIMIT_NOFILE, &r);
	}
}

static void crew_release(struct crew *c)
{
	ring_free(c->walk);
	ring_free(c->late);
	ring_free(c->requests);
	if (c->shared)
		munmap(c->shared, sizeof *c->shared);
	*c = (struct crew){ .pid = -1 };
}

int crew_start(struct crew *ret, const struct crew_plan *plan, struct err *e)
{
	struct crew c = { .pid = -1 };
	pid_t parent = getpid();
	void *shared = mmap(NULL, sizeof *c.shared, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	c.shared = shared == MAP_FAILED ? NULL : shared;
	c.walk = ring_new(RING_WALK);
	c.late = ring_new(RING_LATE);
	c.requests = ring_new(RING_REQUESTS);
	if (c.shared && c.walk && c.late && c.requests)
		c.pid = fork();
	if (c.pid < 0) {
		err_sys(e, "cannot start the reading process");
		crew_release(&c);
		return e->code;
	}
	if (c.pid == 0) {
		/* die with the collector; it may be gone already */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent || !crew_let_go(plan->rootfd))
			_exit(1);
		prctl(PR_SET_NAME, "invar-crew");
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		/* the collector decides when we stop */
		sigaction(SIGINT, &(struct sigaction){ .sa_handler = SIG_IGN }, NULL);
		sigaction(SIGTERM, &(struct sigaction){ .sa_handler = SIG_IGN }, NULL);
		mallopt(M_ARENA_MAX, 2);
		raise_files();
		crew_main(&c, plan);
	}
	*ret = c;
	return 0;
}

bool crew_is_stopped(const struct crew *c)
{
	siginfo_t info = { 0 };

	return c->pid > 0 &&
	       waitid(P_PID, (id_t)c->pid, &info, WSTOPPED | WNOHANG | WNOWAIT) == 0 &&
	       info.si_pid == c->pid;
}

bool crew_died(struct crew *c, struct buf *ret_text)
{
	int status;

	if (c->pid < 0 || waitpid(c->pid, &status, WNOHANG) != c->pid)
		return false;
	c->pid = -1;
	if (WIFSIGNALED(status))
		buf_addf(ret_text, "signal %d", WTERMSIG(status));
	else
		buf_addf(ret_text, "exit status %d", WEXITSTATUS(status));
	return true;
}

bool crew_kill(pid_t pid)
{
	struct timespec wait = { 0, 2000000 };
	bool dead = false;

	kill(pid, SIGKILL);
	for (int i = 0; i < 100 && !dead; i++) {
		dead = waitpid(pid, NULL, WNOHANG) != 0;
		if (!dead)
			nanosleep(&wait, NULL);
	}
	return dead;
}

bool crew_end(struct crew *c)
{
	bool dead;

	atomic_store(&c->shared->stop, 1);
	dead = c->pid < 0 || crew_kill(c->pid);
	/* One that is stuck in the kernel keeps its own mappings; ours can go either way. */
	crew_release(c);
	return dead;
}
