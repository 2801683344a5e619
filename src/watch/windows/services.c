/* Services: the manager tells which were made and deleted, and of each one whose state changes, by
 * an APC in this thread. Its list, looked at now and then, tells of drivers, of restarts within a
 * moment and of those that may not be subscribed to. Where the manager does not tell what comes and
 * goes (Wine), the list is looked at in quick succession, and nobody is subscribed to: it would
 * cost a thread a service there, and a handle of ours keeps a deleted one from going. What is
 * configured otherwise is heard of by the registry (registry.c). */
#include "host/windows/services.h"

#include <stdlib.h>
#include <windows.h>

#include "core/mem.h"
#include "host/windows/service_name.h"
#include "os/clock.h"
#include "os/windows/fault.h"
#include "os/windows/wide.h"
#include "watch/windows/declared.h"
#include "watch/windows/rooms.h"

#define SUBSCRIBED_MAX 1024 /* of more services only the list tells */
#define LIST_MS 2000        /* where the manager does not tell what came and went */
#define LIST_TOLD_MS 30000  /* where it does */

#define SETTLED \
	(SERVICE_NOTIFY_STOPPED | SERVICE_NOTIFY_RUNNING | SERVICE_NOTIFY_PAUSED | \
		SERVICE_NOTIFY_DELETE_PENDING)
#define WIN32_TYPES (SERVICE_WIN32_OWN_PROCESS | SERVICE_WIN32_SHARE_PROCESS)
#define WHO "Windows does not say who did it"

/* What the system writes to from a thread of its own, whose end nobody tells: such a block is left
 * behind, never freed. There is one a service and begin of this room. */
struct subscription {
	SERVICE_NOTIFYW notify;
	bool fired;
};

struct known {
	struct scm_entry entry;
	SC_HANDLE handle; /* NULL: not subscribed to */
	struct subscription *subscription;
};

struct services {
	struct hearing *h;
	struct declared kinds[KIND_IDS];
	size_t n_kinds;
	SC_HANDLE manager;
	struct subscription *made; /* of the manager itself; NULL: it does not tell */
	struct arena *arena;       /* names of `list` */
	struct known *list;        /* ascending by name */
	size_t n, subscribed;
	bool subscribes, refused; /* refused: some could not be subscribed to */
};

static void hint(struct services *x, const struct scm_entry *s)
{
	for (size_t i = 0; i < x->n_kinds; i++)
		hear_hint(x->h, &(struct hint){ .kind = x->kinds[i].kind,
					.key = service_stable(s->type, s->name),
					.time = clock_now(),
					.why = span_of(WHO) });
}

/* ---- subscriptions ---- */

static void CALLBACK on_notify(void *block)
{
	struct subscription *s = ((SERVICE_NOTIFYW *)block)->pContext;

	s->fired = true;
}

/* Asked for the state it has, the manager answers at once: only for the others. */
static DWORD others_than(uint32_t state)
{
	return SETTLED & ~(state == SERVICE_STOPPED         ? SERVICE_NOTIFY_STOPPED
				 : state == SERVICE_RUNNING ? SERVICE_NOTIFY_RUNNING
				 : state == SERVICE_PAUSED  ? SERVICE_NOTIFY_PAUSED
							    : 0u);
}

static DWORD arm(SC_HANDLE handle, struct subscription *s, DWORD mask)
{
	s->fired = false;
	s->notify = (SERVICE_NOTIFYW){ .dwVersion = SERVICE_NOTIFY_STATUS_CHANGE,
		.pfnNotifyCallback = on_notify,
		.pContext = s };
	return NotifyServiceStatusChangeW(handle, mask, &s->notify);
}

static void unsubscribe(struct services *x, struct known *k)
{
	if (!k->handle)
		return;
	CloseServiceHandle(k->handle);
	k->handle = NULL;
	k->subscription = NULL;
	x->subscribed--;
}

static void subscribe(struct services *x, struct known *k)
{
	AUTO_FREE(arena) a = NULL;

	if (!x->subscribes || !(k->entry.type & WIN32_TYPES))
		return;
	if (x->subscribed == SUBSCRIBED_MAX) {
		x->refused = true;
		return;
	}
	a = arena_new();
	k->handle = OpenServiceW(x->manager, wide_from_text(a, k->entry.name, NULL),
		SERVICE_QUERY_STATUS);
	if (!k->handle) {
		x->refused = x->refused || GetLastError() == ERROR_ACCESS_DENIED;
		return;
	}
	x->subscribed++;
	k->subscription = mem_new(sizeof *k->subscription);
	if (arm(k->handle, k->subscription, others_than(k->entry.state)) != ERROR_SUCCESS) {
		x->refused = true;
		unsubscribe(x, k);
	}
}

/* Its state may be another one again by now: the list, read behind this, tells. */
static void again(struct services *x, struct known *k)
{
	uint32_t state = k->subscription->notify.ServiceStatus.dwCurrentState;

	if (k->subscription->notify.dwNotificationStatus != ERROR_SUCCESS ||
		arm(k->handle, k->subscription, others_than(state)) != ERROR_SUCCESS)
		unsubscribe(x, k);
}

static void arm_manager(struct services *x)
{
	if (!x->made)
		x->made = mem_new(sizeof *x->made);
	if (arm(x->manager, x->made, SERVICE_NOTIFY_CREATED | SERVICE_NOTIFY_DELETED) ==
		ERROR_SUCCESS)
		return;
	x->made = NULL; /* left behind */
}

/* ---- the list ---- */

static bool differs(const struct scm_entry *a, const struct scm_entry *b)
{
	return a->state != b->state || a->dead != b->dead || a->pid != b->pid ||
	       a->exit != b->exit || a->specific != b->specific || a->type != b->type ||
	       !span_same(a->display, b->display);
}

/* One step of the merge of what was known with what is there. */
static int order(const struct services *x, size_t i, const struct scm_entry *list, size_t n,
	size_t k)
{
	if (i == x->n)
		return 1;
	return k == n ? -1 : span_compare(x->list[i].entry.name, list[k].name);
}

static struct known *merge(struct services *x, const struct scm_entry *list, size_t n, bool first)
{
	struct known *now = mem_array(n + 1, sizeof *now);

	for (size_t i = 0, k = 0; i < x->n || k < n;) {
		int o = order(x, i, list, n, k);

		if (o < 0) {
			hint(x, &x->list[i].entry);
			unsubscribe(x, &x->list[i++]);
			continue;
		}
		now[k] = o == 0 ? x->list[i] : (struct known){ 0 };
		if (!first && (o > 0 || differs(&now[k].entry, &list[k])))
			hint(x, &list[k]);
		now[k].entry = list[k];
		if (!now[k].handle)
			subscribe(x, &now[k]);
		i += o == 0;
		k++;
	}
	return now;
}

static int look(struct services *x, bool first, struct err *e)
{
	AUTO_FREE(arena) old = NULL;
	struct arena *a = arena_new();
	struct scm_entry *list;
	struct known *now;
	size_t n;

	if (scm_list(x->manager, a, &list, &n, e) < 0) {
		arena_free(a);
		return e->code;
	}
	now = merge(x, list, n, first);
	old = x->arena;
	free(x->list);
	free(list);
	x->arena = a;
	x->list = now;
	x->n = n;
	return 0;
}

/* ---- the room ---- */

static void say_means(struct services *x)
{
	static const char *const texts[] = {
		"of drivers, only by a list that is looked at every so often",
		"of some services and of drivers, only by a list that is looked at every so often",
		"by a list that is looked at every 2 s: this system does not tell what comes and "
		"goes",
	};
	const char *text = texts[!x->subscribes ? 2 : x->refused];

	for (size_t i = 0; i < x->n_kinds; i++)
		hear_means(x->h, &(struct means){ .kind = x->kinds[i].kind,
					 .name = span_of("service manager"),
					 .in_force = true,
					 .text = span_of(text) });
}

static void take_fired(struct services *x, bool *ret_list)
{
	for (size_t i = 0; i < x->n; i++) {
		struct known *k = &x->list[i];

		if (!k->handle || !k->subscription->fired)
			continue;
		hint(x, &k->entry);
		again(x, k);
		*ret_list = true;
	}
	if (x->made && x->made->fired) {
		if (x->made->notify.pszServiceNames)
			LocalFree(x->made->notify.pszServiceNames);
		arm_manager(x);
		*ret_list = true;
	}
}

static int watch(struct services *x, struct err *e)
{
	int64_t listed = clock_monotonic();

	for (;;) {
		int64_t every = x->made ? LIST_TOLD_MS : LIST_MS;
		int64_t left = every - (clock_monotonic() - listed) / 1000000;
		bool due = left <= 0;
		DWORD woken = due ? WAIT_TIMEOUT
				  : WaitForSingleObjectEx(hearing_end(x->h), (DWORD)left, TRUE);

		if (woken == WAIT_OBJECT_0 ||
			WaitForSingleObject(hearing_end(x->h), 0) == WAIT_OBJECT_0)
			return 0;
		take_fired(x, &due);
		if (!due && woken != WAIT_TIMEOUT)
			continue;
		if (look(x, false, e) < 0)
			return e->code;
		listed = clock_monotonic();
	}
}

static void done(struct services *x)
{
	for (size_t i = 0; i < x->n; i++)
		unsubscribe(x, &x->list[i]);
	if (x->manager)
		CloseServiceHandle(x->manager);
	while (SleepEx(0, TRUE) == WAIT_IO_COMPLETION)
		; /* what was on its way to this thread */
	free(x->list);
	arena_free(x->arena);
}

static int hear(struct hearing *h, bool always, struct err *e)
{
	struct services x = { .h = h };
	int rc;

	x.n_kinds = declared_by(hearing_policy(h), WATCH_SCM, x.kinds);
	if (!x.n_kinds)
		return 0;
	x.manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT | SC_MANAGER_ENUMERATE_SERVICE);
	if (!x.manager)
		return err_windows(e, GetLastError(), "cannot ask the service control manager");
	arm_manager(&x);
	x.subscribes = always || x.made;
	rc = look(&x, true, e);
	if (rc == 0) {
		say_means(&x);
		hear_ready(h);
		rc = watch(&x, e);
	}
	done(&x);
	return rc;
}

static int run(struct hearing *h, struct err *e)
{
	return hear(h, false, e);
}

static int run_subscribed(struct hearing *h, struct err *e)
{
	return hear(h, true, e);
}

const struct hearing_room hearing_services = { "services", run };
const struct hearing_room hearing_services_each = { "services", run_subscribed };
