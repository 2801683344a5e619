#include "entity/pam_rule.h"
#include "room.h"
#include "sensor/pam_rule/pam_conf.h"
#include "sensor/pam_rule/pam_rule_room.h"

static const char *root;

static int setup(void **state)
{
	(void)state;
	root = room_root();
	room_text(root, "usr/lib/x86_64-linux-gnu/security/pam_unix.so", "unix");
	room_text(root, "usr/lib64/security/pam_deny.so", "deny");
	room_text(root, "opt/evil.so", "evil");
	room_text(root, "etc/pam.d/sshd",
		"# a comment \\\n"
		"@include common-auth\n"
		"account    required     pam_nologin.so\n"
		"-session optional pam_gone.so\n"
		"session [success=ok ignore=ignore module_unknown=ignore default=bad] pam_unix.so "
		"close\n"
		"session required pam_unix.so open # why\n"
		"AUTH \tSufficient\t/opt/evil.so [query=select a from b] \\\n"
		"   debug\n"
		"password include system-auth\n"
		"password substack gone-auth\n");
	room_text(root, "etc/pam.d/common-auth",
		"auth [success=1 default=ignore] pam_unix.so nullok\n"
		"auth requisite pam_deny.so\n"
		"auth optional pam_unix.so\n");
	room_text(root, "etc/pam.d/sshd.dpkg-dist", "auth required pam_old.so\n");
	room_text(root, "etc/pam.d/.swp", "auth required pam_old.so\n");
	room_text(root, "usr/lib/pam.d/sshd", "auth required pam_vendor.so\n");
	room_text(root, "usr/lib/pam.d/system-auth", "auth required pam_unix.so\n");
	room_text(root, "etc/pam.conf", "ftp auth required pam_unix.so\n");
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
	const char *line = room_find(key);

	if (!line)
		fail_msg("no entity '%s'", key);
	if (!strstr(line, part))
		fail_msg("'%s' wanted in: %s", part, line);
}

static void stacks_are_read_rule_by_rule(void **state)
{
	const char *all = room_run(&sensor_pam_rule, root, 0);

	(void)state;
	assert_null(room_find("gap"));
	has("sshd:include:@common-auth", "after=(first) reference=common-auth missing=false "
					 "file=/etc/pam.d/sshd");
	has("sshd:account:pam_nologin.so", "control=required module=pam_nologin.so optional=false "
					   "after=@common-auth missing=true");
	has("sshd:session:pam_gone.so", "optional=true after=@common-auth missing=true");
	has("sshd:session:pam_unix.so#2",
		"control=[success=ok ignore=ignore module_unknown=ignore default=bad] "
		"module=pam_unix.so arguments=close optional=false after=pam_gone.so "
		"path=/usr/lib/x86_64-linux-gnu/security/pam_unix.so missing=false");
	has("sshd:session:pam_unix.so", "arguments=open optional=false after=pam_unix.so#2 path=");
	has("sshd:auth:/opt/evil.so", "type=auth control=Sufficient module=/opt/evil.so "
				      "arguments=query=select a from b, debug");
	has("sshd:auth:/opt/evil.so", "path=/opt/evil.so missing=false sha256=");
	has("sshd:auth:/opt/evil.so", "line=7");
	has("sshd:password:@system-auth",
		"control=include optional=false after=@common-auth reference=system-auth "
		"missing=false");
	has("sshd:password:@gone-auth", "control=substack optional=false after=@system-auth "
					"reference=gone-auth missing=true");
	has("common-auth:auth:pam_deny.so", "after=pam_unix.so#2 path=/usr/lib64/security/");
	has("common-auth:auth:pam_unix.so", "control=optional");
	has("system-auth:auth:pam_unix.so", "file=/usr/lib/pam.d/system-auth");
	assert_null(strstr(all, "pam_old"));
	assert_null(strstr(all, "pam_vendor")); /* /etc/pam.d has this service */
	assert_null(strstr(all, "ftp"));        /* pam.d is there */
}

/* Moved to the front, the same lines let everybody in. */
static void order_is_seen(void **state)
{
	(void)state;
	room_text(root, "etc/pam.d/su",
		"auth required pam_unix.so\nauth sufficient pam_permit.so\n"
		"account required pam_unix.so\n");
	room_run(&sensor_pam_rule, root, 0);
	has("su:auth:pam_permit.so", "after=pam_unix.so");
	has("su:auth:pam_unix.so", "after=(first)");
	has("su:account:pam_unix.so", "after=(first)");
	room_text(root, "etc/pam.d/su",
		"auth sufficient pam_permit.so\nauth required pam_unix.so\n"
		"account required pam_unix.so\naccount required pam_x.so\n");
	room_run(&sensor_pam_rule, root, 0);
	has("su:auth:pam_permit.so", "after=(first)");
	has("su:auth:pam_unix.so", "after=pam_permit.so");
	room_text(root, "etc/pam.d/su2",
		"auth sufficient pam_permit.so\nauth required pam_unix.so\n"
		"auth required pam_permit.so\n");
	room_run(&sensor_pam_rule, root, 0);
	has("su2:auth:pam_permit.so", "control=required"); /* keeps its name: the new one is #2 */
	has("su2:auth:pam_permit.so#2", "control=sufficient");
	has("su:account:pam_unix.so", "after=(first)"); /* appending says nothing of others */
}

/* Linux-PAM takes a line for read at its '#', whatever stands before it. */
static void a_comment_ends_the_line(void **state)
{
	(void)state;
	room_text(root, "etc/pam.d/su",
		"auth required pam_a.so \\ # why\nauth required pam_b.so \\\n"
		"\tdebug\n");
	room_run(&sensor_pam_rule, root, 0);
	has("su:auth:pam_a.so", "after=(first)");
	has("su:auth:pam_b.so", "arguments=debug optional=false after=pam_a.so");
}

static void bad_lines_are_named_and_the_rest_works(void **state)
{
	const char *all;

	(void)state;
	room_text(root, "etc/pam.d/bad",
		"nonsense\nauth\nauth required\nauth required pam_unix.so\n"
		"session [default=ignore pam_unix.so\n@include\n");
	all = room_run(&sensor_pam_rule, root, 0);
	assert_non_null(strstr(all, "gap bad:… format: /etc/pam.d/bad:1: a rule of no type; and 4 "
				    "more like it"));
	has("bad:auth:pam_unix.so", "line=4");
	has("sshd:auth:/opt/evil.so", "line=7");
}

static void pam_conf_counts_where_there_is_no_folder(void **state)
{
	char line[256];

	(void)state;
	snprintf(line, sizeof line, "rm -r '%s/etc/pam.d' '%s/usr/lib/pam.d'", root, root);
	assert_int_equal(system(line), 0);
	room_text(root, "etc/pam.conf",
		"ftp auth required pam_unix.so\nOther auth required pam_deny.so\n"
		"ftp auth required pam_unix.so two\nx auth\n");
	room_run(&sensor_pam_rule, root, 0);
	has("ftp:auth:pam_unix.so#2", "service=ftp type=auth control=required");
	has("ftp:auth:pam_unix.so", "arguments=two optional=false after=pam_unix.so#2");
	has("Other:auth:pam_deny.so", "after=(first)");
	assert_non_null(strstr(room_find("gap"), "/etc/pam.conf:4: a rule without a control"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stacks_are_read_rule_by_rule),
		cmocka_unit_test(order_is_seen),
		cmocka_unit_test(a_comment_ends_the_line),
		cmocka_unit_test(bad_lines_are_named_and_the_rest_works),
		cmocka_unit_test(pam_conf_counts_where_there_is_no_folder),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
