/* What rooms of Windows make of bytes and texts: accounts, programs, tasks, firewall rules, entries
 * of certificate stores. Runs everywhere. */
#include <stdio.h>

#include "../check.h"
#include "core/attr.h"
#include "core/time.h"
#include "entity/cron.h"
#include "entity/firewall.h"
#include "entity/list.h"
#include "entity/package.h"
#include "entity/user.h"
#include "sensor/certificate/cert_blob.h"
#include "sensor/cron/task.h"
#include "sensor/firewall/firewall_rule.h"
#include "sensor/package/uninstall.h"
#include "sensor/user/account_text.h"

static struct arena *a;

/* The items of a list, separated by commas. */
static const char *items(const struct record *r, unsigned field)
{
	static char text[4096];
	struct list l = list_of(r->v[field].bytes);
	struct span one;

	assert_true(record_has(r, field));
	text[0] = '\0';
	while (list_next(&l, &one))
		snprintf(text + strlen(text), sizeof text - strlen(text), "%s%.*s",
			text[0] ? "," : "", SPAN_ARG(one));
	return text;
}

static void assert_text(const struct record *r, unsigned field, const char *expected)
{
	struct span is = record_has(r, field) ? r->v[field].bytes : SPAN_NONE;

	assert_string_equal(arena_text(a, is), expected);
}

/* ---- accounts ---- */

static void bits_of_an_account(void **state)
{
	struct record *r = record_new(a, &kind_user);

	(void)state;
	account_set_flags(r, a, 0x10000 | 0x200 | 0x2 | 0x10 | 0x800000 | 0x40000000);
	assert_string_equal(items(r, USER_FLAGS),
		"0x40000000,disabled,normal,password-never-expires");
	assert_true(r->v[USER_DISABLED].number && r->v[USER_LOCKED_OUT].number);
	assert_true(r->v[USER_NEVER_EXPIRES].number && !r->v[USER_NO_PASSWORD].number);
}

static void a_sid_has_a_number_at_its_end(void **state)
{
	static const struct {
		const char *sid;
		bool has;
		uint64_t rid;
	} rows[] = {
		{ "S-1-5-21-1-2-3-500", true, 500 },
		{ "S-1-5-32-544", true, 544 },
		{ "", false, 0 },
		{ "544", false, 0 },
		{ "S-", false, 0 },
		{ "S-1-99999999999999", false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint64_t rid = 0;

		assert_int_equal(account_rid(span_of(rows[i].sid), &rid), rows[i].has);
		assert_int_equal(rid, rows[i].rid);
	}
}

/* Windows says how long ago: what is asked a moment later may say a second less or more. */
static void an_age_wavers_and_is_no_change(void **state)
{
	struct record *was = record_new(a, &kind_user), *is = record_new(a, &kind_user);
	int64_t now = 1700000000 * TIME_SECOND + 999999999;

	(void)state;
	record_set_time(was, USER_PASSWORD_CHANGED, account_changed(now, 100));
	record_set_time(is, USER_PASSWORD_CHANGED, account_changed(now + 1000, 100));
	assert_true(was->v[USER_PASSWORD_CHANGED].time != is->v[USER_PASSWORD_CHANGED].time);
	assert_int_equal(record_diff(was, is), 0);
	record_set_time(is, USER_PASSWORD_CHANGED, account_changed(now + 3 * TIME_SECOND, 100));
	assert_int_equal(record_diff(was, is), field_bit(USER_PASSWORD_CHANGED));
	assert_int_equal(record_diff(is, was), field_bit(USER_PASSWORD_CHANGED));
}

static void hours_are_absent_when_all_are_allowed(void **state)
{
	struct record *r = record_new(a, &kind_user);
	uint8_t hours[ACCOUNT_HOURS];

	(void)state;
	memset(hours, 0xff, sizeof hours);
	account_set_hours(r, a, hours);
	assert_false(record_has(r, USER_LOGON_HOURS));
	hours[20] = 0x0f;
	account_set_hours(r, a, hours);
	assert_text(r, USER_LOGON_HOURS, "ffffffffffffffffffffffffffffffffffffffff0f");
}

/* ---- programs ---- */

static const struct uninstall_place x64 = { .manager = "uninstall", .arch = "x64" };

static struct hive_value text_value(const char *name, const char *text)
{
	return (struct hive_value){ .name = span_of(name),
		.type = HIVE_TEXT,
		.text = span_of(text) };
}

static struct hive_value number_value(const char *name, unsigned char n)
{
	const char bytes[4] = { (char)n, 0, 0, 0 };

	return (struct hive_value){ .name = span_of(name),
		.type = HIVE_NUMBER,
		.data = arena_copy(a, span_from(bytes, 4)) };
}

static void a_program_in_the_list(void **state)
{
	struct hive_value v[] = { text_value("displayname", "Tool 1.2"),
		text_value("DisplayVersion", "1.2"), text_value("InstallDate", "20260131"),
		text_value("InstallLocation", "C:\\Tool\\\\"), number_value("SystemComponent", 1),
		number_value("EstimatedSize", 12) };
	struct hive_values all = { v, ARRAY_LEN(v) };
	struct record *r = record_new(a, &kind_package);

	(void)state;
	assert_true(span_is(uninstall_key(a, &x64, span_of("Tool")), "uninstall:Tool:x64"));
	uninstall_fill(a, &x64, span_of("Tool"), &all, r);
	assert_text(r, PACKAGE_NAME, "Tool 1.2");
	assert_text(r, PACKAGE_VERSION, "1.2");
	assert_string_equal(items(r, PACKAGE_LOCATION), "C:\\Tool");
	assert_int_equal(r->v[PACKAGE_SYSTEM_COMPONENT].number, 1);
	assert_int_equal(r->v[PACKAGE_SIZE].number, 12288);
	assert_int_equal(r->v[PACKAGE_INSTALLED].time, 1769817600 * TIME_SECOND);
}

/* Nothing need be there, and what is there may be nonsense. */
static void a_program_that_says_nothing(void **state)
{
	struct hive_value v[] = { text_value("InstallDate", "1/2/2026"),
		text_value("EstimatedSize", "big"), number_value("VersionMajor", 3) };
	struct hive_values all = { v, ARRAY_LEN(v) }, none = { v, 0 };
	const struct uninstall_place user = { .manager = "uninstall-user", .user = span_of("S-1") };
	struct record *r = record_new(a, &kind_package), *empty = record_new(a, &kind_package);

	(void)state;
	uninstall_fill(a, &user, span_of("{G}"), &all, r);
	assert_true(span_is(uninstall_key(a, &user, span_of("{G}")), "uninstall-user:S-1:{G}"));
	assert_text(r, PACKAGE_NAME, "{G}");
	assert_text(r, PACKAGE_VERSION, "3.0");
	assert_text(r, PACKAGE_USER, "S-1");
	assert_false(record_has(r, PACKAGE_INSTALLED) || record_has(r, PACKAGE_SIZE));
	uninstall_fill(a, &x64, span_of("{G}"), &none, empty);
	assert_false(record_has(empty, PACKAGE_VERSION));
}

static void a_product_and_its_key_are_one(void **state)
{
	struct msi_product p = { .code = span_of("{ABCD}"),
		.name = span_of("from msi"),
		.package_code = span_of("{P}"),
		.context = "machine" };
	struct hive_value v[] = { text_value("DisplayName", "shown") };
	struct hive_values all = { v, 1 };
	struct record *r = record_new(a, &kind_package), *alone = record_new(a, &kind_package);

	(void)state;
	uninstall_fill(a, &x64, span_of("{abcd}"), &all, r);
	assert_true(msi_is(&p, r, span_of("{abcd}")) && !msi_is(&p, r, span_of("{abce}")));
	msi_fill(a, &p, r);
	assert_text(r, PACKAGE_NAME, "shown");
	assert_text(r, PACKAGE_MANAGER, "uninstall");
	assert_text(r, PACKAGE_PRODUCT_CODE, "{ABCD}");
	assert_text(r, PACKAGE_PACKAGE_CODE, "{P}");
	msi_fill(a, &p, alone);
	assert_text(alone, PACKAGE_MANAGER, "msi");
	assert_true(span_is(msi_key(a, &p), "msi:{ABCD}"));
	record_set_bytes(r, PACKAGE_USER, span_of("S-1-5-21-1"));
	p.user = span_of("S-1-5-21-2");
	assert_false(msi_is(&p, r, span_of("{ABCD}")));
}

/* ---- tasks ---- */

#define TASK "<Task xmlns=\"http://schemas.microsoft.com/windows/2004/02/mit/task\">"

static void a_task_by_its_file(void **state)
{
	static const char xml[] = TASK
		"<RegistrationInfo><Author>H\\bob</Author></RegistrationInfo><Triggers>"
		"<LogonTrigger><Enabled>true</Enabled></LogonTrigger> <CalendarTrigger>"
		"<StartBoundary> 2026-01-01T03:00:00 </StartBoundary><ScheduleByDay><DaysInterval>1"
		"</DaysInterval></ScheduleByDay></CalendarTrigger><BootTrigger/></Triggers>"
		"<Principals><Principal "
		"id=\"x\"><UserId>S-1-5-18</UserId><RunLevel>HighestAvailable"
		"</RunLevel></Principal></Principals><Settings><Enabled>false</Enabled><Hidden>true"
		"</Hidden><IdleSettings><Enabled>true</Enabled></IdleSettings></Settings><Actions>"
		"<Exec><Command>C:\\a b.exe</Command><Arguments>-x &amp; y</Arguments></Exec>"
		"<ComHandler><ClassId>{aB}</ClassId><Data><![CDATA[d]]></Data></ComHandler>"
		"</Actions></Task>";
	struct task t;
	struct err e;

	(void)state;
	assert_int_equal(task_from_xml(span_of(xml), a, &t, &e), 0);
	assert_string_equal(arena_text(a, t.schedule),
		"LogonTrigger(Enabled=true); CalendarTrigger(StartBoundary=2026-01-01T03:00:00 "
		"ScheduleByDay(DaysInterval=1)); BootTrigger");
	assert_string_equal(arena_text(a, t.command), "\"C:\\a b.exe\" -x & y; COM {AB} d");
	assert_true(span_is(t.program, "C:\\a b.exe") && span_is(t.author, "H\\bob"));
	assert_true(span_is(t.user, "S-1-5-18") && span_is(t.run_level, "HighestAvailable"));
	assert_true(t.hidden && !t.enabled);
}

static void a_task_in_utf16(void **state)
{
	static const char xml[] = "<?xml version=\"1.0\" encoding=\"UTF-16\"?>" TASK
				  "<Actions><Exec><Command>x</Command></Exec></Actions></Task>";
	char wide[2 * sizeof xml + 2] = { '\xff', '\xfe' };
	struct task t;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof xml; i++)
		wide[2 + 2 * i] = xml[i];
	assert_int_equal(task_from_xml(span_from(wide, 2 * sizeof xml), a, &t, &e), 0);
	assert_true(span_is(t.command, "x") && t.enabled && !t.hidden);
}

static void tasks_that_are_refused(void **state)
{
	AUTO(buf) deep = BUF_INIT(1 << 20);
	struct task t;
	struct err e;

	(void)state;
	assert_int_equal(task_from_xml(span_of("x"), a, &t, &e), ERR_FORMAT);
	assert_int_equal(task_from_xml(SPAN_NONE, a, &t, &e), ERR_FORMAT);
	assert_int_equal(task_from_xml(span_of("<!DOCTYPE a [<!ENTITY b \"c\">]><Task>&b;</Task>"),
				 a, &t, &e),
		ERR_FORMAT);
	assert_non_null(strstr(e.text, "document type"));
	for (int i = 0; i < 40; i++)
		buf_add_text(&deep, "<a>");
	assert_int_equal(task_from_xml(buf_span(&deep), a, &t, &e), ERR_LIMIT);
	buf_clear(&deep);
	buf_add_text(&deep, "<Task><Triggers>");
	while (deep.n < 300000)
		buf_add_text(&deep, "xxxxxxxxxx");
	assert_int_equal(task_from_xml(buf_span(&deep), a, &t, &e), ERR_LIMIT);
}

static void add_number(struct buf *b, unsigned n, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		buf_add_char(b, (char)(n >> 8 * i));
}

static void add_text(struct buf *b, const char *text)
{
	add_number(b, (unsigned)strlen(text) * 2, 4);
	for (; *text; text++)
		add_number(b, (unsigned char)*text, 2);
}

static void actions_of_the_registry(void **state)
{
	AUTO(buf) b = BUF_INIT(4096);
	struct span text;
	struct err e;

	(void)state;
	add_number(&b, 3, 2);
	add_text(&b, "Author");
	add_number(&b, 0x6666, 2);
	add_text(&b, "");
	add_text(&b, "C:\\a b.exe");
	add_text(&b, "-x");
	add_text(&b, "C:\\");
	add_number(&b, 0, 2);
	add_number(&b, 0x7777, 2);
	add_text(&b, "id");
	add_number(&b, 0x01020304, 4);
	add_number(&b, 0x0506, 2);
	add_number(&b, 0x0708, 2);
	buf_add(&b, "\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10", 8);
	add_text(&b, "");
	assert_int_equal(task_from_actions(buf_span(&b), a, &text, &e), 0);
	assert_string_equal(arena_text(a, text),
		"\"C:\\a b.exe\" -x; COM {01020304-0506-0708-090A-0B0C0D0E0F10}");
	for (size_t n = 0; n < b.n;
		n++) /* cut anywhere but behind a whole action: refused, no crash */
		(void)!task_from_actions(span_from(b.p, n), a, &text, &e);
	assert_int_equal(task_from_actions(span_from(b.p, b.n - 1), a, &text, &e), ERR_FORMAT);
	b.p[0] = 9;
	assert_int_equal(task_from_actions(buf_span(&b), a, &text, &e), ERR_FORMAT);
}

/* ---- firewall ---- */

static void a_firewall_rule(void **state)
{
	struct record *r = record_new(a, &kind_firewall);
	struct err e;

	(void)state;
	assert_int_equal(firewall_rule_set(a,
				 span_of("v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=6|Profile="
					 "Public|Profile=Domain|LPort=80|LPort2_10=5000-5010|RA4="
					 "10.0.0.0/"
					 "255.0.0.0|RA6=LocalSubnet|App=C:\\x=y.exe|Svc=dns|Name="
					 "N|Desc=D|EmbedCtxt=G|Edge=TRUE|New|"),
				 r, &e),
		0);
	assert_text(r, FIREWALL_ACTION, "allow");
	assert_text(r, FIREWALL_DIRECTION, "in");
	assert_text(r, FIREWALL_PROTOCOL, "tcp");
	assert_text(r, FIREWALL_PROGRAM, "C:\\x=y.exe");
	assert_text(r, FIREWALL_SERVICE, "dns");
	assert_text(r, FIREWALL_NAME, "N");
	assert_text(r, FIREWALL_GROUP, "G");
	assert_int_equal(r->v[FIREWALL_ENABLED].number, 1);
	assert_string_equal(items(r, FIREWALL_PROFILES), "domain,public");
	assert_string_equal(items(r, FIREWALL_LOCAL_PORTS), "5000-5010,80");
	assert_string_equal(items(r, FIREWALL_REMOTE_ADDRESSES), "10.0.0.0/255.0.0.0,LocalSubnet");
	assert_string_equal(items(r, FIREWALL_SETTINGS), "Edge=TRUE,New");
}

static void texts_that_are_no_rule(void **state)
{
	static const char *const rows[] = { "", "|", "v2.30", "Action=Allow|Dir=In|",
		"v2.30|Dir=In|", "v2.30|Action=Block|", "v|Action=Block|Dir=In|" };
	AUTO(buf) many = BUF_INIT(1 << 16);
	struct record *r = record_new(a, &kind_firewall);
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(firewall_rule_set(a, span_of(rows[i]), record_new(a, r->kind), &e),
			ERR_FORMAT);
	buf_add_text(&many, "v2.30|Action=Allow|Dir=In");
	for (int i = 0; i < 5000; i++)
		buf_add_text(&many, "|LPort=1");
	assert_int_equal(firewall_rule_set(a, buf_span(&many), r, &e), ERR_LIMIT);
}

static void settings_of_a_profile(void **state)
{
	struct record *r = record_new(a, &kind_firewall);

	(void)state;
	assert_true(firewall_profile_set(r, span_of("EnableFirewall"), 0));
	assert_true(firewall_profile_set(r, span_of("DefaultInboundAction"), 1));
	assert_true(firewall_profile_set(r, span_of("DefaultOutboundAction"), 0));
	assert_false(firewall_profile_set(r, span_of("DisableNotifications"), 1));
	assert_int_equal(r->v[FIREWALL_ENABLED].number, 0);
	assert_text(r, FIREWALL_POLICY, "block");
	assert_text(r, FIREWALL_POLICY_OUT, "allow");
}

/* ---- certificates ---- */

static void add_property(struct buf *b, unsigned id, const char *bytes, size_t n)
{
	add_number(b, id, 4);
	add_number(b, 1, 4);
	add_number(b, (unsigned)n, 4);
	buf_add(b, bytes, n);
}

static void an_entry_of_a_store(void **state)
{
	AUTO(buf) b = BUF_INIT(4096);
	struct cert_blob blob;
	struct err e;

	(void)state;
	add_property(&b, 3, "01234567890123456789", 20);
	add_property(&b, 11, "N\0a\0\0\0", 6);
	add_property(&b, 2, "", 0);
	add_property(&b, 32, "DER", 3);
	assert_int_equal(cert_blob_parse(buf_span(&b), &blob, &e), 0);
	assert_true(span_is(blob.der, "DER") && blob.has_key && blob.friendly.n == 6);
	for (size_t n = b.n - 14; n < b.n; n++)
		assert_int_equal(cert_blob_parse(span_from(b.p, n), &blob, &e), ERR_FORMAT);
	assert_int_equal(cert_blob_parse(SPAN_NONE, &blob, &e), 0);
	assert_true(blob.der.n == 0 && !blob.has_key);
}

static int begin(void **state)
{
	(void)state;
	a = arena_new();
	return 0;
}

static int finish(void **state)
{
	(void)state;
	arena_freep(&a);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(bits_of_an_account),
		TEST(a_sid_has_a_number_at_its_end),
		TEST(an_age_wavers_and_is_no_change),
		TEST(hours_are_absent_when_all_are_allowed),
		TEST(a_program_in_the_list),
		TEST(a_program_that_says_nothing),
		TEST(a_product_and_its_key_are_one),
		TEST(a_task_by_its_file),
		TEST(a_task_in_utf16),
		TEST(tasks_that_are_refused),
		TEST(actions_of_the_registry),
		TEST(a_firewall_rule),
		TEST(texts_that_are_no_rule),
		TEST(settings_of_a_profile),
		TEST(an_entry_of_a_store),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
