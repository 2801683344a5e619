/* Drivers that the kernel of Windows has loaded. Which are registered is kind service. */
#include "entity/module.h"

#include "host/windows/drivers.h"
#include "sensor/module/module_room.h"

/* What has no file (the copies of disk drivers that write a crash dump) has no digest. */
static uint64_t set_digest(struct scan *s, struct record *r, const struct driver *d)
{
	uint8_t sha256[SHA256_SIZE];
	struct err e;

	if (host_digest(scan_host(s), arena_text(scan_arena(s), d->file), sha256, &e) < 0) {
		if (e.code == ERR_MISSING)
			return 0;
		scan_gap_err(s, &kind_module, r->key, false, &e);
		return field_bit(MODULE_SHA256);
	}
	record_set_bytes(r, MODULE_SHA256,
		arena_copy(scan_arena(s), span_from(sha256, sizeof sha256)));
	return 0;
}

static int scan(struct scan *s, struct err *e)
{
	const struct driver *list;
	size_t n;

	if (host_drivers(scan_host(s), scan_arena(s), &list, &n, e) < 0)
		return e->code;
	for (size_t i = 0; i < n && !scan_stopped(s); i++) {
		uint64_t asks = scan_asks(s, &kind_module, list[i].name), unknown = 0;
		struct record *r;

		if (!asks)
			continue;
		r = record_new(scan_arena(s), &kind_module);
		r->key = list[i].name;
		record_set_bytes(r, MODULE_FILE, list[i].file);
		record_set_number(r, MODULE_SIZE, list[i].size);
		if (asks & field_bit(MODULE_SHA256))
			unknown = set_digest(s, r, &list[i]);
		scan_emit_part(s, r, unknown);
	}
	return 0;
}

static const struct watch_source watches[] = {
	{ WATCH_POLL, NULL, 10 },
	{ WATCH_END, NULL, 0 },
};

const struct sensor sensor_module = {
	.kind = &kind_module,
	.source = "ntoskrnl",
	.needs = NEED_LIVE,
	.scan = scan,
	.watches = watches,
};
