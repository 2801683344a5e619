/* The answer to "who did it". */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "entity/who.h"
#include "host/command.h"
#include "watch/process/process_hear.h"
#include "watch/process/process_room.h"

#define ANSWER_MAX ((size_t)64 << 10)
#define ARGS_MAX ((size_t)4096)
#define FRESH NS_PER_SECOND /* so long an answer about one that lives is believed */
#define MAYBE NS_PER_SECOND /* so long after an act it is heard of, where nobody knows better */
#define JUST_ENDED (10 * NS_PER_SECOND)
#define DELETED " (deleted)"

/* ---- one that runs on may have got other rights, another group, a session ---- */

static void look_again(struct processes *p, struct life *l)
{
	struct seen s;

	if (l->ended || !proc_seen(p, l->pid, p->arena, &s))
		return;
	if (l->start && l->start / p->tick != s.start / p->tick)
		return; /* its number went on to another: the event of that is still to come */
	process_table_better(p->table, l, &s);
}

/* Nobody told us of it: by /proc, with all it came from. */
static struct life *look_up(struct processes *p, uint32_t pid)
{
	struct life *first = NULL;
	struct seen s;

	for (unsigned i = 0; i < WHO_ANCESTORS_MAX && pid; i++, pid = s.parent) {
		struct life *known = process_table_get(p->table, pid, 0), *l;

		if (!proc_seen(p, pid, p->arena, &s))
			break;
		if (known && !known->ended && known->start / p->tick == s.start / p->tick && i)
			break;
		l = process_table_running(p->table, &s);
		if (i == 0)
			first = l;
	}
	return first;
}

/* ---- the parts of an answer ---- */

static struct span exe_of(const struct image *i, struct arena *a)
{
	size_t tail = strlen(DELETED);
	char *out;

	if (!i || !i->deleted || i->exe.n == 0)
		return i ? i->exe : SPAN_NONE;
	out = arena_get(a, i->exe.n + tail);
	memcpy(out, i->exe.p, i->exe.n);
	memcpy(out + i->exe.n, DELETED, tail);
	return span_from(out, i->exe.n + tail);
}

static size_t argv_of(const struct image *i, struct arena *a, const struct span **ret,
	bool *ret_cut)
{
	struct command c = command_of(i->args);
	struct span *argv = arena_get(a, WHO_ARGS_MAX * sizeof *argv);
	AUTO(buf) arg = BUF_INIT(ARGS_MAX * 2);
	size_t n = 0;

	while (n < WHO_ARGS_MAX && command_next(&c, &arg)) {
		argv[n++] = arena_copy(a, buf_span(&arg));
		buf_clear(&arg);
	}
	*ret = argv;
	*ret_cut = i->args_cut || c.rest.p != NULL;
	return n;
}

/* What it ran before it ran i: the first of them, and how many it ran itself (what it had from its
 * parent is told as that) until not earlier than `since`. */
static const struct past *past_of(const struct life *l, const struct image *i, uint64_t since,
	unsigned *ret_n)
{
	const struct past *first = l->past;

	*ret_n = 0;
	if (i != l->image) {
		while (first && first->image != i)
			first = first->older;
		first = first ? first->older : NULL;
	}
	for (const struct past *x = first; x && x->own && x->until >= since; x = x->older)
		++*ret_n;
	return first;
}

static void take_past(struct processes *p, const struct life *l, const struct past *x, unsigned n,
	struct who *w)
{
	struct who_also *list = arena_get(p->arena, n * sizeof *list);

	for (unsigned i = 0; i < n; i++, x = x->older) {
		const struct span *argv;
		bool cut;
		size_t n_argv = argv_of(x->image, p->arena, &argv, &cut);

		image_digest(p, l, x->image, x->since);
		image_place(p, l, x->image);
		list[i] = (struct who_also){ .relation = WHO_BEFORE,
			.pid = l->pid,
			.uid = WHO_NONE,
			.started = w->started,
			.until = processes_wall(x->until),
			.exe = exe_of(x->image, p->arena),
			.sha256 = span_from(x->image->sha256, x->image->n_sha256),
			.place = x->image->place };
		who_shorten(&list[i], argv, n_argv, cut, p->arena);
	}
	w->also = list;
	w->n_also = n;
	w->also_cut = n && l->past_cut;
}

/* Up to pid 1; that of the kernel's threads is 2. */
static void take_ancestry(struct processes *p, const struct life *l, struct who *w)
{
	struct who_ancestor *list = arena_get(p->arena, WHO_ANCESTORS_MAX * sizeof *list);

	while (w->n_ancestry < WHO_ANCESTORS_MAX) {
		struct who_ancestor *x = &list[w->n_ancestry];
		const struct life *parent = process_table_parent(p->table, l);
		struct image *i;

		if (!parent) {
			/* Known by its number only: long gone, or it was never heard of. */
			if (l->parent) {
				*x = (struct who_ancestor){ .pid = l->parent, .uid = WHO_NONE };
				w->n_ancestry++;
			}
			break;
		}
		i = process_table_image(parent, l->start);
		if (i)
			image_place(p, parent, i);
		*x = (struct who_ancestor){ .pid = parent->pid,
			.uid = parent->uid,
			.started = processes_wall(parent->start),
			.exe = exe_of(i, p->arena),
			.place = i ? i->place : 0 };
		w->n_ancestry++;
		l = parent;
	}
	w->ancestry = list;
}

static void answer(struct processes *p, const struct life *l, struct image *i, uint64_t since,
	struct buf *ret)
{
	struct arena *a = p->arena;
	struct who w = { .pid = l->pid,
		.uid = l->uid,
		.login_uid = l->login_uid,
		.session = l->session,
		.started = processes_wall(l->start),
		.exe = exe_of(i, a),
		.tty = span_of(l->tty),
		.means = span_of(p->means) };
	const struct past *past;
	unsigned n;

	if (i) {
		image_digest(p, l, i, l->exec);
		image_place(p, l, i);
		w.sha256 = span_from(i->sha256, i->n_sha256);
		w.unread = span_of(w.exe.n ? i->unread : NULL);
		w.place = i->place;
		w.n_argv = argv_of(i, a, &w.argv, &w.argv_cut);
	}
	past = past_of(l, i, since, &n);
	take_past(p, l, past, n, &w);
	if (w.exe.n == 0)
		w.comm = span_of(l->comm);
	w.user = arena_copy(a, account_user(p->account, l->uid));
	w.login = arena_copy(a, account_user(p->account, l->login_uid));
	if (l->group) {
		w.unit = l->group->unit;
		w.container = l->group->container;
	}
	take_ancestry(p, l, &w);
	who_encode(&w, ret);
}

/* ---- the door ---- */

/* "Pid:\t-1" when the process of a pidfd was waited for. */
static enum process_hold hold_of(int pidfd)
{
	char path[48], block[512];
	struct span text, line;
	ssize_t n;
	int fd;

	if (pidfd < 0)
		return HOLD_NOTHING;
	snprintf(path, sizeof path, "/proc/self/fdinfo/%d", pidfd);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return HOLD_NOTHING;
	n = read(fd, block, sizeof block);
	close(fd);
	text = span_from(block, n > 0 ? (size_t)n : 0);
	while (span_cut(&text, '\n', &line))
		if (span_starts(line, span_of("Pid:")))
			return memchr(line.p, '-', line.n) ? HOLD_GONE : HOLD_LIVING;
	return HOLD_NOTHING;
}

static struct life *find(struct processes *p, uint32_t pid, int pidfd, uint64_t at,
	const char **ret_why)
{
	struct life *l = NULL;
	enum process_found found = process_table_find(p->table, pid, at, HOLD_NOTHING, &l);

	if (found == PROCESS_TWO)
		found = process_table_find(p->table, pid, at, hold_of(pidfd), &l);
	/* Where forks are heard of, a number cannot go on to another unheard. */
	if (found == PROCESS_NEVER || (found == PROCESS_FOUND && !p->trace && !p->listener)) {
		l = look_up(p, pid);
		found = l ? PROCESS_FOUND : PROCESS_NEVER;
	}
	*ret_why = found == PROCESS_TWO     ? "two processes had this number at that time"
		   : found == PROCESS_NEVER ? "the process was gone before it could be looked at"
					    : NULL;
	return found == PROCESS_FOUND ? l : NULL;
}

static bool is_fresh(const struct life *l, const struct image *i, uint64_t since, uint64_t now)
{
	unsigned n;

	if (!l->answer || i != l->image)
		return false;
	(void)past_of(l, i, since, &n);
	if (n != l->answered_past)
		return false;
	return l->ended ? l->answered >= l->ended : now - l->answered < FRESH;
}

static bool tell(struct watcher *w, const struct who_asked *x, struct buf *ret,
	const char **ret_why)
{
	struct processes *p = w->processes;
	uint64_t now = processes_now(), at = x->time ? processes_boot(x->time) : now;
	uint64_t since = x->since ? processes_boot(x->since) : at - MAYBE;
	struct life *l = find(p, x->pid, x->pidfd, at, ret_why);
	AUTO(buf) made = BUF_INIT(ANSWER_MAX);
	struct image *i;

	if (!l)
		return false;
	if (x->ended && (!l->ended || now - l->ended > JUST_ENDED)) {
		*ret_why = "the process had not ended just then";
		return false;
	}
	i = process_table_image(l, at);
	if (is_fresh(l, i, since, now)) {
		buf_add(ret, l->answer, l->n_answer);
		return true;
	}
	look_again(p, l);
	i = process_table_image(l, at);
	answer(p, l, i, since, &made);
	if (made.full) {
		*ret_why = "what is known of the process is too much";
		return false;
	}
	buf_add_span(ret, buf_span(&made));
	if (i == l->image) {
		process_table_answer(p->table, l, buf_span(&made), now);
		(void)past_of(l, i, since, &l->answered_past);
	}
	return true;
}

bool processes_who(struct watcher *w, const struct who_asked *x, struct buf *ret,
	const char **ret_why)
{
	struct processes *p = w->processes;
	bool known;

	*ret_why = NULL;
	if (x->pid == 0) {
		*ret_why = "the kernel does not say which process it was";
		return false;
	}
	++*p->count.asked;
	processes_drain(w);
	arena_clear(p->arena);
	known = tell(w, x, ret, ret_why);
	*p->count.unknown += !known;
	return known;
}
