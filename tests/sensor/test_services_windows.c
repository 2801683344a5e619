/* Services, processes, ports and drivers of the Windows this runs on, with a victim of our own. */
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

#include "../check.h"
#include "../windows/victim.h"
#include "core/attr.h"
#include "core/mem.h"
#include "host/host.h"
#include "host/windows/services_list.h"
#include "output/output.h"
#include "sensor/module/module_room.h"
#include "sensor/port/port_room.h"
#include "sensor/process/process_room.h"
#include "sensor/service/service_room.h"

#define NAME "InvarTestVictim"
#define LINES 4096
#define TCP_PORT "47613"
#define UDP_PORT "47614"

/* ---- the doors of sensor/sensor.h: a line an entity, "KEY NAME=VALUE …" ---- */

struct scan {
	struct arena *arena;
	struct host *host;
	uint64_t skip;
	char *lines[LINES];
	size_t n;
};

static struct scan room;
static char victim_key[64];

struct arena *scan_arena(struct scan *s)
{
	return s->arena;
}

bool scan_stopped(const struct scan *s)
{
	(void)s;
	return false;
}

struct host *scan_host(struct scan *s)
{
	struct host_options o = { 0 };
	struct err e;

	if (!s->host)
		assert_int_equal(host_open(&s->host, &o, &e), 0);
	return s->host;
}

uint64_t scan_asks_kind(struct scan *s, const struct kind *k)
{
	(void)s;
	return kind_fields_all(k);
}

uint64_t scan_asks(struct scan *s, const struct kind *k, struct span key)
{
	(void)key;
	return scan_asks_kind(s, k);
}

uint64_t scan_asks_of(struct scan *s, const struct record *r, uint64_t later)
{
	(void)later;
	return scan_asks_kind(s, r->kind);
}

static void add_line(struct scan *s, struct buf *b)
{
	assert_true(s->n < LINES);
	s->lines[s->n++] = strdup(buf_text(b));
	buf_done(b);
}

void scan_emit_part(struct scan *s, const struct record *r, uint64_t unknown)
{
	struct buf b = BUF_INIT(BUF_MAX_DEFAULT);

	buf_add_span(&b, r->key);
	for (unsigned i = 0; i < r->kind->n_fields; i++) {
		if (!record_has(r, i) || ((s->skip | unknown) & field_bit(i)))
			continue;
		buf_addf(&b, " %s=", r->kind->fields[i].name);
		text_value(&b, &r->kind->fields[i], r->v[i]);
	}
	buf_add_char(&b, ' ');
	add_line(s, &b);
}

void scan_emit(struct scan *s, const struct record *r)
{
	scan_emit_part(s, r, 0);
}

void scan_gap(struct scan *s, const struct gap *g)
{
	struct buf b = BUF_INIT(BUF_MAX_DEFAULT);

	buf_addf(&b, "gap %.*s %s", SPAN_ARG(g->key), g->text);
	add_line(s, &b);
}

static void forget(void)
{
	for (size_t i = 0; i < room.n; i++)
		free(room.lines[i]);
	room.n = 0;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* As a guard that is kept: the same host, renewed. */
static void look(const struct sensor *sensor)
{
	struct err e = { 0 };

	forget();
	if (!room.arena)
		room.arena = arena_new();
	arena_clear(room.arena);
	if (room.host)
		host_renew(room.host);
	if (sensor->scan(&room, &e) < 0)
		fail_msg("the sensor failed: %s", e.text);
	qsort(room.lines, room.n, sizeof *room.lines, compare);
}

/* The line of the entity; NULL: there is none. */
static const char *line_of(const char *key)
{
	size_t n = strlen(key);

	for (size_t i = 0; i < room.n; i++)
		if (strncmp(room.lines[i], key, n) == 0 && room.lines[i][n] == ' ')
			return room.lines[i];
	return NULL;
}

static void assert_holds(const char *key, const char *text)
{
	const char *line = line_of(key);

	if (!line)
		fail_msg("there is no '%s'", key);
	if (!strstr(line, text))
		fail_msg("'%s' is not in: %s", text, line);
}

static void assert_lacks(const char *key, const char *text)
{
	const char *line = line_of(key);

	if (line && strstr(line, text))
		fail_msg("'%s' is in: %s", text, line);
}

static void assert_no_gaps(void)
{
	for (size_t i = 0; i < room.n; i++)
		if (strncmp(room.lines[i], "gap ", 4) == 0)
			fail_msg("%s", room.lines[i]);
}

static int group_setup(void **state)
{
	(void)state;
	victim_find();
	snprintf(victim_key, sizeof victim_key, "\\victim.exe@");
	play("delete", NAME, NULL, NULL); /* of a run that was cut off */
	play("delete", NAME "Driver", NULL, NULL);
	return 0;
}

static int group_teardown(void **state)
{
	(void)state;
	forget();
	host_freep(&room.host);
	arena_freep(&room.arena);
	return 0;
}

/* ---- a list of the manager's ---- */

/* As Windows answers: never more than 256 KiB at a time, from where it left off. */
struct manager {
	DWORD n, knows; /* services; types */
	unsigned pages;
};

#define NAME_UNITS 40
#define ROW (sizeof(ENUM_SERVICE_STATUS_PROCESSW) + 2 * NAME_UNITS * sizeof(wchar_t))

static DWORD answer(void *ctx, DWORD types, BYTE *at, DWORD bytes, DWORD *ret_need, DWORD *ret_n,
	DWORD *resume)
{
	struct manager *m = ctx;
	ENUM_SERVICE_STATUS_PROCESSW *rows = (void *)at;
	wchar_t *text = (void *)(at + bytes);

	if (bytes > 256 * 1024)
		return RPC_X_BAD_STUB_DATA;
	if (types & ~m->knows)
		return ERROR_INVALID_PARAMETER;
	m->pages++;
	for (*ret_n = 0; *resume < m->n && (*ret_n + 1) * ROW <= bytes; ++*resume, ++*ret_n) {
		text -= 2 * NAME_UNITS;
		swprintf(text, NAME_UNITS, L"service %05lu", 99999 - *resume);
		swprintf(text + NAME_UNITS, NAME_UNITS, L"the service %lu", *resume);
		rows[*ret_n] = (ENUM_SERVICE_STATUS_PROCESSW){ text, text + NAME_UNITS,
			{ .dwServiceType = SERVICE_WIN32, .dwCurrentState = SERVICE_STOPPED } };
	}
	*ret_need = (DWORD)((m->n - *resume) * ROW);
	return *resume < m->n ? ERROR_MORE_DATA : ERROR_SUCCESS;
}

static void list__is_asked_for_in_pages(void **state)
{
	static const DWORD sizes[] = { 0, 1, 100, 5000 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct manager m = { .n = sizes[i], .knows = i % 2 ? 0x3ff : 0x3b };
		AUTO_FREE(arena) a = arena_new();
		struct scm_entry *list = NULL;
		struct err e = { 0 };
		char name[32];
		size_t n = 0;

		if (scm_list_by(answer, &m, a, &list, &n, &e) < 0)
			fail_msg("%s", e.text);
		assert_int_equal(n, sizes[i]);
		for (size_t k = 0; k < n; k++) {
			snprintf(name, sizeof name, "service %05zu", 99999 - n + 1 + k);
			assert_true(span_is(list[k].name, name));
			/* not what it is said to be as well while it runs */
			assert_int_equal(list[k].type, SERVICE_WIN32_SHARE_PROCESS);
		}
		free(list);
	}
}

/* ---- services ---- */

static void test_service(void **state)
{
	(void)state;
	assert_int_equal(play("install", NAME, "auto", NULL), 0);
	look(&sensor_service);
	assert_holds(NAME, " state=stopped enabled=automatic ");
	assert_holds(NAME, " description=a service for tests ");
	assert_holds(NAME, " type=own-process ");
	assert_holds(NAME, " user=LocalSystem ");
	assert_holds(NAME, "victim.exe\" run " NAME " ");
	assert_holds(NAME, "\\victim.exe unquoted=false ");
	assert_holds(NAME, " sha256=");
	assert_lacks(NAME, " result=");
	assert_int_equal(play("start", NAME, NULL, NULL), 0);
	look(&sensor_service);
	assert_holds(NAME, " state=running ");
	assert_holds(NAME, " main_pid=");
	assert_holds(NAME, " started=");
	assert_int_equal(play("config", NAME, "demand", NULL), 0);
	assert_int_equal(play("stop", NAME, NULL, NULL), 0);
	look(&sensor_service);
	assert_holds(NAME, " state=stopped enabled=manual ");
	assert_holds(NAME, " status=stopped ");
	assert_lacks(NAME, " result=");
	assert_int_equal(play("delete", NAME, NULL, NULL), 0);
	look(&sensor_service);
	assert_null(line_of(NAME));
	assert_no_gaps();
}

static void test_service_dies(void **state)
{
	(void)state;
	assert_int_equal(play("install", NAME, "auto", NULL), 0);
	assert_int_equal(play("start", NAME, NULL, NULL), 0);
	assert_int_equal(play("fail", NAME, NULL, NULL), 0);
	look(&sensor_service);
	assert_holds(NAME, " state=failed ");
	assert_holds(NAME, " result=exit-code exit=exit code 42 (service-specific) ");
	assert_int_equal(play("start", NAME, NULL, NULL), 0);
	look(&sensor_service);
	assert_holds(NAME, " state=running ");
	assert_lacks(NAME, " exit=");
	assert_int_equal(play("crash", NAME, NULL, NULL), 0);
	look(&sensor_service);
	assert_holds(NAME, " state=failed ");
	assert_holds(NAME, " result=crash exit=error 1067 (its process ended unexpectedly) ");
	assert_holds(NAME, " status=stopped ");
	assert_int_equal(play("delete", NAME, NULL, NULL), 0);
}

static void test_unquoted(void **state)
{
	static char folder[] = "C:\\invar test", exe[] = "C:\\invar test\\victim.exe";

	(void)state;
	CreateDirectoryA(folder, NULL);
	assert_true(CopyFileA(victim, exe, FALSE));
	/* _spawnl does not quote: the blank would be lost */
	assert_int_equal(play("install", NAME, "demand", "\"C:\\invar test\\victim.exe -x\""), 0);
	look(&sensor_service);
	assert_holds(NAME, " program=C:\\invar test\\victim.exe unquoted=true ");
	assert_int_equal(play("delete", NAME, NULL, NULL), 0);
	DeleteFileA(exe);
	RemoveDirectoryA(folder);
}

/* Whatever lies in the folder we happen to be in. */
static void test_bare_name(void **state)
{
	(void)state;
	assert_int_equal(play("install", NAME, "demand", "\"victim.exe -x\""), 0);
	look(&sensor_service);
	assert_holds(NAME, "\\System32\\victim.exe unquoted=false ");
	assert_lacks(NAME, " sha256=");
	assert_int_equal(play("delete", NAME, NULL, NULL), 0);
}

static void test_driver(void **state)
{
	(void)state;
	assert_int_equal(play("driver", NAME "Driver", "System32\\drivers\\mountmgr.sys", NULL), 0);
	look(&sensor_service);
	assert_holds(NAME "Driver", " type=kernel-driver ");
	assert_holds(NAME "Driver", "System32\\drivers\\mountmgr.sys settings=");
	assert_holds(NAME "Driver", " state=on-demand enabled=manual sha256=");
	assert_lacks(NAME "Driver", " user=");
	assert_int_equal(play("delete", NAME "Driver", NULL, NULL), 0);
}

/* ---- twice the same ---- */

static uint64_t volatile_of(const struct kind *k)
{
	return kind_fields_with(k, FIELD_VOLATILE);
}

static void test_twice(void **state)
{
	static const struct sensor *const list[] = { &sensor_service, &sensor_process,
		&sensor_module };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(list); i++) {
		char *was[LINES];
		size_t n;

		room.skip = volatile_of(list[i]->kind);
		look(list[i]);
		assert_no_gaps();
		n = room.n;
		assert_true(n > 0);
		memcpy(was, room.lines, sizeof was);
		room.n = 0;
		look(list[i]);
		room.skip = 0;
		assert_int_equal(room.n, n);
		for (size_t k = 0; k < n; k++) {
			assert_string_equal(room.lines[k], was[k]);
			free(was[k]);
		}
	}
}

/* ---- processes ---- */

static const char *line_with(const char *text)
{
	for (size_t i = 0; i < room.n; i++)
		if (strstr(room.lines[i], text))
			return room.lines[i];
	return NULL;
}

static void test_process(void **state)
{
	struct started s = begin("wait 60 --password geheim");
	const char *line;

	(void)state;
	look(&sensor_process);
	line = line_with(victim_key);
	assert_non_null(line);
	assert_non_null(strstr(line, " count=1 "));
	assert_non_null(strstr(line, " deleted=false "));
	assert_non_null(strstr(line, " sha256="));
	assert_non_null(strstr(line, " integrity="));
	assert_non_null(strstr(line, " wait 60 --password *** "));
	assert_non_null(strstr(line, "test_services_windows.exe "));
	assert_null(strstr(line, " unit="));
	assert_null(line_with("geheim"));
	/* this program is the scan */
	assert_null(line_with("test_services_windows.exe@"));
	end(&s);
	look(&sensor_process);
	assert_null(line_with(victim_key));
}

static void test_process_of_service(void **state)
{
	const char *line;

	(void)state;
	assert_int_equal(play("install", NAME, "auto", NULL), 0);
	assert_int_equal(play("start", NAME, NULL, NULL), 0);
	look(&sensor_process);
	line = line_with(victim_key);
	assert_non_null(line);
	assert_non_null(strstr(line, "#" NAME " "));
	assert_non_null(strstr(line, " unit=" NAME " "));
	assert_non_null(strstr(line, " services=" NAME " "));
	assert_int_equal(play("stop", NAME, NULL, NULL), 0);
	assert_int_equal(play("delete", NAME, NULL, NULL), 0);
}

/* ---- ports ---- */

static void test_port(void **state)
{
	struct started tcp = begin("listen tcp " TCP_PORT), udp = begin("listen udp " UDP_PORT);

	(void)state;
	look(&sensor_port);
	assert_holds("tcp/127.0.0.1/" TCP_PORT, " state=listening reach=loopback ");
	assert_holds("tcp/127.0.0.1/" TCP_PORT, "\\victim.exe sha256=");
	assert_holds("tcp/127.0.0.1/" TCP_PORT, " user=");
	assert_holds("tcp/127.0.0.1/" TCP_PORT, " ephemeral=false ");
	assert_holds("tcp/127.0.0.1/" TCP_PORT, " process=victim.exe ");
	assert_holds("udp/127.0.0.1/" UDP_PORT, " state=bound reach=loopback ");
	assert_holds("udp/127.0.0.1/" UDP_PORT, "\\victim.exe sha256=");
	end(&tcp);
	end(&udp);
	look(&sensor_port);
	/* The host's kernel closes it when it comes to it. */
	for (int i = 0; i < 300 && line_of("tcp/127.0.0.1/" TCP_PORT); i++) {
		Sleep(200);
		look(&sensor_port);
	}
	assert_null(line_of("tcp/127.0.0.1/" TCP_PORT));
	assert_null(line_of("udp/127.0.0.1/" UDP_PORT));
}

/* ---- drivers ---- */

static void test_module(void **state)
{
	(void)state;
	look(&sensor_module);
	assert_non_null(line_with("ntoskrnl.exe "));
	assert_non_null(line_with("\\system32\\ntoskrnl.exe "));
	assert_non_null(line_with(" sha256="));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(list__is_asked_for_in_pages),
		cmocka_unit_test(test_service),
		cmocka_unit_test(test_service_dies),
		cmocka_unit_test(test_unquoted),
		cmocka_unit_test(test_bare_name),
		cmocka_unit_test(test_driver),
		cmocka_unit_test(test_twice),
		cmocka_unit_test(test_process),
		cmocka_unit_test(test_process_of_service),
		cmocka_unit_test(test_port),
		cmocka_unit_test(test_module),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
