/* Rules about Windows: what they hold, what is refused, and that their canonical text loads again.
 */
#include "../check.h"
#include "entity/file.h"
#include "entity/process.h"
#include "entity/registry_key.h"
#include "entity/registry_value.h"
#include "entity/wmi.h"
#include "policy/policy.h"

static struct policy *load(const char *yaml, bool lint, struct problems *problems)
{
	struct policy *p = NULL;
	struct err e;

	if (policy_load_text(&p, "t.yaml", span_of(yaml), lint, problems, &e) < 0)
		return NULL;
	return p;
}

/* One rule, without its id, in force. */
static struct policy *load_rule(const char *rule, struct problems *problems)
{
	AUTO(buf) yaml = BUF_INIT(1 << 20);

	buf_addf(&yaml, "version: 1\nrules:\n  - { id: r, %s }\n", rule);
	return load(buf_text(&yaml), false, problems);
}

static void check_canonical(const struct policy *p)
{
	AUTO(problems) problems = { 0 };
	AUTO(buf) once = BUF_INIT(1 << 20);
	AUTO(buf) twice = BUF_INIT(1 << 20);
	struct policy *again;

	policy_print(p, &once);
	again = load(buf_text(&once), false, &problems);
	if (!again)
		fail_msg("%s: %s", problems.list[0].text, buf_text(&once));
	policy_print(again, &twice);
	assert_string_equal(buf_text(&once), buf_text(&twice));
	policy_free(again);
}

static const struct {
	const char *rule;
	const struct kind *kind;
	const char *key;
	bool held;
} holds[] = {
#define FILES &kind_file
#define KEYS &kind_registry_key
#define VALUES &kind_registry_value
	{ "kind: file, base: 'C:\\Windows'", FILES, "C:\\windows\\System32\\x.dll", true },
	{ "kind: file, base: 'c:/windows/'", FILES, "C:\\Windows", true },
	{ "kind: file, base: 'C:\\Windows'", FILES, "D:\\Windows\\x", false },
	{ "kind: file, base: 'C:\\Windows'", FILES, "/C:/Windows/x", false },
	{ "kind: file, base: 'C:\\'", FILES, "C:\\x", true },
	{ "kind: file, base: 'C:\\Windows', include: ['**/*.DLL']", FILES, "C:\\Windows\\a\\b.dll",
		true },
	{ "kind: file, base: 'C:\\Windows', include: ['sub\\*.dll']", FILES,
		"C:\\Windows\\SUB\\b.dll", true },
	{ "kind: file, base: 'C:\\Windows', exclude: ['temp/**']", FILES, "C:\\Windows\\Temp\\x",
		false },
	{ "kind: file, base: '${system32}/drivers'", FILES, "C:\\Windows\\System32\\drivers\\a.sys",
		true },
	{ "kind: file, base: '\\\\server\\share'", FILES, "\\\\SERVER\\share\\x", true },
	{ "kind: file, base: 'C:\\x', include: ['a[1].txt']", FILES, "C:\\x\\A[1].txt", true },
	{ "kind: file, base: /etc", FILES, "/ETC/x", false },
	{ "kind: registry-key, base: 'HKLM\\SOFTWARE\\A'", KEYS, "HKLM\\Software\\a\\b", true },
	{ "kind: registry-key, base: 'hkey_local_machine\\SOFTWARE\\A\\'", KEYS,
		"HKLM\\SOFTWARE\\A", true },
	{ "kind: registry-key, base: 'HKCR\\*'", KEYS, "HKLM\\SOFTWARE\\Classes\\.txt\\x", true },
	{ "kind: registry-key, base: 'HKCR\\[*]'", KEYS, "HKLM\\SOFTWARE\\Classes\\*\\shell",
		true },
	{ "kind: registry-key, base: 'HKCR\\[*]'", KEYS, "HKLM\\SOFTWARE\\Classes\\.txt", false },
	{ "kind: registry-key, base: HKCC", KEYS,
		"HKLM\\SYSTEM\\CurrentControlSet\\Hardware Profiles\\Current\\x", true },
	{ "kind: registry-key, base: 'HKLM\\A\\*\\B'", KEYS, "HKLM\\A\\x\\B\\c", true },
	{ "kind: registry-key, base: 'HKLM\\A', include: ['text/plain']", KEYS,
		"HKLM\\A\\Text/plain", true },
	{ "kind: registry-key, base: 'HKLM\\A', include: ['?']", KEYS, "HKLM\\A\\\xc3\xa9", true },
	{ "kind: registry-key, base: 'HKLM\\A', exclude: ['x\\**']", KEYS, "HKLM\\A\\X\\y", false },
	{ "kind: registry-key, base: 'HKLM\\A', depth: 0", KEYS, "HKLM\\A", true },
	{ "kind: registry-key, base: 'HKLM\\A', depth: 0", KEYS, "HKLM\\A\\b", false },
	{ "kind: registry-key, base: 'HKLM\\A', depth: 1", KEYS, "HKLM\\A\\b", true },
	{ "kind: registry-key, base: 'HKLM\\A', depth: 1", KEYS, "HKLM\\A\\b\\c", false },
	{ "kind: registry-key, base: 'HKU\\{users}\\Software'", KEYS,
		"HKU\\S-1-5-21-1-2-3-1001\\Software\\x", true },
	{ "kind: registry-key, base: 'HKU\\{users}\\Software'", KEYS, "HKU\\S-1-5-18\\Software\\x",
		false },
	{ "kind: registry-key, base: 'HKU\\{users}\\Software'", KEYS,
		"HKU\\S-1-5-21-1-2-3-1001_Classes\\Software", false },
	{ "kind: registry-key, base: 'HKU\\{users}_Classes\\CLSID'", KEYS,
		"HKU\\S-1-5-21-1-2-3-1001_Classes\\CLSID\\x", true },
	{ "kind: registry-key, base: 'HKLM\\SOFTWARE\\A', view: both", KEYS,
		"HKLM\\SOFTWARE\\WOW6432Node\\A\\x", true },
	{ "kind: registry-key, base: 'HKLM\\SOFTWARE\\A', view: both", KEYS, "HKLM\\SOFTWARE\\A\\x",
		true },
	{ "kind: registry-key, base: 'HKLM\\SOFTWARE\\A', view: 32", KEYS, "HKLM\\SOFTWARE\\A\\x",
		false },
	{ "kind: registry-key, base: 'HKCR\\CLSID', view: 32", KEYS,
		"HKLM\\SOFTWARE\\Classes\\WOW6432Node\\CLSID\\{0}", true },
	{ "kind: registry-key, base: 'HKU\\{users}_Classes\\CLSID', view: 32", KEYS,
		"HKU\\S-1-5-21-7_Classes\\WOW6432Node\\CLSID\\{0}", true },
	{ "kind: registry-value, base: 'HKLM\\A'", VALUES, "HKLM\\A\\x", true },
	{ "kind: registry-value, base: 'HKLM\\A'", VALUES, "HKLM\\A\\", true },
	{ "kind: registry-value, base: 'HKLM\\A'", VALUES, "HKLM\\A\\B\\x\\\\y", true },
	{ "kind: registry-value, base: 'HKLM\\A\\x'", VALUES, "HKLM\\A\\x", false },
	{ "kind: registry-value, base: 'HKLM\\A\\x'", VALUES, "HKLM\\A\\x\\\\y", false },
	{ "kind: registry-value, base: 'HKLM\\A', depth: 0", VALUES, "HKLM\\A\\x", true },
	{ "kind: registry-value, base: 'HKLM\\A', depth: 0", VALUES, "HKLM\\A\\B\\x", false },
	{ "kind: registry-value, base: 'HKLM\\A', depth: 1", VALUES, "HKLM\\A\\B\\x", true },
	{ "kind: registry-value, base: 'HKLM\\A', depth: 1", VALUES, "HKLM\\A\\B\\C\\x", false },
	{ "kind: registry-value, base: 'HKLM\\A', values: [Start, 'Image*']", VALUES,
		"HKLM\\A\\B\\ImagePath", true },
	{ "kind: registry-value, base: 'HKLM\\A', values: [Start, 'Image*']", VALUES,
		"HKLM\\A\\B\\Type", false },
	{ "kind: registry-value, base: 'HKLM\\A', values: ['(default)']", VALUES, "HKLM\\A\\",
		true },
	{ "kind: registry-value, base: 'HKLM\\A', values: ['(default)']", VALUES, "HKLM\\A\\x",
		false },
	{ "kind: registry-value, base: 'HKLM\\A', values: { exclude: ['*Count'] }", VALUES,
		"HKLM\\A\\B\\runcount", false },
	{ "kind: registry-value, base: 'HKLM\\A', values: { exclude: ['*Count'] }", VALUES,
		"HKLM\\A\\B\\run", true },
	{ "kind: registry-value, base: 'HKLM\\A', include: ['*\\P'], values: [x]", VALUES,
		"HKLM\\A\\B\\p\\X", true },
	{ "kind: registry-value, base: 'HKLM\\A', include: ['*\\P'], values: [x]", VALUES,
		"HKLM\\A\\P\\x", false },
	{ "kind: registry-value, base: 'HKLM\\A', exclude: [P]", VALUES, "HKLM\\A\\P\\x", false },
	{ "kind: registry-value, base: 'HKLM\\A', exclude: [P]", VALUES, "HKLM\\A\\P", true },
	{ "kind: process, include: ['C:\\\\Windows\\\\*']", &kind_process, "c:\\windows\\x.exe@me",
		true },
	{ "kind: process, include: ['C:\\Windows\\*']", &kind_process, "C:\\Windows\\x.exe@me",
		true },
	{ "kind: process, include: ['*\\\\temp\\\\*']", &kind_process, "C:\\a\\Temp\\x.exe@me",
		true },
	{ "kind: process, include: ['*\\\\temp\\\\*']", &kind_process, "C:\\temperature", false },
	{ "kind: process, include: ['\\\\\\\\s\\\\*']", &kind_process, "\\\\S\\x.exe@me", true },
	{ "kind: process, include: ['/usr/*']", &kind_process, "/USR/x@me", false },
	{ "kind: wmi, query: 'SELECT Name FROM Win32_Share'", &kind_wmi, "r:Win32_Share.Name=C$",
		true },
	{ "kind: wmi, query: 'SELECT Id, Name FROM Win32_Share', key: [name, __PATH]", &kind_wmi,
		"r:x", true },
	{ "kind: wmi, query: 'SELECT Name FROM Win32_Share'", &kind_wmi, "r2:Win32_Share.Name=C$",
		false },
	{ "kind: wmi, query: 'SELECT Name FROM Win32_Share'", &kind_wmi, "r", false },
};

static void rules__hold_keys_of_windows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(holds); i++) {
		AUTO(problems) problems = { 0 };
		AUTO_FREE(arena) a = arena_new();
		struct policy *p = load_rule(holds[i].rule, &problems);
		struct selection s;
		struct explain_row *rows;
		bool held, told = false;
		size_t n;

		if (!p)
			fail_msg("%s: %s", holds[i].rule, problems.list[0].text);
		held = policy_select(p, holds[i].kind, span_of(holds[i].key), NULL, &s);
		if (held != holds[i].held)
			fail_msg("%s: %s", holds[i].rule, holds[i].key);
		n = policy_explain(p, holds[i].kind, span_of(holds[i].key), NULL, a, &rows);
		for (size_t k = 0; k < n; k++)
			told = told || rows[k].verdict == EXPLAIN_SELECTED;
		if (told != held)
			fail_msg("explained otherwise: %s: %s", holds[i].rule, holds[i].key);
		check_canonical(p);
		policy_free(p);
	}
}

/* Of two bases the one that reaches as far says why. */
static void explain__names_the_exclusion_not_the_depth(void **state)
{
	AUTO(problems) problems = { 0 };
	AUTO_FREE(arena) a = arena_new();
	struct policy *p = load_rule("kind: registry-value, base: ['HKLM\\A', 'HKLM\\A\\B'], "
				     "depth: 0, values: { exclude: ['*Time'] }",
		&problems);
	struct explain_row *rows;

	(void)state;
	assert_non_null(p);
	assert_int_equal(policy_explain(p, VALUES, span_of("HKLM\\A\\B\\UpTime"), NULL, a, &rows),
		1);
	assert_int_equal(rows[0].verdict, EXPLAIN_EXCLUDED);
	assert_non_null(strstr(rows[0].text, "*Time"));
	assert_int_equal(policy_explain(p, VALUES, span_of("HKLM\\A\\C\\x"), NULL, a, &rows), 1);
	assert_non_null(strstr(rows[0].text, "depth: 0"));
	policy_free(p);
}

static const struct {
	const char *rule, *code, *text;
} refused[] = {
	{ "kind: registry-key, base: 'HKCU\\Software'", "bad-base", "HKU\\{users}" },
	{ "kind: registry-key, base: HKEY_PERFORMANCE_DATA", "bad-base", "measured" },
	{ "kind: registry-key, base: 'HKXX\\A'", "bad-base", "HKLM, HKU, HKCR, HKCC" },
	{ "kind: registry-key, base: HKLM/SOFTWARE", "bad-base", "between keys" },
	{ "kind: registry-key, base: 'HKLM\\\\A'", "bad-base", "empty section" },
	{ "kind: registry-key, base: 'HKLM\\**\\A'", "bad-base", "no '**'" },
	{ "kind: registry-key, base: 'HKLM\\[a'", "bad-base", "has no ']'" },
	{ "kind: registry-key, base: 'HKLM\\{users}'", "bad-base", "in the place of the SID" },
	{ "kind: registry-key, base: 'HKLM\\A', view: 16", "unknown-view", "64, 32, both" },
	{ "kind: registry-key, base: 'HKLM\\A', depth: -1", "wrong-type", "0 to 128" },
	{ "kind: registry-key, base: 'HKLM\\A', values: [x]", "key-not-of-kind", "registry-value" },
	{ "kind: registry-value, base: 'HKLM\\A', values: { inc: [x] }", "unknown-key",
		"'include' or 'exclude'" },
	{ "kind: registry-value, base: 'HKLM\\A', values: ['[x']", "bad-pattern", "no ']'" },
	{ "kind: registry-value, base: 'HKLM\\A', include: ['a\\\\b']", "bad-pattern", "empty" },
	{ "kind: file, base: /etc, view: 64", "key-not-of-kind", "registry-key" },
	{ "kind: file, base: [/etc, 'C:\\x']", "bad-base", "one platform" },
	{ "kind: file, base: 'C:\\x\\..\\y'", "bad-base", "'.' and '..'" },
	{ "kind: file, base: 'C:\\*\\y'", "bad-base", "last part" },
	{ "kind: file, base: 'C:x'", "bad-base", "absolute" },
	{ "kind: wmi", "missing-key", "query" },
	{ "kind: wmi, query: 'DELETE FROM X'", "bad-query", "one SELECT" },
	{ "kind: wmi, query: 'SELECT FROM X'", "bad-query", "SELECT properties" },
	{ "kind: wmi, query: 'SELECT a FROM X; SELECT'", "bad-query", "';'" },
	{ "kind: wmi, query: \"SELECT a FROM X WHERE a = 'x\"", "bad-query", "does not end" },
	{ "kind: wmi, query: 'ASSOCIATORS OF {\\\\h\\root:X.a=1}'", "bad-query", "names a host" },
	{ "kind: wmi, query: 'select Name from win32_product'", "costly-query", "kind package" },
	{ "kind: wmi, query: 'SELECT Name FROM CIM_DataFile'", "costly-query", "WHERE" },
	{ "kind: wmi, query: 'SELECT Name FROM Win32_NTLogEvent'", "costly-query", "WHERE" },
	{ "kind: wmi, query: 'SELECT Name FROM CIM_Product'", "costly-query", "kind package" },
	{ "kind: wmi, query: 'SELECT Name FROM CIM_SoftwareElement'", "costly-query", "installer" },
	{ "kind: wmi, query: 'SELECT Name FROM CIM_LogicalElement'", "costly-query", "derived" },
	{ "kind: wmi, query: 'SELECT Name FROM CIM_ManagedSystemElement'", "costly-query",
		"derived" },
	{ "kind: wmi, query: 'SELECT Name FROM CIM_DataFile WHERE Drive=\"C:\"'", "costly-query",
		"Path" },
	{ "kind: wmi, query: 'SELECT Name FROM CIM_DataFile WHERE NOT Name=\"x\"'", "costly-query",
		"disk" },
	{ "kind: wmi, query: 'SELECT Name FROM CIM_DataFile WHERE Name LIKE \"x%\"'",
		"costly-query", "disk" },
	{ "kind: wmi, query: 'SELECT a FROM CIM_DataFile WHERE Name=\"x\" OR Drive=\"C:\"'",
		"costly-query", "disk" },
	{ "kind: wmi, query: 'SELECT a FROM CIM_LogicalFile WHERE FileName=\"Name = x\"'",
		"costly-query", "disk" },
	{ "kind: wmi, query: 'SELECT a FROM Win32_PingStatus WHERE Address=\"x\"'", "costly-query",
		"packets" },
	{ "kind: wmi, query: 'SELECT a FROM __InstanceCreationEvent WITHIN 1'", "costly-query",
		"for ever" },
	{ "kind: wmi, query: 'SELECT a FROM Win32_ProcessStartTrace'", "costly-query", "for ever" },
	{ "kind: wmi, query: 'SELECT a FROM Win32_VolumeChangeEvent'", "costly-query", "for ever" },
	{ "kind: wmi, query: 'ASSOCIATORS OF {X.a=1} WHERE ResultClass=CIM_Product'",
		"costly-query", "CIM_Product" },
	{ "kind: wmi, namespace: '\\\\host\\root', query: 'SELECT a FROM X'", "bad-namespace",
		"no other host" },
	{ "kind: wmi, namespace: cimv2, query: 'SELECT a FROM X'", "bad-namespace", "root\\cimv2" },
	{ "kind: wmi, query: 'SELECT a FROM X', events: 2", "wrong-type", "from 5s" },
	{ "kind: wmi, query: 'SELECT a FROM X', timeout: 0", "wrong-type", "from 1s" },
	{ "kind: wmi, query: 'SELECT a FROM X', include: [x]", "key-not-of-kind", "WHERE" },
	{ "kind: wmi, query: 'SELECT a FROM X', key: ['a b']", "wrong-type", "property" },
	{ "kind: wmi, query: 'SELECT a FROM X', base: 'HKLM\\A'", "base-not-path",
		"'namespace' and 'query'" },
	{ "kind: wmi, query: 'SELECT a FROM X, Win32_Product'", "bad-query", "joins none" },
	{ "kind: wmi, query: 'SELECT a FROM X', key: [b]", "key-not-selected", "found 'b'" },
	{ "kind: registry-key, base: 'HKU\\{users}x\\Software'", "bad-base", "a whole section" },
	{ "kind: registry-key, base: 'HKU\\{users}*\\Software'", "bad-base", "a whole section" },
};

static void rules__refuse_what_is_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		AUTO(problems) problems = { 0 };
		struct policy *p = load_rule(refused[i].rule, &problems);

		if (p || problems.n == 0)
			fail_msg("taken: %s", refused[i].rule);
		if (strcmp(problems.list[0].code, refused[i].code) != 0 ||
			!strstr(problems.list[0].text, refused[i].text) ||
			problems.list[0].line != 3 || problems.list[0].column == 0)
			fail_msg("%s: %s: %s", refused[i].rule, problems.list[0].code,
				problems.list[0].text);
	}
}

static void rules__warn_of_what_is_likely_wrong(void **state)
{
	static const struct {
		const char *rule, *code; /* NULL: nothing to say */
	} cases[] = {
		{ "kind: wmi, query: 'SELECT * FROM Win32_Share'", "select-all" },
		{ "kind: wmi, query: 'SELECT Name FROM Win32_Group'", "asks-domain" },
		{ "kind: wmi, query: 'SELECT Name FROM Win32_Group WHERE LocalAccount=TRUE'",
			NULL },
		{ "kind: wmi, query: 'SELECT Name FROM Win32_Group WHERE LocalAccount=FALSE'",
			"asks-domain" },
		{ "kind: wmi, query: 'SELECT Name FROM Win32_Account WHERE NOT LocalAccount=TRUE'",
			"asks-domain" },
		{ "kind: wmi, query: 'SELECT PartComponent FROM Win32_GroupUser'", "asks-domain" },
		{ "kind: wmi, query: 'SELECT a FROM Win32_NTLogEvent WHERE Logfile=\"x\"'",
			"dear-query" },
		{ "kind: wmi, query: 'SELECT Name FROM __EventFilter'", NULL },
		{ "kind: wmi, query: 'SELECT a FROM CIM_DataFile WHERE Drive=\"C:\" AND "
		  "Path=\"x\"'",
			NULL },
		{ "kind: wmi, query: 'SELECT a FROM CIM_DataFile WHERE (Name=\"x\" OR name = "
		  "\"y\") "
		  "AND b IS NOT NULL'",
			NULL },
		{ "kind: wmi, query: 'ASSOCIATORS OF {Win32_Directory.Name=\"x\"}'", NULL },
		{ "kind: wmi, query: 'SELECT * FROM CIM_DataFile WHERE Name=\"x\"', only: [Name]",
			NULL },
		{ "kind: registry-key, base: 'HKLM\\SYSTEM\\A', view: both", "view-same" },
		{ "kind: registry-key, base: 'HKLM\\SOFTWARE', view: both, depth: 1", "view-same" },
		{ "kind: registry-key, base: 'HKLM\\SOFTWARE\\Policies\\A', view: both",
			"view-same" },
		{ "kind: registry-key, base: 'HKLM\\SOFTWARE\\A', view: both", NULL },
		{ "kind: registry-key, base: HKLM", "broad-recursion" },
		{ "kind: file, base: 'C:\\'", "broad-recursion" },
		{ "kind: file, base: 'C:\\x', include: ['a\\*.dll']", NULL },
		{ "kind: registry-key, base: 'HKLM\\A', include: ['\\x']", "absolute-pattern" },
		{ "kind: registry-key, base: 'HKLM\\A', include: ['X', 'x']", "redundant-pattern" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(problems) problems = { 0 };
		AUTO(buf) yaml = BUF_INIT(1 << 20);
		struct policy *p;
		const char *found;

		buf_addf(&yaml, "version: 1\nrules:\n  - { id: r, title: x, severity: low, %s }\n",
			cases[i].rule);
		p = load(buf_text(&yaml), true, &problems);
		if (!p)
			fail_msg("%s: %s", cases[i].rule, problems.list[0].text);
		found = problems.n ? problems.list[0].code : NULL;
		if ((found == NULL) != (cases[i].code == NULL) ||
			(found && strcmp(found, cases[i].code) != 0))
			fail_msg("%s: %s", cases[i].rule, found ? found : "nothing");
		policy_free(p);
	}
}

/* Rows of WMI are a rule's own: one query in two namespaces is two. */
static void rules__of_two_namespaces_are_no_twins(void **state)
{
	static const struct {
		const char *name_space;
		size_t n;
	} cases[] = { { "root\\default", 0 }, { "ROOT\\CIMV2", 1 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(problems) problems = { 0 };
		AUTO(buf) yaml = BUF_INIT(4096);
		struct policy *p;

		buf_addf(&yaml,
			"version: 1\nrules:\n"
			"  - { id: a, title: x, severity: low, kind: wmi, query: SELECT A FROM X "
			"}\n"
			"  - { id: b, title: x, severity: low, kind: wmi, query: SELECT A FROM X, "
			"namespace: '%s' }\n",
			cases[i].name_space);
		p = load(buf_text(&yaml), true, &problems);
		assert_non_null(p);
		assert_int_equal(problems.n, cases[i].n);
		policy_free(p);
	}
}

static void selector_asks__gives_what_rules_say(void **state)
{
	AUTO(problems) problems = { 0 };
	struct policy *p = load(
		"version: 1\nrules:\n"
		"  - { id: a, kind: wmi, query: 'SELECT A FROM X' }\n"
		"  - { id: b, kind: registry-key, base: 'hkey_users\\{users}\\x', offline: true }\n"
		"  - { id: c, kind: wmi, namespace: '\\\\.\\root\\x', query: 'SELECT A FROM Y',\n"
		"      key: [A], only: [A, B], ignore: C, unordered: [D], schedule: 6h,\n"
		"      timeout: 5s, max_rows: 7, max_bytes: 1MiB, events: 30, real_time: false }\n",
		false, &problems);
	struct selector s;
	struct rule_asks asks;

	(void)state;
	assert_non_null(p);
	s = policy_selector(p);
	assert_true(s.asks(p, &kind_wmi, 0, &asks));
	assert_string_equal(asks.rule, "a");
	assert_string_equal(asks.space, "root\\cimv2");
	assert_int_equal(asks.schedule, 900);
	assert_int_equal(asks.timeout, 60);
	assert_int_equal(asks.max_rows, 10000);
	assert_int_equal(asks.max_bytes, 16 << 20);
	assert_int_equal(asks.events, 0);
	assert_null(asks.key);
	assert_true(s.asks(p, &kind_wmi, 1, &asks));
	assert_string_equal(asks.space, "root\\x");
	assert_string_equal(asks.query, "SELECT A FROM Y");
	assert_string_equal(asks.only[1], "B");
	assert_null(asks.only[2]);
	assert_string_equal(asks.ignore[0], "C");
	assert_int_equal(asks.schedule, 21600);
	assert_int_equal(asks.max_bytes, 1 << 20);
	assert_int_equal(asks.events, 30);
	assert_false(asks.real_time);
	assert_false(s.asks(p, &kind_wmi, 2, &asks));
	assert_true(s.asks(p, &kind_registry_key, 0, &asks));
	assert_true(asks.offline);
	assert_string_equal(asks.bases[0], "HKU\\{users}\\x");
	check_canonical(p);
	policy_free(p);
}

/* As a room walks: keys by enter(), values by name(). */
static void scope__walks_the_registry(void **state)
{
	AUTO(problems) problems = { 0 };
	struct policy *p = load_rule("kind: registry-value, base: 'HKLM\\SYSTEM\\S', include: "
				     "['*'], values: [Start]",
		&problems);
	struct selector s = policy_selector(p);
	struct scope *top = s.top(p, &kind_registry_value), *hive, *system, *services, *one;
	struct selection sel;

	(void)state;
	hive = s.enter(top, span_of("HKLM"), false);
	assert_null(s.enter(hive, span_of("SOFTWARE"), false));
	system = s.enter(hive, span_of("System"), false);
	services = s.enter(system, span_of("s"), false);
	assert_false(s.name(services, span_of("Start"), &sel));
	one = s.enter(services, span_of("x"), false);
	assert_true(s.name(one, span_of("START"), &sel));
	assert_false(s.name(one, span_of("Type"), &sel));
	assert_null(s.enter(one, span_of("Parameters"), false));
	s.leave(one);
	s.leave(services);
	s.leave(system);
	s.leave(hive);
	s.leave(top);
	policy_free(p);
}

/* Names are found by a hash that must not see their case. */
static void scope__finds_one_of_many_names(void **state)
{
	AUTO(problems) problems = { 0 };
	AUTO(buf) rule = BUF_INIT(1 << 16);
	struct selection s;
	struct policy *p;

	(void)state;
	buf_add_text(&rule, "kind: registry-key, base: 'HKLM\\A', include: [");
	for (unsigned i = 0; i < 100; i++)
		buf_addf(&rule, "%sName%u", i ? ", " : "", i);
	buf_add_char(&rule, ']');
	p = load_rule(buf_text(&rule), &problems);
	assert_non_null(p);
	for (unsigned i = 0; i < 101; i++) {
		AUTO(buf) key = BUF_INIT(4096);

		buf_addf(&key, "HKLM\\a\\nAME%u", i);
		if (policy_select(p, &kind_registry_key, buf_span(&key), NULL, &s) != (i < 100))
			fail_msg("%s", buf_text(&key));
	}
	policy_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules__hold_keys_of_windows),
		cmocka_unit_test(explain__names_the_exclusion_not_the_depth),
		cmocka_unit_test(rules__refuse_what_is_wrong),
		cmocka_unit_test(rules__warn_of_what_is_likely_wrong),
		cmocka_unit_test(rules__of_two_namespaces_are_no_twins),
		cmocka_unit_test(selector_asks__gives_what_rules_say),
		cmocka_unit_test(scope__walks_the_registry),
		cmocka_unit_test(scope__finds_one_of_many_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
