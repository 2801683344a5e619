#include <stdlib.h>

#include "core/mem.h"
#include "os/clock.h"
#include "sensor/file/file_windows.h"

#define WAIT_MS 50
#define DEADLINE_MS 5000
#define LAST_CHANCE_NS INT64_C(2000000000) /* behind a cancelled call, until it is given up */

/* ---- tasks ---- */

struct task *task_new(enum task_type type, struct folder *f)
{
	struct task *t = mem_new(sizeof *t);

	t->type = type;
	t->folder = f;
	t->arena = arena_new();
	t->last = &t->first;
	folder_hold(f);
	folder_use(f);
	return t;
}

void task_free(struct pool *p, struct task *t)
{
	if (!t || t->lost) /* its reader may yet write to it */
		return;
	listing_free(t->listing);
	folder_unuse(t->folder);
	folder_drop(p, t->folder);
	arena_free(t->arena);
	free(t);
}

struct result *task_add(struct task *t, enum result_type type, struct span name)
{
	struct result *r = arena_get(t->arena, sizeof *r);

	r->type = type;
	r->name = name;
	*t->last = r;
	t->last = &r->next;
	return r;
}

void task_gap(struct task *t, struct span path, bool subtree, enum gap_reason reason,
	const char *text)
{
	struct result *r = task_add(t, RESULT_GAP, arena_copy(t->arena, path));

	r->subtree = subtree;
	r->reason = reason;
	r->text = arena_text(t->arena, span_of(text));
}

/* ---- limits ---- */

void station_beat(struct station *s)
{
	atomic_fetch_add_explicit(&s->beat, 1, memory_order_relaxed);
}

static void rest(struct station *s, int64_t ns)
{
	station_beat(s);
	Sleep((DWORD)(ns / 1000000) + 1);
	station_beat(s);
}

void station_count(struct station *s, size_t n)
{
	struct pool *p = s->pool;
	uint64_t rate = p->options->limit_rate;

	station_beat(s);
	atomic_fetch_add_explicit(&p->bytes, n, memory_order_relaxed);
	while (atomic_load_explicit(&p->hold, memory_order_relaxed) && !pool_stopped(p))
		rest(s, 5000000);
	if (rate) {
		int64_t cost = (int64_t)((double)n * 1e9 / (double)rate), now = clock_monotonic();
		int64_t free_at = atomic_fetch_add(&p->rate_free, cost);

		if (free_at < now - 100000000) /* unused time is not saved up */
			atomic_store(&p->rate_free, now);
		for (int64_t left = free_at - now; left > 0 && !pool_stopped(p); left -= 100000000)
			rest(s, left < 100000000 ? left : 100000000);
	}
}

static int64_t cpu_ns(void)
{
	FILETIME begun, ended, kernel, user;

	if (!GetProcessTimes(GetCurrentProcess(), &begun, &ended, &kernel, &user))
		return 0;
	return ((int64_t)((uint64_t)kernel.dwHighDateTime << 32 | kernel.dwLowDateTime) +
		       (int64_t)((uint64_t)user.dwHighDateTime << 32 | user.dwLowDateTime)) *
	       100;
}

/* Of the time since the last look, no more than so much may have been spent. */
static void limit_cpu(struct pool *p)
{
	int64_t now, cpu, may;

	if (!p->options->limit_cpu)
		return;
	now = clock_monotonic();
	cpu = cpu_ns();
	if (!p->cpu_from) {
		p->cpu_from = now;
		p->cpu_spent = cpu;
	}
	may = (now - p->cpu_from) * (int64_t)p->options->limit_cpu / 100;
	atomic_store(&p->hold, cpu - p->cpu_spent > may);
	if (now - p->cpu_from > INT64_C(10000000000) && cpu - p->cpu_spent <= may)
		p->cpu_from = 0; /* unused time is not saved up for long */
}

/* ---- threads ---- */

bool pool_stopped(const struct pool *p)
{
	return atomic_load_explicit(&p->stop, memory_order_relaxed);
}

static struct task *take_one(struct task **first, struct task ***last)
{
	struct task *t = *first;

	if (!t)
		return NULL;
	*first = t->work;
	if (!*first)
		*last = first;
	t->work = NULL;
	return t;
}

/* Listings first: what is to be looked at comes from them. */
static struct task *take(struct pool *p)
{
	struct task *t = take_one(&p->lists, &p->last_list);

	return t ? t : take_one(&p->looks, &p->last_look);
}

static DWORD WINAPI work(void *ctx)
{
	struct station *s = ctx;
	struct pool *p = s->pool;

	if (p->options->io_class == 2)
		(void)SetThreadPriority(GetCurrentThread(), THREAD_MODE_BACKGROUND_BEGIN);
	AcquireSRWLockExclusive(&p->lock);
	while (!s->abandoned) {
		struct task *t = take(p);

		if (!t && p->ending)
			break;
		if (!t) {
			SleepConditionVariableSRW(&p->work, &p->lock, INFINITE, 0);
			continue;
		}
		s->task = t;
		station_beat(s);
		ReleaseSRWLockExclusive(&p->lock);
		reader_run(s->reader, t);
		AcquireSRWLockExclusive(&p->lock);
		if (s->abandoned)
			break;
		s->task = NULL;
		t->done = true;
		WakeAllConditionVariable(&p->finished);
	}
	ReleaseSRWLockExclusive(&p->lock);
	return 0;
}

static bool begin_thread(struct pool *p)
{
	struct station *s;

	if (p->n == ARRAY_LEN(p->station))
		return false;
	s = &p->station[p->n];
	*s = (struct station){ .pool = p };
	s->reader = reader_new(s);
	s->thread = CreateThread(NULL, 0, work, s, 0, NULL);
	if (!s->thread) {
		reader_free(s->reader);
		return false;
	}
	p->n++;
	return true;
}

static unsigned readers_wanted(const struct scan_options *o)
{
	SYSTEM_INFO x;

	if (o->jobs)
		return o->jobs < READERS_MAX / 2 ? o->jobs : READERS_MAX / 2;
	GetSystemInfo(&x);
	return x.dwNumberOfProcessors < 2   ? 2
	       : x.dwNumberOfProcessors > 6 ? 6
					    : x.dwNumberOfProcessors;
}

int pool_start(struct pool *p, struct err *e)
{
	unsigned n = readers_wanted(p->options);

	atomic_store(&p->large_left, (int64_t)p->options->large_ms * 1000000);
	InitializeSRWLock(&p->lock);
	InitializeConditionVariable(&p->work);
	InitializeConditionVariable(&p->finished);
	p->last_list = &p->lists;
	p->last_look = &p->looks;
	while (p->n < n && begin_thread(p))
		;
	return p->n ? 0 : err_set(e, ERR_SYSTEM, "cannot start a thread to read with");
}

bool pool_end(struct pool *p)
{
	bool whole = true;

	atomic_store(&p->stop, true);
	AcquireSRWLockExclusive(&p->lock);
	p->ending = true;
	WakeAllConditionVariable(&p->work);
	ReleaseSRWLockExclusive(&p->lock);
	for (unsigned i = 0; i < p->n; i++) {
		struct station *s = &p->station[i];
		DWORD patience = s->abandoned ? 0 : DEADLINE_MS;

		if (WaitForSingleObject(s->thread, patience) == WAIT_OBJECT_0) {
			reader_free(s->reader);
		} else {
			AcquireSRWLockExclusive(&p->lock);
			s->abandoned = true;
			ReleaseSRWLockExclusive(&p->lock);
			whole = false;
		}
		CloseHandle(s->thread);
	}
	return whole;
}

void pool_give(struct pool *p, struct task *t)
{
	struct task ***last = t->type == TASK_LIST ? &p->last_list : &p->last_look;

	AcquireSRWLockExclusive(&p->lock);
	**last = t;
	*last = &t->work;
	WakeConditionVariable(&p->work);
	ReleaseSRWLockExclusive(&p->lock);
}

bool pool_done(struct pool *p, const struct task *t)
{
	bool done;

	AcquireSRWLockExclusive(&p->lock);
	done = t->done;
	ReleaseSRWLockExclusive(&p->lock);
	return done;
}

/* ---- what does not come back ---- */

/* The lock is held. Its task is over, without results; the thread, should it ever return, ends. */
static struct drive *abandon(struct pool *p, struct station *s)
{
	struct drive *d = s->task->folder->drive;
	bool first = !atomic_exchange(&d->hung, true);

	s->abandoned = true;
	s->task->lost = s->task->done = true;
	s->task = NULL;
	(void)begin_thread(p); /* in its place */
	return first ? d : NULL;
}

static struct drive *watch(struct pool *p, struct station *s, int64_t now)
{
	unsigned ms = p->options->deadline_ms ? p->options->deadline_ms : DEADLINE_MS;
	unsigned beat = atomic_load(&s->beat);

	if (s->abandoned || !s->task || beat != s->seen || atomic_load(&s->free)) {
		s->seen = beat;
		s->since = now;
		s->cancelled = false;
		return NULL;
	}
	if (!s->cancelled && now - s->since > (int64_t)ms * 1000000) {
		s->cancelled = true;
		s->since = now;
		(void)CancelSynchronousIo(s->thread);
		return NULL;
	}
	return s->cancelled && now - s->since > LAST_CHANCE_NS ? abandon(p, s) : NULL;
}

struct drive *pool_wait(struct pool *p)
{
	const struct scan_options *o = p->options;
	struct drive *hung = NULL;
	int64_t now;

	if (o->large_ms && o->hurry && o->hurry(o->hurry_ctx))
		atomic_store(&p->large_left, 0);
	AcquireSRWLockExclusive(&p->lock);
	SleepConditionVariableSRW(&p->finished, &p->lock, WAIT_MS, 0);
	now = clock_monotonic();
	for (unsigned i = 0; i < p->n && !hung; i++)
		hung = watch(p, &p->station[i], now);
	ReleaseSRWLockExclusive(&p->lock);
	limit_cpu(p);
	return hung;
}
