/* Events of WMI, for rules that ask for them: they say nothing but that a query is worth asking
 * sooner than its schedule has it. What refuses them is told once; the schedule goes on. */
#include "entity/wmi.h"

#include <stdlib.h>

#include "core/mem.h"
#include "os/clock.h"
#include "os/windows/wmi.h"
#include "policy/wql.h"
#include "watch/windows/rooms.h"
#include "watch/windows/wmi.h"

#define SECOND INT64_C(1000000000)
#define LOOK_MS 1000 /* where one is in force: events of WMI are seconds late anyhow */
#define COLLECT_NS (2 * SECOND)
#define AGAIN_NS (600 * SECOND)
#define TAKEN_MAX 1000 /* events at a time: more of them say nothing more */
#define WHY "an event of WMI does not say who did it"

struct subscription {
	struct rule_asks asks;
	struct wmi *wmi; /* NULL: not in force */
	int64_t again;   /* monotonic: when to try then */
	int64_t first;   /* monotonic: of the events that were not told of yet; 0: none */
	bool refused;    /* told so */
};

static void tell(struct hearing *h, const struct subscription *s, const char *why)
{
	AUTO(buf) name = BUF_INIT(BUF_MAX_DEFAULT);

	buf_addf(&name, "WMI events: %s", s->asks.rule);
	hear_means(h, &(struct means){ .kind = &kind_wmi,
			      .name = buf_span(&name),
			      .in_force = !why,
			      .text = span_of(why) });
}

static void refuse(struct hearing *h, struct subscription *s, const struct err *why)
{
	wmi_freep(&s->wmi);
	s->again = clock_monotonic() + AGAIN_NS;
	if (!s->refused)
		tell(h, s, why->text);
	s->refused = true;
}

static bool is_name(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
			    (c >= '0' && c <= '9')))
			return false;
	}
	return s.n > 0;
}

static int begin(struct subscription *s, struct err *e)
{
	AUTO(buf) text = BUF_INIT(BUF_MAX_DEFAULT);
	struct wql q;

	if (wql_parse(span_of(s->asks.query), &q, e) < 0)
		return e->code;
	if (!q.select || !is_name(q.name))
		return err_set(e, ERR_FORMAT, "only a SELECT from a class has events");
	/* The rule's own WHERE stays out: the query itself filters. */
	buf_add_text(&text, "SELECT * FROM __InstanceOperationEvent");
	buf_addf(&text, " WITHIN %u WHERE TargetInstance ISA '%.*s'", s->asks.events,
		SPAN_ARG(q.name));
	if (wmi_open(&s->wmi, s->asks.space, e) < 0)
		return e->code;
	return wmi_listen(s->wmi, buf_text(&text), e);
}

static void subscribe(struct hearing *h, struct subscription *s)
{
	struct err e = { 0 };

	if (clock_monotonic() < s->again)
		return;
	if (begin(s, &e) < 0) {
		refuse(h, s, &e);
		return;
	}
	s->refused = false;
	tell(h, s, NULL);
	/* What happened before was not heard of. */
	wmi_hint(h, s->asks.rule, "events are heard of from now on");
}

static void take(struct hearing *h, struct subscription *s)
{
	struct err e = { 0 };
	int rc = WMI_OBJECT;

	for (unsigned n = 0; rc == WMI_OBJECT && n < TAKEN_MAX; n++) {
		IWbemClassObject *o = NULL;

		rc = wmi_next(s->wmi, 0, &o, &e);
		if (rc != WMI_OBJECT)
			break;
		IWbemClassObject_Release(o);
		if (!s->first)
			s->first = clock_monotonic();
	}
	if (rc == WMI_END)
		rc = err_set(&e, ERR_CLOSED, "the subscription ended");
	if (rc >= 0)
		return;
	refuse(h, s, &e);
	wmi_hint(h, s->asks.rule, "events ceased to be heard of");
}

static void look(struct hearing *h, struct subscription *s)
{
	if (!s->wmi)
		subscribe(h, s);
	if (s->wmi)
		take(h, s);
	if (!s->first || clock_monotonic() - s->first < COLLECT_NS)
		return;
	s->first = 0;
	wmi_hint(h, s->asks.rule, WHY);
}

/* Until there is something to look at. */
static DWORD wait_ms(const struct subscription *list, size_t n)
{
	int64_t now = clock_monotonic(), next = now + AGAIN_NS;

	for (size_t i = 0; i < n; i++) {
		if (list[i].wmi || list[i].first)
			return LOOK_MS;
		next = list[i].again < next ? list[i].again : next;
	}
	return next > now ? (DWORD)((next - now) / 1000000 + 1) : 0;
}

static void hear(struct hearing *h, struct subscription *list, size_t n)
{
	bool ready = false;

	do {
		for (size_t i = 0; i < n; i++)
			look(h, &list[i]);
		if (!ready)
			hear_ready(h);
		ready = true;
	} while (WaitForSingleObject(hearing_end(h), wait_ms(list, n)) == WAIT_TIMEOUT);
	for (size_t i = 0; i < n; i++)
		wmi_close(list[i].wmi);
}

static int run(struct hearing *h, struct err *e)
{
	struct subscription *list = NULL;
	struct rule_asks asks;
	size_t n = 0;

	for (size_t at = 0; wmi_rule(h, &at, &asks);) {
		if (!asks.events)
			continue;
		list = mem_grow(list, n + 1, sizeof *list);
		list[n++] = (struct subscription){ .asks = asks };
	}
	if (n == 0)
		return 0;
	if (wmi_thread_begin(e) < 0) {
		free(list);
		return e->code;
	}
	hear(h, list, n);
	wmi_thread_end();
	free(list);
	return 0;
}

const struct hearing_room hearing_wmi_events = { "wmi-events", run };
