#include "entity/package.h"

#include "core/attr.h"
#include "host/windows/hive.h"
#include "sensor/package/msi_windows.h"
#include "sensor/package/package_room.h"

#define UNINSTALL "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall"
#define PACKAGES_MAX ((size_t)200000)

struct listed {
	struct record *record;
	struct span name; /* of its key below "Uninstall" */
};

struct room {
	struct scan *scan;
	struct arena *arena;
	struct buf list;
};

static struct span prefix_of(struct room *x, const struct uninstall_place *p)
{
	return p->user.n
		       ? span_of(arena_format(x->arena, "%s:%.*s:", p->manager, SPAN_ARG(p->user)))
		       : span_of(arena_format(x->arena, "%s:", p->manager));
}

static void read_key(struct room *x, const struct uninstall_place *p, const struct hive *list,
	struct span name)
{
	struct listed one = { .record = record_new(x->arena, &kind_package), .name = name };
	AUTO_HIVE h = NULL;
	struct hive_values v;
	struct err e;

	one.record->key = uninstall_key(x->arena, p, name);
	if (hive_below(list, name, &h, &e) < 0 || hive_values(h, x->arena, &v, &e) < 0) {
		if (e.code != ERR_MISSING)
			scan_gap_err(x->scan, &kind_package, one.record->key, false, &e);
		return;
	}
	uninstall_fill(x->arena, p, name, &v, one.record);
	buf_add(&x->list, &one, sizeof one);
}

static void read_list(struct room *x, const struct uninstall_place *p, const char *path,
	enum hive_view view)
{
	AUTO_HIVE h = NULL;
	struct span *names;
	struct err e;
	size_t n;

	if (hive_open(path, view, &h, &e) < 0 || hive_keys(h, x->arena, &names, &n, &e) < 0) {
		if (e.code != ERR_MISSING)
			scan_gap_err(x->scan, &kind_package, prefix_of(x, p), true, &e);
		return;
	}
	for (size_t i = 0; i < n && !scan_stopped(x->scan); i++)
		read_key(x, p, h, names[i]);
}

/* The programs of who is logged off cannot be seen, and are not gone. */
static void read_users(struct room *x)
{
	struct uninstall_place p = { .manager = "uninstall-user" };
	struct gap gap = { .kind = &kind_package,
		.subtree = true,
		.reason = GAP_AWAY,
		.text = "this user is logged off, and the registry of the user not loaded" };
	struct hive_user *users;
	struct err e;
	size_t n;

	if (hive_users(x->arena, &users, &n, &e) < 0) {
		scan_gap_err(x->scan, &kind_package, prefix_of(x, &p), true, &e);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		p.user = users[i].sid;
		gap.key = prefix_of(x, &p);
		if (users[i].loaded)
			read_list(x, &p,
				arena_format(x->arena, "HKU\\%.*s\\" UNINSTALL, SPAN_ARG(p.user)),
				HIVE_64);
		else
			scan_gap(x->scan, &gap);
	}
}

static void add_product(struct room *x, const struct msi_product *p)
{
	struct listed *list = (void *)x->list.p, one;
	size_t n = x->list.n / sizeof *list;
	bool found = false;

	for (size_t i = 0; i < n; i++)
		if (msi_is(p, list[i].record, list[i].name)) {
			msi_fill(x->arena, p, list[i].record);
			found = true;
		}
	if (found)
		return;
	one = (struct listed){ .record = record_new(x->arena, &kind_package), .name = p->code };
	one.record->key = msi_key(x->arena, p);
	msi_fill(x->arena, p, one.record);
	buf_add(&x->list, &one, sizeof one);
}

/* The fields that cannot be known now. */
static uint64_t read_products(struct room *x)
{
	struct msi_product *list = NULL;
	struct err e;
	size_t n = 0;
	int rc = msi_products(x->arena, &list, &n, &e);

	for (size_t i = 0; i < n; i++)
		add_product(x, &list[i]);
	if (rc == 0 || rc == ERR_MISSING)
		return 0;
	scan_gap_err(x->scan, &kind_package, span_of("msi:"), true, &e);
	return field_bit(PACKAGE_PRODUCT_CODE) | field_bit(PACKAGE_PACKAGE_CODE) |
	       field_bit(PACKAGE_CONTEXT);
}

static void emit_all(struct room *x, uint64_t unknown)
{
	const struct listed *list = (const void *)x->list.p;

	for (size_t i = 0; i < x->list.n / sizeof *list; i++)
		scan_emit_part(x->scan, list[i].record,
			record_has(list[i].record, PACKAGE_PRODUCT_CODE) ? 0 : unknown);
}

static int scan(struct scan *s, struct err *e)
{
	static const struct uninstall_place machine[] = {
		{ .manager = "uninstall", .arch = "x64" },
		{ .manager = "uninstall", .arch = "x86" },
	};
	struct room x = { .scan = s,
		.arena = scan_arena(s),
		.list = BUF_INIT(PACKAGES_MAX * sizeof(struct listed)) };
	bool full;

	if (!scan_asks_kind(s, &kind_package))
		return 0;
	read_list(&x, &machine[0], "HKLM\\" UNINSTALL, HIVE_64);
	read_list(&x, &machine[1], "HKLM\\" UNINSTALL, HIVE_32);
	read_users(&x);
	emit_all(&x, read_products(&x));
	full = x.list.full;
	buf_done(&x.list);
	return full ? err_set(e, ERR_LIMIT, "more than %zu programs", PACKAGES_MAX) : 0;
}

static const struct watch_source watches[] = {
	{ WATCH_REGISTRY, "HKLM\\" UNINSTALL, 0 },
	{ WATCH_REGISTRY,
		"HKLM\\SOFTWARE\\WOW6432Node\\Microsoft\\Windows\\CurrentVersion\\Uninstall", 0 },
	{ WATCH_REGISTRY, "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Installer\\UserData",
		0 },
	{ WATCH_POLL, NULL, 60 }, /* the lists of users */
	{ WATCH_END, NULL, 0 },
};

const struct sensor sensor_package = {
	.kind = &kind_package,
	.source = "Uninstall and Windows Installer",
	.scan = scan,
	.needs = NEED_LIVE,
	.watches = watches,
};
