#include "change/owner.h"

#include <stdio.h>

#include "entity/list.h"
#include "entity/port.h"
#include "entity/process.h"
#include "entity/service.h"

struct owner {
	struct span pids, exes; /* FIELD_LIST */
};

static bool is_among(struct span value, struct span wanted)
{
	struct list list = list_of(value);
	struct span item;

	while (list_next(&list, &item))
		if (span_same(item, wanted))
			return true;
	return false;
}

static bool has_it(const struct owner *o, uint32_t pid)
{
	char text[16];
	int n = snprintf(text, sizeof text, "%u", pid);

	return is_among(o->pids, span_from(text, (size_t)n));
}

static bool runs_its_program(const struct owner *o, struct span exe)
{
	return exe.n && is_among(o->exes, exe);
}

/* Of an earlier program the process knows whose it is. */
static const struct who_also *process_of(const struct who *who, const struct who_also *x)
{
	for (size_t i = 0; i < who->n_also; i++) {
		const struct who_also *y = &who->also[i];

		if (y->pid == x->pid && y->started == x->started && y->uid != WHO_NONE)
			return y;
	}
	return x;
}

static void run_before(struct who *who, const struct who_also *x)
{
	who->exe = x->exe;
	who->sha256 = x->sha256;
	who->place = x->place;
	who->unread = SPAN_NONE;
	who->argv = x->argv;
	who->n_argv = x->n_argv;
	who->argv_cut = x->argv_cut;
	who->also = NULL;
	who->n_also = 0;
	who->also_cut = false;
	who->others = 0;
}

/* What is known of one of the others is less, unless it is the same process. */
static void name_other(struct who *who, const struct who_also *x)
{
	const struct who_also *process = process_of(who, x);

	if (who_is_own(who, x)) {
		run_before(who, x);
		return;
	}
	*who = (struct who){ .pid = x->pid,
		.uid = process->uid,
		.user = process->user,
		.ancestry_cut = true,
		.login_uid = WHO_NONE,
		.session = WHO_NONE,
		.started = x->started,
		.exe = x->exe,
		.sha256 = x->sha256,
		.place = x->place,
		.argv = x->argv,
		.n_argv = x->n_argv,
		.argv_cut = x->argv_cut,
		.means = who->means };
}

/* Programs that the owner itself ran before are still of interest, others are not. */
static void keep_own(struct who *who, struct arena *a)
{
	struct who_also *kept = arena_get(a, (who->n_also + 1) * sizeof *kept);
	size_t n = 0;

	for (size_t i = 0; i < who->n_also; i++)
		if (who_is_own(who, &who->also[i]))
			kept[n++] = who->also[i];
	who->also = kept;
	who->n_also = n;
	who->others = 0;
}

#define NOBODY SIZE_MAX
#define THE_FIRST 0 /* who itself; then who->also */

static uint32_t pid_at(const struct who *who, size_t i)
{
	return i == THE_FIRST ? who->pid : who->also[i - 1].pid;
}

static struct span exe_at(const struct who *who, size_t i)
{
	return i == THE_FIRST ? who->exe : who->also[i - 1].exe;
}

/* Who forks may leave it to its child and end, and our record name whom it had then: that child
 * runs its program, and was begun by it. Nobody else is named for his program: an interpreter runs
 * anything. */
static bool is_heir(const struct owner *o, const struct who *who)
{
	if (who->also_cut || who_unnamed(who) > 0 || !runs_its_program(o, who->exe))
		return false;
	for (size_t i = 0; i < who->n_ancestry; i++)
		if (who->ancestry[i].pid > 1 && has_it(o, who->ancestry[i].pid))
			return true;
	return false;
}

/* Of several programs of an owner's the one it is said to run. */
static size_t its_owner(const struct owner *o, const struct who *who, bool gone)
{
	size_t found = NOBODY;

	for (size_t i = 0; i <= who->n_also; i++) {
		if (!has_it(o, pid_at(who, i)))
			continue;
		if (runs_its_program(o, exe_at(who, i)))
			return i;
		if (found == NOBODY)
			found = i;
	}
	return found == NOBODY && gone && is_heir(o, who) ? THE_FIRST : found;
}

static const char *settle_port(const struct change *c, struct arena *a, struct who *who)
{
	const struct record *r = c->is ? c->is : c->was;
	struct owner o;
	size_t at;

	if (!r || !record_has(r, PORT_PIDS) || !record_has(r, PORT_EXE))
		return NULL;
	o = (struct owner){ r->v[PORT_PIDS].bytes, r->v[PORT_EXE].bytes };
	at = its_owner(&o, who, !c->is);
	if (at == NOBODY)
		return c->is ? "who was heard of at the same time is not its owner"
			     : "who was heard of at the same time did not have it";
	if (at == THE_FIRST)
		keep_own(who, a);
	else
		name_other(who, &who->also[at - 1]);
	return NULL;
}

/* ---- of a program ---- */

static bool is_same(const struct record *r, unsigned field, struct span text)
{
	return record_has(r, field) && span_same(r->v[field].bytes, text);
}

/* Whoever runs the same program is told of under the same name: this one is a process of the
 * entity, or has its user, unit and container as far as they are known. */
static bool is_process(const struct record *r, const struct who_also *x, struct span unit,
	struct span container)
{
	struct owner o = { .pids = record_has(r, PROCESS_PIDS) ? r->v[PROCESS_PIDS].bytes
							       : SPAN_NONE };
	char number[16];
	int n = snprintf(number, sizeof number, "%u", x->uid);
	struct span user = x->user.n ? x->user : span_from(number, (size_t)n);

	if (o.pids.n && has_it(&o, x->pid))
		return true;
	return is_same(r, PROCESS_USER, user) &&
	       (!unit.n || !record_has(r, PROCESS_UNIT) || is_same(r, PROCESS_UNIT, unit)) &&
	       (!container.n || !record_has(r, PROCESS_CONTAINER) ||
		       is_same(r, PROCESS_CONTAINER, container));
}

static bool is_its(const struct change *c, const struct who_also *x, struct span unit,
	struct span container)
{
	return (c->is && is_process(c->is, x, unit, container)) ||
	       (c->was && is_process(c->was, x, unit, container));
}

/* Of the others those that may be it; of who is not named nobody knows. */
static void keep_its(const struct change *c, struct who *who, struct arena *a)
{
	struct who_also *kept = arena_get(a, (who->n_also + 1) * sizeof *kept);
	uint32_t unnamed = who_unnamed(who);
	size_t n = 0;

	for (size_t i = 0; i < who->n_also; i++) {
		const struct who_also *x = &who->also[i];

		if (who_is_own(who, x) || is_its(c, process_of(who, x), SPAN_NONE, SPAN_NONE))
			kept[n++] = *x;
	}
	who->also = kept;
	who->n_also = n;
	who->others = unnamed;
	for (size_t i = 0; i < n; i++) {
		size_t k = 0;

		while (k < i && !(kept[k].pid == kept[i].pid && kept[k].started == kept[i].started))
			k++;
		who->others += k == i && !who_is_own(who, &kept[i]);
	}
}

static const char *settle_process(const struct change *c, struct arena *a, struct who *who)
{
	const struct who_also self = { .pid = who->pid, .uid = who->uid, .user = who->user };

	if (is_its(c, &self, who->unit, who->container)) {
		keep_its(c, who, a);
		return NULL;
	}
	for (size_t i = 0; i < who->n_also; i++) {
		struct who_also x = who->also[i];

		if (!is_its(c, process_of(who, &x), SPAN_NONE, SPAN_NONE))
			continue;
		name_other(who, &x);
		return NULL;
	}
	return "who was heard of at the same time ran it as somebody else";
}

/* How it runs is told by its manager, which does not say who asked; processes are named by the
 * files that services are made of. */
static const char *settle_service(const struct change *c)
{
	static const unsigned runs[] = { SERVICE_STATE, SERVICE_RESULT, SERVICE_EXIT,
		SERVICE_FAILURES, SERVICE_LAST_FAILURE, SERVICE_LOAD, SERVICE_ACTIVE, SERVICE_SUB,
		SERVICE_MAIN_PID, SERVICE_RESTARTS, SERVICE_STARTED, SERVICE_EXITED,
		SERVICE_LAST_RUN, SERVICE_NEXT_RUN, SERVICE_JOURNAL, SERVICE_STATUS_WORD };
	uint64_t fields = c->fields;

	for (size_t i = 0; i < ARRAY_LEN(runs); i++)
		fields &= ~(UINT64_C(1) << runs[i]);
	return c->type == CHANGE_UPDATED && !fields ? "the service manager does not say who asked"
						    : NULL;
}

struct span owner_why(const struct change *c, struct span why)
{
	if (!why.n)
		return span_of("not told");
	return c->type != CHANGE_DELETED && who_tells_end(why) ? span_of(OWNER_NOBODY_TOLD) : why;
}

const char *owner_settle(const struct change *c, struct arena *a, struct who *who)
{
	if (c->kind == &kind_port)
		return settle_port(c, a, who);
	if (c->kind == &kind_process)
		return settle_process(c, a, who);
	return c->kind == &kind_service ? settle_service(c) : NULL;
}
