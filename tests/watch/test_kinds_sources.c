/* What the rooms of src/sensor say they are read from. */
#include <stdio.h>
#include <stdlib.h>

#include "../check.h"
#include "core/attr.h"
#include "core/glob.h"
#include "sensor/sensor.h"

/* A kind that other means than polls tell of is polled for the rest alone. */
#define SECONDS_MAX 10
#define SECONDS_REST_MAX 300

static bool told(const struct kind *k)
{
	for (size_t i = 0; sensors[i]; i++)
		for (const struct watch_source *s = sensors[i]->watches;
			sensors[i]->kind == k && s && s->means; s++)
			if (s->means != WATCH_POLL)
				return true;
	return false;
}

static void check_source(const struct sensor *x, const struct watch_source *s, struct arena *a)
{
	struct glob_section *g;
	struct err e = { 0 };
	size_t n;

	assert_in_range(s->means, WATCH_FILE, WATCH_POLL);
	assert_int_equal(s->what != NULL,
		s->means == WATCH_FILE || s->means == WATCH_UEVENT || s->means == WATCH_SETTING);
	assert_int_equal(s->seconds != 0, s->means == WATCH_POLL);
	if (s->means == WATCH_POLL)
		assert_true(s->seconds <= (told(x->kind) ? SECONDS_REST_MAX : SECONDS_MAX));
	if (s->means != WATCH_FILE)
		return;
	assert_int_equal(s->what[0], '/');
	assert_int_equal(glob_compile(a, span_of(s->what), &g, &n, &e), 0);
	/* Else every folder of the host would have to be looked into for it. */
	assert_int_equal(g[0].how, GLOB_LITERAL);
}

static void every_sensor(void **state)
{
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; sensors[i]; i++) {
		if (strcmp(sensors[i]->kind->name, "file") == 0)
			continue;
		assert_non_null(sensors[i]->watches);
		assert_int_not_equal(sensors[i]->watches->means, WATCH_END);
		for (const struct watch_source *s = sensors[i]->watches; s->means; s++)
			check_source(sensors[i], s, a);
	}
	arena_free(a);
}

static bool is_read(const char *kind, const char *path)
{
	struct arena *a = arena_new();
	struct glob_section *g;
	struct err e;
	size_t n;
	bool found = false;

	for (size_t i = 0; sensors[i]; i++)
		for (const struct watch_source *s = sensors[i]->watches; s && s->means; s++)
			if (s->means == WATCH_FILE && strcmp(sensors[i]->kind->name, kind) == 0 &&
				glob_compile(a, span_of(s->what), &g, &n, &e) == 0 &&
				glob_path(g, span_of(path)))
				found = true;
	arena_free(a);
	return found;
}

static const struct {
	const char *kind, *path;
} read_from[] = {
	{ "user", "/etc/passwd" },
	{ "user", "/etc/shadow" },
	{ "user", "/run/userdb/alice.user" },
	{ "group", "/etc/gshadow" },
	{ "package", "/var/lib/dpkg/status" },
	{ "package", "/var/lib/dpkg/info/bash.md5sums" },
	{ "package", "/var/lib/rpm/rpmdb.sqlite" },
	{ "package", "/lib/apk/db/installed" },
	{ "package", "/usr/local/lib/python3.11/dist-packages/x-1.dist-info/METADATA" },
	{ "package", "/usr/lib/node_modules/@a/b/package.json" },
	{ "package", "/var/lib/gems/3.1.0/specifications/rake-1.gemspec" },
	{ "package", "/var/lib/snapd/snaps/core22_1.snap" },
	{ "cron", "/etc/crontab" },
	{ "cron", "/etc/cron.d/x" },
	{ "cron", "/etc/cron.daily/x" },
	{ "cron", "/var/spool/cron/crontabs/root" },
	{ "cron", "/var/spool/cron/root" },
	{ "cron", "/var/spool/at/a0001" },
	{ "cron", "/etc/systemd/system/x.timer" },
	{ "ssh-key", "/root/.ssh/authorized_keys" },
	{ "ssh-key", "/home/alice/.ssh/authorized_keys2" },
	{ "ssh-key", "/etc/ssh/sshd_config.d/x.conf" },
	{ "ssh-key", "/etc/ssh/ssh_host_rsa_key.pub" },
	{ "sudo-rule", "/etc/sudoers" },
	{ "sudo-rule", "/etc/sudoers.d/alice" },
	{ "sudo-rule", "/etc/doas.conf" },
	{ "pam-rule", "/etc/pam.d/sshd" },
	{ "pam-rule", "/usr/lib/x86_64-linux-gnu/security/pam_unix.so" },
	{ "certificate", "/etc/ssl/certs/ca-certificates.crt" },
	{ "certificate", "/usr/local/share/ca-certificates/mine/x.crt" },
	{ "certificate", "/etc/apt/trusted.gpg.d/x.gpg" },
	{ "certificate", "/usr/lib/jvm/java-17/lib/security/cacerts" },
	{ "service", "/etc/systemd/system/x.service" },
	{ "service", "/etc/systemd/system/x.service.d/a.conf" },
	{ "service", "/etc/systemd/system/multi-user.target.wants/x.service" },
	{ "service", "/run/systemd/transient/x.service" },
	{ "service", "/usr/lib/systemd/system/x.service" },
	{ "service", "/lib/systemd/system/x.service" },
	{ "service", "/home/alice/.config/systemd/user/x.service" },
	{ "service", "/etc/init.d/x" },
	{ "service", "/etc/rc3.d/S01x" },
	{ "sysctl", "/etc/sysctl.d/x.conf" },
	{ "sysctl", "/usr/lib/sysctl.d/x.conf" },
	{ "mount", "/etc/fstab" },
	{ "boot", "/boot/grub/grub.cfg" },
	{ "boot", "/boot/efi/EFI/debian/shimx64.efi" },
	{ "container", "/var/lib/docker/containers/0123/config.v2.json" },
	{ "container", "/run/systemd/machines/x" },
	{ "port", "/usr/share/dbus-1/system-services/x.service" },
};

static void known_sources(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(read_from); i++)
		if (!is_read(read_from[i].kind, read_from[i].path))
			fail_msg("%s: %s", read_from[i].kind, read_from[i].path);
}

/* What a host writes that has nothing to do. */
static void idle_host(void **state)
{
	static const char *const paths[] = { "/var/log/journal/0/system.journal", "/var/log/syslog",
		"/var/lib/dpkg/lock", "/var/lib/dpkg/lock-frontend", "/var/lib/apt/lists/x",
		"/run/systemd/journal/streams/9:1", "/run/utmp", "/var/log/wtmp",
		"/run/systemd/sessions/1", "/var/lib/systemd/timers/stamp-x.timer",
		"/run/udev/data/x", "/var/lib/logrotate/status", "/root/.bash_history",
		"/tmp/x/.ssh/known_hosts", "/var/cache/apt/pkgcache.bin",
		"/var/lib/docker/overlay2/x/diff/etc/passwd" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		for (size_t k = 0; kinds[k]; k++)
			if (is_read(kinds[k]->name, paths[i]))
				fail_msg("%s: %s", kinds[k]->name, paths[i]);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_sensor),
		cmocka_unit_test(known_sources),
		cmocka_unit_test(idle_host),
	};

	return cmocka_run_group_tests_name("kinds_sources", tests, NULL, NULL);
}
