/* Policies of other products: every sample loads, holds what it held there, and tells what it could
 * not say; what is no policy is refused with its place. */
#include <stdio.h>
#include <stdlib.h>

#include "../check.h"
#include "entity/file.h"
#include "entity/package.h"
#include "entity/port.h"
#include "entity/process.h"
#include "entity/registry_key.h"
#include "entity/registry_value.h"
#include "policy/import/import.h"
#include "policy/policy.h"

#define FOLDER "tests/unit/import/"

static void read_file(const char *name, struct buf *ret)
{
	char path[256];
	FILE *f;
	size_t n;

	snprintf(path, sizeof path, FOLDER "%s", name);
	f = fopen(path, "rb");
	if (!f)
		fail_msg("cannot open %s", path);
	do {
		char *room = buf_room(ret, 65536);

		assert_non_null(room);
		n = fread(room, 1, 65536, f);
		ret->n += n;
	} while (n);
	fclose(f);
}

/* The policy that an import makes, loaded. */
static struct policy *import_text(const char *from, const char *file, struct span text,
	struct buf *ret_yaml, struct problems *notes)
{
	AUTO(problems) found = { 0 };
	struct policy *p = NULL;
	struct err e = { 0 };

	if (policy_import(from, file, text, ret_yaml, notes, &e) < 0)
		fail_msg("%s: %s", file, e.text);
	if (policy_load_text(&p, file, buf_span(ret_yaml), true, &found, &e) < 0)
		fail_msg("%s: %s\n%s", file, e.text, buf_text(ret_yaml));
	return p;
}

static struct policy *import_file_named(const char *name, struct buf *ret_yaml,
	struct problems *notes)
{
	AUTO(buf) text = BUF_INIT(BUF_MAX_DEFAULT);

	read_file(name, &text);
	return import_text(NULL, name, buf_span(&text), ret_yaml, notes);
}

/* ---- what samples hold ---- */

#define DS_LINUX "deep-security-linux.xml"
#define DS_WINDOWS "deep-security-windows.xml"
#define WAZUH_LINUX "wazuh-linux.xml"
#define WAZUH_WINDOWS "wazuh-windows.xml"
#define CURRENT "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\"
#define CURRENT_32 "HKLM\\SOFTWARE\\WOW6432Node\\Microsoft\\Windows\\CurrentVersion\\"
#define SERVICES "HKLM\\SYSTEM\\CurrentControlSet\\Services\\"

static const struct {
	const char *file;
	const struct kind *kind;
	const char *key;
	const char *rule; /* that holds it; NULL: none does */
} holds[] = {
	{ DS_LINUX, &kind_file, "/usr/local/bin/tool", "file-usr-local" },
	{ DS_LINUX, &kind_file, "/usr/local/bin/__pycache__/x", NULL },
	{ DS_LINUX, &kind_file, "/usr/local/lib/x", NULL },
	{ DS_LINUX, &kind_file, "/etc/passwd", "file-etc-..-etc" },
	{ DS_LINUX, &kind_file, "/etc/a/b.conf", "file-etc-..-etc" },
	{ DS_LINUX, &kind_file, "/etc/what?", "file-etc-..-etc" },
	{ DS_LINUX, &kind_file, "/etc/whatsit", NULL },
	{ DS_LINUX, &kind_file, "/etc/hosts", "file-etc-..-etc" }, /* HOSTS, case ignored */
	{ DS_LINUX, &kind_file, "/etc/mtab", NULL },
	{ DS_LINUX, &kind_file, "/etc/a/b.conf.d", "directory-etc" },
	{ DS_LINUX, &kind_file, "/etc/systemd/a.d", NULL },
	{ DS_LINUX, &kind_file, "/var/log/a.log", "file-var-log" },
	{ DS_LINUX, &kind_file, "/var/log/d/a.log", NULL },
	{ DS_LINUX, &kind_file, "/srv/app7/x/y", "file-srv-app" },
	{ DS_LINUX, &kind_file, "/srv/web/x", NULL },
	{ DS_LINUX, &kind_port, "tcp/0.0.0.0/80", "port" },
	{ DS_LINUX, &kind_port, "udp6/::1/53", "port" },
	{ DS_LINUX, &kind_port, "tcp6/::/22", NULL },
	{ DS_LINUX, &kind_port, "udp/127.0.0.1/53", NULL },
	{ DS_LINUX, &kind_port, "unix//run/x", NULL },
	{ DS_LINUX, &kind_package, "dpkg:openssh-server:amd64", "software" },
	{ DS_LINUX, &kind_package, "rpm:openssh:x86_64", "software" },
	{ DS_LINUX, &kind_package, "dpkg:libopenssh:amd64", NULL },
	{ DS_LINUX, &kind_package, "pip:openssh", NULL },
	{ DS_LINUX, &kind_process, "/usr/sbin/nginx@root", "process" },
	{ DS_WINDOWS, &kind_file, "C:\\Windows\\System32\\drivers\\etc\\hosts", "ds-1002773-file" },
	{ DS_WINDOWS, &kind_file, "c:\\windows\\system32\\DRIVERS\\etc\\HOSTS", "ds-1002773-file" },
	{ DS_WINDOWS, &kind_file, "C:\\Windows\\System32\\drivers\\etc\\hosts:zone",
		"ds-1002773-file" },
	{ DS_WINDOWS, &kind_file, "C:\\Windows\\System32\\drivers\\etc\\services", NULL },
	{ DS_WINDOWS, &kind_file, "C:\\ProgramData\\Acme\\a\\b.dll", "ds-1002773-file-2" },
	{ DS_WINDOWS, &kind_file, "C:\\ProgramData\\Acme\\a\\b.dll:zone", NULL },
	{ DS_WINDOWS, &kind_file, "C:\\ProgramData\\Acme\\sub\\x.exe", "ds-1002773-file-2" },
	{ DS_WINDOWS, &kind_registry_value, CURRENT "Run\\Tool", "autoruns-registry-value" },
	{ DS_WINDOWS, &kind_registry_value, CURRENT "Run\\OneDriveX", NULL },
	{ DS_WINDOWS, &kind_registry_value, CURRENT "RunOnce\\OneDriveX",
		"autoruns-registry-value-2" },
	{ DS_WINDOWS, &kind_registry_value, CURRENT "RunOnce\\Noise", NULL },
	{ DS_WINDOWS, &kind_registry_value, CURRENT "Run\\d\\Tool", NULL },
	{ DS_WINDOWS, &kind_registry_value, CURRENT "Shell\\", "autoruns-registry-value-3" },
	{ DS_WINDOWS, &kind_registry_value, CURRENT "Shell\\x", NULL },
	{ DS_WINDOWS, &kind_registry_value, CURRENT "Winlogon\\shell",
		"autoruns-registry-value-4" },
	{ DS_WINDOWS, &kind_registry_value, CURRENT "Winlogon\\x", NULL },
	{ DS_WINDOWS, &kind_registry_key, SERVICES "Spooler", "services-registry-key" },
	{ DS_WINDOWS, &kind_registry_key, SERVICES "Spooler\\Parameters", NULL },
	{ WAZUH_LINUX, &kind_file, "/etc/passwd", "file-etc" },
	{ WAZUH_LINUX, &kind_file, "/etc/a/b/c", "file-etc" },
	{ WAZUH_LINUX, &kind_file, "/etc/mtab", NULL },
	{ WAZUH_LINUX, &kind_file, "/etc/mtab.old", NULL }, /* a prefix there, too */
	{ WAZUH_LINUX, &kind_file, "/etc/ssl/private/k", NULL },
	{ WAZUH_LINUX, &kind_file, "/etc/ssl/privates", "file-etc" },
	{ WAZUH_LINUX, &kind_file, "/etc/a/x.log", NULL },
	{ WAZUH_LINUX, &kind_file, "/etc/a/x.logs", "file-etc" },
	{ WAZUH_LINUX, &kind_file, "/etc/app/x", "file-etc-app" },
	{ WAZUH_LINUX, &kind_file, "/etc/app/d/x", NULL }, /* of its own entry, one level */
	{ WAZUH_LINUX, &kind_file, "/opt/site/a/x.php", "file-opt-site" },
	{ WAZUH_LINUX, &kind_file, "/opt/site/a/x.phps", NULL },
	{ WAZUH_LINUX, &kind_file, "/home/eve/.ssh/authorized_keys", "file-home-.ssh" },
	{ WAZUH_LINUX, &kind_file, "/home/eve/.ssh/x.log", NULL },
	{ WAZUH_LINUX, &kind_file, "/home/eve/x", NULL },
	{ WAZUH_WINDOWS, &kind_file, "C:\\Windows\\regedit.exe", "file-windir" },
	{ WAZUH_WINDOWS, &kind_file, "C:\\Windows\\Temp\\regedit.exe", NULL },
	{ WAZUH_WINDOWS, &kind_file, "C:\\Windows\\System32\\CMD.exe", "file-windir-sysnative" },
	{ WAZUH_WINDOWS, &kind_file, "C:\\Windows\\System32\\drivers\\etc\\hosts",
		"file-windir-system32-drivers-etc" },
	{ WAZUH_WINDOWS, &kind_file, "C:\\Windows\\SysWOW64\\drivers\\etc\\hosts",
		"file-windir-system32-drivers-etc" },
	{ WAZUH_WINDOWS, &kind_file, "C:\\Windows\\System32\\drivers\\etc\\x.LOG", NULL },
	{ WAZUH_WINDOWS, &kind_registry_value, CURRENT "Run\\x",
		"registry-value-hkey-local-machine-software-microsoft-windows-currentversion-run" },
	{ WAZUH_WINDOWS, &kind_registry_value, CURRENT_32 "Run\\x",
		"registry-value-hkey-local-machine-software-microsoft-windows-currentversion-run" },
	{ WAZUH_WINDOWS, &kind_registry_value, SERVICES "Spooler\\ImagePath",
		"registry-value-hkey-local-machine-system-currentcontrolset-services" },
	{ WAZUH_WINDOWS, &kind_registry_value, SERVICES "Spooler\\Starts", NULL },
	{ WAZUH_WINDOWS, &kind_registry_value, SERVICES "Noisy\\Start", NULL },
	{ WAZUH_WINDOWS, &kind_registry_value, SERVICES "x\\Enum\\Start", NULL },
	{ WAZUH_WINDOWS, &kind_registry_key, "HKLM\\SOFTWARE\\Acme\\a\\b",
		"registry-key-hkey-local-machine-software-acme" },
	{ WAZUH_WINDOWS, &kind_registry_key, "HKLM\\SOFTWARE\\Acme\\a\\b\\c", NULL },
};

static bool is_held(const struct selection *s, const char *rule)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->rule[i]->id, rule) == 0)
			return true;
	return false;
}

static void test_holds(void **state)
{
	struct policy *p = NULL;
	AUTO(buf) yaml = BUF_INIT(BUF_MAX_DEFAULT);
	AUTO(problems) notes = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(holds); i++) {
		struct selection s = { 0 };
		bool held;

		if (i == 0 || strcmp(holds[i].file, holds[i - 1].file) != 0) {
			policy_free(p);
			buf_clear(&yaml);
			p = import_file_named(holds[i].file, &yaml, &notes);
		}
		held = policy_select(p, holds[i].kind, span_of(holds[i].key), NULL, &s);
		if (holds[i].rule ? !held || !is_held(&s, holds[i].rule) : held)
			fail_msg("%s: %s: expected %s, found %s", holds[i].file, holds[i].key,
				holds[i].rule ? holds[i].rule : "nothing",
				held ? s.rule[0]->id : "nothing");
	}
	policy_free(p);
}

/* ---- what is told ---- */

static const struct {
	const char *file;
	unsigned line;
	const char *text; /* part of it */
} told[] = {
	{ DS_LINUX, 13, "each letter of 'HOSTS'" },
	{ DS_LINUX, 15, "several keys in one line" },
	{ DS_LINUX, 21, "lastAccessed" },
	{ DS_LINUX, 41, "NO_SUCH_VARIABLE" },
	{ DS_LINUX, 42, "unknown entity set 'SocketSet' (8005)" },
	{ DS_WINDOWS, 13, "separated nothing there" },
	{ DS_WINDOWS, 15, "the exclude 'tmp\\x' is left out" },
	{ DS_WINDOWS, 39, "left out" }, /* HKEY_CURRENT_USER */
	{ DS_WINDOWS, 45, "(8014)" },
	{ WAZUH_LINUX, 6, "agent.yaml" },
	{ WAZUH_LINUX, 19, "'unheard_of' is not understood" },
	{ WAZUH_WINDOWS, 6, "SysWOW64" },
};

/* Each is a warning with its line and a comment in the policy. */
static void test_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(told); i++) {
		AUTO(buf) yaml = BUF_INIT(BUF_MAX_DEFAULT);
		AUTO(problems) notes = { 0 };
		struct policy *p = import_file_named(told[i].file, &yaml, &notes);
		char line[32];
		bool found = false;

		for (size_t k = 0; k < notes.n; k++)
			found = found || (notes.list[k].line == told[i].line &&
						 notes.list[k].level == PROBLEM_WARNING &&
						 strstr(notes.list[k].text, told[i].text));
		if (!found)
			fail_msg("%s:%u: nothing says '%s'", told[i].file, told[i].line,
				told[i].text);
		snprintf(line, sizeof line, "  # line %u: ", told[i].line);
		assert_non_null(strstr(buf_text(&yaml), line));
		policy_free(p);
	}
}

/* ---- small ones, with what becomes of them ---- */

static const struct {
	const char *from, *text;
	const char *has;   /* in the policy; NULL: anything */
	const char *lacks; /* not in it */
} pieces[] = {
	/* attributes: none, empty, some */
	{ NULL, "<FileSet base='/a'/>", "kind: file\n    base: \"/a\"\n    types:", "fields" },
	{ NULL, "<FileSet base='/a'><attributes/></FileSet>", "fields: [existence]", NULL },
	{ "deep-security", "<fileset BASE='/a'><Attributes><SHA1/><Size/></Attributes></fileset>",
		"fields: [sha1, size]", NULL },
	{ NULL, "<FileSet base='/a'><attributes><owner/></attributes></FileSet>", "[uid]", NULL },
	{ NULL, "<FileSet base='C:\\a'><attributes><owner/><flags/></attributes></FileSet>",
		"[owner_sid, attributes]", NULL },
	{ NULL, "<FileSet base='/a' onChange='true'/>", NULL, "real_time" },
	{ NULL, "<FileSet base='/a' onChange='false'/>", "real_time: false", NULL },
	{ NULL, "<FileSet base='/a' followLinks='true'/>", "follow_links: true", NULL },
	/* growing */
	{ NULL, "<FileSet base='/a'><attributes><growing/></attributes></FileSet>",
		"expect: append-only", "existence" },
	/* a log that grows beside what must not change is two rules */
	{ NULL, "<FileSet base='/a'><attributes><growing/><owner/></attributes></FileSet>",
		"fields: [uid]", NULL },
	/* bases */
	{ NULL, "<FileSet base='/a/b/../c/./d/'/>", "base: \"/a/c/d\"", NULL },
	{ NULL, "<FileSet base='/../..'/>", "base: \"/\"", NULL },
	{ NULL, "<FileSet base='${env.SystemDrive}\\x'/>", "base: \"C:\\\\x\"", NULL },
	{ NULL, "<FileSet base='C:\\a\\..\\b'/>", "base: \"C:\\\\b\"", NULL },
	{ NULL, "<FileSet base='${env.ProgramFiles}\\x'/>", "base: \"${program_files}\\\\x\"",
		NULL },
	{ NULL, "<FileSet base='\\\\server\\share\\x'/>", "base: \"\\\\\\\\server\\\\share\\\\x\"",
		NULL },
	{ NULL, "<FileSet base='a'/>", "rules: []", NULL },
	{ NULL, "<FileSet/>", "rules: []", NULL },
	{ NULL, "<FileSet base='${reg.HKLM\\SOFTWARE\\A\\Path}'/>", "rules: []", NULL },
	/* lines that cannot be exact: includes wider, excludes left out */
	{ NULL, "<FileSet base='/a'><exclude key='x' nonsense='1'/></FileSet>", NULL, "exclude:" },
	{ NULL, "<FileSet base='/a'><include key='x' nonsense='1'/></FileSet>", "- \"x\"", NULL },
	{ NULL, "<FileSet base='/a'><include key='x/'/></FileSet>", "rules: []", NULL },
	{ NULL, "<FileSet base='/a'><include key='**'><key pattern='*.c'/></include></FileSet>",
		"- \"*.c\"", "several" },
	{ NULL, "<FileSet base='/a'><include executable='false'/></FileSet>", "script:*", NULL },
	{ NULL, "<FileSet base='C:\\a'><include executable='true'/></FileSet>", "pe:*", NULL },
	/* flat keys */
	{ NULL, "<ProcessSet><include key='notepad.exe\\*'/></ProcessSet>",
		"\"*\\\\\\\\notepad.exe@*\"", "*/notepad" },
	{ NULL, "<ProcessSet><include path='*\\Temp\\*'/></ProcessSet>",
		"exe: \"*\\\\\\\\Temp\\\\*\"", NULL },
	{ NULL, "<PortSet><include key='*/53'/></PortSet>", "\"tcp*/53\"\n      - \"udp*/53\"",
		NULL },
	{ NULL, "<UserSet><include disabled='true'/></UserSet>",
		"disabled: true }\n      - { key: \"*\", expired: true }", NULL },
	/* values */
	{ NULL, "<RegistryValueSet base='HKLM\\A'><include key='**/'/></RegistryValueSet>",
		"values: [\"(default)\"]", "include" },
	{ NULL, "<RegistryValueSet base='HKLM\\A'><include key='x'/></RegistryValueSet>",
		"- \"\\\\\"\n    values: [\"x\"]", NULL },
	{ NULL, "<RegistryValueSet base='HKLM\\A'><include key='B/**'/></RegistryValueSet>",
		"- \"B\\\\**\"", "values" },
	{ NULL, "<RegistryKeySet base='HKCR\\[x]'><include key='a[1]'/></RegistryKeySet>",
		"- \"a[[]1]\"", NULL },
	/* base64, as REST has it: <FileSet base="/a"/> */
	{ "deep-security", "PEZpbGVTZXQgYmFzZT0iL2EiLz4=\n", "base: \"/a\"", NULL },
	/* names that YAML would take for something else */
	{ NULL, "<R name='a: &quot;b&quot; # c' severity='High'><FileSet base='/a'/></R>",
		"title: \"a: \\\"b\\\" # c\"\n    severity: high", NULL },
	{ NULL, "<R name='&#10;x'><FileSet base='/a'/><FileSet base='/a'/></R>", "id: \"x-file-2\"",
		NULL },
	{ NULL, "\xEF\xBB\xBF<?xml version='1.0'?>\r\n<FileSet\r\nbase='/a'/>", "base: \"/a\"",
		NULL },
#define SYSCHECK(x) "<ossec_config><syscheck>" x "</syscheck></ossec_config>"
	{ NULL, SYSCHECK("<directories>/a</directories><ignore>/a</ignore>"), "rules: []", NULL },
	{ NULL, SYSCHECK("<directories>/a</directories><ignore type='sregex'>!x</ignore>"), NULL,
		"exclude" },
	{ NULL, SYSCHECK("<directories>/a</directories><ignore type='sregex'>^/a/b</ignore>"),
		"- \"b*/**\"", NULL },
	{ NULL, SYSCHECK("<directories>/a</directories><ignore type='sregex'>^/a/b$</ignore>"),
		"- \"b\"", NULL },
	{ NULL, SYSCHECK("<directories>/a</directories><ignore type='sregex'>b/c</ignore>"),
		"- \"**/*b/c*/**\"", NULL },
	{ NULL, SYSCHECK("<directories>/a</directories><ignore type='sregex'>a/b</ignore>"),
		"- \"b*/**\"\n      - \"**/*a/b*/**\"", NULL },
	{ NULL, SYSCHECK("<directories>/</directories><ignore>/proc</ignore>"), "- \"proc*/**\"",
		NULL },
	{ NULL, SYSCHECK("<directories>/a</directories><ignore>/b*?</ignore>"), NULL, "exclude" },
	{ NULL, SYSCHECK("<directories>/a</directories><ignore>/a/$x*</ignore>"), "\\\\$x\\\\**/**",
		NULL },
	{ NULL, SYSCHECK("<directories recursion_level='1'>/a</directories>"),
		"- \"*\"\n      - \"*/*\"\n", "**" },
	{ NULL, SYSCHECK("<directories tags='x,, y ,'>/a</directories>"),
		"tags: [\"wazuh.x\", \"wazuh.y-\"]", NULL },
	{ NULL, SYSCHECK("<directories tags=','>/a</directories>"), NULL, "tags:" },
	{ NULL, SYSCHECK("<directories report_changes='yes'>/a</directories>"), "keep_content",
		NULL },
	{ NULL, SYSCHECK("<directories report_changes='yes'>/a</directories><nodiff>/a/k</nodiff>"),
		NULL, "keep_content:" },
	{ NULL, SYSCHECK("<directories check_all='no'>/a</directories>"), "[existence]", NULL },
	{ NULL, SYSCHECK("<directories check_sum='no'>C:\\a</directories>"),
		"[size, dacl, owner_sid, group_sid, mtime, attributes]", NULL },
	{ NULL, SYSCHECK("<windows_registry>HKEY_LOCAL_MACHINE\\Software\\A</windows_registry>"),
		"view: 32", NULL },
	{ NULL, SYSCHECK("<windows_registry arch='64bit'>HKEY_LOCAL_MACHINE\\A</windows_registry>"),
		"kind: registry-key", "view" },
	{ NULL,
		"<agent_config os='Linux'><syscheck><directories>/a</directories></syscheck>"
		"</agent_config>",
		"os=\"Linux\"", NULL },
};

static void test_pieces(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
		AUTO(buf) yaml = BUF_INIT(BUF_MAX_DEFAULT);
		AUTO(problems) notes = { 0 };
		struct policy *p = import_text(pieces[i].from, "t.xml", span_of(pieces[i].text),
			&yaml, &notes);
		const char *text = buf_text(&yaml);

		if (pieces[i].has && !strstr(text, pieces[i].has))
			fail_msg("%s\nlacks %s:\n%s", pieces[i].text, pieces[i].has, text);
		if (pieces[i].lacks && strstr(text, pieces[i].lacks))
			fail_msg("%s\nhas %s:\n%s", pieces[i].text, pieces[i].lacks, text);
		policy_free(p);
	}
}

/* ---- what is refused ---- */

#define LAUGHS \
	"<!DOCTYPE a [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;'><!ENTITY c '&b;&b;&b;&b;'>]>" \
	"<FileSet base='&c;'/>"

static const struct {
	const char *from, *text;
	int code;
	const char *says;
} refused[] = {
	{ "deep-security", LAUGHS, ERR_FORMAT, "line 1, column 3: " },
	{ "wazuh", LAUGHS, ERR_FORMAT, "line 1, " },
	{ "deep-security", "<FileSet base='/a'>\n  <include key='x'/>\n", ERR_FORMAT, "line 3, " },
	{ "deep-security", "<FileSet base='/a'>\n</Fileset>", ERR_FORMAT, "line 2, column " },
	{ "deep-security", "<FileSet base='/\xFF'/>", ERR_FORMAT, "line 1, column " },
	{ "deep-security", "\xFF\xFE<\0F\0", ERR_FORMAT, "UTF-16" },
	{ "deep-security", "<FileSet base='&other;'/>", ERR_FORMAT, "line 1, column " },
	{ "deep-security", "</invar-import><FileSet base='/a'/>", ERR_FORMAT, "line 1, column " },
	{ "deep-security", "<R><content>&lt;FileSet</content></R>", ERR_FORMAT, "at line 1" },
	{ "deep-security", "<a/>", ERR_FORMAT, "no entity set" },
	{ "deep-security", "", ERR_FORMAT, "no entity set" },
	{ "wazuh", "<ossec_config/>", ERR_FORMAT, "no <syscheck>" },
	{ "wazuh", "<syscheck>\n<directories>/a\n", ERR_FORMAT, "line 3, " },
	{ "nobody", "<a/>", ERR_USAGE, "deep-security" },
	{ NULL, "root:x:0:0", ERR_USAGE, "--from" },
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		AUTO(buf) yaml = BUF_INIT(BUF_MAX_DEFAULT);
		AUTO(problems) notes = { 0 };
		struct err e = { 0 };
		int rc = policy_import(refused[i].from, "t.xml", span_of(refused[i].text), &yaml,
			&notes, &e);

		if (rc != refused[i].code || !strstr(e.text, refused[i].says))
			fail_msg("%s: found %d, %s", refused[i].text, rc, e.text);
		assert_int_equal(yaml.n, 0);
	}
}

static void repeat(struct buf *b, const char *text, size_t n)
{
	while (n--)
		buf_add_text(b, text);
}

static int import_big(struct buf *text, struct buf *yaml, struct problems *notes, struct err *e)
{
	return policy_import("deep-security", "t.xml", buf_span(text), yaml, notes, e);
}

static void test_bounds(void **state)
{
	AUTO(buf) text = BUF_INIT(BUF_MAX_DEFAULT), yaml = BUF_INIT(BUF_MAX_DEFAULT);
	AUTO(problems) notes = { 0 };
	struct err e = { 0 };

	(void)state;
	repeat(&text, "<a>", 100000);
	assert_int_equal(import_big(&text, &yaml, &notes, &e), ERR_LIMIT);
	assert_non_null(strstr(e.text, "nested"));
	buf_clear(&text);
	repeat(&text, "<a/>", 300000);
	assert_int_equal(import_big(&text, &yaml, &notes, &e), ERR_LIMIT);
	buf_clear(&text);
	repeat(&text, "<FileSet base='/a'/>\n", 250000);
	assert_int_equal(import_big(&text, &yaml, &notes, &e), ERR_LIMIT); /* 4 MiB */
	/* an attribute of 1 MiB is no base, and no trouble */
	buf_clear(&text);
	buf_add_text(&text, "<FileSet base='/");
	repeat(&text, "x", (size_t)1 << 18);
	buf_add_text(&text, "'/>");
	assert_int_equal(import_big(&text, &yaml, &notes, &e), 0);
	assert_non_null(strstr(buf_text(&yaml), "rules: []"));
}

/* More notes than a list of problems holds: all of them stand in the policy. */
static void test_many_notes(void **state)
{
	AUTO(buf) text = BUF_INIT(BUF_MAX_DEFAULT), yaml = BUF_INIT(BUF_MAX_DEFAULT);
	AUTO(problems) notes = { 0 };
	struct err e = { 0 };
	size_t n = 0;

	(void)state;
	repeat(&text, "<FooSet/>\n", 300);
	buf_add_text(&text, "<FileSet base='/a' onChange='true'><attributes/></FileSet>");
	assert_int_equal(import_big(&text, &yaml, &notes, &e), 0);
	for (const char *at = buf_text(&yaml); (at = strstr(at, "unknown entity set")); at++)
		n++;
	assert_int_equal(n, 300);
	assert_int_equal(notes.n, 100);
	assert_non_null(strstr(notes.list[99].text, "201 more notes"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_holds),
		cmocka_unit_test(test_told),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_many_notes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
