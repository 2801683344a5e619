#include "entity/sysctl.h"

#include "host/host.h"
#include "sensor/sysctl/sysctl_conf.h"
#include "sensor/sysctl/sysctl_config.h"
#include "sensor/sysctl/sysctl_room.h"
#include "sensor/sysctl/sysctl_walk.h"

struct look {
	struct scan *scan;
	struct sysctl_config *config;
	struct record *r;
	struct span key;
};

static bool wanted(void *ctx, struct span path, bool *ret_mode)
{
	struct look *l = ctx;
	uint64_t asks;

	l->key = sysctl_swap(path, scan_arena(l->scan));
	asks = scan_asks(l->scan, &kind_sysctl, l->key);
	*ret_mode = (asks & field_bit(SYSCTL_MODE)) != 0;
	return asks != 0;
}

static void put_configured(struct look *l, struct span path)
{
	struct span value, file;

	if (!sysctl_config_find(l->config, path, &value, &file))
		return;
	record_set_bytes(l->r, SYSCTL_CONFIGURED, value);
	record_set_bytes(l->r, SYSCTL_FILE, file);
	if (record_has(l->r, SYSCTL_VALUE))
		record_set_number(l->r, SYSCTL_DIFFERS,
			!span_same(value, l->r->v[SYSCTL_VALUE].bytes));
}

static void emit(void *ctx, const struct sysctl_value *v)
{
	struct look *l = ctx;

	l->r->has = 0;
	l->r->key = l->key;
	record_set_bytes(l->r, SYSCTL_VALUE, sysctl_tidy(v->value, scan_arena(l->scan)));
	if (v->mode)
		record_set_number(l->r, SYSCTL_MODE, v->mode);
	put_configured(l, v->path);
	scan_emit(l->scan, l->r);
}

/* Configured, but the kernel has no such setting, or we left it out. */
static void emit_left(struct look *l)
{
	struct arena *a = scan_arena(l->scan);
	struct span path;

	while (sysctl_config_left(l->config, &path)) {
		l->r->has = 0;
		l->r->key = sysctl_swap(path, a);
		put_configured(l, path);
		scan_emit(l->scan, l->r);
	}
}

static int scan(struct scan *s, struct err *e)
{
	struct look l = { .scan = s, .r = record_new(scan_arena(s), &kind_sysctl) };
	struct sysctl_walk w = { .scan = s, .wanted = wanted, .each = emit, .ctx = &l };
	static const char *const sources[] = { "proc", "proc/sys", NULL };

	if (!scan_asks_kind(s, &kind_sysctl))
		return 0;
	if (host_is_kernels(scan_host(s), sources, e) < 0)
		return e->code;
	l.config = sysctl_config_load(s);
	sysctl_walk(&w);
	emit_left(&l);
	return 0;
}

static const struct watch_source watches[] = {
	{ WATCH_FILE, "/etc/sysctl.conf", 0 },
	{ WATCH_FILE, "/etc/sysctl.d/*", 0 },
	{ WATCH_FILE, "/run/sysctl.d/*", 0 },
	{ WATCH_FILE, "/usr/local/lib/sysctl.d/*", 0 },
	{ WATCH_FILE, "/usr/lib/sysctl.d/*", 0 },
	{ WATCH_FILE, "/lib/sysctl.d/*", 0 },
	{ WATCH_SETTING, "/proc/sys/", 0 },
	{ WATCH_POLL, NULL, 60 },
	{ WATCH_END, NULL, 0 },
};

const struct sensor sensor_sysctl = {
	.kind = &kind_sysctl,
	.source = "/proc/sys",
	.scan = scan,
	.watches = watches,
};
