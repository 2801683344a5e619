#include <signal.h>
#include <stdarg.h>

#include "entity/service.h"
#include "host/units.h"
#include "room.h"
#include "sensor/service/lsb.h"
#include "sensor/service/service_room.h"

#define NOT(f) field_bit(SERVICE_##f)

static const char *root;

static void link_to(const char *path, const char *target)
{
	char name[512];

	room_file(root, path, "", 0, 0644); /* makes the folders */
	snprintf(name, sizeof name, "%s/%s", root, path);
	assert_int_equal(unlink(name), 0);
	assert_int_equal(symlink(target, name), 0);
}

static void script(const char *path, const char *text)
{
	room_file(root, path, text, strlen(text), 0755);
}

#define DAEMON \
	"[Unit]\nDescription=A daemon\n[Service]\nExecStart=/bin/d\nRestart=on-failure\n" \
	"[Install]\nWantedBy=multi-user.target\nAlias=dd.service\n"

static int setup(void **state)
{
	(void)state;
	root = room_root();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	host_freep(&room.host);
	room_root_done(root);
	return 0;
}

static void fresh(void **state)
{
	teardown(state);
	setup(state);
}

/* The entity's line has (or, with "!" before it, has not) each of these words; NULL ends them. */
static void has(const char *key, ...)
{
	const char *line = room_find(key), *word;
	va_list words;

	if (!line)
		fail_msg("no '%s'", key);
	va_start(words, key);
	while ((word = va_arg(words, const char *)) != NULL)
		if ((strstr(line, word + (*word == '!')) != NULL) == (*word == '!'))
			fail_msg("'%s' in: %s", word, line);
	va_end(words);
}

/* ---- what is enabled ---- */

static const struct {
	const char *path, *target, *text; /* a link or a file */
} enabling[] = {
	{ "usr/lib/systemd/system/on.service", NULL, DAEMON },
	{ "etc/systemd/system/multi-user.target.wants/on.service", "/lib/systemd/system/on.service",
		NULL },
	{ "etc/systemd/system/dd.service", "/lib/systemd/system/on.service", NULL },
	{ "usr/lib/systemd/system/off.service", NULL, DAEMON },
	{ "usr/lib/systemd/system/plain.service", NULL, "[Service]\nExecStart=/bin/p\n" },
	{ "usr/lib/systemd/system/sysinit.target.wants/plain.service", "../plain.service", NULL },
	{ "usr/lib/systemd/system/gone.service", NULL, DAEMON },
	{ "etc/systemd/system/gone.service", "/dev/null", NULL },
	{ "etc/systemd/system/empty.service", NULL, "" },
	{ "run/systemd/system/later.service", "/dev/null", NULL },
	{ "usr/lib/systemd/system/now.service", NULL, DAEMON },
	{ "run/systemd/system/x.target.requires/now.service", "/usr/lib/systemd/system/now.service",
		NULL },
	{ "run/systemd/generator/made.service", NULL, DAEMON },
	{ "run/systemd/transient/run-1.service", NULL, DAEMON },
	{ "etc/systemd/system/far.service", "/opt/far.service", NULL },
	{ "opt/far.service", NULL, DAEMON },
	{ "usr/lib/systemd/system/also.service", NULL, "[Install]\nAlso=on.service\n" },
	{ "usr/lib/systemd/system/t@.service", NULL, DAEMON },
	{ "etc/systemd/system/a.target.wants/t@one.service", "/usr/lib/systemd/system/t@.service",
		NULL },
	{ "etc/systemd/system/a.target.wants/nowhere.service", "/nowhere.service", NULL },
};
static const struct {
	const char *key, *word;
} enabled[] = {
	{ "on.service", "enabled=enabled" },
	{ "off.service", "enabled=disabled" },
	{ "plain.service", "enabled=static" },
	{ "gone.service", "enabled=masked" },
	{ "empty.service", "enabled=masked" },
	{ "later.service", "enabled=masked-runtime" },
	{ "now.service", "enabled=enabled-runtime" },
	{ "made.service", "enabled=generated" },
	{ "run-1.service", "enabled=transient" },
	{ "far.service", "enabled=linked" },
	{ "also.service", "enabled=indirect" },
	{ "t@.service", "enabled=enabled" },
	{ "t@one.service", "enabled=enabled" },
};

static void links_and_places_say_what_is_enabled(void **state)
{
	fresh(state);
	for (size_t i = 0; i < ARRAY_LEN(enabling); i++)
		if (enabling[i].target)
			link_to(enabling[i].path, enabling[i].target);
		else
			room_text(root, enabling[i].path, enabling[i].text);
	room_run(&sensor_service, root, 0);
	for (size_t i = 0; i < ARRAY_LEN(enabled); i++)
		has(enabled[i].key, enabled[i].word, NULL);
	assert_int_equal(room.n, ARRAY_LEN(enabled)); /* no alias, nothing that is not there */
	has("on.service", "wanted_by=multi-user.target", "aliases=dd.service",
		"fragment=/usr/lib/systemd/system/on.service", "manager=systemd", "! state=", NULL);
	has("now.service", "required_by=x.target", NULL);
	has("t@one.service", "fragment=/usr/lib/systemd/system/t@.service", "exec_start=/bin/d",
		NULL);
	has("gone.service", "!fragment", "!exec_start", NULL);
}

static void presets_say_what_should_be_enabled(void **state)
{
	AUTO(buf) all = BUF_INIT(4096);

	(void)state;
	presets_parse(span_of("# enable x.service\n\n enable a*.service \ndisable a1.service\n"
			      "ignore b.service\ndisable t@.service one two\nenable\nnonsense y\n"
			      "disable *.socket"),
		&all);
	assert_true(span_is(presets_find(&all, span_of("a1.service"), SPAN_NONE), "enabled"));
	assert_true(span_is(presets_find(&all, span_of("b.service"), SPAN_NONE), "ignored"));
	assert_true(span_is(presets_find(&all, span_of("c.socket"), SPAN_NONE), "disabled"));
	assert_true(span_is(presets_find(&all, span_of("y"), SPAN_NONE), "enabled"));
	assert_true(span_is(presets_find(&all, span_of("t@x.service"), span_of("t@.service")),
		"disabled"));
}

static void presets_of_the_administrator_go_first(void **state)
{
	fresh(state);
	room_text(root, "usr/lib/systemd/system/on.service", DAEMON);
	room_text(root, "usr/lib/systemd/system/off.service", DAEMON);
	room_text(root, "usr/lib/systemd/system-preset/90-x.preset", "disable on.service\n");
	room_text(root, "etc/systemd/system-preset/90-x.preset", "enable on.service\n");
	room_text(root, "usr/lib/systemd/system-preset/10-y.preset", "disable off.service\n");
	room_run(&sensor_service, root, 0);
	has("on.service", "preset=enabled", NULL);
	has("off.service", "preset=disabled", NULL);
}

/* ---- drop-ins ---- */

static void drop_ins_change_what_is_run(void **state)
{
	fresh(state);
	room_text(root, "usr/lib/systemd/system/a-b.service",
		"[Service]\nExecStart=/bin/one\nExecStart=/bin/two\nUser=alice\n");
	room_text(root, "etc/systemd/system/a-b.service.d/50-x.conf",
		"[Service]\nExecStart=\nExecStart=-/tmp/evil \\\n  --now\nUser=\n"
		"Environment=LD_PRELOAD=/tmp/x.so \"DB_PASSWORD=geheim x\" A=1\n");
	room_text(root, "usr/lib/systemd/system/a-b.service.d/50-x.conf", "[Service]\nUser=no\n");
	room_text(root, "usr/lib/systemd/system/service.d/10-all.conf", "[Service]\nGroup=g\n");
	room_text(root, "run/systemd/system/a-.service.d/60-p.conf",
		"[Service]\nExecStartPre=+/bin/pre\nNoNewPrivileges=yes\n");
	link_to("etc/systemd/system/a-b.service.d/60-q.conf", "/dev/null");
	room_text(root, "etc/systemd/system/a-b.service.d/readme", "[Service]\nUser=no\n");
	room_text(root, "usr/lib/systemd/system/a-b.timer", "[Timer]\nOnCalendar=daily\n");
	room_run(&sensor_service, root, 0);
	has("a-b.service", "exec_start=-/tmp/evil    --now", "!/bin/one", "! user=", "group=g",
		"exec_extra=ExecStartPre=+/bin/pre", "ld_environment=LD_PRELOAD=/tmp/x.so",
		"DB_PASSWORD=***", "!geheim", "sandbox=NoNewPrivileges=yes",
		"triggered_by=a-b.timer", "10-all.conf", "/etc/systemd/system/a-b.service.d/50-x",
		"!/usr/lib/systemd/system/a-b.service.d/50-x", "60-p.conf", "!readme",
		"drop_ins_sha256=", NULL);
	has("a-b.timer", "schedule=OnCalendar=daily", "!group", NULL);
}

static void variables_that_load_code_are_found_in_files(void **state)
{
	fresh(state);
	room_text(root, "usr/lib/systemd/system/a.service",
		"[Service]\nExecStart=/bin/a\nEnvironmentFile=-/etc/default/a\n"
		"EnvironmentFile=/etc/default/none\n");
	room_text(root, "etc/default/a", "OPTS=-x\n# LD_X=1\n  LD_AUDIT=/tmp/y.so\nTOKEN=abc\n");
	room_run(&sensor_service, root, 0);
	has("a.service", "ld_environment=LD_AUDIT=/tmp/y.so",
		"environment_files=-/etc/default/a, /etc/default/none", "!TOKEN",
		"! environment=", NULL);
}

/* ---- users ---- */

static void units_of_users_are_found(void **state)
{
	fresh(state);
	room_text(root, "etc/passwd",
		"root:x:0:0::/root:/bin/sh\nalice:x:1:1::/home/alice:/bin/sh\nbad\n"
		"bob:x:2:2::/home/bob:/bin/sh\n");
	room_text(root, "usr/lib/systemd/user/agent.socket", "[Socket]\nListenStream=%t/agent\n");
	room_text(root, "home/alice/.config/systemd/user/evil.service",
		"[Service]\nExecStart=/tmp/evil\n");
	link_to("home/alice/.config/systemd/user/default.target.wants/evil.service",
		"../evil.service");
	room_run(&sensor_service, root, 0);
	has("user/agent.socket", "manager=systemd-user", "listen=ListenStream=%t/agent", NULL);
	has("user/alice/evil.service", "exec_start=/tmp/evil", "enabled=enabled",
		"wanted_by=default.target", NULL);
	assert_int_equal(room.n, 2);
}

/* ---- bad input ---- */

static void what_cannot_be_read_is_a_gap_and_the_rest_is_there(void **state)
{
	static char big[UNIT_FILE_MAX + 2];
	static const char binary[] = "[Service]\nExecStart=/bin/x\n\0\x7f\x45\n\nfoo\n";

	fresh(state);
	memset(big, '#', sizeof big - 1);
	room_text(root, "etc/systemd/system/big.service", big);
	room_file(root, "etc/systemd/system/binary.service", binary, sizeof binary - 1, 0644);
	room_file(root, "etc/systemd/system/folder.service", NULL, 0, 0755);
	link_to("etc/systemd/system/loop.service", "loop2.service");
	link_to("etc/systemd/system/loop2.service", "loop.service");
	room_text(root, "etc/systemd/system/good.service", DAEMON);
	room_run(&sensor_service, root, 0);
	has("good.service", "exec_start=/bin/d", NULL);
	has("binary.service", "exec_start=/bin/x", NULL);
	has("gap big.service", "larger than", NULL);
	has("gap binary.service", "line 3 is no setting (2 such lines in all)", NULL);
	assert_null(room_find("folder.service"));
}

/* ---- scripts ---- */

static void scripts_of_sysv_and_openrc_are_services(void **state)
{
	fresh(state);
	script("etc/init.d/ssh", "#!/bin/sh\n### BEGIN INIT INFO\n# Provides: sshd\n"
				 "# Short-Description: Secure shell\n### END INIT INFO\n");
	room_text(root, "etc/init.d/README", "no script");
	script("etc/init.d/net",
		"#!/sbin/openrc-run\ndescription=\"Network\"\ncommand_user='nobody:net'\n");
	link_to("etc/rc2.d/S01ssh", "../init.d/ssh");
	link_to("etc/rc5.d/S01ssh", "../init.d/ssh");
	link_to("etc/rc6.d/K01ssh", "../init.d/ssh");
	link_to("etc/runlevels/boot/net", "/etc/init.d/net");
	room_run(&sensor_service, root, NOT(SHA256));
	has("ssh", "manager=sysv", "enabled=enabled", "runlevels=2, 5", "description=Secure shell",
		"fragment=/etc/init.d/ssh", NULL);
	has("net", "manager=openrc", "runlevels=boot", "description=Network", "user=nobody:net",
		NULL);
	assert_int_equal(room.n, 2);
	script("usr/lib/systemd/systemd", "");
	room_text(root, "usr/lib/systemd/system/net.service", DAEMON);
	room_run(&sensor_service, root, 0);
	has("ssh.service", "manager=sysv", NULL); /* as systemd's generator names it */
	has("net.service", "manager=systemd", NULL);
	assert_int_equal(room.n, 2);
}

/* ---- states ---- */

static const struct {
	const char *name, *type, *trigger, *active, *sub; /* active NULL: not loaded */
	bool wanted;
	const char *is;  /* "": has none */
	const char *job; /* or NULL */
} states[] = {
	{ "d.service", "simple", NULL, "active", "running", true, "running", NULL },
	{ "d.service", "notify", NULL, "activating", "start", true, "running", NULL },
	{ "d.service", "simple", NULL, "reloading", "reload", true, "running", NULL },
	{ "d.service", "simple", NULL, "inactive", "dead", true, "stopped", NULL },
	{ "d.service", "simple", NULL, "deactivating", "stop-sigterm", true, "stopped", NULL },
	{ "d.service", "simple", NULL, "deactivating", "stop-sigterm", true, "running", "restart" },
	{ "d.service", "simple", NULL, "inactive", "dead", true, "running", "start" },
	{ "d.service", "simple", NULL, "deactivating", "stop-sigterm", true, "stopped", "stop" },
	{ "d.service", "simple", NULL, "failed", "failed", true, "failed", "restart" },
	{ "d.service", "simple", NULL, NULL, NULL, false, "stopped", NULL },
	{ "d.service", "simple", NULL, "failed", "failed", true, "failed", NULL },
	{ "d.service", "simple", NULL, "activating", "auto-restart", true, "restarting", NULL },
	{ "d.service", "simple", "d.socket", "inactive", "dead", true, "stopped", NULL },
	{ "d.service", "simple", "d.socket", "active", "running", true, "running", NULL },
	{ "d.service", "simple", "d.socket", "active", "running", false, "on-demand", NULL },
	{ "d.service", "simple", "d.socket", "inactive", "dead", false, "on-demand", NULL },
	{ "d.service", "simple", "d.timer", "active", "running", true, "on-demand", NULL },
	{ "d.service", "simple", "d.path", "inactive", "dead", true, "on-demand", NULL },
	{ "d.service", "oneshot", NULL, "active", "exited", true, "on-demand", NULL },
	{ "d.service", "oneshot", NULL, "inactive", "dead", true, "on-demand", NULL },
	{ "d.service", "oneshot", "d.timer", "failed", "failed", true, "failed", NULL },
	{ "d.timer", NULL, NULL, "active", "waiting", true, "waiting", NULL },
	{ "d.timer", NULL, NULL, "inactive", "dead", true, "stopped", NULL },
	{ "d.socket", NULL, NULL, "active", "running", false, "waiting", NULL },
	{ "d.target", NULL, NULL, "active", "active", false, "", NULL },
	{ "d.mount", NULL, NULL, "failed", "failed", false, "failed", NULL },
	{ "d@.service", "simple", NULL, NULL, NULL, false, "", NULL },
};

static void states_stay_what_they_are_on_a_host_that_works(void **state)
{
	AUTO_FREE(arena) a = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(states); i++) {
		struct record *r = record_new(a, &kind_service);
		struct unit u = { .name = span_of(states[i].name), .enabled = UNIT_STATIC };
		struct live_unit l = { .active = span_of(states[i].active),
			.sub = span_of(states[i].sub),
			.job = span_of(states[i].job) };
		struct span wants = span_of("multi-user.target"), trigger;
		AUTO(buf) is = BUF_INIT(64);

		trigger = span_of(states[i].trigger);
		u.related[UNIT_WANTED_BY] = &wants;
		u.n_related[UNIT_WANTED_BY] = states[i].wanted;
		u.related[UNIT_TRIGGERED_BY] = &trigger;
		u.n_related[UNIT_TRIGGERED_BY] = states[i].trigger != NULL;
		if (states[i].type)
			record_set_bytes(r, SERVICE_TYPE, span_of(states[i].type));
		service_state(&u, states[i].active ? &l : NULL, r, a);
		if (record_has(r, SERVICE_STATE))
			text_value(&is, &kind_service.fields[SERVICE_STATE], r->v[SERVICE_STATE]);
		if (strcmp(buf_text(&is), states[i].is) != 0)
			fail_msg("row %zu is '%s', not '%s'", i, buf_text(&is), states[i].is);
	}
}

static void how_it_ended_is_said_in_words(void **state)
{
	AUTO_FREE(arena) a = arena_new();

	(void)state;
	assert_true(span_is(service_exit_text(CLD_EXITED, 3, a), "exit code 3"));
	assert_true(span_is(service_exit_text(CLD_EXITED, 203, a),
		"exit code 203 (systemd: cannot run its program)"));
	assert_true(span_is(service_exit_text(CLD_KILLED, SIGSEGV, a), "signal 11 (SEGV)"));
	assert_true(
		span_is(service_exit_text(CLD_DUMPED, SIGABRT, a), "signal 6 (ABRT), core dumped"));
	assert_true(span_is(service_exit_text(CLD_KILLED, 50, a), "signal 50 (real-time)"));
	assert_int_equal(service_exit_text(CLD_EXITED, 0, a).n, 0);
	assert_int_equal(service_exit_text(0, 0, a).n, 0);
	assert_true(span_is(service_exit_text(CLD_KILLED, UINT64_MAX, a),
		"signal 4294967295 (real-time)"));
}

/* systemctl stop nftables */
static void what_ran_at_boot_to_stay_is_done_until_it_is_stopped(void **state)
{
	static const struct {
		const char *key, *value, *active, *is;
	} rows[] = {
		{ "RemainAfterExit", "yes", "active", "done" },
		{ "RemainAfterExit", "true", "inactive", "stopped" },
		{ "RemainAfterExit", "no", "inactive", "on-demand" },
		{ "ConditionFirstBoot", "yes", "active", "on-demand" },
	};
	AUTO_FREE(arena) a = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct unit_setting settings[] = { { span_of("Service"), span_of("RemainAfterExit"),
							   span_of("yes") },
			{ span_of("Service"), span_of(rows[i].key), span_of(rows[i].value) } };
		struct unit_source fragment = { .settings = settings, .n = 2 };
		struct span wants = span_of("sysinit.target");
		struct unit u = { .name = span_of("w.service"), .fragment = &fragment };
		struct live_unit l = { .active = span_of(rows[i].active) };
		struct record *r = record_new(a, &kind_service);
		AUTO(buf) is = BUF_INIT(64);

		u.related[UNIT_WANTED_BY] = &wants;
		u.n_related[UNIT_WANTED_BY] = 1;
		record_set_bytes(r, SERVICE_TYPE, span_of("oneshot"));
		service_state(&u, &l, r, a);
		text_value(&is, &kind_service.fields[SERVICE_STATE], r->v[SERVICE_STATE]);
		assert_string_equal(buf_text(&is), rows[i].is);
	}
}

/* ---- the running host ---- */

static void this_host_can_be_looked_at(void **state)
{
	(void)state;
	room_run(&sensor_service, NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(links_and_places_say_what_is_enabled),
		cmocka_unit_test(presets_say_what_should_be_enabled),
		cmocka_unit_test(presets_of_the_administrator_go_first),
		cmocka_unit_test(drop_ins_change_what_is_run),
		cmocka_unit_test(variables_that_load_code_are_found_in_files),
		cmocka_unit_test(units_of_users_are_found),
		cmocka_unit_test(what_cannot_be_read_is_a_gap_and_the_rest_is_there),
		cmocka_unit_test(scripts_of_sysv_and_openrc_are_services),
		cmocka_unit_test(states_stay_what_they_are_on_a_host_that_works),
		cmocka_unit_test(what_ran_at_boot_to_stay_is_done_until_it_is_stopped),
		cmocka_unit_test(how_it_ended_is_said_in_words),
		cmocka_unit_test(this_host_can_be_looked_at),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
