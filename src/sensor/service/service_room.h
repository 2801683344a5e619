/* The doors of this room. */
#ifndef SENSOR_SERVICE_SERVICE_ROOM_H
#define SENSOR_SERVICE_SERVICE_ROOM_H

#include "core/buf.h"
#include "host/bus.h"
#include "host/units.h"
#include "sensor/sensor.h"
#include "sensor/service/preset.h"

extern const struct sensor sensor_service;

/* A unit as the manager has it. Times in microseconds since 1970; 0: none. */
struct live_unit {
	struct span name, load, active, sub;
	struct span job;  /* what systemd is about to do with it: "start", "restart", …; empty */
	struct span path; /* of its object on the bus */
	struct span result;
	struct span fragment; /* asked for where we know no file */
	uint64_t main_pid, restarts, exit_code, exit_status, started, exited, last_run, next_run;
	bool asked_restarts, asked_reload, reload_needed;
};

struct live_units {
	struct live_unit *list; /* by name */
	size_t n;
};

/* Where systemd runs: every error says that it could not be asked. */
int live_units_get(struct scan *s, struct live_units *ret, struct err *e) MUST_CHECK;
const struct live_unit *live_units_find(const struct live_units *l, struct span name);

/* Fields that its settings give. */
void service_settings(struct scan *s, const struct unit *u, struct record *r);
/* State, result and so on. live: NULL when the manager does not have it loaded. */
void service_state(const struct unit *u, const struct live_unit *live, struct record *r,
	struct arena *a);
/* "signal 11 (SEGV), core dumped"; empty: it ended well. code: CLD_… of waitid(2). */
struct span service_exit_text(uint64_t code, uint64_t status, struct arena *a);

/* The rules of all preset files of the host, for presets_find. */
void presets_load(struct scan *s, struct buf *ret);

/* Scripts of SysV and OpenRC; not for where systemd runs. */
int scripts_scan(struct scan *s, struct err *e) MUST_CHECK;

#endif
