#include <time.h>

#include "core/mem.h"
#include "entity/list.h"
#include "sensor/hidden/hidden_look.h"
#include "sensor/hidden/hidden_room.h"

#define PAUSE_NS 3000000

void hidden_pause(void)
{
	const struct timespec t = { .tv_nsec = PAUSE_NS };

	nanosleep(&t, NULL);
}

bool hidden_often(const struct scan *s)
{
	return scan_options(s)->memory != NULL;
}

static void set_names(struct record *r, unsigned field, struct arena *a, const char *const *names,
	size_t max)
{
	struct span all[8];
	size_t n = 0;

	while (n < max && n < ARRAY_LEN(all) && names[n]) {
		all[n] = span_of(names[n]);
		n++;
	}
	if (n)
		record_set_set(r, field, a, all, n);
}

static void set_text(struct record *r, unsigned field, struct span text)
{
	if (text.n)
		record_set_bytes(r, field, text);
}

void hidden_report(struct scan *s, const struct finding *f)
{
	struct arena *a = scan_arena(s);
	struct record *r = record_new(a, &kind_hidden);

	r->key = f->key;
	record_set_number(r, HIDDEN_TYPE, f->type);
	set_names(r, HIDDEN_SEEN_BY, a, f->seen_by, ARRAY_LEN(f->seen_by));
	set_names(r, HIDDEN_MISSING_FROM, a, f->missing_from, ARRAY_LEN(f->missing_from));
	set_text(r, HIDDEN_DETAIL, span_of(f->detail));
	set_text(r, HIDDEN_EXE, f->exe);
	set_text(r, HIDDEN_COMMAND, f->command);
	set_text(r, HIDDEN_USER, f->user);
	scan_emit(s, r);
}

static int scan(struct scan *s, struct err *e)
{
	static const struct {
		const char *prefix;
		int (*look)(struct scan *s, struct err *e);
	} parts[] = {
		{ "process/", hidden_processes },
		{ "port/", hidden_ports },
		{ "directory/", hidden_folders },
		{ "mount/", hidden_mounts },
	};

	(void)e;
	for (size_t i = 0; i < ARRAY_LEN(parts) && !scan_stopped(s); i++) {
		struct err why = { 0 };

		if (parts[i].look(s, &why) < 0)
			scan_gap_err(s, &kind_hidden, span_of(parts[i].prefix), true, &why);
	}
	return 0;
}

static const struct watch_source watches[] = {
	{ WATCH_POLL, NULL, 10 },
	{ WATCH_END, NULL, 0 },
};

const struct sensor sensor_hidden = {
	.kind = &kind_hidden,
	.source = "cross-view",
	.needs = NEED_LIVE,
	.scan = scan,
	.watches = watches,
};
