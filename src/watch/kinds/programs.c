/* Programs and sockets, by what the room of processes hears.
 *
 * A host starts hundreds of programs that are over before anybody could look; a look at all
 * processes for each would cost more than the programs. So:
 *
 *   a program not seen before   is looked at at once, and again when it has settled (it may have
 *                               forked, dropped its rights, deleted its file)
 *   one that was                when it still runs after a moment: it may run another script
 *   the last one that ended     a moment later, unless it was started again
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/hash.h"
#include "core/mem.h"
#include "entity/who.h"
#include "os/clock.h"
#include "watch/kinds/kinds.h"

#define MS INT64_C(1000000)
#define MOMENT_NS (300 * MS)
#define SETTLED_NS (2000 * MS)
#define TOGETHER_NS (50 * MS) /* what is due so soon is done with what is due */
#define KNOWN 8192            /* slots; half of them used at most */
#define YOUNG 128
#define OWNERS 256
#define EXE_MAX 512
#define WHO_MAX ((size_t)1 << 18)

/* To be looked at when the time has come. */
struct young {
	uint64_t program; /* 0: any, more came than we can name */
	uint32_t pid;     /* 0: it ended, and is started again perhaps */
	bool counts;      /* its end is told however short it lived: its start was */
	int64_t due;
	size_t n;
	char exe[EXE_MAX]; /* n 0: too long to be named */
};

struct kinds_programs {
	struct watched_kinds *all;
	uint64_t known[KNOWN]; /* by hash, never 0; cleared when it is half full */
	size_t n_known;
	struct young young[YOUNG];
	size_t n_young;
	struct event *timer;
	int64_t armed;           /* when it fires; 0: it does not */
	uint32_t owners[OWNERS]; /* pids that have sockets bound; a ring */
	size_t at_owner;
	char self[EXE_MAX];
};

/* ---- which program ---- */

/* Ended by a byte that no name has. */
static uint64_t mix(uint64_t h, struct span s)
{
	return hash_add(hash_add(h, s), span_from("", 1));
}

static uint64_t program_of(const struct process_event *x)
{
	uint64_t h = mix(HASH_START, x->exe);

	h = mix(mix(h, x->unit), x->container);
	h = mix(h, span_from(&x->uid, sizeof x->uid));
	return h ? h : 1;
}

/* True: it was not known, and is now. */
static bool is_new(struct kinds_programs *p, uint64_t program)
{
	size_t at = program % KNOWN;

	if (p->n_known == KNOWN / 2) {
		memset(p->known, 0, sizeof p->known);
		p->n_known = 0;
	}
	for (; p->known[at]; at = (at + 1) % KNOWN)
		if (p->known[at] == program)
			return false;
	p->known[at] = program;
	p->n_known++;
	return true;
}

/* ---- hints ---- */

static void hint(struct kinds_programs *p, enum watch_means by, struct span exe, uint32_t pid,
	int64_t time, bool urgent)
{
	AUTO(buf) who = BUF_INIT(WHO_MAX);
	char key[EXE_MAX + 1];
	struct kinds_act act = { .time = time, .urgent = urgent, .why = WHO_PROGRAM_ENDED };

	if (exe.n && exe.n < sizeof key) {
		memcpy(key, exe.p, exe.n);
		key[exe.n] = '@';
		act.key = (struct span){ key, exe.n + 1 };
		act.below = true;
	}
	if (pid && processes_who(p->all->w, &(struct who_asked){ pid, -1, time, time, false }, &who,
			   &act.why))
		act.who = buf_span(&who);
	kinds_heard_all(p->all, by, SPAN_NONE, &act);
}

/* ---- what is young ---- */

static void set_timer(struct kinds_programs *p)
{
	int64_t first = 0;

	for (size_t i = 0; i < p->n_young; i++)
		if (!first || p->young[i].due < first)
			first = p->young[i].due;
	if (first == p->armed)
		return;
	p->armed = first;
	if (!first) {
		evtimer_del(p->timer);
		return;
	}
	kinds_timer(p->timer, first - clock_monotonic());
}

static void bound(struct kinds_programs *p, const struct process_event *x);

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
	struct kinds_programs *p = ctx;
	int64_t now = clock_monotonic() + TOGETHER_NS;
	size_t kept = 0;

	(void)fd, (void)what;
	p->armed = 0;
	for (size_t i = 0; i < p->n_young; i++) {
		struct young *y = &p->young[i];

		if (y->due > now) {
			p->young[kept++] = *y;
			continue;
		}
		hint(p, y->pid ? WATCH_EXEC : WATCH_EXIT, (struct span){ y->exe, y->n }, y->pid, 0,
			false);
		/* Nothing tells of sockets other than TCP's and UDP's: who is new has his by now.
		 */
		if (y->pid && y->counts)
			bound(p, &(struct process_event){ .pid = y->pid });
	}
	p->n_young = kept;
	set_timer(p);
}

static void add_young(struct kinds_programs *p, const struct process_event *x, struct young y,
	int64_t after)
{
	y.due = clock_monotonic() + after;
	if (p->n_young == YOUNG)
		return; /* the last one is all of them */
	if (p->n_young == YOUNG - 1) {
		y = (struct young){ .due = y.due };
	} else if (x->exe.n && x->exe.n < EXE_MAX) {
		y.n = x->exe.n;
		memcpy(y.exe, x->exe.p, y.n);
	}
	p->young[p->n_young++] = y;
	if (!p->armed || y.due < p->armed)
		set_timer(p);
}

/* By pid, or, where that is 0, one that ended. True: it was there. */
static bool take_young(struct kinds_programs *p, uint64_t program, uint32_t pid, struct young *ret)
{
	for (size_t i = 0; i < p->n_young; i++) {
		const struct young *y = &p->young[i];

		if (!y->program || y->pid != pid || (!pid && y->program != program))
			continue;
		*ret = *y;
		p->young[i] = p->young[--p->n_young];
		if (!p->n_young)
			set_timer(p);
		return true;
	}
	return false;
}

/* ---- what happens ---- */

static void started(struct kinds_programs *p, const struct process_event *x)
{
	struct young y = { 0 }, before = { 0 };
	bool new = is_new(p, program_of(x));

	(void)take_young(p, 0, x->pid, &before); /* it was another program until now */
	y.program = program_of(x);
	y.pid = x->pid;
	y.counts = take_young(p, y.program, 0, &before) || new;
	if (new)
		hint(p, WATCH_EXEC, x->exe, x->pid, x->time, true);
	add_young(p, x, y, new ? SETTLED_NS : MOMENT_NS);
}

static void ended(struct kinds_programs *p, const struct process_event *x)
{
	struct young y = { 0 };
	bool short_lived = take_young(p, 0, x->pid, &y) && !y.counts;

	if (x->first && !short_lived)
		add_young(p, x, (struct young){ .program = program_of(x) }, MOMENT_NS);
}

static bool is_owner(struct kinds_programs *p, uint32_t pid, bool forget)
{
	for (size_t i = 0; i < OWNERS; i++)
		if (p->owners[i] == pid) {
			p->owners[i] = forget ? 0 : pid;
			return true;
		}
	return false;
}

static void bound(struct kinds_programs *p, const struct process_event *x)
{
	struct watched_kinds *all = p->all;
	AUTO(buf) who = BUF_INIT(WHO_MAX);
	struct kinds_act act = { .time = x->time, .why = "who did it is gone" };

	if (!is_owner(p, x->pid, false)) {
		p->owners[p->at_owner] = x->pid;
		p->at_owner = (p->at_owner + 1) % OWNERS;
	}
	if (processes_who(all->w, &(struct who_asked){ x->pid, -1, x->time, x->time, false }, &who,
		    &act.why))
		act.who = buf_span(&who);
	kinds_heard_all(all, WATCH_SOCKET, SPAN_NONE, &act);
}

/* Its sockets end with it. */
static void unbound(struct kinds_programs *p, const struct process_event *x)
{
	if (is_owner(p, x->pid, true))
		kinds_heard_all(p->all, WATCH_SOCKET, SPAN_NONE,
			&(struct kinds_act){ .time = x->time, .why = WHO_ENDED_WITH });
}

void kinds_process(struct watcher *w, const struct process_event *x)
{
	struct kinds_programs *p = w->kinds ? w->kinds->programs : NULL;

	/* Looking for hidden ports binds hundreds of them. */
	if (!p || watcher_is_own(w, x->pid) ||
		(x->type == PROCESS_SOCKET && span_is(x->exe, p->self)))
		return;
	switch (x->type) {
	case PROCESS_EXEC:
		started(p, x);
		return;
	case PROCESS_EXIT:
		unbound(p, x);
		ended(p, x);
		return;
	case PROCESS_SOCKET:
		bound(p, x);
		return;
	case PROCESS_EVENT_N:
		break;
	}
}

/* ---- the means ---- */

static void begin(struct watched_kinds *all)
{
	bool exec = processes_hear(all->w, PROCESS_EXEC),
	     exit = processes_hear(all->w, PROCESS_EXIT);

	kinds_state(all, WATCH_EXEC, exec, "nothing tells that a program was started");
	kinds_state(all, WATCH_EXIT, exit, "nothing tells that a program ended");
}

static void end(struct watched_kinds *all)
{
	(void)all;
}

const struct kinds_means_room kinds_means_exec = { WATCH_EXEC, begin, end };

void kinds_programs_start(struct watched_kinds *all)
{
	struct kinds_programs *p = mem_new(sizeof *p);
	ssize_t n = readlink("/proc/self/exe", p->self, sizeof p->self - 1);

	p->self[n > 0 ? n : 0] = '\0';
	p->all = all;
	p->timer = evtimer_new(all->w->base, on_timer, p);
	all->programs = p;
}

void kinds_programs_stop(struct watched_kinds *all)
{
	if (all->programs->timer)
		event_free(all->programs->timer);
	free(all->programs);
	all->programs = NULL;
}
