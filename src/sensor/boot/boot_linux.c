#include "core/attr.h"
#include "entity/list.h"
#include "sensor/boot/boot_look.h"
#include "sensor/boot/boot_room.h"

#define FILE_BYTES ((size_t)4 << 20)
#define ITEMS_MAX 256

bool boot_begin(struct boot_look *l, const char *key, const char *type, uint64_t *ret_asks)
{
	uint64_t asks = scan_asks(l->scan, &kind_boot, span_of(key));

	if (ret_asks)
		*ret_asks = asks;
	l->r->has = 0;
	l->r->key = span_of(key);
	boot_put(l, BOOT_TYPE, span_of(type));
	return asks != 0;
}

void boot_put(struct boot_look *l, unsigned field, struct span value)
{
	record_set_bytes(l->r, field, value);
}

void boot_put_items(struct boot_look *l, struct span text, const char *separators)
{
	struct span list[ITEMS_MAX];
	size_t n = 0, at = 0;

	for (size_t i = 0; i <= text.n && n < ITEMS_MAX; i++) {
		if (i < text.n && (!text.p[i] || !strchr(separators, text.p[i])))
			continue;
		if (i > at)
			list[n++] = span_from(text.p + at, i - at);
		at = i + 1;
	}
	record_set_list(l->r, BOOT_ITEMS, l->a, list, n);
}

bool boot_read(struct boot_look *l, const char *path, const char *key, struct span *ret)
{
	struct err e = { 0 };
	int r = host_read(l->host, path, FILE_BYTES, l->a, ret, &e);

	if (r == 0) {
		while (ret->n && (ret->p[ret->n - 1] == '\n' || ret->p[ret->n - 1] == ' '))
			ret->n--;
		return true;
	}
	if (r != ERR_MISSING)
		scan_gap_err(l->scan, &kind_boot, span_of(key), false, &e);
	return false;
}

static int scan(struct scan *s, struct err *e)
{
	struct arena *a = scan_arena(s);
	struct boot_look l = { .scan = s,
		.host = scan_host(s),
		.a = a,
		.r = record_new(a, &kind_boot) };
	static const char *const proc[] = { "proc", "proc/sys", NULL };
	/* systemd-nspawn binds these into a /sys of its own making. */
	static const char *const sys[] = { "sys/class", "sys/devices", "sys/kernel", NULL };
	struct err why;

	if (!scan_asks_kind(s, &kind_boot))
		return 0;
	/* Which kernel runs is part of nearly everything. */
	if (host_is_kernels(l.host, proc, e) < 0)
		return e->code;
	if (!boot_read(&l, "proc/sys/kernel/osrelease", "running", &l.release))
		l.release = SPAN_NONE;
	boot_files(&l);
	if (host_is_kernels(l.host, sys, &why) == 0)
		boot_state(&l);
	else
		scan_gap_err(s, &kind_boot, SPAN_NONE, true, &why);
	return 0;
}

static const struct watch_source watches[] = {
	{ WATCH_FILE, "/boot/**", 0 },
	{ WATCH_FILE, "/efi/**", 0 },
	{ WATCH_FILE, "/etc/default/grub", 0 },
	{ WATCH_FILE, "/usr/lib/modules/*", 0 },
	{ WATCH_POLL, NULL, 10 },
	{ WATCH_END, NULL, 0 },
};

const struct sensor sensor_boot = {
	.kind = &kind_boot,
	.source = "/boot, firmware",
	.scan = scan,
	.watches = watches,
};
