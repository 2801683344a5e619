/* The two kinds of this room. */
#include <stdlib.h>

#include "core/mem.h"
#include "entity/registry_key.h"
#include "entity/registry_value.h"
#include "os/windows/optional.h"
#include "os/windows/security.h"
#include "sensor/registry/registry_look_windows.h"
#include "sensor/registry/registry_room.h"

static void look_init(struct look *l, struct scan *s, const struct kind *k)
{
	l->scan = s;
	l->kind = k;
	l->values = k == &kind_registry_value;
	l->selector = scan_selector(s);
	l->lasting = scan_arena(s);
	l->a = arena_new();
	l->r = record_new(l->lasting, k);
	l->path = l->key = l->text = l->copy = BUF_INIT(PATH_MAX_BYTES);
	l->how = privilege_take(L"SeBackupPrivilege") ? REGISTRY_OPEN_BACKUP : 0;
	if (!l->values && (scan_asks_kind(s, k) & field_bit(REGISTRY_KEY_SACL)) &&
		privilege_take(L"SeSecurityPrivilege"))
		l->how |= REGISTRY_OPEN_SACL;
	l->flagless = on_wine();
	registry_bases_of(l->selector, k, l->lasting, &l->bases);
}

static void look_free(struct look *l)
{
	arena_free(l->a);
	buf_done(&l->path);
	buf_done(&l->key);
	buf_done(&l->text);
	buf_done(&l->copy);
	free(l->data);
	free(l);
}

static int scan_kind(struct scan *s, const struct kind *k)
{
	struct look *l;

	if (!scan_asks_kind(s, k))
		return 0;
	l = mem_new(sizeof *l);
	look_init(l, s, k);
	walk_all(l);
	look_free(l);
	return 0;
}

static int scan_keys(struct scan *s, struct err *e)
{
	(void)e;
	return scan_kind(s, &kind_registry_key);
}

static int scan_values(struct scan *s, struct err *e)
{
	(void)e;
	return scan_kind(s, &kind_registry_value);
}

static const struct watch_source watches[] = {
	{ WATCH_REGISTRY, NULL, 0 }, /* at the bases of rules */
	{ WATCH_END, NULL, 0 },
};

const struct sensor sensor_registry_key = {
	.kind = &kind_registry_key,
	.source = "registry",
	.needs = NEED_LIVE,
	.scan = scan_keys,
	.watches = watches,
};

const struct sensor sensor_registry_value = {
	.kind = &kind_registry_value,
	.source = "registry",
	.needs = NEED_LIVE,
	.scan = scan_values,
	.watches = watches,
};
