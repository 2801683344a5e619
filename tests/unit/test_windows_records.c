/* Records of Windows on any host: kept, compared, selected and shown. */
#include "change/drift.h"
#include "entity/file.h"
#include "entity/registry_key.h"
#include "entity/registry_value.h"
#include "entity/wmi.h"
#include "fake.h"
#include "output/output.h"

static const char rules[] =
	"version: 1\n"
	"rules:\n"
	"  - { id: files, kind: file, base: 'C:\\Windows' }\n"
	"  - { id: keys, kind: registry-key, base: 'HKLM\\SOFTWARE', severity: high }\n"
	"  - { id: values, kind: registry-value, base: 'HKLM\\SOFTWARE' }\n"
	"  - { id: shares, kind: wmi, query: 'SELECT Name FROM Win32_Share' }\n"
	"  - { id: gone, kind: registry-value, base: 'HKLM\\SOFTWARE\\evil', expect: absent }\n"
	"  - { id: here, kind: registry-key, base: 'hklm\\software\\a', expect: present }\n";

static bool later; /* the second observation */

static void emit(struct scan *s, const struct kind *k, const char *key, unsigned field,
	union value v)
{
	struct record r = { .kind = k, .key = span_of(key), .has = field_bit(field) };

	r.v[field] = v;
	scan_emit(s, &r);
}

static union value text(const char *t)
{
	return (union value){ .bytes = span_of(t) };
}

static int scan_files(struct scan *s, struct err *e)
{
	(void)e;
	emit(s, &kind_file, "C:\\Windows\\x.dll", FILE_SIZE,
		(union value){ .number = later ? 2 : 1 });
	emit(s, &kind_file, "C:\\Windows\\\xed\xa0\x80", FILE_SIZE, (union value){ .number = 1 });
	return 0;
}

static int scan_keys(struct scan *s, struct err *e)
{
	(void)e;
	emit(s, &kind_registry_key, "HKLM\\SOFTWARE\\A", REGISTRY_KEY_OWNER,
		text(later ? "S-1-5-18" : "S-1-5-32-544"));
	return 0;
}

static int scan_values(struct scan *s, struct err *e)
{
	(void)e;
	emit(s, &kind_registry_value, "HKLM\\SOFTWARE\\A\\x\\\\y", REGISTRY_VALUE_SIZE,
		(union value){ .number = later ? 4 : 2 });
	emit(s, &kind_registry_value, "HKLM\\SOFTWARE\\A\\", REGISTRY_VALUE_SIZE,
		(union value){ .number = 2 });
	if (later)
		emit(s, &kind_registry_value, "HKLM\\SOFTWARE\\Evil\\n\xc0\x80",
			REGISTRY_VALUE_SIZE, (union value){ .number = 2 });
	return 0;
}

static int scan_rows(struct scan *s, struct err *e)
{
	(void)e;
	emit(s, &kind_wmi, later ? "shares:Win32_Share.Name=C$" : "shares:Win32_Share.Name=D$",
		WMI_CLASS, text("Win32_Share"));
	return 0;
}

static const struct sensor files = { .kind = &kind_file, .source = "t", .scan = scan_files };
static const struct sensor keys = { .kind = &kind_registry_key, .source = "t", .scan = scan_keys };
static const struct sensor values = { .kind = &kind_registry_value,
	.source = "t",
	.scan = scan_values };
static const struct sensor rows = { .kind = &kind_wmi, .source = "t", .scan = scan_rows };
const struct sensor *const sensors[] = { &files, &keys, &values, &rows, NULL };

static int as_json(void *ctx, const struct ledger_record *r, struct err *e)
{
	(void)e;
	json_standing(ctx, r, span_of("h"));
	buf_add_char(ctx, '\n');
	return 0;
}

static int as_text(void *ctx, const struct ledger_record *r, struct err *e)
{
	const struct text_style style = { .now = 0 };

	(void)e;
	text_record(ctx, r, &style);
	return 0;
}

static struct world *begin(void **state)
{
	struct world *w = *state;
	struct err e = { 0 };

	later = false;
	world_policy(w, rules);
	if (world_init(w, false, &e) < 0)
		fail_msg("%s", e.text);
	world_expect(w, "");
	later = true;
	return w;
}

static void check__compares_and_orders_them(void **state)
{
	struct world *w = begin(state);

	world_expect(w, "updated C:\\Windows\\x.dll size\n"
			"updated HKLM\\SOFTWARE\\A owner\n"
			"updated HKLM\\SOFTWARE\\A\\x\\\\y size\n"
			"created HKLM\\SOFTWARE\\Evil\\n\xc0\x80\n"
			"created shares:Win32_Share.Name=C$\n"
			"deleted shares:Win32_Share.Name=D$\n");
}

static void has(const struct buf *b, const char *part)
{
	if (!span_find(buf_span(b), span_of(part)))
		fail_msg("no %s in\n%.*s", part, (int)b->n, b->p);
}

static void output__is_exact_on_any_host(void **state)
{
	struct world *w = begin(state);
	AUTO(buf) json = BUF_INIT(1 << 20);
	AUTO(buf) people = BUF_INIT(1 << 20);
	struct err e = { 0 };

	assert_int_equal(world_check(w, &e), 0);
	assert_int_equal(drift_each(w->store, w->policy, as_json, &json, &e), 0);
	assert_int_equal(drift_each(w->store, w->policy, as_text, &people, &e), 0);
	has(&json, "\"key\":\"C:\\\\Windows\\\\x.dll\"");
	has(&json, "\"key\":\"HKLM\\\\SOFTWARE\\\\A\\\\x\\\\\\\\y\"");
	has(&json, "\"key\":\"HKLM\\\\x5cSOFTWARE\\\\x5cEvil\\\\x5cn\\\\xc0\\\\x80\","
		   "\"key_b64\":\"SEtMTVxTT0ZUV0FSRVxFdmlsXG7AgA==\"");
	has(&json, "\"kind\":\"wmi\",\"key\":\"shares:Win32_Share.Name=C$\"");
	has(&people, "C:\\Windows\\x.dll");
	has(&people, "HKLM\\SOFTWARE\\A\\x\\\\y");
	has(&people, "HKLM\\SOFTWARE\\Evil\\n\\x00");
	assert_null(span_find(buf_span(&people), span_of("\xc0\x80")));
}

static void approve__takes_them_without_regard_to_case(void **state)
{
	struct world *w = begin(state);
	struct err e = { 0 };

	assert_int_equal(world_check(w, &e), 0);
	world_approve(w, "c:/windows");
	world_approve(w, "registry-value:hkey_local_machine\\software\\a\\*");
	world_approve(w, "wmi:*");
	world_approve(w, "HKLM\\Software\\EVIL");
	world_expect_drift(w, "updated HKLM\\SOFTWARE\\A owner\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(check__compares_and_orders_them, world_setup,
			world_teardown),
		cmocka_unit_test_setup_teardown(output__is_exact_on_any_host, world_setup,
			world_teardown),
		cmocka_unit_test_setup_teardown(approve__takes_them_without_regard_to_case,
			world_setup, world_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
