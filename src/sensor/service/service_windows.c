/* Services and drivers as the service control manager knows them. */
#include <stdlib.h>

#include "core/attr.h"
#include "core/mem.h"
#include "entity/list.h"
#include "host/environment.h"
#include "host/windows/running.h"
#include "host/windows/service_name.h"
#include "host/windows/services.h"
#include "sensor/sensor.h"
#include "sensor/service/service_room.h"
#include "sensor/service/service_scm.h"

#define TEXT_MAX ((size_t)64 << 10)
#define ITEMS_MAX 320
#define DENIED_MAX 16 /* of more, all of the kind is unknown */

/* Known from the list alone; everything else comes with the configuration. */
#define LISTED_FIELDS \
	(field_bit(SERVICE_MANAGER) | field_bit(SERVICE_DISPLAY_NAME) | field_bit(SERVICE_TYPE) | \
		field_bit(SERVICE_STATUS_WORD) | field_bit(SERVICE_SUB) | \
		field_bit(SERVICE_MAIN_PID) | field_bit(SERVICE_STARTED) | \
		field_bit(SERVICE_RESULT) | field_bit(SERVICE_EXIT))

struct room {
	struct scan *s;
	struct host *h;
	struct arena *a;
	const struct scm_entry *list;
	size_t n;
	unsigned *copies; /* of the service of the same number */
	unsigned denied;
};

static void set_text(struct record *r, unsigned field, struct span text)
{
	if (text.n)
		record_set_bytes(r, field, text);
}

static void set_word(struct record *r, unsigned field, const char *word)
{
	if (word)
		record_set_bytes(r, field, span_of(word));
}

/* ---- items with a name ---- */

struct named {
	struct arena *a;
	struct span item[ITEMS_MAX];
	size_t n;
};

static void add_named(struct named *l, const char *name, struct span value)
{
	AUTO(buf) b = BUF_INIT(TEXT_MAX);

	if (!value.n || l->n == ITEMS_MAX)
		return;
	buf_addf(&b, "%s=", name);
	buf_add_span(&b, value);
	l->item[l->n++] = arena_copy(l->a, buf_span(&b));
}

static void put_named(struct named *l, struct record *r, unsigned field)
{
	if (l->n)
		record_set_list(r, field, l->a, l->item, l->n);
}

static struct span decimal(struct arena *a, uint32_t n)
{
	return span_of(arena_format(a, "%u", n));
}

static void set_settings(struct room *x, const struct scm_config *c, struct record *r)
{
	struct named l = { .a = x->a };

	add_named(&l, "ErrorControl", span_of(scm_error_control(c->error_control)));
	add_named(&l, "Group", c->group);
	if (c->tag)
		add_named(&l, "Tag", decimal(x->a, c->tag));
	if (c->preshutdown.has)
		add_named(&l, "PreshutdownTimeout",
			span_of(arena_format(x->a, "%u ms", c->preshutdown.value)));
	if (c->on_stop.has && c->on_stop.value)
		add_named(&l, "FailureActionsOnNonCrash", span_of("yes"));
	add_named(&l, "ServiceMain", c->service_main);
	put_named(&l, r, SERVICE_SETTINGS);
}

static void set_rights(struct room *x, const struct scm_config *c, struct record *r)
{
	struct named l = { .a = x->a };

	if (c->sid_type.has && c->sid_type.value)
		add_named(&l, "SidType", span_of(scm_sid_type(c->sid_type.value)));
	if (c->protection.has && c->protection.value)
		add_named(&l, "LaunchProtected",
			span_of(scm_launch_protected(c->protection.value)));
	for (size_t i = 0; i < c->n_privileges; i++)
		add_named(&l, "Privilege", c->privileges[i]);
	put_named(&l, r, SERVICE_SANDBOX);
}

static void set_actions(struct room *x, const struct scm_config *c, struct record *r)
{
	struct named extra = { .a = x->a };
	struct span item[ITEMS_MAX];
	size_t n = 0;

	for (size_t i = 0; i < c->n_actions; i++)
		item[n++] = scm_action(c->actions[2 * i].value, c->actions[2 * i + 1].value, x->a);
	if (n && c->reset.has)
		item[n++] = span_of(
			c->reset.value == UINT32_MAX
				? "never counted anew"
				: arena_format(x->a, "counted anew after %u s", c->reset.value));
	if (n)
		record_set_list(r, SERVICE_FAILURE_ACTIONS_LIST, x->a, item, n);
	add_named(&extra, "FailureCommand", c->failure_command);
	add_named(&extra, "RebootMessage", c->reboot_message);
	put_named(&extra, r, SERVICE_EXEC_EXTRA);
}

/* True: one of them starts it. */
static bool set_triggers(struct room *x, const struct scm_config *c, struct record *r)
{
	struct span item[ITEMS_MAX];
	bool starts = false;
	size_t n = 0;

	for (; n < c->n_triggers; n++) {
		const struct scm_trigger_entry *t = &c->triggers[n];
		AUTO(buf) b = BUF_INIT(TEXT_MAX);

		scm_trigger_to_text(&(struct scm_trigger){ t->type, t->action, t->subtype }, &b);
		for (size_t i = 0; i < t->n_data; i++)
			scm_trigger_item(t->data[i].bytes, t->data[i].is_text, &b);
		item[n] = arena_copy(x->a, buf_span(&b));
		starts = starts || t->action == 1;
	}
	if (n)
		record_set_set(r, SERVICE_TRIGGERED_BY, x->a, item, n);
	return starts;
}

static void set_environment(struct room *x, const struct scm_config *c, struct record *r)
{
	struct span item[ITEMS_MAX];
	size_t n = 0;

	for (; n < c->n_environment; n++)
		item[n] = environment_masked(c->environment[n], x->a);
	if (n)
		record_set_list(r, SERVICE_ENVIRONMENT, x->a, item, n);
}

/* ---- files ---- */

/* The fields that could not be looked at. What leads nowhere has no digest. */
static uint64_t set_digest(struct room *x, struct record *r, unsigned field, struct span path,
	uint64_t asks)
{
	uint8_t sha256[SHA256_SIZE];
	struct err e;

	if (!path.n || !(asks & field_bit(field)))
		return 0;
	if (host_digest(x->h, arena_text(x->a, path), sha256, &e) < 0) {
		if (e.code == ERR_MISSING)
			return 0;
		scan_gap_err(x->s, &kind_service, r->key, false, &e);
		return field_bit(field);
	}
	record_set_bytes(r, field, arena_copy(x->a, span_from(sha256, sizeof sha256)));
	return 0;
}

static uint64_t set_files(struct room *x, const struct scm_entry *s, const struct scm_config *c,
	struct record *r, uint64_t asks)
{
	AUTO(buf) path = BUF_INIT(TEXT_MAX);
	bool unquoted = false;
	uint64_t unknown;

	host_service_program(x->h, s, c->image, &path, &unquoted);
	set_text(r, SERVICE_PROGRAM, arena_copy(x->a, buf_span(&path)));
	if (!scm_is_driver(s->type))
		record_set_number(r, SERVICE_UNQUOTED, unquoted);
	if (c->image.n)
		record_set_list(r, SERVICE_EXEC_START, x->a, &c->image, 1);
	set_text(r, SERVICE_DLL, c->service_dll);
	unknown = set_digest(x, r, SERVICE_SHA256, arena_copy(x->a, buf_span(&path)), asks);
	return unknown | set_digest(x, r, SERVICE_DLL_SHA256, c->service_dll, asks);
}

/* ---- one service ---- */

static void set_listed(struct room *x, const struct scm_entry *s, bool dead, struct record *r)
{
	AUTO(buf) type = BUF_INIT(TEXT_MAX);
	const struct running *p = s->pid ? host_running_find(x->h, s->pid) : NULL;
	const struct scm_state state = { .state = s->state, .exit = s->exit, .dead = dead };

	scm_type_to_text(s->type, &type);
	record_set_number(r, SERVICE_MANAGER, SERVICE_SCM);
	set_text(r, SERVICE_TYPE, arena_copy(x->a, buf_span(&type)));
	set_text(r, SERVICE_DISPLAY_NAME, s->display);
	set_word(r, SERVICE_STATUS_WORD, dead ? "stopped" : scm_status(scm_settled(s->state)));
	set_word(r, SERVICE_SUB, scm_status(s->state));
	if (s->pid && !dead)
		record_set_number(r, SERVICE_MAIN_PID, s->pid);
	if (p && p->start)
		record_set_time(r, SERVICE_STARTED, p->start);
	if (!scm_has_failed(&state))
		return;
	set_word(r, SERVICE_RESULT, scm_result(dead ? SCM_CRASHED : s->exit));
	set_text(r, SERVICE_EXIT, scm_exit(dead ? SCM_CRASHED : s->exit, s->specific, x->a));
}

static void set_state(const struct scm_entry *s, const struct scm_config *c, bool dead,
	bool triggered, struct record *r)
{
	struct scm_state state = { .state = s->state,
		.exit = s->exit,
		.specific = s->specific,
		.enabled = scm_enabled(c->start, c->delayed.has && c->delayed.value),
		.triggered = triggered,
		.driver = scm_is_driver(s->type),
		.dead = dead };
	int word = scm_service_state(&state);

	if (state.enabled >= 0)
		record_set_number(r, SERVICE_ENABLED, (uint64_t)state.enabled);
	if (word >= 0)
		record_set_number(r, SERVICE_STATE, (uint64_t)word);
}

static uint64_t set_config(struct room *x, const struct scm_entry *s, const struct scm_config *c,
	bool dead, struct record *r, uint64_t asks)
{
	set_state(s, c, dead, set_triggers(x, c, r), r);
	set_text(r, SERVICE_DESCRIPTION, c->description);
	if (!scm_is_driver(s->type))
		set_text(r, SERVICE_USER, c->account);
	if (c->n_depends)
		record_set_list(r, SERVICE_DEPENDS, x->a, c->depends, c->n_depends);
	set_settings(x, c, r);
	set_rights(x, c, r);
	set_actions(x, c, r);
	set_environment(x, c, r);
	set_text(r, SERVICE_DACL, c->dacl);
	return set_files(x, s, c, r, asks);
}

static void tell_denied(struct room *x, struct span key, const struct err *why)
{
	if (++x->denied <= DENIED_MAX)
		scan_gap_err(x->s, &kind_service, key, false, why);
	else if (x->denied == DENIED_MAX + 1)
		scan_gap_err(x->s, &kind_service, SPAN_NONE, true, why);
}

static void look(struct room *x, size_t i)
{
	const struct scm_entry *s = &x->list[i];
	uint64_t asks = scan_asks(x->s, &kind_service, s->name), unknown = 0;
	struct scm_config c = { 0 };
	bool dead = host_service_is_dead(x->h, s);
	struct record *r;
	struct err e;
	int rc;

	if (!asks)
		return;
	rc = host_service_config(x->h, s, x->a, &c, &e);
	if (rc == ERR_MISSING)
		return;
	r = record_new(x->a, &kind_service);
	r->key = s->name;
	set_listed(x, s, dead, r);
	if (x->copies[i])
		record_set_number(r, SERVICE_COPIES, x->copies[i]);
	if (rc < 0) {
		tell_denied(x, s->name, &e);
		unknown = kind_fields_all(&kind_service) & ~LISTED_FIELDS;
	} else {
		unknown = set_config(x, s, &c, dead, r, asks);
	}
	scan_emit_part(x->s, r, unknown);
}

/* ---- all of them ---- */

static int by_name(const void *key, const void *entry)
{
	return span_compare(*(const struct span *)key, ((const struct scm_entry *)entry)->name);
}

/* A copy that each user gets has another name at each logon: it counts with its template, unless it
 * runs something else. */
static bool fold(struct room *x, const struct scm_entry *s)
{
	struct span name = service_template(s->type, s->name);
	const struct scm_entry *template = NULL;

	if (name.n)
		template = bsearch(&name, x->list, x->n, sizeof *x->list, by_name);
	if (!template || !host_service_is_copy(x->h, s->name, x->a))
		return false;
	x->copies[template - x->list]++;
	return true;
}

static int scan(struct scan *s, struct err *e)
{
	struct room x = { .s = s, .h = scan_host(s), .a = scan_arena(s) };
	bool *folded;

	if (host_services(x.h, &x.list, &x.n, e) < 0)
		return e->code;
	x.copies = mem_array(x.n + 1, sizeof *x.copies);
	folded = mem_array(x.n + 1, sizeof *folded);
	for (size_t i = 0; i < x.n; i++)
		folded[i] = fold(&x, &x.list[i]);
	for (size_t i = 0; i < x.n && !scan_stopped(s); i++)
		if (!folded[i])
			look(&x, i);
	free(folded);
	free(x.copies);
	return 0;
}

static const struct watch_source watches[] = {
	{ WATCH_SCM, NULL, 0 },
	{ WATCH_REGISTRY, "HKLM\\SYSTEM\\CurrentControlSet\\Services", 0 },
	{ WATCH_POLL, NULL, 60 }, /* who may do what with it raises nothing */
	{ WATCH_END, NULL, 0 },
};

const struct sensor sensor_service = {
	.kind = &kind_service,
	.source = "scm",
	.needs = NEED_LIVE,
	.scan = scan,
	.watches = watches,
};
