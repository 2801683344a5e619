#include <stdarg.h>

#include "entity/cron.h"
#include "room.h"
#include "sensor/cron/cron_room.h"

static const char *root;

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

static void every_crontab_is_read(void **state)
{
	fresh(state);
	room_text(root, "etc/debian_version", "12\n");
	room_text(root, "etc/crontab",
		"SHELL=/bin/sh\nPATH=/opt/bin:/usr/bin\n17 * * * * root job -x\nMAILTO=x\n"
		"18 * * * * alice /opt/b.sh > /tmp/out\n");
	room_file(root, "opt/bin/job", "#!/bin/sh\n", 10, 0755);
	room_text(root, "opt/b.sh", "true\n"); /* not executable, but a script by its name */
	room_text(root, "etc/cron.d/ok", "@reboot root LD_PRELOAD=/x /bin/none\n");
	room_text(root, "etc/cron.d/short", "@daily root tool -x\n"); /* no PATH: cron's own */
	room_file(root, "usr/bin/tool", "#!/bin/sh\n", 10, 0755);
	room_text(root, "etc/cron.d/ok.dpkg-old", "@reboot root old\n");
	room_text(root, "var/spool/cron/crontabs/bob", "LD_AUDIT=/y\nAPI_KEY=1\n1 2 3 4 5 x\n");
	room_text(root, "var/spool/cron/crontabs/tmp.abc", "1 2 3 4 5 x\n");
	room_text(root, "etc/anacrontab", "1 5 cron.daily run-parts /etc/cron.daily\n");
	room_run(&sensor_cron, root, 0);
	has("/etc/crontab:root:job -x", "type=crontab", "schedule=17 * * * *", "user=root",
		"program=/opt/bin/job", "sha256=", "environment=SHELL=/bin/sh, PATH=", "!MAILTO",
		"line=3", NULL);
	has("/etc/crontab:alice:/opt/b.sh > /tmp/out", "program=/opt/b.sh", "MAILTO=x", NULL);
	has("/etc/cron.d/ok:root:LD_PRELOAD=/x /bin/none", "schedule=@reboot", "!program", NULL);
	has("/etc/cron.d/short:root:tool -x", "program=/usr/bin/tool", NULL);
	has("/var/spool/cron/crontabs/bob:x", "user=bob", "type=user-crontab",
		"ld_environment=LD_AUDIT=/y", "API_KEY=***", NULL);
	has("/etc/anacrontab:root:run-parts /etc/cron.daily", "type=anacron",
		"schedule=every 1 day, delay 5 min", NULL);
	assert_int_equal(room.n, 6);
}

static void another_schedule_is_the_same_job_and_a_double_another(void **state)
{
	fresh(state);
	room_text(root, "etc/crontab", "1 * * * * root x\n2 * * * * root x\n3 * * * * bob x\n");
	room_run(&sensor_cron, root, 0);
	has("/etc/crontab:root:x", NULL);
	has("/etc/crontab:root:x #2", "schedule=2 * * * *", NULL);
	has("/etc/crontab:bob:x", "schedule=3 * * * *", NULL);
	assert_int_equal(room.n, 3);
}

static void long_commands_have_short_keys_that_differ(void **state)
{
	char text[4096] = "1 * * * * root ", *p = text + strlen(text);

	fresh(state);
	memset(p, 'a', 1000);
	memcpy(p + 1000, "\n1 * * * * root ", 16);
	memset(p + 1016, 'a', 1000);
	memcpy(p + 2016, "b\n", 3);
	room_text(root, "etc/crontab", text);
	room_run(&sensor_cron, root, field_bit(CRON_COMMAND));
	assert_int_equal(room.n, 2);
	assert_true(strlen(room.lines[0]) < 400);
	assert_null(strstr(room.lines[1], "#2"));
}

static void folders_of_scripts_are_jobs(void **state)
{
	fresh(state);
	room_text(root, "etc/debian_version", "12\n");
	room_file(root, "etc/cron.daily/rotate", "#!/bin/sh\n", 10, 0755);
	room_file(root, "etc/cron.daily/no.sh", "#!/bin/sh\n", 10, 0755); /* run-parts(8) */
	room_file(root, "etc/cron.daily/off", "#!/bin/sh\n", 10, 0644);
	room_text(root, "etc/cron.daily/.placeholder", "");
	room_run(&sensor_cron, root, 0);
	has("/etc/cron.daily/rotate", "type=run-parts", "schedule=daily", "sha256=", "user=root",
		NULL);
	assert_int_equal(room.n, 1);
}

static void at_jobs_wait_in_their_spool(void **state)
{
	fresh(state);
	room_text(root, "etc/passwd", "root:x:0:0::/root:/bin/sh\nal:x:1000:1000::/:/bin/sh\n");
	room_text(root, "var/spool/cron/atjobs/.SEQ", "1\n");
	room_text(root, "var/spool/cron/atjobs/a0000101c89956",
		"#!/bin/sh\n# atrun uid=1000 gid=1000\n# mail al 0\numask 22\nLD_X=1; export LD_X\n"
		"cd / || {\n\t exit 1\n}\nrm -rf /x\n");
	room_text(root, "var/spool/cron/atjobs/a0000201c89956", "garbage\n");
	room_run(&sensor_cron, root, 0);
	has("/var/spool/cron/atjobs/a0000101c89956", "user=al", "command=rm -rf /x", "type=at",
		"schedule=2026-11-23 07:50:00 UTC, queue a", "ld_environment=LD_X=1", NULL);
	has("gap /var/spool/cron/atjobs/a0000201c89956…", "line 1", NULL);
}

static void timers_tell_what_they_start(void **state)
{
	fresh(state);
	room_text(root, "etc/passwd", "al:x:1000:1000::/home/al:/bin/sh\n");
	room_file(root, "usr/bin/job", "#!/bin/sh\n", 10, 0755);
	room_text(root, "etc/systemd/system/a.timer",
		"[Timer]\nOnCalendar=daily\nOnCalendar=\nOnCalendar=hourly\nOnBootSec=5\n"
		"Unit=b.service\n");
	room_text(root, "etc/systemd/system/b.service",
		"[Service]\nUser=www\nExecStart=-/usr/bin/job x\n");
	room_text(root, "home/al/.config/systemd/user/c.timer", "[Timer]\nOnBootSec=1\n");
	room_text(root, "home/al/.config/systemd/user/c.service",
		"[Service]\nExecStart=/tmp/evil\n");
	room_run(&sensor_cron, root, 0);
	has("a.timer", "schedule=OnCalendar=hourly; OnBootSec=5", "user=www",
		"command=/usr/bin/job x", "program=/usr/bin/job", "starts=b.service",
		"enabled=false", NULL);
	has("user/al/c.timer", "command=/tmp/evil", "user=al", NULL);
}

static void bad_lines_are_a_gap_and_the_rest_is_there(void **state)
{
	static const char binary[] = "1 2 3 4 5 root \0x\nnonsense\n1 2 3 4 5 root good\n";

	fresh(state);
	room_file(root, "etc/crontab", binary, sizeof binary - 1, 0644);
	room_file(root, "etc/cron.d", NULL, 0, 0755);
	room_run(&sensor_cron, root, 0);
	has("/etc/crontab:root:good", NULL);
	has("gap /etc/crontab…", "line 1 is no job (2 such lines in all)", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_crontab_is_read),
		cmocka_unit_test(another_schedule_is_the_same_job_and_a_double_another),
		cmocka_unit_test(long_commands_have_short_keys_that_differ),
		cmocka_unit_test(folders_of_scripts_are_jobs),
		cmocka_unit_test(at_jobs_wait_in_their_spool),
		cmocka_unit_test(timers_tell_what_they_start),
		cmocka_unit_test(bad_lines_are_a_gap_and_the_rest_is_there),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
