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
#include "sensor/file/file_frame.h"

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
#define CALM_NS 300000000 /* without the disk before the extra threads rest */
#define FOLDERS_MAX 1024  /* held open at a time */

struct hand { /* one thread */
	struct ship *ship;
	unsigned index;
	pthread_t id;
	struct reader *reader;
	struct folder *folder; /* of the last request; they come folder by folder */
	char *scratch;
};

/* Everything in the crew's process. */
struct ship {
	struct walk walk;
	struct look_common common;
	struct crew *crew;
	struct hand hand[CREW_MAX];
	unsigned hands;          /* made */
	_Atomic unsigned active; /* at work; the others rest */
	_Atomic unsigned waiting;
	pthread_mutex_t requests;
	struct bell dock;
	int64_t calm; /* ns since reads last came from the disk */
};

/* ---- requests: "look at this one" ---- */

static bool follows(const struct walk *w, const struct folder *f, struct span name)
{
	AUTO(buf) text = BUF_INIT(STATION_PATH);

	buf_add_span(&text, name);
	name.p = buf_text(&text); /* with a NUL behind it */
	return list_follows(w, f, name);
}

/* The folder of a stored key, opened section by section from the top: no link is followed, no
 * length is too long. NULL: it cannot be entered any more, and gap says when that is a finding. */
static struct folder *find_folder(struct ship *s, struct span sections, struct node *gap)
{
	struct folder *f = s->walk.top;
	struct span step;

	pthread_mutex_lock(&s->walk.lock);
	f->refs++;
	pthread_mutex_unlock(&s->walk.lock);
	gap->folder = f;
	if (!list_open(&s->walk, gap))
		return NULL;
	while (sections.n && span_cut(&sections, '\0', &step)) {
		bool follow = follows(&s->walk, f, step);
		struct folder *child;

		pthread_mutex_lock(&s->walk.lock);
		child = folder_new(f, step);
		child->refs = 1;
		child->followed = (unsigned char)(f->followed + follow);
		child->scope = s->walk.selector->enter(f->scope, step, false);
		folder_drop(&s->walk, f); /* the child holds it until it is open */
		pthread_mutex_unlock(&s->walk.lock);
		gap->folder = f = child;
		if (!f->scope || !list_open(&s->walk, gap)) {
			folder_release(&s->walk, f);
			return NULL;
		}
	}
	return f;
}

/* "etc" NUL "ssh" NUL NUL "config" → "etc" NUL "ssh" and "config"; the topmost folder's are empty.
 */
static void split(struct span key, struct span *ret_sections, struct span *ret_name)
{
	size_t at = 1;

	while (at + 1 < key.n && (key.p[at] != '\0' || key.p[at + 1] != '\0'))
		at++;
	*ret_sections = (struct span){ key.p + 1, at - 1 };
	*ret_name = span_from_offset(key, at + 2);
}

static bool is_path(const struct folder *f, struct span sections)
{
	if (!f || f->path_n != (sections.n ? sections.n + 1 : 0))
		return false;
	for (size_t i = 0; i < sections.n; i++)
		if (f->path[i + 1] != (sections.p[i] ? sections.p[i] : '/'))
			return false;
	return true;
}

/* What it is now, before it is looked at. */
static void look_ahead(const struct walk *w, struct batch *b)
{
	const struct folder *f = b->folder;
	struct stat st;

	b->type = DT_UNKNOWN;
	b->below = BELOW_UNKNOWN;
	if (fstatat(f->fd, b->name.n ? b->name.p : ".", &st, AT_SYMLINK_NOFOLLOW) == 0)
		b->type = (unsigned char)IFTODT(st.st_mode);
	else if (errno != ENOENT && errno != ENOTDIR)
		return;
	if (b->type == DT_LNK && list_follows(w, f, b->name))
		b->below = BELOW_FOLLOWED;
	else if (b->type != DT_DIR)
		b->below = BELOW_NOTHING;
}

static void answer_gone(struct hand *h, struct batch *b, struct node *gap)
{
	struct frame_head head = { .type = FRAME_GONE, .name_n = (uint32_t)b->key.n };
	bool lost = gap->notice.n > 0;
	uint32_t n = (uint32_t)(sizeof head + b->key.n);

	/* Every request has its answer; one that a gap covers is not taken for gone. */
	head.below = lost ? BELOW_UNKNOWN : BELOW_NOTHING;
	buf_add_span(&b->frames, buf_span(&gap->notice));
	buf_add(&b->frames, &n, sizeof n);
	buf_add(&b->frames, &head, sizeof head);
	buf_add_span(&b->frames, buf_span(&b->key));
	b->piece[0] = (struct piece){ 0, (uint32_t)b->frames.n };
	walk_done(&h->ship->walk, b);
}

static void serve(struct hand *h, struct batch *b)
{
	struct walk *w = &h->ship->walk;
	struct node gap = { .notice = BUF_INIT((size_t)1 << 20) };
	struct span sections;

	buf_text(&b->key); /* the NUL that the name's system calls want */
	split(buf_span(&b->key), &sections, &b->name);
	if (!is_path(h->folder, sections)) {
		if (h->folder)
			folder_release(w, h->folder);
		reader_at(h->reader, w->top, sections);
		h->folder = find_folder(h->ship, sections, &gap);
	}
	b->folder = h->folder;
	if (!b->folder) {
		answer_gone(h, b, &gap);
	} else {
		pthread_mutex_lock(&w->lock);
		b->folder->refs++;
		pthread_mutex_unlock(&w->lock);
		reader_at(h->reader, b->folder, b->name);
		look_ahead(w, b);
		reader_batch(h->reader, b);
	}
	buf_done(&gap.notice);
}

static bool serve_request(struct hand *h)
{
	struct ship *s = h->ship;
	struct batch *b = NULL;
	struct span key;

	if (!ring_used(s->crew->requests))
		return false;
	pthread_mutex_lock(&s->requests);
	if (ring_get(s->crew->requests, &key)) {
		b = walk_batch(&s->walk);
		b->key.max = (size_t)4 << 20;
		buf_clear(&b->key);
		buf_add_span(&b->key, key);
		ring_pop(s->crew->requests);
	}
	pthread_mutex_unlock(&s->requests);
	if (!b)
		return false;
	serve(h, b);
	return true;
}

/* ---- a thread ---- */

static void wait_for_work(struct hand *h, uint32_t seen)
{
	struct ship *s = h->ship;

	reader_rest(h->reader);
	walk_pass(&s->walk);
	atomic_fetch_add(&s->waiting, 1);
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
		if (serve_request(h))
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

/* A passwd that is empty, gone or unreadable takes the owner of every file: none of them changed.
 */
static uint64_t nameless(const struct names *names)
{
	return (names_has_users(names) ? 0 : field_bit(FILE_OWNER)) |
	       (names_has_groups(names) ? 0 : field_bit(FILE_GROUP));
}

/* The packages' lists are read here, once; from then on any thread may ask. */
static struct host *owning_host(const struct crew_plan *plan)
{
	uint64_t asked = plan->selector->fields(plan->selector->policy, &kind_file);
	struct host_options o = { .root = plan->options->root };
	struct host *h = NULL;
	struct err e;

	if (!(asked & field_bit(FILE_PACKAGE)) || host_open(&h, &o, &e) < 0)
		return NULL;
	(void)host_path_owner(h, span_of("/"));
	return h;
}

static NORETURN void crew_main(struct crew *c, const struct crew_plan *plan)
{
	unsigned jobs = plan->options->jobs, cores = machine_cores();
	struct ship *s = mem_new(sizeof *s);
	struct timespec tick = { 0, TICK_EARLY_MS * 1000000L };
	struct names *names = NULL;
	struct gauge from, was;
	int64_t first;
	struct err e = { 0 };

	jobs = jobs ? jobs : cores;
	jobs = jobs < CREW_MAX ? jobs : CREW_MAX;
	s->crew = c;
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
	if (names_load(&names, plan->rootfd, &e) < 0) {
		names = NULL; /* numbers remain */
		snprintf(c->shared->names_problem, sizeof c->shared->names_problem, "%s", e.text);
	}
	s->common = (struct look_common){ .options = plan->options,
		.selector = plan->selector,
		.names = names,
		.nameless = nameless(names),
		.host = owning_host(plan),
		.walk = &s->walk,
		.tally = &c->shared->tally };
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

/* Keep nothing of the collector's: one that is stuck would hold on to it for as long as it is, and
 * with it the lock of the state and the pipe that somebody reads our output from. */
static bool let_go(int but)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	unsigned keep = (unsigned)but;

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
		if (getppid() != parent || !let_go(plan->rootfd))
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

bool crew_end(struct crew *c)
{
	struct timespec wait = { 0, 2000000 };
	bool dead = c->pid < 0;

	atomic_store(&c->shared->stop, 1);
	if (!dead)
		kill(c->pid, SIGKILL);
	for (int i = 0; i < 100 && !dead; i++) {
		dead = waitpid(c->pid, NULL, WNOHANG) != 0;
		if (!dead)
			nanosleep(&wait, NULL);
	}
	/* One that is stuck in the kernel keeps its own mappings; ours can go either way. */
	crew_release(c);
	return dead;
}
