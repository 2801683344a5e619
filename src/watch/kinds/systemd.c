/* Services, by what the service manager says of its units. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "watch/kinds/parse.h"
#include "watch/kinds/signals.h"

#define SERVICE "org.freedesktop.systemd1"
#define OBJECT "/org/freedesktop/systemd1"
#define MANAGER SERVICE ".Manager"
#define PROPERTIES "org.freedesktop.DBus.Properties"
#define DAEMON "org.freedesktop.DBus"
#define NAME_MAX_BYTES 512

/* Our own unit has a status line, and would be changed by each look that it told of. */
static bool is_ours(struct span unit)
{
	static char own[NAME_MAX_BYTES];
	char line[4096];
	FILE *f;

	if (!own[0]) {
		snprintf(own, sizeof own, "-");
		f = fopen("/proc/self/cgroup", "re");
		while (f && fgets(line, sizeof line, f)) {
			char *name = strrchr(line, '/'), *end = strchr(line, '\n');

			if (end)
				*end = '\0';
			if (strncmp(line, "0::", 3) == 0 && name && strstr(name, ".service"))
				snprintf(own, sizeof own, "%s", name + 1);
		}
		if (f)
			fclose(f);
	}
	return span_is(unit, own);
}

static void hint(struct watched_kinds *all, struct span unit)
{
	if (unit.n == 0 || unit_is_watched(unit))
		kinds_heard_all(all, WATCH_SYSTEMD, SPAN_NONE,
			&(struct kinds_act){ .key = unit,
				.why = "systemd does not say who asked for it" });
}

static void changed(struct watched_kinds *all, struct signal_message *m)
{
	AUTO(buf) name = BUF_INIT(NAME_MAX_BYTES);

	if (unit_of_path(signal_path(m), &name) && !is_ours(buf_span(&name)))
		hint(all, buf_span(&name));
}

static void heard(struct watched_kinds *all, struct signal_message *m)
{
	struct span unit, path;
	uint32_t number;

	if (signal_is(m, PROPERTIES, "PropertiesChanged"))
		changed(all, m);
	else if (signal_is(m, MANAGER, "UnitNew") || signal_is(m, MANAGER, "UnitRemoved"))
		hint(all, signal_text(m, 's', &unit) ? unit : SPAN_NONE);
	else if (signal_is(m, MANAGER, "JobRemoved"))
		hint(all, signal_number(m, 'u', &number) && signal_text(m, 'o', &path) &&
					  signal_text(m, 's', &unit)
				  ? unit
				  : SPAN_NONE);
	else if (signal_is(m, MANAGER, "Reloading") || signal_is(m, MANAGER, "UnitFilesChanged"))
		hint(all, SPAN_NONE);
}

static void begin(struct watched_kinds *all)
{
	static const struct signals_call subscribe[] = {
		{ { NULL, OBJECT, MANAGER, "Subscribe" }, NULL },
		{ .method = { 0 } },
	};
	static const struct signals_call through_bus[] = {
		{ { DAEMON, "/", DAEMON, "AddMatch" },
			"type='signal',sender='" SERVICE "',interface='" MANAGER "'" },
		{ { DAEMON, "/", DAEMON, "AddMatch" },
			"type='signal',sender='" SERVICE "',interface='" PROPERTIES
			"',path_namespace='" OBJECT "'" },
		{ { SERVICE, OBJECT, MANAGER, "Subscribe" }, NULL },
		{ .method = { 0 } },
	};
	bool private = geteuid() == 0;
	struct signals_setup setup = { .of = WATCH_SYSTEMD,
		.socket = private ? SYSTEMD_SOCKET : SYSTEM_BUS_SOCKET,
		.client = !private,
		.calls = private ? subscribe : through_bus,
		.heard = heard };

	all->systemd = kinds_signals_open(all, &setup);
}

static void end(struct watched_kinds *all)
{
	kinds_signals_close(all->systemd);
	all->systemd = NULL;
}

const struct kinds_means_room kinds_means_systemd = { WATCH_SYSTEMD, begin, end };

/* ---- names on the system bus ---- */

static void heard_name(struct watched_kinds *all, struct signal_message *m)
{
	struct span name;

	/* Every client has a number, which says nothing. */
	if (signal_is(m, DAEMON, "NameOwnerChanged") && signal_text(m, 's', &name) && name.n &&
		name.p[0] != ':')
		kinds_heard_all(all, WATCH_BUS, SPAN_NONE,
			&(struct kinds_act){ .why = "the bus does not say who" });
}

static void begin_bus(struct watched_kinds *all)
{
	static const struct signals_call calls[] = {
		{ { DAEMON, "/", DAEMON, "AddMatch" },
			"type='signal',sender='" DAEMON "',interface='" DAEMON
			"',member='NameOwnerChanged'" },
		{ .method = { 0 } },
	};
	struct signals_setup setup = { .of = WATCH_BUS,
		.socket = SYSTEM_BUS_SOCKET,
		.client = true,
		.calls = calls,
		.heard = heard_name };

	all->bus = kinds_signals_open(all, &setup);
}

static void end_bus(struct watched_kinds *all)
{
	kinds_signals_close(all->bus);
	all->bus = NULL;
}

const struct kinds_means_room kinds_means_bus = { WATCH_BUS, begin_bus, end_bus };
