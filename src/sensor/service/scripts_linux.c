/* Init scripts, where no systemd runs that would show them as units of its own. */
#include <dirent.h>
#include <stdlib.h>

#include "core/attr.h"
#include "entity/list.h"
#include "entity/service.h"
#include "host/package.h"
#include "sensor/service/lsb.h"
#include "sensor/service/service_room.h"

#define ENTRIES_MAX ((size_t)4096)
#define SCRIPT_MAX ((size_t)1 << 20)

/* "ssh" is started in runlevel "2". */
struct started {
	struct span name, level;
};

struct scripts {
	struct scan *s;
	struct host *h;
	struct buf started; /* struct started, by name */
	bool systemd;       /* it is installed: its generator makes units of the scripts */
	bool openrc_runs;
};

static void scripts_done(struct scripts *x)
{
	buf_done(&x->started);
}

static bool there(struct host *h, const char *path)
{
	struct stat st;
	struct err why;

	return host_stat(h, path, false, &st, &why) == 0;
}

/* ---- which are started ---- */

static void add(struct scripts *x, struct span name, struct span level)
{
	const struct started one = { name, level };

	if (name.n)
		buf_add(&x->started, &one, sizeof one);
}

/* A folder of links: those of rc?.d say S01NAME, those of OpenRC NAME. */
static void add_level(struct scripts *x, const char *folder, struct span level, bool sysv)
{
	struct host_entry *list;
	struct err why;
	size_t n;

	if (host_list(x->h, folder, ENTRIES_MAX, scan_arena(x->s), &list, &n, &why) < 0) {
		if (why.code != ERR_MISSING)
			scan_gap_err(x->s, &kind_service, SPAN_NONE, true, &why);
		return;
	}
	for (size_t i = 0; i < n; i++)
		add(x, sysv ? lsb_started(list[i].name) : list[i].name, level);
}

static int compare_started(const void *a, const void *b)
{
	const struct started *x = a, *y = b;
	int r = span_compare(x->name, y->name);

	return r ? r : span_compare(x->level, y->level);
}

static void find_started(struct scripts *x)
{
	static const char levels[] = "0123456S";
	struct arena *a = scan_arena(x->s);
	struct host_entry *list;
	struct err why;
	size_t n;

	for (const char *l = levels; *l; l++)
		add_level(x, arena_format(a, "etc/rc%c.d", *l), span_from(l, 1), true);
	if (host_list(x->h, "etc/runlevels", ENTRIES_MAX, a, &list, &n, &why) == 0)
		for (size_t i = 0; i < n; i++)
			add_level(x, arena_format(a, "etc/runlevels/%s", list[i].name.p),
				list[i].name, false);
	if (x->started.n)
		qsort(x->started.p, x->started.n / sizeof(struct started), sizeof(struct started),
			compare_started);
}

static size_t levels_of(const struct scripts *x, struct span name, struct span *ret, size_t max)
{
	const struct started *all = (const void *)x->started.p;
	size_t n = x->started.n / sizeof *all, low = 0, high = n, k = 0;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (span_compare(all[mid].name, name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < n && k < max && span_same(all[low].name, name); low++)
		ret[k++] = all[low].level;
	return k;
}

/* ---- one script ---- */

static void set_state(const struct scripts *x, struct span name, struct record *r)
{
	const char *path =
		arena_format(scan_arena(x->s), "run/openrc/started/%.*s", SPAN_ARG(name));

	if (!x->openrc_runs)
		return;
	record_set_number(r, SERVICE_STATE, there(x->h, path) ? SERVICE_RUNNING : SERVICE_STOPPED);
}

static void fill(struct scripts *x, struct span name, const char *path, struct span text,
	struct record *r)
{
	struct arena *a = scan_arena(x->s);
	uint8_t *sum = arena_get(a, SHA256_SIZE);
	struct span levels[32];
	size_t n = levels_of(x, name, levels, ARRAY_LEN(levels));
	const struct package *owner = NULL;
	struct lsb head;

	lsb_parse(text, &head);
	sha256_once(text.p, text.n, sum);
	record_set_number(r, SERVICE_MANAGER, head.openrc ? SERVICE_OPENRC : SERVICE_SYSV);
	record_set_number(r, SERVICE_ENABLED, n ? UNIT_ENABLED : UNIT_DISABLED);
	record_set_bytes(r, SERVICE_FRAGMENT, span_of(path));
	record_set_bytes(r, SERVICE_SHA256, span_from(sum, SHA256_SIZE));
	if (head.description.n)
		record_set_bytes(r, SERVICE_DESCRIPTION, head.description);
	if (head.user.n)
		record_set_bytes(r, SERVICE_USER, head.user);
	if (n)
		record_set_set(r, SERVICE_RUNLEVELS, a, levels, n);
	if (scan_asks(x->s, &kind_service, r->key) & field_bit(SERVICE_PACKAGE))
		owner = host_path_owner(x->h, span_of(path));
	if (owner)
		record_set_bytes(r, SERVICE_PACKAGE, owner->name);
	set_state(x, name, r);
}

static void look(struct scripts *x, struct span name)
{
	struct arena *a = scan_arena(x->s);
	const char *path = arena_format(a, "/etc/init.d/%.*s", SPAN_ARG(name));
	struct record *r = record_new(a, &kind_service);
	struct span text;
	struct stat st;
	struct err why;

	r->key = name;
	if (x->systemd) {
		const struct unit *u;

		r->key = span_of(arena_format(a, "%.*s.service", SPAN_ARG(name)));
		u = host_unit_named(x->h, r->key);
		if (u->fragment || u->enabled == UNIT_MASKED || u->enabled == UNIT_MASKED_RUNTIME)
			return; /* has a unit, which goes before the script */
	}
	if (host_stat(x->h, path, false, &st, &why) < 0 || !S_ISREG(st.st_mode) ||
		!(st.st_mode & 0111) || !scan_asks(x->s, &kind_service, r->key))
		return;
	if (host_read(x->h, path, SCRIPT_MAX, a, &text, &why) < 0) {
		scan_gap_err(x->s, &kind_service, r->key, false, &why);
		return;
	}
	fill(x, name, path, text, r);
	scan_emit(x->s, r);
}

int scripts_scan(struct scan *s, struct err *e)
{
	AUTO(scripts)
	x = { .s = s,
		.h = scan_host(s),
		.started = BUF_INIT(ENTRIES_MAX * 64 * sizeof(struct started)) };
	struct host_entry *list;
	struct err why;
	size_t n;

	(void)e;
	x.systemd = there(x.h, "usr/lib/systemd/systemd") || there(x.h, "lib/systemd/systemd");
	if (host_list(x.h, "etc/init.d", ENTRIES_MAX, scan_arena(s), &list, &n, &why) < 0) {
		if (why.code != ERR_MISSING)
			scan_gap_err(s, &kind_service, SPAN_NONE, true, &why);
		return 0;
	}
	x.openrc_runs = host_is_live(x.h) && there(x.h, "run/openrc/softlevel");
	find_started(&x);
	for (size_t i = 0; i < n; i++)
		look(&x, list[i].name);
	return 0;
}
