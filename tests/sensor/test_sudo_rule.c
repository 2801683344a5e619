#include "entity/sudo_rule.h"
#include "room.h"
#include "sensor/sudo_rule/sudo_rule_room.h"
#include "sensor/sudo_rule/sudoers.h"

static const char *root;

static int setup(void **state)
{
	(void)state;
	root = room_root();
	room_text(root, "etc/hostname", "web7.example.org\n");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	room_root_done(root);
	return 0;
}

static void has(const char *key, const char *part)
{
	for (size_t i = 0; i < room.n; i++)
		if (strncmp(room.lines[i], key, strlen(key)) == 0 &&
			strncmp(room.lines[i] + strlen(key), " type=", 6) == 0) {
			if (!strstr(room.lines[i], part))
				fail_msg("'%s' wanted in: %s", part, room.lines[i]);
			return;
		}
	for (size_t i = 0; i < room.n; i++)
		print_message("%s\n", room.lines[i]);
	fail_msg("no entity '%s'", key);
}

#define S "/etc/sudoers:"

static void rules_are_read_as_sudo_reads_them(void **state)
{
	(void)state;
	room_text(root, "etc/sudoers",
		"# a comment \\\n" /* does not go on */
		"root\tALL=(ALL:ALL) ALL\n"
		"%sudo   ALL = ( ALL : ALL )   ALL\n"
		"alice ALL=(root) NOPASSWD: /bin/ls, PASSWD: /bin/cat /etc/*, \\\n"
		"    !/bin/su\n"
		"#1001 , bob  web7, db = /usr/bin/id a\\,b \\=c # why\n"
		"carol ALL=(:adm) SETENV: NOEXEC: sudoedit /etc/motd : db=(#0) CWD=/tmp ALL\n"
		"dave ALL = sha256:abcdef=, sha512:0123 /bin/ok\n"
		"erin ALL=(operator) \"/opt/my app/x\"\n"
		"u1 ALL=^/bin/(l,s)$ ^-[a:l]+$, /bin/x ^a,b$, /bin/y a^, !^/z,$\n"
		"#1002 ALL=(www-data) NOPASSWD: /bin/x:db=/bin/y\n");
	room_run(&sensor_sudo_rule, root, 0);
	assert_null(room_find("gap"));
	has(S "root ALL=(ALL:ALL) ALL",
		"who=root hosts=ALL as_users=ALL as_groups=ALL "
		"commands=ALL nopasswd=false any_command=true as_root=true");
	has(S "root ALL=(ALL:ALL) ALL", "file=/etc/sudoers file_uid=0 writable=false line=2");
	has(S "%sudo ALL=( ALL : ALL ) ALL", "any_command=true as_root=true");
	has(S "alice ALL=(root) NOPASSWD: /bin/ls, PASSWD: /bin/cat /etc/*, !/bin/su",
		"who=alice hosts=ALL as_users=root commands=/bin/ls, /bin/cat /etc/*, !/bin/su "
		"tags=NOPASSWD, PASSWD nopasswd=true any_command=false as_root=true");
	has(S "#1001, bob web7, db=/usr/bin/id a\\x5c,b \\x5c=c",
		"who=#1001, bob hosts=web7, db commands=/usr/bin/id a\\,b \\=c "
		"nopasswd=false "
		"any_command=false as_root=true");
	has(S "carol ALL=(:adm) SETENV: NOEXEC: sudoedit /etc/motd : db=(#0) CWD=/tmp ALL",
		"hosts=ALL, db as_users=#0 as_groups=adm commands=sudoedit /etc/motd, ALL "
		"tags=CWD=/tmp, NOEXEC, SETENV");
	has(S "dave ALL=sha256:abcdef=, sha512:0123 /bin/ok",
		"commands=/bin/ok digests=sha256:abcdef=, sha512:0123");
	has(S "erin ALL=(operator) \"/opt/my app/x\"", "as_root=false");
	/* sudo reads these alike: cvtsudoers -f json */
	has(S "u1 ALL=^/bin/(l,s)$ ^-[a:l]+$, /bin/x ^a,b$, /bin/y a^, !^/z,$",
		"commands=^/bin/(l,s)$ ^-[a:l]+$, /bin/x ^a,b$, /bin/y a^, !^/z,$ nopasswd=");
	has(S "#1002 ALL=(www-data) NOPASSWD: /bin/x:db=/bin/y",
		"commands=/bin/x, /bin/y tags=NOPASSWD nopasswd=true any_command=false "
		"as_root=true"); /* nobody is named for the second */
}

static void aliases_are_resolved(void **state)
{
	(void)state;
	room_text(root, "etc/sudoers",
		"OPS WEB=(DB) NOPASSWD: SHELLS, !PAGERS\n" /* before they are defined */
		"User_Alias OPS = alice, !bob, %ops : DEVS = carol\n"
		"Runas_Alias DB=postgres,#0\n"
		"Host_Alias WEB = web1, 2001:db8::1 : NET=10.0.0.0/8\n"
		"Cmnd_Alias SHELLS = /bin/sh, BASHES: BASHES = /bin/bash, sha224:ab /bin/zsh -l\n"
		"Cmnd_Alias PAGERS = /usr/bin/less, !/usr/bin/more\n"
		"User_Alias LOOP = LOOP, x\n"
		"LOOP, DEVS NET=ALL\n");
	room_run(&sensor_sudo_rule, root, 0);
	assert_null(room_find("gap"));
	has(S "OPS WEB=(DB) NOPASSWD: SHELLS, !PAGERS",
		"who=alice, !bob, %ops hosts=web1, 2001:db8::1 as_users=postgres, #0 "
		"commands=/bin/sh, /bin/bash, /bin/zsh -l, !/usr/bin/less, /usr/bin/more "
		"tags=NOPASSWD digests=sha224:ab nopasswd=true any_command=false as_root=true");
	has(S "LOOP, DEVS NET=ALL", "carol hosts=10.0.0.0/8");
}

static void settings_are_entities(void **state)
{
	(void)state;
	room_text(root, "etc/sudoers",
		"Defaults\tenv_reset, secure_path=\"/bin:/sbin\", !lecture\n"
		"Defaults:alice, bob !authenticate\n"
		"Defaults env_keep += \"LD_PRELOAD X\"\n"
		"Defaults env_keep += Y\n"
		"Defaults@db timestamp_timeout = -1\n"
		"Defaults!/usr/bin/x,/bin/y noexec\n"
		"Defaults\n");
	room_run(&sensor_sudo_rule, root, 0);
	has(S "Defaults env_reset", "type=defaults setting=env_reset value=on");
	has(S "Defaults secure_path", "value==/bin:/sbin");
	has(S "Defaults lecture", "value=off");
	has(S "Defaults:alice, bob authenticate",
		"nopasswd=true setting=authenticate value=off scope=:alice, bob");
	has(S "Defaults env_keep +=LD_PRELOAD X", "value=+=LD_PRELOAD X");
	has(S "Defaults env_keep +=Y", "value=+=Y");
	has(S "Defaults@db timestamp_timeout", "value==-1 scope=@db");
	has(S "Defaults!/usr/bin/x,/bin/y noexec", "scope=!/usr/bin/x,/bin/y");
	assert_non_null(strstr(room_find("gap"),
		"gap /etc/sudoers:… format: /etc/sudoers:7: Defaults without a setting"));
}

static void includes_are_followed(void **state)
{
	const char *all;

	(void)state;
	room_text(root, "etc/sudoers",
		"#includedir /etc/sudoers.d\n"
		"@include \"local rules\"\n"
		"@include sudoers.%h\n"
		"@include /etc/none\n"
		"root ALL=(ALL) ALL\nroot   ALL=(ALL)\tALL\n"
		"#include /etc/sudoers\n"
		"#included is a comment\n");
	room_file(root, "etc/sudoers.d/a", "alice ALL=ALL\n", 14, 0666);
	room_text(root, "etc/sudoers.d/b~", "no1 ALL=ALL\n");
	room_text(root, "etc/sudoers.d/c.bak", "no2 ALL=ALL\n");
	room_text(root, "etc/sudoers.d/d", "junk\nbob ALL=ALL\nmore = junk\n\xff\n");
	room_text(root, "etc/local rules", "carol ALL=ALL\n");
	room_text(root, "etc/sudoers.web7", "dave ALL=ALL\n");
	all = room_run(&sensor_sudo_rule, root, 0);
	has("/etc/sudoers.d/a:alice ALL=ALL", "file=/etc/sudoers.d/a file_uid=0 writable=true");
	has("/etc/sudoers.d/d:bob ALL=ALL", "line=2");
	has("/etc/local rules:carol ALL=ALL", "type=sudo");
	has("/etc/sudoers.web7:dave ALL=ALL", "type=sudo");
	has(S "@includedir /etc/sudoers.d", "type=include");
	has(S "root ALL=(ALL) ALL", "line=5");
	has(S "root ALL=(ALL) ALL#2", "line=6");
	assert_null(strstr(all, "no1"));
	assert_null(strstr(all, "no2"));
	assert_non_null(
		strstr(all, "gap /etc/sudoers:… limit: /etc/sudoers:7: a file that includes "
			    "itself\n"));
	assert_non_null(strstr(all, "gap /etc/sudoers.d/d:… format: /etc/sudoers.d/d:1: a name is "
				    "missing; and 2 more like it\n"));
}

static void an_alias_bomb_is_a_gap(void **state)
{
	static char text[4096];
	size_t n = 0;

	(void)state;
	for (unsigned i = 0; i < 25; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, "User_Alias A%u = A%u, A%u, A%u\n",
			i, i + 1, i + 1, i + 1);
	snprintf(text + n, sizeof text - n, "A0 ALL=ALL\nok ALL=ALL\n");
	room_text(root, "etc/sudoers", text);
	room_run(&sensor_sudo_rule, root, 0);
	assert_non_null(strstr(room_find("gap"), "/etc/sudoers:26: a rule of more than"));
	has(S "ok ALL=ALL", "who=ok");
}

static void doas_is_read(void **state)
{
	(void)state;
	room_text(root, "etc/sudoers", "");
	room_text(root, "etc/doas.conf",
		"# who\n"
		"permit nopass keepenv setenv { A=b -C } :wheel\n"
		"permit alice as www cmd /bin/ls args -l /tmp\n"
		"deny bob cmd \"/bin/my x\"\n"
		"permit\n"
		"grant eve\n");
	room_run(&sensor_sudo_rule, root, 0);
	has("/etc/doas.conf:permit nopass keepenv setenv { A=b -C } :wheel",
		"type=doas-permit who=:wheel tags=nopass, keepenv, setenv A=b, setenv -C "
		"nopasswd=true any_command=true as_root=true");
	has("/etc/doas.conf:permit alice as www cmd /bin/ls args -l /tmp",
		"as_users=www commands=/bin/ls args -l /tmp nopasswd=false any_command=false "
		"as_root=false");
	has("/etc/doas.conf:deny bob cmd \"/bin/my x\"", "type=doas-deny");
	assert_non_null(
		strstr(room_find("gap"), "/etc/doas.conf:5: a rule for nobody; and 1 more"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_are_read_as_sudo_reads_them),
		cmocka_unit_test(aliases_are_resolved),
		cmocka_unit_test(settings_are_entities),
		cmocka_unit_test(includes_are_followed),
		cmocka_unit_test(an_alias_bomb_is_a_gap),
		cmocka_unit_test(doas_is_read),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
