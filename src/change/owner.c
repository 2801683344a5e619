#include "change/owner.h"

#include <stdio.h>

#include "entity/list.h"
#include "entity/port.h"
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

static bool is_owner(const struct owner *o, uint32_t pid, struct span exe)
{
	char text[16];
	int n = snprintf(text, sizeof text, "%u", pid);

	return is_among(o->pids, span_from(text, (size_t)n)) || (exe.n && is_among(o->exes, exe));
}

/* What is known of one of the others is less. */
static void name_other(struct who *who, const struct who_also *x)
{
	*who = (struct who){ .pid = x->pid,
		.uid = x->uid,
		.login_uid = WHO_NONE,
		.session = WHO_NONE,
		.started = x->started,
		.exe = x->exe,
		.sha256 = x->sha256,
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

static const char *settle_port(const struct change *c, struct arena *a, struct who *who)
{
	const struct record *r = c->is ? c->is : c->was;
	struct owner o;

	if (!r || !record_has(r, PORT_PIDS) || !record_has(r, PORT_EXE))
		return NULL;
	o = (struct owner){ r->v[PORT_PIDS].bytes, r->v[PORT_EXE].bytes };
	if (is_owner(&o, who->pid, who->exe)) {
		keep_own(who, a);
		return NULL;
	}
	for (size_t i = 0; i < who->n_also; i++)
		if (is_owner(&o, who->also[i].pid, who->also[i].exe)) {
			name_other(who, &who->also[i]);
			return NULL;
		}
	return "who was heard of at the same time is not its owner";
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

const char *owner_settle(const struct change *c, struct arena *a, struct who *who)
{
	if (c->kind == &kind_port)
		return settle_port(c, a, who);
	return c->kind == &kind_service ? settle_service(c) : NULL;
}
