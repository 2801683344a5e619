/* Policies of AIDE, osquery and Tripwire, imported, loaded, and asked about single entities. */
#include <stdio.h>
#include <stdlib.h>

#include "../check.h"
#include "core/mem.h"
#include "entity/file.h"
#include "entity/registry_key.h"
#include "entity/registry_value.h"
#include "policy/import/import.h"
#include "policy/import/regex.h"

struct imported {
	struct policy *policy;
	struct problems problems;
	struct buf yaml;
};

static void imported_done(struct imported *i)
{
	policy_free(i->policy);
	problems_done(&i->problems);
	buf_done(&i->yaml);
}
#define AUTO_IMPORTED __attribute__((cleanup(imported_done))) struct imported

/* What the bytes are imported as; whatever comes out must load. */
static int import_bytes(struct imported *ret, const char *from, struct span text, struct err *e)
{
	AUTO(problems) found = { 0 };

	*ret = (struct imported){ .yaml = BUF_INIT((size_t)4 << 20) };
	if (policy_import(from, "theirs", text, &ret->yaml, &ret->problems, e) < 0)
		return e->code;
	if (policy_load_text(&ret->policy, "ours", buf_span(&ret->yaml), false, &found, e) < 0)
		fail_msg("%s: %s\n%s", e->text, found.n ? found.list[0].text : "",
			buf_text(&ret->yaml));
	return 0;
}

static void import_sample(struct imported *ret, const char *name)
{
	AUTO(buf) b = BUF_INIT((size_t)1 << 20);
	char path[256], *room = buf_room(&b, 65536);
	struct err e = { 0 };
	FILE *f;

	snprintf(path, sizeof path, SAMPLES "/%s", name);
	f = fopen(path, "rb");
	assert_non_null(f);
	b.n = fread(room, 1, 65536, f);
	fclose(f);
	if (import_bytes(ret, NULL, buf_span(&b), &e) < 0)
		fail_msg("%s: %s", name, e.text);
}

/* Ids of the rules that hold the key, joined by ','; '?' behind one that is tentative. */
static const char *held(const struct policy *p, struct arena *a, const struct kind *k,
	const char *key, const struct record *r)
{
	AUTO(buf) b = BUF_INIT(4096);
	struct selection s;

	if (policy_select(p, k, span_of(key), r, &s))
		for (unsigned i = 0; i < s.n; i++)
			buf_addf(&b, "%s%s%s", i ? "," : "", s.rule[i]->id,
				s.tentative >> i & 1 ? "?" : "");
	return arena_text(a, buf_span(&b));
}

struct expected {
	const char *key, *rules;
	const struct kind *kind; /* NULL: file */
	int type;                /* of a file, + 1; 0: not known */
};

static void check(const struct policy *p, const struct expected *list, size_t n)
{
	AUTO_FREE(arena) a = arena_new();

	for (size_t i = 0; i < n; i++) {
		const struct kind *k = list[i].kind ? list[i].kind : &kind_file;
		struct record *r = record_new(a, k);
		const char *rules;

		r->key = span_of(list[i].key);
		if (list[i].type)
			record_set_number(r, FILE_TYPE, (uint64_t)list[i].type - 1);
		rules = held(p, a, k, list[i].key, list[i].type ? r : NULL);
		if (strcmp(rules, list[i].rules) != 0)
			fail_msg("'%s': '%s', expected '%s'", list[i].key, rules, list[i].rules);
	}
}

/* Some note of the line says this. */
static void check_note(const struct imported *i, unsigned line, const char *text)
{
	for (size_t k = 0; k < i->problems.n; k++) {
		const struct problem *p = &i->problems.list[k];

		if (p->line == line && p->level == PROBLEM_WARNING && strstr(p->text, text))
			return;
	}
	fail_msg("no note of line %u says '%s'\n%s", line, text, i->yaml.p);
}

static uint64_t fields_of(const struct policy *p, const char *id)
{
	const struct rule *r = policy_rule(p, span_of(id));

	if (!r)
		fail_msg("no rule '%s'", id);
	return r ? r->fields : 0;
}

#define REGULAR (FILE_REGULAR + 1)
#define FOLDER (FILE_DIRECTORY + 1)

static const struct expected aide_cases[] = {
	{ "/etc", "etc", NULL, FOLDER }, { "/etcetera", "etc", NULL, REGULAR }, /* no '$' there */
	{ "/etc/passwd", "etc", NULL, REGULAR }, { "/etc/a/b/c", "etc", NULL, REGULAR },
	{ "/usr/etc", "", NULL, FOLDER }, { "/etc/mtab", "", NULL, REGULAR },
	{ "/etc/mtab2", "etc", NULL, REGULAR }, { "/etc/cups", "etc", NULL, FOLDER },
	{ "/etc/cups/certs", "", NULL, FOLDER }, { "/etc/cups/certs/0", "", NULL, REGULAR },
	{ "/etc/dhcp", "", NULL, FOLDER }, { "/etc/dhcp/x", "", NULL, REGULAR },
	{ "/etc/dhcp", "etc", NULL, REGULAR },            /* only as a folder is it left out */
	{ "/etc/tmp7", "etc", NULL, REGULAR },            /* not exact: nothing is left out */
	{ "/etc/adjtime", "etc-adjtime", NULL, REGULAR }, /* the deeper line alone */
	{ "/etc/adjtime", "etc", NULL, FOLDER }, { "/opt", "opt", NULL, FOLDER },
	{ "/opt/x", "", NULL, REGULAR }, { "/srv/x", "srv", NULL, REGULAR },
	{ "/srv/x/y", "", NULL, REGULAR }, { "/boot/a.conf", "boot-.-.conf", NULL, REGULAR },
	{ "/boot/a/b/c.conf", "boot-.-.conf", NULL, REGULAR },
	{ "/boot/aXconf", "", NULL, REGULAR },
	{ "/run/agetty.reload", "run-agetty-.reload", NULL, REGULAR },
	{ "/run/agettyXreload", "", NULL, REGULAR },
	{ "/var/log/aide", "var-log-aide", NULL, FOLDER },
	{ "/var/log/aide/aide.log", "var-log-aide-aide-.log-.-0-4", NULL, REGULAR },
	{ "/var/log/aide/aide.log.3", "var-log-aide-aide-.log-.-0-4", NULL, REGULAR },
	{ "/var/log/aide/aide.log.5", "", NULL, REGULAR },
	{ "/var/log/aide/aide.log.3.xz", "var-log-aide-aide-.log-.-0-4-.-gz-xz", NULL, REGULAR },
	{ "/usr/lib/x86/security/pam_unix.so", "usr-lib-security-pam-a-z-.so", NULL, REGULAR },
	{ "/usr/lib/a/b/security/pam_unix.so", "", NULL, REGULAR },
	{ "/usr/local/lib", "usr-local-bin", NULL, FOLDER }, /* a superset */
	{ "/home/box/x", "home-x", NULL, REGULAR }, { "/never", "", NULL, FOLDER },
	{ "/usr/sbin/x", "usr-sbin", NULL, REGULAR },
	{ "/usr/sbin/box", "usr-sbin", NULL, REGULAR }, /* depends on the host */
	{ "/usr/sbin/local", "", NULL, FOLDER }, { "/usr/sbin/local/x", "usr-sbin", NULL, REGULAR },
	{ "/etc/box/x", "etc,etc-box", NULL, REGULAR }, /* of an unsure line */
};

static void test_aide(void **state)
{
	AUTO_IMPORTED i;

	(void)state;
	import_sample(&i, "aide.conf");
	assert_non_null(strstr(buf_text(&i.yaml), "from a policy of aide"));
	check(i.policy, aide_cases, ARRAY_LEN(aide_cases));
	check_note(&i, 3, "database_in");
	check_note(&i, 31, "/etc/tmp[0-9]*$: nothing is left out");
	check_note(&i, 41, "more is watched");
	check_note(&i, 42, "all that begins as it does");
	check_note(&i, 45, "'hostname' depends on the host");
	check_note(&i, 47, "nothing is left out");
	check_note(&i, 49, "@@x_include");
	assert_int_equal(policy_rule(i.policy, span_of("var-log-aide-aide-.log-.-0-4"))->expect,
		EXPECT_APPEND_ONLY);
	assert_true(fields_of(i.policy, "etc") & field_bit(FILE_SHA256));
	assert_true(fields_of(i.policy, "etc") & field_bit(FILE_INODE));
	assert_false(fields_of(i.policy, "etc-adjtime") & field_bit(FILE_SHA256));
	assert_false(fields_of(i.policy, "etc-adjtime") & field_bit(FILE_INODE));
	assert_true(fields_of(i.policy, "usr-lib-security-pam-a-z-.so") & field_bit(FILE_SHA256));
	assert_false(fields_of(i.policy, "usr-lib-security-pam-a-z-.so") & field_bit(FILE_MODE));
}

#define RUN "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run"
#define SERVICES "HKLM\\SYSTEM\\CurrentControlSet\\Services"

static const struct expected osquery_cases[] = {
	{ "/etc/a/b", "configuration", NULL, 0 },
	{ "/etc/cups/x", "", NULL, 0 },
	{ "/etc/x/y", "configuration", NULL, 0 }, /* a set is no exact exclude */
	{ "/usr/local/etc/a/b.conf", "configuration-2", NULL, 0 },
	{ "/usr/local/etc/b.conf", "", NULL, 0 },
	{ "/home/me/.ssh/a/b", "homes-2", NULL, 0 },
	{ "/home/guest/.ssh/a", "", NULL, 0 },
	{ "/opt/app/settings.ini", "one-file", NULL, 0 },
	{ "/opt/app/settings.ini2", "", NULL, 0 },
	{ "/srv/c/x", "sets", NULL, 0 },
	{ "C:\\Windows\\System32\\drivers\\etc\\hosts", "windows-system", NULL, 0 },
	{ "C:\\WINDOWS\\system32\\DRIVERS\\umdf\\x.dll", "", NULL, 0 },
	{ "C:\\ProgramData\\App\\a.cfg", "windows-system-2", NULL, 0 },
	{ "C:\\ProgramData\\App\\b\\a.cfg", "", NULL, 0 },
	{ "HKLM\\" RUN "\\x", "run-keys", &kind_registry_value, 0 },
	{ "HKLM\\" RUN "\\sub\\x", "", &kind_registry_value, 0 },
	{ "HKLM\\" RUN "\\sub", "run-keys-2", &kind_registry_key, 0 },
	{ "HKU\\S-1-5-18\\" RUN "Once\\x", "run-keys-3", &kind_registry_value, 0 },
	{ "HKU\\S-1-5-18\\" RUN "Once\\a\\x", "", &kind_registry_value, 0 },
	{ SERVICES "\\x\\Parameters\\ServiceDll", "service-dlls", &kind_registry_value, 0 },
	{ SERVICES "\\x\\Parameters\\Other", "", &kind_registry_value, 0 },
	{ SERVICES "\\x\\ServiceDll", "", &kind_registry_value, 0 },
	{ "HKLM\\SOFTWARE\\Policies\\a\\b\\c", "policies", &kind_registry_value, 0 },
	{ "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Winlogon\\Shell", "winlogon",
		&kind_registry_value, 0 },
};

static void test_osquery(void **state)
{
	AUTO_IMPORTED i;

	(void)state;
	import_sample(&i, "osquery.conf");
	check(i.policy, osquery_cases, ARRAY_LEN(osquery_cases));
	check_note(&i, 19, "file_accesses");
	check_note(&i, 6, "/etc/[xy]/%%");
	check_note(&i, 17, "nowhere");
	check_note(&i, 10, "takes more");
	check_note(&i, 11, "'etc/passwd' is no absolute path");
	check_note(&i, 25, "all values of these keys");
	check_note(&i, 34, "current user");
	check_note(&i, 38, "listening");
	check_note(&i, 50, "elsewhere");
}

static const struct expected tripwire_cases[] = {
	{ "/usr/sbin/siggen", "tripwire-binaries", NULL, 0 },
	{ "/usr/sbin/other", "", NULL, 0 },
	{ "/etc", "configuration", NULL, 0 },
	{ "/etc/passwd", "configuration", NULL, 0 },
	{ "/etc/mtab", "", NULL, 0 },
	{ "/etc/mtab2", "configuration", NULL, 0 },
	{ "/etc/cups/certs/0", "", NULL, 0 },
	{ "/etc/ssh/sshd_config", "configuration-2", NULL, 0 },
	{ "/etc/rc.d", "configuration-3", NULL, 0 },
	{ "/etc/rc.d/x", "configuration", NULL, 0 },
	{ "/etc/tripwire/tw.pol", "configuration-4", NULL, 0 },
	{ "/home/me", "home", NULL, 0 },
	{ "/home/me/x", "", NULL, 0 },
	{ "/srv/a b/c", "srv-a-b", NULL, 0 },
	{ "/srv/what?/c", "srv-what", NULL, 0 },
	{ "/srv/whatX/c", "", NULL, 0 },
	{ "/opt/box/tmp", "opt-box", NULL, 0 },
	{ "C:\\windows\\system32\\x.dll", "system-files", NULL, 0 },
	{ "C:\\Windows\\System32\\CONFIG\\SAM", "", NULL, 0 },
	{ "HKLM\\" RUN "\\a\\x", "run-keys", &kind_registry_value, 0 },
	{ SERVICES "\\x\\Start", "run-keys-3", &kind_registry_value, 0 },
	{ SERVICES "\\tcpip\\Start", "", &kind_registry_value, 0 },
	{ SERVICES "\\x", "run-keys-4", &kind_registry_key, 0 },
};

static void test_tripwire(void **state)
{
	AUTO_IMPORTED i;
	const struct rule *r;

	(void)state;
	import_sample(&i, "twpol.txt");
	check(i.policy, tripwire_cases, ARRAY_LEN(tripwire_cases));
	check_note(&i, 13, "emailto");
	check_note(&i, 33, "a variable is not defined");
	check_note(&i, 34, "@@ifhost");
	check_note(&i, 36, "nothing is left out");
	check_note(&i, 52, "current user");
	r = policy_rule(i.policy, span_of("tripwire-binaries"));
	assert_int_equal(r->severity, SEVERITY_HIGH);
	assert_false(r->cross_mounts);
	assert_int_equal(policy_rule(i.policy, span_of("configuration"))->severity, SEVERITY_LOW);
	assert_int_equal(policy_rule(i.policy, span_of("configuration-2"))->severity,
		SEVERITY_MEDIUM);
	assert_int_equal(policy_rule(i.policy, span_of("var-log-messages"))->expect,
		EXPECT_APPEND_ONLY);
	assert_false(fields_of(i.policy, "configuration") & field_bit(FILE_SHA256));
	assert_true(fields_of(i.policy, "configuration-2") & field_bit(FILE_SHA256));
	assert_false(fields_of(i.policy, "configuration-4") & field_bit(FILE_INODE));
	assert_true(fields_of(i.policy, "home") != 0);
}

/* ---- expressions ---- */

static const struct {
	const char *regex, *patterns;
	bool exact;
} regex_cases[] = {
	{ "/a$", "/a", true },
	{ "/a", "/a*/**", true },
	{ "/", "/**", true },
	{ "/a/", "/a/*/**", true },
	{ "/a\\.b$", "/a.b", true },
	{ "/a.b$", "/a?b /a/b", true },
	{ "/a/[^/]*$", "/a/*", true },
	{ "/a/[^/]+\\.c$", "/a/?*.c", true },
	{ "/a/.*\\.c$", "/a/**/*.c", true },
	{ "/a.*b$", "/a*b /a*/**/*b", true },
	{ "/a/.*/b$", "/a/*/**/b", true },
	{ "/(a|b(c|d))$", "/a /bc /bd", true },
	{ "/a(b)?$", "/a /ab", true },
	{ "/a[12]$", "/a1 /a2", true },
	{ "/a{2,3}$", "/aa /aaa", true },
	{ "/a\\*$", "/a\\*", true },
	{ "/${x}$", "/**", false }, /* '$' in the middle, then a count */
	{ "/a\\$\\{x\\}$", "/a\\${x}", true },
	{ "/a[[:digit:]]+$", "/a?*", false },
	{ "/a[[:punct:]]b$", "/a?b /a/b", false }, /* '/' is one of them */
	{ "/a[\\x2f]b$", "/a*/**", false },
	{ "/a[0-9a-z]$", "/a?", false },
	{ "/a[^x]$", "/a?", false },
	{ "/ab(?!c)d$", "/ab*/**", false },
	{ "/a/b\\1$", "/a/b*/**", false },
	{ "/a|/b$", "/a*/** /b", true },
	{ "//a$", "", true },
	{ "/a/../b$",
		"/a/?"
		"?/b",
		true },
	{ "/a/\\.\\./b$", "", true },
	{ "/a$b$", "", true },
	{ "/a(b", "/a*/**", false },
	{ "/a)b", "/a*/**", false },
	{ "/a[b", "/a*/**", false },
	{ "/x*$", "/*", false },
	{ "/a\\", "/a*/**", false },
	{ "/\xff$", "/?", false },
	{ "a", "", true },
};

static void test_regex(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(regex_cases); i++) {
		AUTO_FREE(arena) a = arena_new();
		AUTO(buf) b = BUF_INIT(65536);
		struct paths paths;
		const char *why =
			regex_paths(a, span_of(regex_cases[i].regex), REGEX_PREFIX, &paths);

		for (size_t k = 0; k < paths.n; k++) {
			buf_add_text(&b, k ? " " : "");
			buf_add_span(&b, paths.list[k]);
		}
		if (strcmp(buf_text(&b), regex_cases[i].patterns) != 0 ||
			(why == NULL) != regex_cases[i].exact)
			fail_msg("%s: '%s', expected '%s'; %s", regex_cases[i].regex, buf_text(&b),
				regex_cases[i].patterns, why ? why : "exact");
	}
}

/* ---- hostile bytes ---- */

static const struct {
	const char *from, *text;
	int rc;
} broken[] = {
	{ "aide", "@@if defined X\n/a R\n", ERR_FORMAT },
	{ "aide", "@@endif\n", ERR_FORMAT },
	{ "aide", "@@else\n", ERR_FORMAT },
	{ "aide", "what is this\n", ERR_FORMAT },
	{ "aide", "/a(b|c R\n!/[\n=/ R\n/\xff\xfe R\n/a\\", 0 },
	{ "aide", "@@define X @@{X\n/@@{X} R\n/@@{ R\n", 0 },
	{ "aide", "=\n", ERR_FORMAT },
	{ "aide", "/a Nowhere\n/b ,,, R\n!/c Q\n", 0 },
	{ "osquery", "{", ERR_FORMAT },
	{ "osquery", "[]", ERR_FORMAT },
	{ "osquery", "", ERR_FORMAT },
	{ "osquery", "{\"file_paths\": {\"a\": [1, null, \"\", \"/\", \"C:\\\\\", \"/\\u0001\"]}}",
		0 },
	{ "osquery", "{\"file_paths\": [], \"schedule\": 1, \"packs\": {\"a\": {}}}", 0 },
	{ "osquery", "{\"file_paths\": {\"a\": [\"/${env.HOME}/%\", \"C:\\\\${x}\\\\%\"]}}", 0 },
	{ "osquery",
		"{\"schedule\": {\"q\": {\"query\": \"select * from registry where key like "
		"'HKLM\\\\[a\\\\%%\\\\b'\"}}}",
		0 },
	{ "osquery",
		"{\"schedule\": {\"q\": {\"query\": \"select * from registry where key = "
		"'HKLM\"}}}",
		0 },
	{ "tripwire", "(", ERR_FORMAT },
	{ "tripwire", "/a -> ", ERR_FORMAT },
	{ "tripwire", "/a -> +p ; }", ERR_FORMAT },
	{ "tripwire", "\"/a", ERR_FORMAT },
	{ "tripwire", "( severity = 1 ) {", ERR_FORMAT },
	{ "tripwire", "@@ifhost x\n", ERR_FORMAT },
	{ "tripwire", "x = $(x)$(x) ; $(x) -> +p ;", 0 },
	{ "tripwire", "\"/\xff\\001${a}\" -> +pZ ; ! / ; / -> ;", 0 },
	{ "tripwire", "@@section NTREG\n\"HKLM\\[\" -> ; HKLM -> ;\n@@section NTFS\nC: -> ; ", 0 },
};

static void test_broken(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
		AUTO_IMPORTED got;
		struct err e = { 0 };
		int rc = import_bytes(&got, broken[i].from, span_of(broken[i].text), &e);

		if (rc != broken[i].rc)
			fail_msg("%s '%s': %d (%s), expected %d", broken[i].from, broken[i].text,
				rc, e.text, broken[i].rc);
		if (rc == ERR_FORMAT && !strstr(e.text, "line "))
			fail_msg("'%s': '%s' names no line", broken[i].text, e.text);
	}
}

static void repeat(struct buf *b, const char *text, unsigned times)
{
	while (times--)
		buf_add_text(b, text);
}

/* Much of everything is refused or cut in a moment, and what comes out loads. */
static const struct {
	const char *from, *front, *middle, *back;
	unsigned times;
	int rc;
} bombs[] = {
	{ "aide", "", "@@if defined X\n", "", 100, ERR_LIMIT },
	{ "aide", "/", "(a|b)", "$ R\n", 300, 0 },
	{ "aide", "/", "(", "a R\n", 1000, 0 },
	{ "aide", "/", "(a*)*", "$ R\n", 300, 0 },
	{ "aide", "/", "a.*b", "$ R\n", 400, 0 },
	{ "aide", "//", "a.*b", "$ R\n", 120, 0 },
	{ "aide", "/", "((((a{60}){60}){60}){60})", "$ R\n", 20, 0 },
	{ "aide", "/a", "x", " R\n", 9000, ERR_LIMIT },
	{ "aide", "@@define A xxxxxxxx\n", "@@define A @@{A}@@{A}\n", "/@@{A} R\n", 40, ERR_LIMIT },
	{ "osquery", "", "[", "", 100000, ERR_FORMAT },
	{ "osquery", "{\"file_paths\":{\"a\":[", "\"/a/%%\",", "\"/b\"]}}", 5000, 0 },
	{ "osquery", "{\"file_paths\":{\"a\":[\"/a/%%\"]},\"exclude_paths\":{\"a\":[", "\"/a/b\",",
		"7]}}", 5000, 0 },
	{ "tripwire", "", "(severity=1){", "", 40, ERR_LIMIT },
	{ "tripwire", "A = xxxxxxxx;", "A = $(A)$(A);", "/$(A) -> +p;", 40, ERR_LIMIT },
	{ "tripwire", "", "@@ifhost a\n", "", 100, ERR_LIMIT },
	{ "tripwire", "/a -> ", "+p ", ";", 5000, ERR_LIMIT },
};

static void test_bombs(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bombs); i++) {
		AUTO_IMPORTED got;
		AUTO(buf) text = BUF_INIT((size_t)4 << 20);
		struct err e = { 0 };
		int rc;

		buf_add_text(&text, bombs[i].front);
		repeat(&text, bombs[i].middle, bombs[i].times);
		buf_add_text(&text, bombs[i].back);
		rc = import_bytes(&got, bombs[i].from, buf_span(&text), &e);
		if (rc != bombs[i].rc)
			fail_msg("%s '%s' %u times: %d (%s), expected %d", bombs[i].from,
				bombs[i].middle, bombs[i].times, rc, e.text, bombs[i].rc);
	}
}

static void test_nul(void **state)
{
	static const char *const from[] = { "aide", "osquery", "tripwire" };
	static const char bytes[] = "/a\0b R\n\0\n\"\0{\0";

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(from); i++) {
		AUTO_IMPORTED got;
		struct err e = { 0 };

		(void)!import_bytes(&got, from[i], span_from(bytes, sizeof bytes - 1), &e);
	}
}

/* A path of Windows is read as it is written. */
static void policy_import__names_its_file_as_it_is(void **state)
{
	AUTO_IMPORTED i = { .yaml = BUF_INIT((size_t)1 << 20) };
	struct err e;

	(void)state;
	assert_int_equal(policy_import("aide", "Z:\\tmp\\a\x1b.conf", span_of("/etc R\n"), &i.yaml,
				 &i.problems, &e),
		0);
	assert_non_null(strstr(buf_text(&i.yaml), "aide: Z:\\tmp\\a\\x1b.conf\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(policy_import__names_its_file_as_it_is),
		cmocka_unit_test(test_aide),
		cmocka_unit_test(test_osquery),
		cmocka_unit_test(test_tripwire),
		cmocka_unit_test(test_regex),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_bombs),
		cmocka_unit_test(test_nul),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
