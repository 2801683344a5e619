/* What the settings of a unit say, as fields. */
#include "entity/service.h"

#include <stdio.h>

#include "core/attr.h"
#include "entity/list.h"
#include "host/environment.h"
#include "sensor/service/service_room.h"

#define ITEMS_MAX 4096
#define FILE_MAX ((size_t)1 << 20)

enum how {
	LAST,   /* the last value counts */
	ITEM,   /* each value is an item */
	NAMED,  /* the same, as KEY=VALUE */
	WORDS,  /* each word of each value is */
	ASSIGN, /* each word is a variable */
	FILES,  /* a file of variables */
};

/* The section is that of the unit's type ("Service" of a service), but for those of Unit. */
static const struct row {
	const char *key;
	enum service_field field;
	enum how how;
} rows[] = {
	{ "Type", SERVICE_TYPE, LAST },
	{ "ExecStart", SERVICE_EXEC_START, ITEM },
	{ "ExecStartPre", SERVICE_EXEC_EXTRA, NAMED },
	{ "ExecStartPost", SERVICE_EXEC_EXTRA, NAMED },
	{ "ExecCondition", SERVICE_EXEC_EXTRA, NAMED },
	{ "ExecReload", SERVICE_EXEC_EXTRA, NAMED },
	{ "ExecStop", SERVICE_EXEC_EXTRA, NAMED },
	{ "ExecStopPre", SERVICE_EXEC_EXTRA, NAMED },
	{ "ExecStopPost", SERVICE_EXEC_EXTRA, NAMED },
	{ "User", SERVICE_USER, LAST },
	{ "Group", SERVICE_GROUP, LAST },
	{ "WorkingDirectory", SERVICE_WORKING_DIRECTORY, LAST },
	{ "RootDirectory", SERVICE_ROOT_DIRECTORY, LAST },
	{ "RootImage", SERVICE_ROOT_DIRECTORY, LAST },
	{ "Environment", SERVICE_ENVIRONMENT, ASSIGN },
	{ "EnvironmentFile", SERVICE_ENVIRONMENT_FILES, FILES },
	{ "Restart", SERVICE_RESTART, LAST },
	{ "BusName", SERVICE_BUS_NAME, LAST },
	{ "ListenStream", SERVICE_LISTEN, NAMED },
	{ "ListenDatagram", SERVICE_LISTEN, NAMED },
	{ "ListenSequentialPacket", SERVICE_LISTEN, NAMED },
	{ "ListenFIFO", SERVICE_LISTEN, NAMED },
	{ "ListenSpecial", SERVICE_LISTEN, NAMED },
	{ "ListenNetlink", SERVICE_LISTEN, NAMED },
	{ "ListenMessageQueue", SERVICE_LISTEN, NAMED },
	{ "ListenUSBFunction", SERVICE_LISTEN, NAMED },
	{ "OnCalendar", SERVICE_SCHEDULE, NAMED },
	{ "OnBootSec", SERVICE_SCHEDULE, NAMED },
	{ "OnStartupSec", SERVICE_SCHEDULE, NAMED },
	{ "OnActiveSec", SERVICE_SCHEDULE, NAMED },
	{ "OnUnitActiveSec", SERVICE_SCHEDULE, NAMED },
	{ "OnUnitInactiveSec", SERVICE_SCHEDULE, NAMED },
	{ "OnClockChange", SERVICE_SCHEDULE, NAMED },
	{ "OnTimezoneChange", SERVICE_SCHEDULE, NAMED },
	{ "PathExists", SERVICE_WATCHES, NAMED },
	{ "PathExistsGlob", SERVICE_WATCHES, NAMED },
	{ "PathChanged", SERVICE_WATCHES, NAMED },
	{ "PathModified", SERVICE_WATCHES, NAMED },
	{ "DirectoryNotEmpty", SERVICE_WATCHES, NAMED },
	{ "What", SERVICE_WATCHES, NAMED },
	{ "Where", SERVICE_WATCHES, NAMED },
	{ "Options", SERVICE_WATCHES, NAMED },
	{ "Unit", SERVICE_STARTS, LAST },
	{ "Service", SERVICE_STARTS, LAST },
	{ "CapabilityBoundingSet", SERVICE_SANDBOX, NAMED },
	{ "AmbientCapabilities", SERVICE_SANDBOX, NAMED },
	{ "NoNewPrivileges", SERVICE_SANDBOX, NAMED },
	{ "DynamicUser", SERVICE_SANDBOX, NAMED },
	{ "SupplementaryGroups", SERVICE_SANDBOX, NAMED },
	{ "PAMName", SERVICE_SANDBOX, NAMED },
	{ "SystemCallFilter", SERVICE_SANDBOX, NAMED },
	{ "RestrictAddressFamilies", SERVICE_SANDBOX, NAMED },
	{ "RestrictNamespaces", SERVICE_SANDBOX, NAMED },
	{ "ProtectSystem", SERVICE_SANDBOX, NAMED },
	{ "ProtectHome", SERVICE_SANDBOX, NAMED },
	{ "ProtectKernelModules", SERVICE_SANDBOX, NAMED },
	{ "ProtectKernelTunables", SERVICE_SANDBOX, NAMED },
	{ "ProtectControlGroups", SERVICE_SANDBOX, NAMED },
	{ "ProtectProc", SERVICE_SANDBOX, NAMED },
	{ "PrivateTmp", SERVICE_SANDBOX, NAMED },
	{ "PrivateDevices", SERVICE_SANDBOX, NAMED },
	{ "PrivateNetwork", SERVICE_SANDBOX, NAMED },
	{ "PrivateUsers", SERVICE_SANDBOX, NAMED },
	{ "PrivateMounts", SERVICE_SANDBOX, NAMED },
	{ "BindPaths", SERVICE_SANDBOX, NAMED },
	{ "BindReadOnlyPaths", SERVICE_SANDBOX, NAMED },
	{ "ReadWritePaths", SERVICE_SANDBOX, NAMED },
	{ "ReadOnlyPaths", SERVICE_SANDBOX, NAMED },
	{ "InaccessiblePaths", SERVICE_SANDBOX, NAMED },
	{ "MemoryDenyWriteExecute", SERVICE_SANDBOX, NAMED },
	{ "IPAddressAllow", SERVICE_SANDBOX, NAMED },
	{ "IPAddressDeny", SERVICE_SANDBOX, NAMED },
	{ "SELinuxContext", SERVICE_SANDBOX, NAMED },
	{ "AppArmorProfile", SERVICE_SANDBOX, NAMED },
}, unit_rows[] = {
	{ "Description", SERVICE_DESCRIPTION, LAST },
	{ "SourcePath", SERVICE_SOURCE_PATH, LAST },
	{ "OnFailure", SERVICE_ON_FAILURE, WORDS },
	{ "OnSuccess", SERVICE_ON_FAILURE, WORDS },
};

struct item {
	const struct row *row; /* NULL: taken back */
	unsigned field;
	struct span text;
};

struct items {
	struct buf all;
};

static void items_done(struct items *x)
{
	buf_done(&x->all);
}

static void add(struct items *x, const struct row *row, unsigned field, struct span text)
{
	const struct item one = { row, field, text };

	if (x->all.n / sizeof one < ITEMS_MAX)
		buf_add(&x->all, &one, sizeof one);
}

static void take_back(struct items *x, const struct row *row)
{
	struct item *all = (void *)x->all.p;

	for (size_t i = 0; i < x->all.n / sizeof *all; i++)
		if (all[i].row == row)
			all[i].row = NULL;
}

/* ---- variables ---- */

static void add_variables(struct items *x, struct arena *a, const struct row *row,
	struct span value)
{
	struct span word;

	while (unit_word(&value, a, &word)) {
		add(x, row, SERVICE_ENVIRONMENT, environment_masked(word, a));
		if (environment_loads_code(word))
			add(x, row, SERVICE_LD_ENVIRONMENT, word);
	}
}

static struct span trim(struct span s)
{
	while (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = span_from_offset(s, 1);
	while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t' || s.p[s.n - 1] == '\r'))
		s.n--;
	return s;
}

/* Only what makes programs load other code is taken from the file: the rest may be secrets. */
static void add_variable_file(struct scan *s, struct items *x, const struct row *row,
	const struct unit *u, struct span value)
{
	struct arena *a = scan_arena(s);
	bool optional = value.n && value.p[0] == '-';
	struct span path = span_from_offset(value, optional), text, line;
	struct err why;

	add(x, row, SERVICE_ENVIRONMENT_FILES, value);
	if (!path.n || path.p[0] != '/' || memchr(path.p, '%', path.n) ||
		memchr(path.p, '*', path.n))
		return;
	if (host_read(scan_host(s), arena_text(a, path), FILE_MAX, a, &text, &why) < 0) {
		if (why.code != ERR_MISSING)
			scan_gap_err(s, &kind_service, u->key, false, &why);
		return;
	}
	while (span_cut(&text, '\n', &line)) {
		line = trim(line);
		if (environment_loads_code(line))
			add(x, row, SERVICE_LD_ENVIRONMENT, line);
	}
}

/* ---- one setting ---- */

static const struct row *row_of(const struct unit *u, const struct unit_setting *x)
{
	struct span type = unit_type(u->name);
	const struct row *list = rows;
	size_t n = ARRAY_LEN(rows);

	if (span_is(x->section, "Unit")) {
		list = unit_rows;
		n = ARRAY_LEN(unit_rows);
	} else if (x->section.n != type.n || (x->section.p[0] | 0x20) != type.p[0] ||
		   memcmp(x->section.p + 1, type.p + 1, type.n - 1) != 0) {
		return NULL;
	}
	for (size_t i = 0; i < n; i++)
		if (x->key.p[0] == list[i].key[0] && span_is(x->key, list[i].key))
			return &list[i];
	return NULL;
}

static void take(struct scan *s, struct items *items, const struct unit *u,
	const struct unit_setting *x, struct record *r)
{
	struct arena *a = scan_arena(s);
	const struct row *row = row_of(u, x);
	struct span value = row ? x->value : SPAN_NONE, word;

	if (!row)
		return;
	if (row->how == LAST) {
		record_set_bytes(r, row->field, value);
		if (value.n == 0)
			r->has &= ~field_bit(row->field);
	} else if (value.n == 0) {
		take_back(items, row);
	} else if (row->how == ITEM) {
		add(items, row, row->field, value);
	} else if (row->how == NAMED) {
		add(items, row, row->field,
			span_of(arena_format(a, "%s=%.*s", row->key, SPAN_ARG(value))));
	} else if (row->how == WORDS) {
		while (unit_word(&value, a, &word))
			add(items, row, row->field, word);
	} else if (row->how == ASSIGN) {
		add_variables(items, a, row, value);
	} else {
		add_variable_file(s, items, row, u, value);
	}
}

static void set_list(struct record *r, struct arena *a, unsigned field, const struct items *x)
{
	const struct item *all = (const void *)x->all.p;
	size_t n = x->all.n / sizeof *all, k = 0;
	struct span *list = arena_get(a, (n + 1) * sizeof *list);

	for (size_t i = 0; i < n; i++)
		if (all[i].row && all[i].field == field)
			list[k++] = all[i].text;
	if (k)
		record_set_list(r, field, a, list, k);
}

/* systemd.service(5), "Type=". */
static void set_type(const struct unit *u, struct record *r)
{
	if (!span_is(unit_type(u->name), "service"))
		r->has &= ~field_bit(SERVICE_TYPE); /* of a mount: the file system */
	else if (!record_has(r, SERVICE_TYPE) && u->fragment)
		record_set_bytes(r, SERVICE_TYPE,
			span_of(record_has(r, SERVICE_BUS_NAME)     ? "dbus"
				: record_has(r, SERVICE_EXEC_START) ? "simple"
								    : "oneshot"));
}

void service_settings(struct scan *s, const struct unit *u, struct record *r)
{
	static const enum service_field lists[] = { SERVICE_EXEC_START, SERVICE_EXEC_EXTRA,
		SERVICE_ENVIRONMENT, SERVICE_ENVIRONMENT_FILES, SERVICE_LD_ENVIRONMENT,
		SERVICE_SANDBOX, SERVICE_ON_FAILURE, SERVICE_LISTEN, SERVICE_SCHEDULE,
		SERVICE_WATCHES };
	AUTO(items) items = { BUF_INIT((ITEMS_MAX + 1) * sizeof(struct item)) };
	struct unit_settings at = { .of = u };
	const struct unit_setting *x;

	while (unit_settings_next(&at, &x))
		take(s, &items, u, x, r);
	for (size_t i = 0; items.all.n && i < ARRAY_LEN(lists); i++)
		set_list(r, scan_arena(s), lists[i], &items);
	set_type(u, r);
}
