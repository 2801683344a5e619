#include "../check.h"
#include "core/err.h"
#include "entity/process.h"
#include "host/capability.h"
#include "host/command.h"
#include "sensor/process/process_text.h"

/* A text with NULs, written with '|' for them. */
static struct span nul(struct arena *a, const char *text)
{
	struct span s = arena_copy(a, span_of(text));
	char *out = arena_get(a, s.n + 1);

	for (size_t i = 0; i < s.n; i++)
		out[i] = s.p[i] == '|' ? '\0' : s.p[i];
	return span_from(out, s.n);
}

static void status_is_read_by_name(void **state)
{
	struct process_status s;

	(void)state;
	process_status_from(span_of("Name:\tx\nUid:\t1000\t0\t0\t0\nTracerPid:\t77\nCapEff:"
				    "\t000001ffffffffff\n"
				    "CapAmb:\t0000000000000400\nNoNewPrivs:\t1\nSeccomp:\t2\n"),
		&s);
	assert_int_equal(s.uid, 1000);
	assert_int_equal(s.tracer, 77);
	assert_true(s.effective == UINT64_C(0x1ffffffffff));
	assert_int_equal(s.ambient, 1 << 10);
	assert_true(s.no_new_privs);
	assert_int_equal(s.seccomp, SECCOMP_FILTER);
	process_status_from(span_of("Uid\nCapEff:\t11111111111111111\nSeccomp:\tx\n:\n\nUid:"), &s);
	assert_int_equal(s.uid, 0);
	assert_true(s.effective == 0);
	assert_string_equal(capability_name(21), "cap_sys_admin");
	assert_string_equal(capability_name(40), "cap_checkpoint_restore");
	assert_null(capability_name(41));
}

static void only_code_mapped_from_files_counts(void **state)
{
	AUTO_FREE(arena) a = arena_new();
	struct span text =
		span_of("55d0-55d1 r--p 00000000 fe:01 12 /usr/bin/a\n"
			"55d1-55d2 r-xp 00001000 fe:01 12                      /usr/bin/a\n"
			"7f00-7f01 r-xp 00000000 00:01 9    /memfd:x y (deleted)\n"
			"7f02-7f03 rwxp 00000000 00:00 0 \n"
			"7f04-7f05 r-xp 00000000 00:00 0 [vdso]\n"
			"7f06-7f07 r-xp 0 fe:01 13 /a\\012b\\134\n"
			"garbage\n7f08 r-xp 0 fe:01 1 /x\n7f08-7f09 r-xp 0 fe 1 /x\n"
			"7f08-7f09 r-xp 0 fe:01 x /x\n7f08-7f09 r-xp 0 fe:01 1");
	struct mapping m;

	(void)state;
	assert_true(mapping_next(&text, a, &m));
	assert_string_equal(arena_text(a, m.path), "/usr/bin/a");
	assert_int_equal(m.from, 0x55d1);
	assert_int_equal(m.to, 0x55d2);
	assert_int_equal(m.major, 0xfe);
	assert_int_equal(m.minor, 1);
	assert_int_equal(m.inode, 12);
	assert_false(m.deleted);
	assert_true(mapping_next(&text, a, &m));
	assert_string_equal(arena_text(a, m.path), "/memfd:x y");
	assert_true(m.deleted);
	assert_true(mapping_next(&text, a, &m));
	assert_string_equal(arena_text(a, m.path), "/a\nb\\134");
	assert_false(mapping_next(&text, a, &m));
}

static const struct {
	const char *line, *masked;
} commands[] = {
	{ "/usr/sbin/sshd|-D|", "/usr/sbin/sshd -D" },
	{ "sshd: /usr/sbin/sshd -D [listener]|||||", "sshd: /usr/sbin/sshd -D [listener]" },
	{ "x|--password=abc|y|", "x --password=*** y" },
	{ "x|--password|abc|y|", "x --password *** y" },
	{ "x|--password|--other|", "x --password --other" },
	{ "x|--db-passwd=abc|", "x --db-passwd=***" },
	{ "x|--API-Key|abc|", "x --API-Key ***" },
	{ "x|token=abc|", "x token=***" },
	{ "mysql|-uroot|-pabc|", "mysql -uroot -p***" },
	{ "/usr/bin/mysqldump|-pabc|db|", "/usr/bin/mysqldump -p*** db" },
	{ "ssh|-p22|host|", "ssh -p22 host" },
	{ "sshpass|-p|abc|ssh|", "sshpass -p *** ssh" },
	{ "git|clone|https://u:abc@h/x|", "git clone https://u:***@h/x" },
	{ "git|clone|https://h:80/u:x@y|", "git clone https://h:80/u:x@y" },
	{ "x|AKIAIOSFODNN7EXAMPLE|", "x ***" },
	{ "x|KEY=AKIAIOSFODNN7EXAMPLE|", "x KEY=***" },
	{ "curl|-H|Authorization: Bearer abc|", "curl -H Authorization:***" },
	{ "curl|-H|X-Auth-Token: abc|", "curl -H X-Auth-Token:***" },
	{ "redis-server|--requirepass|abc|", "redis-server --requirepass ***" },
	{ "x|-e|AWS_SECRET_ACCESS_KEY=abc|", "x -e AWS_SECRET_ACCESS_KEY=***" },
	{ "curl|-u|bob:abc|https://h/|", "curl -u bob:*** https://h/" },
	{ "curl|-sSu|bob:abc|h|", "curl -sSu bob:*** h" },
	{ "/usr/bin/curl|-ubob:abc|-U|p:abc|h|", "/usr/bin/curl -ubob:*** -U p:*** h" },
	{ "curl|--user|bob:abc|", "curl --user bob:***" },
	{ "curl|-u|bob|h:80|", "curl -u bob h:80" },
	{ "curl|-H|Accept: text/html|", "curl -H Accept: text/html" },
	{ "curl.exe|-u|bob:abc|", "curl.exe -u bob:***" },
	{ "sudo|-n|curl|-u|bob:abc|", "sudo -n curl -u bob:***" },
	{ "mysql|-p|db|", "mysql -p db" },
	{ "mysqldump|--password=abc|db|", "mysqldump --password=*** db" },
	{ "timeout|5|mysql|-pabc|", "timeout 5 mysql -p***" },
	{ "psql|postgres://u:abc@h/db|", "psql postgres://u:***@h/db" },
	{ "psql|host=h password=abc user=u|", "psql host=h password=*** user=u" },
	{ "wget|https://u:abc@h|", "wget https://u:***@h" },
	{ "wget|https://h/?a=1&token=abc|", "wget https://h/?a=1&token=***" },
	{ "htpasswd|-b|/etc/f|bob|abc|", "htpasswd -b /etc/f bob ***" },
	{ "htpasswd|-bc|f|bob|abc|", "htpasswd -bc f bob ***" },
	{ "htpasswd|-nbB|bob|abc|", "htpasswd -nbB bob ***" },
	{ "htpasswd|f|bob|", "htpasswd f bob" },
	{ "openssl|rsa|-in|k|-passin|pass:abc|", "openssl rsa -in k -passin pass:***" },
	{ "openssl|enc|-k|abc|-in|f|", "openssl enc -k *** -in f" },
	{ "docker|login|-u|bob|-p|abc|h|", "docker login -u bob -p *** h" },
	{ "docker|run|-p|80:80|-e|DB_PASSWORD=abc|i|", "docker run -p 80:80 -e DB_PASSWORD=*** i" },
	{ "docker|login|--password-stdin|h|", "docker login --password-stdin h" },
	{ "env|AWS_SECRET_ACCESS_KEY=abc|aws|s3|ls|", "env AWS_SECRET_ACCESS_KEY=*** aws s3 ls" },
	{ "env|MYSQL_PWD=abc|PWD=/x|mysql|", "env MYSQL_PWD=*** PWD=/x mysql" },
	{ "sqlcmd|-Q|Server=h;Pwd=abc|", "sqlcmd -Q Server=h;Pwd=***" },
	{ "ldapsearch|-x|-w|abc|-b|dc=x|", "ldapsearch -x -w *** -b dc=x" },
	{ "smbclient|//h/s|-U|bob%abc|", "smbclient //h/s -U bob%***" },
	{ "sqlplus|bob/abc|", "sqlplus bob/***" },
	{ "net|user|bob|abc|/add|", "net user bob *** /add" },
	{ "net|use|X:|y|", "net use X: y" },
	{ "keytool|-storepass|abc|", "keytool -storepass ***" },
	{ "mount|-o|username=x,password=abc|//h|", "mount -o username=x,password=*** //h" },
	{ "sh|-c|curl -u bob:abc h; mysql -pabc|", "sh -c curl -u bob:*** h; mysql -p***" },
	{ "sh|-c|curl -H 'Authorization: Bearer abc' h && ssh -p 2022 h|",
		"sh -c curl -H 'Authorization:***' h && ssh -p 2022 h" },
	{ "ssh|h|PASSWORD=\"a b\" run && mysql -p'a b' x|",
		"ssh h PASSWORD=*** run && mysql -p*** x" },
	{ "su|-c|sh -c \"curl -u 'bob:abc' h\"|", "su -c sh -c \"curl -u 'bob:***' h\"" },
	{ "bash|-c|sshpass -p abc ssh -p 22 h|", "bash -c sshpass -p *** ssh -p 22 h" },
	{ "sh|-c|x 'never ended token=abc|", "sh -c x 'never ended token=***" },
	/* which are none */
	{ "ssh|-p|2022|h|", "ssh -p 2022 h" },
	{ "cp|-p|a|b|", "cp -p a b" },
	{ "mkdir|-p|/a/b|", "mkdir -p /a/b" },
	{ "tar|-u|a:b|", "tar -u a:b" },
	{ "rsync|-au|a:b|c|", "rsync -au a:b c" },
	{ "ssh|-o|PasswordAuthentication=no|h|", "ssh -o PasswordAuthentication=no h" },
	{ "x|--password-file=/etc/x|", "x --password-file=/etc/x" },
	{ "x|--token-file|/etc/x|", "x --token-file /etc/x" },
	{ "passwd|bob|", "passwd bob" },
	{ "zip|-r|a.zip|d|", "zip -r a.zip d" },
	{ "unzip|-P|abc|a.zip|", "unzip -P *** a.zip" },
	{ "keepassxc|/home/passwords.kdbx|", "keepassxc /home/passwords.kdbx" },
	{ "/usr/lib/token-server|run|", "/usr/lib/token-server run" },
	{ "", "" },
	{ "|||", "" },
};

static void what_looks_secret_is_masked(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		AUTO_FREE(arena) a = arena_new();
		AUTO(buf) b = BUF_INIT(4096);

		command_masked(nul(a, commands[i].line), 1000, &b);
		if (strcmp(buf_text(&b), commands[i].masked) != 0)
			print_error("%s\n", commands[i].line);
		assert_string_equal(buf_text(&b), commands[i].masked);
	}
	{
		AUTO(buf) b = BUF_INIT(4096);

		command_masked(span_of("0123456789"), 4, &b);
		assert_string_equal(buf_text(&b), "0123…");
	}
}

static const struct {
	const char *exe, *line;
	enum script_form form;
	const char *name;
} scripts[] = {
	{ "/usr/bin/python3.11", "python3|/srv/a.py|x|", SCRIPT_FILE, "/srv/a.py" },
	{ "/usr/bin/python3.11", "python3|-u|-W|ignore|-Xdev|a.py|", SCRIPT_FILE, "a.py" },
	{ "/usr/bin/python3", "python3|-m|http.server|80|", SCRIPT_MODULE, "http.server" },
	{ "/usr/bin/python3", "python3|-Immod|", SCRIPT_MODULE, "mod" },
	{ "/usr/bin/python3", "python3|-c|import os|", SCRIPT_INLINE, "" },
	{ "/usr/bin/python3", "python3|", SCRIPT_STDIN, "" },
	{ "/usr/bin/python3", "python3|-u|-|-x|", SCRIPT_STDIN, "" },
	{ "/usr/bin/dash", "sh|-s|--|x|", SCRIPT_STDIN, "" },
	{ "/usr/bin/dash", "sh|-|/x|", SCRIPT_FILE, "/x" },
	{ "/usr/bin/pythonista", "pythonista|a.py|", SCRIPT_NONE, "" },
	{ "/usr/bin/perl", "perl|-wT|/usr/bin/x|", SCRIPT_FILE, "/usr/bin/x" },
	{ "/usr/bin/perl", "perl|-ne|print|f|", SCRIPT_INLINE, "" },
	{ "/usr/bin/perl", "perl|-I|lib|x.pl|", SCRIPT_FILE, "x.pl" },
	{ "/usr/bin/dash", "/bin/sh|/etc/init.d/x|start|", SCRIPT_FILE, "/etc/init.d/x" },
	{ "/usr/bin/dash", "sh|-ec|true|", SCRIPT_INLINE, "" },
	{ "/usr/bin/bash", "bash|--rcfile|/x|-e|+x|/s|", SCRIPT_FILE, "/s" },
	{ "/usr/bin/bash", "-bash|", SCRIPT_STDIN, "" },
	{ "/usr/bin/node", "node|--require|x|/app.js|", SCRIPT_FILE, "/app.js" },
	{ "/usr/bin/php8.2", "php|-f|/a.php|", SCRIPT_FILE, "/a.php" },
	{ "/usr/sbin/php-fpm8.2", "php-fpm: master|", SCRIPT_NONE, "" },
	{ "/usr/lib/jvm/bin/java", "java|-Xmx1g|-cp|/a:/b|-jar|/app.jar|x|", SCRIPT_FILE,
		"/app.jar" },
	{ "/usr/lib/jvm/bin/java", "java|-cp|/a|org.Main|", SCRIPT_MODULE, "org.Main" },
	{ "/usr/bin/ruby3.1", "ruby|-W0|/a.rb|", SCRIPT_FILE, "/a.rb" },
	{ "/usr/bin/vim", "vim|/etc/passwd|", SCRIPT_NONE, "" },
	{ "", "", SCRIPT_NONE, "" },
};

static void a_script_is_found_behind_the_options(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(scripts); i++) {
		AUTO_FREE(arena) a = arena_new();
		struct span name;

		if (script_of(span_of(scripts[i].exe), nul(a, scripts[i].line), &name) !=
			scripts[i].form)
			fail_msg("%s", scripts[i].line);
		assert_string_equal(arena_text(a, name), scripts[i].name);
	}
}

static void names_that_only_kernel_threads_have(void **state)
{
	AUTO_FREE(arena) a = arena_new();

	(void)state;
	assert_true(is_kernel_name(span_of("x"), nul(a, "[kworker/0:1]|||")));
	assert_true(is_kernel_name(span_of("x"), nul(a, "[kworker/0:1]|-p|4444|")));
	assert_true(is_kernel_name(span_of("[kthreadd]"), nul(a, "/x|")));
	assert_true(is_kernel_name(span_of("kworker/u8:2"), nul(a, "")));
	assert_false(is_kernel_name(span_of("celery"), nul(a, "[celeryd: w] -active- (x)||")));
	assert_false(is_kernel_name(span_of("bash"), nul(a, "[|x|]|")));
	assert_false(is_kernel_name(span_of("test"), nul(a, "[]|")));
	assert_false(is_kernel_name(span_of("(sd-pam)"), nul(a, "(sd-pam)|")));
	assert_true(is_loader_variable(span_of("LD_PRELOAD=/x")));
	assert_true(is_loader_variable(span_of("LD_LIBRARY_PATH=.")));
	assert_false(is_loader_variable(span_of("LD_PRELOAD=")));
	assert_false(is_loader_variable(span_of("LD_=x")));
	assert_false(is_loader_variable(span_of("XLD_PRELOAD=/x")));
	assert_false(is_loader_variable(span_of("LD_preload=/x")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(status_is_read_by_name),
		cmocka_unit_test(only_code_mapped_from_files_counts),
		cmocka_unit_test(what_looks_secret_is_masked),
		cmocka_unit_test(a_script_is_found_behind_the_options),
		cmocka_unit_test(names_that_only_kernel_threads_have),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
