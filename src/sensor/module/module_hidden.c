#include "entity/hidden.h"
#include "entity/list.h"
#include "sensor/module/module_look.h"
#include "sensor/module/module_room.h"

static void emit(struct module_look *l, struct record *r, const struct module_seen *m)
{
	struct span seen[3], missing[3];
	size_t n_seen = 0, n_missing = 0;

	if (m->proc)
		seen[n_seen++] = span_of("/proc/modules");
	else
		missing[n_missing++] = span_of("/proc/modules");
	if (m->sys)
		seen[n_seen++] = span_of("/sys/module");
	else
		missing[n_missing++] = span_of("/sys/module");
	if (m->symbols)
		seen[n_seen++] = span_of("/proc/kallsyms");
	r->has = 0;
	r->key = span_of(arena_format(l->a, "module/%s", arena_text(l->a, m->name)));
	record_set_number(r, HIDDEN_TYPE, HIDDEN_MODULE);
	record_set_set(r, HIDDEN_SEEN_BY, l->a, seen, n_seen);
	record_set_set(r, HIDDEN_MISSING_FROM, l->a, missing, n_missing);
	record_set_bytes(r, HIDDEN_DETAIL,
		span_of(arena_format(l->a, "kernel module '%s' is loaded and not in every list",
			arena_text(l->a, m->name))));
	scan_emit(l->scan, r);
}

static int scan(struct scan *s, struct err *e)
{
	struct arena *a = scan_arena(s);
	struct record *r = record_new(a, &kind_hidden);
	struct module_look l = { .scan = s,
		.kind = &kind_hidden,
		.host = scan_host(s),
		.a = a,
		.asks = scan_asks_kind(s, &kind_module) };

	struct err why;

	(void)e;
	if (!scan_asks_kind(s, &kind_hidden))
		return 0;
	if (module_sources(l.host, &why) < 0) {
		scan_gap_err(s, &kind_hidden, span_of("module/"), true, &why);
		return 0;
	}
	module_look_around(&l);
	for (size_t i = 0; i < l.n; i++)
		if (module_is_hidden(&l.seen[i]))
			emit(&l, r, &l.seen[i]);
	return 0;
}

static const struct watch_source watches[] = {
	{ WATCH_POLL, NULL, 10 },
	{ WATCH_END, NULL, 0 },
};

const struct sensor sensor_hidden_module = {
	.kind = &kind_hidden,
	.source = "/proc/modules, /sys/module",
	.scan = scan,
	.watches = watches,
};
