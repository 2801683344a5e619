#include "entity/group.h"
#include "entity/user.h"
#include "room.h"
#include "sensor/user/accounts.h"
#include "sensor/user/user_room.h"

static const char *root;

static int setup(void **state)
{
	(void)state;
	root = room_root();
	room_text(root, "etc/passwd",
		"root:x:0:0:root:/root:/bin/bash\n"
		"# a comment\n"
		"\n"
		"daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n"
		"alice:x:1000:1000:Alice A.,,,:/home/alice:/bin/bash\n"
		"bob:x:1001:1000::/home/bob:/opt/sh\n"
		"  toor::0:0\n" /* all that glibc needs */
		"open:$1$salt$XXXXXXXXXXXXXXXXXXXXXX:1002:1002::/:\n"
		"lost:x:1003:77777::/:/bin/false\n"
		"alice:x:2000:2000::/:/bin/sh\n"
		"alice#2:x:2001:2001::/:/bin/sh\n"
		"minus:x:-1:-1::/:\n"
		"big:x:99999999999:1::/:\n"
		"+@staff::::::\n"
		"bob\\x:x:1004:1004::/:/bin/sh");
	room_text(root, "etc/shadow",
		"root:!*:19000:0:99999:7:::\n"
		"daemon:*:19000:0:99999:7:::\n"
		"alice:$y$j9T$abc$defdefdef:19700:1:90:7:14:20000:\n"
		"bob:!$6$salt$hash:0::::1:\n"
		"toor:$6$salt$hash:1::::::\n"
		"gone:$6$salt$hash:1::::::\n"
		"alice::1::::::\n"
		"minus::19000::::::\n"
		"big:!:99999999999:-1:-1:-1:-1:-1:\n"
		"alice#2:NP:19000\n"
		"bob\\x:abJnggxhB/yWI:1\n");
	room_text(root, "etc/group",
		"root:x:0:\n"
		"sudo:x:27:alice,bob,alice,nobody-here\n"
		"docker:x:999:bob\n"
		"staff:x:1000:\n"
		"again:x:1000:alice\n"
		"sudo:x:28:daemon\n"
		"weak:$1$a$bcd:500:\n");
	room_text(root, "etc/gshadow",
		"root:*::\n"
		"sudo:!:alice:alice,bob,eve\n"
		"docker:$6$s$h::bob\n"
		"staff:::\n");
	room_text(root, "etc/subuid", "alice:100000:65536\n1001:165536:65536\nalice:300000:1\n");
	room_text(root, "etc/subgid", "alice:100000:65536\n");
	room_text(root, "etc/shells", "# shells\n/bin/sh\n/bin/bash\n");
	room_text(root, "etc/login.defs", "# UID_MIN 5\nUID_MIN\t\t 500 \nUID_MAX 60000\n");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	room_root_done(root);
	return 0;
}

static void has(const char *key, const char *const *parts)
{
	const char *line = room_find(key);

	if (!line)
		fail_msg("no entity '%s'", key);
	for (; *parts; parts++) {
		const char *hit = strstr(line, *parts + 1);
		size_t n = strlen(*parts + 1);

		if (**parts == '-' ? hit != NULL : !hit || (hit[n] && hit[n] != ' '))
			fail_msg("'%s' wanted in: %s", *parts, line);
	}
}
/* "+name=value" is there, "-name" is not. */
#define HAS(key, ...) has(key, (const char *const[]){ __VA_ARGS__, NULL })

static void accounts_are_told_with_all_their_files_say(void **state)
{
	(void)state;
	room_run(&sensor_user, root, 0);
	HAS("alice", "+uid=1000", "+gid=1000", "+group=staff", "+groups=again, sudo",
		"+gecos=Alice A.,,,", "+home=/home/alice", "+shell=/bin/bash", "+can_login=true",
		"+shell_listed=true", "+password=set", "+password_scheme=yescrypt",
		"+password_changed=2023-12-09T00:00:00.000000000Z", "+password_min_days=1",
		"+password_max_days=90", "+password_warn_days=7", "+password_inactive_days=14",
		"+expires=2024-10-04T00:00:00.000000000Z", "+expired=true", "+locked=false",
		"+superuser=false", "+duplicate=true", "+duplicate_uid=false", "+class=human",
		"+subuids=100000:65536, 300000:1", "+subgids=100000:65536", "+line=5",
		"+must_change=false", "+password_exposed=false", "+home_missing=true");
	HAS("daemon", "+can_login=false", "+password=disabled", "+class=system", "-password_digest",
		"-groups=alice");
	HAS("bob", "+password=locked", "+locked=true", "+password_scheme=sha512",
		"+must_change=true", "-password_changed", "+shell_listed=false", "+can_login=true",
		"+subuids=165536:65536", "+groups=docker, sudo");
	HAS("lost", "+password=missing", "-group=", "+can_login=false");
	HAS("big", "+uid=4294967295", "+password=disabled", "-password_max_days", "-expires");
	HAS("+@staff", "- uid=", "-password=", "+source=/etc/passwd (NIS)");
	HAS("bob\\x5cx", "+password=set", "+password_scheme=des", "+line=15");
}

static void what_gives_root_is_seen(void **state)
{
	(void)state;
	room_run(&sensor_user, root, 0);
	HAS("toor", "+uid=0", "+superuser=true", "+duplicate_uid=true", "+password=empty",
		"+can_login=true", "-shell=", "+shell_listed=true");
	HAS("root", "+duplicate_uid=true", "+superuser=true", "+password=disabled",
		"+home_missing=true");
	HAS("open", "+password=set", "+password_exposed=true", "+password_scheme=md5");
	HAS("minus", "+uid=4294967295", "+password=empty", "+duplicate_uid=true");
}

/* The entry that a reader of the file overlooks. */
static void the_second_of_a_name_is_not_lost(void **state)
{
	(void)state;
	room_run(&sensor_user, root, 0);
	HAS("alice#2#", "+uid=2000", "+duplicate=true", "+password=set", "+groups=again, sudo");
	HAS("alice#2", "+uid=2001", "+duplicate=false", "+password=disabled");
	room_run(&sensor_group, root, 0);
	HAS("sudo", "+gid=27", "+duplicate=true");
	HAS("sudo#2", "+gid=28", "+duplicate=true", "+members=daemon", "+administrators=alice");
}

static void groups_are_told(void **state)
{
	(void)state;
	room_run(&sensor_group, root, 0);
	HAS("sudo", "+members=alice, bob, nobody-here", "+administrators=alice",
		"+shadow_members=alice, bob, eve", "+password=disabled", "+class=system");
	HAS("docker", "+members=bob", "-shadow_members", "+password=set", "+password_scheme=sha512",
		"+password_exposed=false");
	HAS("staff", "+gid=1000", "+duplicate_gid=true", "+password=disabled", "-members");
	HAS("again", "+duplicate_gid=true");
	HAS("weak", "+password_exposed=true", "+password_scheme=md5");
}

static void hashes_stay_here(void **state)
{
	const char *all;
	char bob[65], toor[65];

	(void)state;
	all = room_run(&sensor_user, root, 0);
	assert_null(strstr(all, "defdefdef"));
	assert_null(strstr(all, "salt"));
	/* Locking an account does not change its password. */
	assert_non_null(strstr(room_find("bob"), "password_digest="));
	memcpy(bob, strstr(room_find("bob"), "password_digest=") + 16, 64);
	room_text(root, "etc/shadow", "bob:$6$salt$hash:1::::::\n");
	room_run(&sensor_user, root, 0);
	memcpy(toor, strstr(room_find("bob"), "password_digest=") + 16, 64);
	assert_memory_equal(bob, toor, 64);
	room_text(root, "etc/shadow", "bob:$6$salt$hasi:1::::::\n");
	room_run(&sensor_user, root, 0);
	memcpy(toor, strstr(room_find("bob"), "password_digest=") + 16, 64);
	assert_memory_not_equal(bob, toor, 64);
}

/* Without the right to read it, no password was removed. */
static void shadow_that_cannot_be_read_makes_fields_unknown(void **state)
{
	char name[256];

	(void)state;
	snprintf(name, sizeof name, "%s/etc/shadow", root);
	assert_int_equal(unlink(name), 0);
	assert_int_equal(mkdir(name, 0755), 0); /* root reads everything else */
	room_run(&sensor_user, root, 0);
	HAS("alice", "+password=?", "+password_digest=?", "+locked=?", "+uid=1000", "+expires=?");
	HAS("toor", "+password=empty");
	assert_non_null(strstr(room_find("gap"), "etc/shadow"));
	assert_null(strstr(room_find("gap"), "…"));
	assert_int_equal(rmdir(name), 0);
	room_text(root, "etc/shadow", "alice:x:junk:\nroot:*:1:\ngarbage\n");
	room_run(&sensor_user, root, 0);
	HAS("alice", "+password=?");
	HAS("root", "+password=disabled");
	HAS("bob", "+password=?"); /* the other line may have been his */
	assert_non_null(strstr(room_find("gap"), "etc/shadow:1: "));
	assert_non_null(strstr(room_find("gap"), "1 more like it"));
}

static void bad_lines_are_named_and_the_rest_works(void **state)
{
	static const char text[] =
		"a:x:1:1\nbad\nb:x:zwei:2:::\nc::0:3\0:::\n:x:0:5::/:\nd:x:4:4:::\n:::\n";
	const char *all;

	(void)state;
	room_file(root, "etc/passwd", text, sizeof text - 1, 0644);
	all = room_run(&sensor_user, root, 0);
	assert_non_null(
		strstr(all, "gap … format: etc/passwd:2: an account without a uid and a gid; "
			    "and 2 more like it"));
	assert_non_null(room_find("a"));
	assert_non_null(room_find("d"));
	/* getent prints these two as well */
	HAS("c", "+uid=0", "+gid=3", "+password=empty");
	HAS("#unnamed", "+uid=0", "+home=/");
	room_text(root, "etc/group", "x\ny:x:1:\n");
	all = room_run(&sensor_group, root, 0);
	assert_non_null(strstr(all, "gap … format: etc/group:1: a group without a gid"));
	assert_non_null(room_find("y"));
	room_run(&sensor_user, root, 0);
	HAS("a", "+groups=?", "+group=?");
}

static void records_of_systemd_are_read(void **state)
{
	const char *all;

	(void)state;
	room_text(root, "etc/passwd", "root:x:0:0::/root:/bin/sh\nalice:x:1000:1000::/:/bin/sh\n");
	room_text(root, "etc/group", "root:x:0:\n");
	room_text(root, "etc/userdb/eve.user",
		"{\"userName\":\"eve\",\"uid\":0,\"gid\":4,\"realName\":\"Eve\",\"shell\":\"/bin/"
		"sh\","
		"\"homeDirectory\":\"/"
		"e\",\"disposition\":\"regular\",\"memberOf\":[\"sudo\",\"adm\"],"
		"\"lastPasswordChangeUSec\":1600000000000000,\"notAfterUSec\":1700000000000000}");
	room_text(root, "etc/userdb/eve.user-privileged",
		"{\"privileged\":{\"hashedPassword\":[\"$6$salt$hash\"]}}");
	room_text(root, "etc/userdb/0.user", "{\"userName\":\"eve\",\"uid\":0}");
	room_text(root, "usr/lib/userdb/eve.user", "{\"userName\":\"eve\",\"uid\":7}");
	room_text(root, "run/userdb/alice.user",
		"{\"userName\":\"alice\",\"uid\":5,\"locked\":true}");
	room_text(root, "run/userdb/alice:sudo.membership", "");
	room_text(root, "etc/userdb/eve:wheel.membership", "");
	room_text(root, "run/userdb/eve:ops.membership", "");
	room_text(root, "run/userdb/bad.user", "{\"userName\":");
	room_text(root, "etc/userdb/ops.group",
		"{\"groupName\":\"ops\",\"gid\":60,\"members\":[\"b\",\"a\"],"
		"\"administrators\":[\"a\"]}");
	all = room_run(&sensor_user_record, root, 0);
	HAS("eve", "+uid=0", "+gid=4", "+superuser=true", "+gecos=Eve", "+can_login=true",
		"+groups=adm, ops, sudo, wheel", "+password=set", "+password_scheme=sha512",
		"+class=human", "+password_changed=2020-09-13T12:26:40.000000000Z", "+expired=true",
		"+source=/etc/userdb/eve.user");
	HAS("alice#userdb", "+uid=5", "+locked=true", "+can_login=false");
	assert_null(strstr(all, "uid=7"));
	assert_non_null(strstr(all, "gap … format: /run/userdb/bad.user: line 1: no JSON object"));
	assert_null(strstr(all, "salt"));
	room_run(&sensor_group_record, root, 0);
	HAS("ops", "+gid=60", "+members=a, b, eve", "+administrators=a");
	room_text(root, "etc/group", "root:x:0:\nsudo:x:27:bob\n");
	room_run(&sensor_group, root, 0);
	HAS("sudo", "+members=alice, bob");
	room_run(&sensor_user, root, 0);
	HAS("alice", "+groups=sudo"); /* a file's name is enough */
}

/* The host's own accounts: the shape of what is delivered. */
static void this_host_has_a_root(void **state)
{
	(void)state;
	room_run(&sensor_user, NULL, 0);
	HAS("root", "+uid=0", "+superuser=true", "+group=root");
	for (size_t i = 1; i < room.n; i++)
		assert_true(strcspn(room.lines[i], " ") != strcspn(room.lines[i - 1], " ") ||
			    strncmp(room.lines[i], room.lines[i - 1],
				    strcspn(room.lines[i], " ")) != 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accounts_are_told_with_all_their_files_say),
		cmocka_unit_test(what_gives_root_is_seen),
		cmocka_unit_test(the_second_of_a_name_is_not_lost),
		cmocka_unit_test(groups_are_told),
		cmocka_unit_test(hashes_stay_here),
		cmocka_unit_test(shadow_that_cannot_be_read_makes_fields_unknown),
		cmocka_unit_test(bad_lines_are_named_and_the_rest_works),
		cmocka_unit_test(records_of_systemd_are_read),
		cmocka_unit_test(this_host_has_a_root),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
