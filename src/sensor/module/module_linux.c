#include "entity/module.h"

#include <stdlib.h>

#include "core/attr.h"
#include "sensor/module/module_look.h"
#include "sensor/module/module_room.h"
#include "sensor/module/module_text.h"

#define KERNEL "kernel"

/* "none [integrity] confidentiality": what is in brackets. */
static struct span chosen(struct span text)
{
	const char *from = text.n ? memchr(text.p, '[', text.n) : NULL, *to;

	if (!from)
		return text;
	from++;
	to = memchr(from, ']', (size_t)(text.p + text.n - from));
	return to ? span_from(from, (size_t)(to - from)) : text;
}

static void put_flag(struct module_look *l, const char *path, unsigned field)
{
	struct span s;

	if (module_word(l, path, &s) && s.n)
		record_set_number(l->r, field, s.p[0] == '1' || s.p[0] == 'Y');
}

static void put_taint(struct module_look *l)
{
	char letters[64];
	struct span s;

	if (module_word(l, "proc/sys/kernel/tainted", &s))
		module_facts_taint(l,
			arena_copy(l->a, module_taint_letters(strtoull(s.p, NULL, 10), letters)));
}

/* The kernel itself; what has parameters under its name are parts of it that have no other. */
static void emit_kernel(struct module_look *l)
{
	struct span s;
	uint64_t n = 0;

	l->r->has = 0;
	l->r->key = span_of(KERNEL);
	if (l->release.n)
		record_set_bytes(l->r, MODULE_RELEASE, l->release);
	if (module_word(l, "proc/sys/kernel/version", &s))
		record_set_bytes(l->r, MODULE_VERSION, s);
	put_taint(l);
	if (module_word(l, "sys/kernel/security/lockdown", &s))
		record_set_bytes(l->r, MODULE_LOCKDOWN, chosen(s));
	put_flag(l, "proc/sys/kernel/modules_disabled", MODULE_LOADING_DISABLED);
	put_flag(l, "sys/module/module/parameters/sig_enforce", MODULE_SIGNATURES_ENFORCED);
	module_parameters(l, span_of(KERNEL));
	for (size_t i = 0; i < l->n; i++)
		n += l->seen[i].proc || l->seen[i].sys;
	record_set_number(l->r, MODULE_COUNT, n);
	if (l->release.n)
		scan_emit(l->scan, l->r);
}

static int scan(struct scan *s, struct err *e)
{
	struct arena *a = scan_arena(s);
	struct module_look l = { .scan = s,
		.kind = &kind_module,
		.host = scan_host(s),
		.a = a,
		.r = record_new(a, &kind_module),
		.asks = scan_asks_kind(s, &kind_module) };

	if (!l.asks)
		return 0;
	if (module_sources(l.host, e) < 0)
		return e->code;
	if (!module_word(&l, "proc/sys/kernel/osrelease", &l.release))
		l.release = SPAN_NONE;
	l.release = span_of(arena_text(a, l.release));
	module_look_around(&l);
	for (size_t i = 0; i < l.n; i++) {
		const struct module_seen *m = &l.seen[i];

		if (span_is(m->name, KERNEL) && !m->proc && !m->sys)
			continue;
		module_facts(&l, m);
		if (l.r->has)
			scan_emit(s, l.r);
	}
	emit_kernel(&l);
	return 0;
}

static const struct watch_source watches[] = {
	{ WATCH_UEVENT, "module", 0 },
	{ WATCH_SETTING, "/sys/module/", 0 },
	{ WATCH_POLL, NULL, 60 },
	{ WATCH_END, NULL, 0 },
};

const struct sensor sensor_module = {
	.kind = &kind_module,
	.source = "/proc/modules, /sys/module",
	.scan = scan,
	.watches = watches,
};
