/* Questions to WMI: to the real one of this system, and to the fake locator, whose rows are keys
 * of the registry (tests/windows/fake/wmi.h). */
#include "../check.h"
#include "../windows/fake/wmi.h"
#include "core/cbor.h"
#include "os/windows/wmi.h"
#include "sensor/wmi/question.h"

#define ROOT L"Software\\InvarTest\\Wmi"
#define THING ROOT L"\\root/cimv2\\Test_Thing"

HRESULT WINAPI DllGetClassObject(REFCLSID class, REFIID iid, LPVOID *ret);

/* ---- answers as text: a line a record ---- */

static struct arena *arena;
static struct buf out;

static void write_down(void *ctx, const struct record *r)
{
	struct cbor c = cbor_of(r->v[WMI_PROPERTIES].bytes);
	struct cbor_map m;
	struct span name, value;
	struct err e;

	(void)ctx;
	buf_add_span(&out, r->key);
	if (record_has(r, WMI_PROPERTIES)) {
		assert_int_equal(cbor_get_map(&c, &m, &e), 0);
		while (cbor_next_key(&c, &m, &e) == 1) {
			assert_int_equal(cbor_get_bytes(&c, &name, &e), 0);
			assert_int_equal(cbor_get_bytes(&c, &value, &e), 0);
			buf_addf(&out, " %.*s=%.*s", SPAN_ARG(name), SPAN_ARG(value));
		}
	}
	buf_add_char(&out, '\n');
}

static struct rule_asks rule(const char *query)
{
	return (struct rule_asks){ .rule = "r",
		.space = "root\\cimv2",
		.query = query,
		.timeout = 30,
		.max_rows = 10000,
		.max_bytes = 16 << 20 };
}

static int answer(const struct rule_asks *x, const char **ret, struct err *e)
{
	struct table t = { .asks = x, .host = span_of("THISHOST") };
	struct question *q;
	int rc;

	assert_int_equal(question_begin(&q, x, e), 0);
	assert_true(question_wait(q, 60000));
	buf_clear(&out);
	rc = question_answer(q, &t, e);
	if (rc == 0)
		table_emit(&t, arena, write_down, NULL);
	*ret = buf_text(&out);
	question_free(q);
	return rc;
}

static const char *said(const char *query)
{
	struct rule_asks x = rule(query);
	const char *ret;
	struct err e;

	if (answer(&x, &ret, &e) < 0)
		fail_msg("%s", e.text);
	return arena_text(arena, span_of(ret));
}

/* ---- the WMI of this system ---- */

static const char *const name_key[] = { "Name", NULL };

static void services_have_names(void **state)
{
	struct rule_asks x = rule("SELECT * FROM Win32_Service");
	const char *text;
	struct err e;

	(void)state;
	x.key = name_key; /* Wine's class has no key */
	assert_int_equal(answer(&x, &text, &e), 0);
	assert_non_null(strstr(text, "\nr:Win32_Service.Name=\""));
	assert_non_null(strstr(text, " StartMode=\""));
	assert_null(strstr(text, "\nr:Win32_Service#"));
	assert_null(strstr(text, " ProcessId=")); /* moves by itself */
}

static void two_answers_are_equal(void **state)
{
	const char *first = said("SELECT Name, StartMode, PathName FROM Win32_Service");

	(void)state;
	assert_string_equal(first, said("SELECT Name, StartMode, PathName FROM Win32_Service"));
}

static void what_is_not_there_is_said(void **state)
{
	struct rule_asks x = rule("SELECT * FROM Win32_Service");
	const char *text;
	struct err e;

	(void)state;
	x.space = "root\\no\\such\\namespace";
	assert_int_equal(answer(&x, &text, &e), ERR_MISSING);
	x.space = "\\\\elsewhere\\root\\cimv2";
	assert_int_equal(answer(&x, &text, &e), ERR_FORMAT);
	x = rule("SELECT FROM WHERE");
	assert_int_equal(answer(&x, &text, &e), ERR_SYSTEM);
}

/* ---- the fake ---- */

static DWORD registered;

static void set(const wchar_t *row, const wchar_t *name, DWORD type, const void *data, DWORD n)
{
	wchar_t path[512];

	_snwprintf(path, 512, THING L"%ls%ls", row ? L"\\" : L"", row ? row : L"");
	assert_int_equal(RegSetKeyValueW(HKEY_LOCAL_MACHINE, path, name, type, data, n), 0);
}

static void set_text(const wchar_t *row, const wchar_t *name, const wchar_t *text)
{
	set(row, name, REG_SZ, text, (DWORD)((wcslen(text) + 1) * sizeof *text));
}

static void option(const wchar_t *name, DWORD value)
{
	set(NULL, name, REG_DWORD, &value, sizeof value);
}

static int fake_begin(void **state)
{
	IUnknown *factory;
	uint64_t big = UINT64_MAX;
	DWORD all = UINT32_MAX;
	struct err e;

	(void)state;
	RegDeleteTreeW(HKEY_LOCAL_MACHINE, ROOT);
	set_text(L"one", L"Id*", L"a\"b,c");
	set(L"one", L"When", REG_EXPAND_SZ, L"20250101013000.500000+540", 52);
	set(L"one", L"List", REG_MULTI_SZ, L"y\0x\0", 10);
	set(L"one", L"Big", REG_QWORD, &big, sizeof big);
	set(L"one", L"All", REG_DWORD, &all, sizeof all);
	set(L"one", L"Yes", REG_BINARY, "\1", 1);
	set_text(L"one\\Inner", L"Deep", L"d");
	set_text(L"two", L"Id*", L"two");
	set_text(L"three", L"Id*", L"three");
	if (wmi_thread_begin(&e) < 0 ||
		DllGetClassObject(&CLSID_WbemLocator, &IID_IUnknown, (void **)&factory) != S_OK)
		return -1;
	return CoRegisterClassObject(&CLSID_WbemLocator, factory, CLSCTX_INPROC_SERVER,
		       REGCLS_MULTIPLEUSE, &registered) == S_OK
		       ? 0
		       : -1;
}

static int fake_end(void **state)
{
	(void)state;
	CoRevokeClassObject(registered);
	wmi_thread_end();
	return RegDeleteTreeW(HKEY_LOCAL_MACHINE, ROOT) == 0 ? 0 : -1;
}

static void values_of_every_type(void **state)
{
	const char *text = said("SELECT * FROM Test_Thing");

	(void)state;
	assert_non_null(strstr(text, "\nr:Test_Thing.Id=\"a\\\"b,c\" "));
	assert_non_null(strstr(text, " All=4294967295"));
	assert_non_null(strstr(text, " Big=\"18446744073709551615\""));
	assert_non_null(strstr(text, " Inner={\"__CLASS\":\"Inner\",\"Deep\":\"d\"}"));
	assert_non_null(strstr(text, " List=[\"y\",\"x\"]"));
	assert_non_null(strstr(text, " When=\"20241231163000.500000+000\""));
	assert_non_null(strstr(text, " Yes=true"));
}

static void order_does_not_matter(void **state)
{
	const char *before = said("SELECT * FROM Test_Thing");

	(void)state;
	option(L"reverse", 1);
	assert_string_equal(said("SELECT * FROM Test_Thing"), before);
	option(L"reverse", 0);
}

/* Columns without the key: the class says what it is, the path has its value. */
static void keys_need_not_be_asked_for(void **state)
{
	const char *text = said("SELECT Yes, Big FROM Test_Thing");

	(void)state;
	assert_non_null(strstr(text, "\nr:Test_Thing.Id=\"a\\\"b,c\" Big="));
	assert_null(strstr(text, " Id="));
	option(L"old", 1);
	assert_string_equal(said("SELECT Yes, Big FROM Test_Thing"), text);
	option(L"old", 0);
}

static void half_an_answer_is_none(void **state)
{
	struct rule_asks x = rule("SELECT * FROM Test_Thing");
	const char *text;
	struct err e;

	(void)state;
	option(L"fail", 0x80041001);
	assert_int_equal(answer(&x, &text, &e), ERR_SYSTEM);
	assert_non_null(strstr(e.text, "0x80041001"));
	option(L"fail", 0x80041003);
	assert_int_equal(answer(&x, &text, &e), ERR_DENIED);
	option(L"fail", 0);
	assert_int_equal(answer(&x, &text, &e), 0);
}

static void limits_hold(void **state)
{
	struct rule_asks x = rule("SELECT * FROM Test_Thing");
	const char *text;
	struct err e;

	(void)state;
	x.max_rows = 2;
	assert_int_equal(answer(&x, &text, &e), ERR_LIMIT);
	x.max_rows = 3;
	assert_int_equal(answer(&x, &text, &e), 0);
	x.max_bytes = 64;
	assert_int_equal(answer(&x, &text, &e), ERR_LIMIT);
}

static void unknown_classes_are_missing(void **state)
{
	struct rule_asks x = rule("SELECT * FROM Nobody");
	const char *text;
	struct err e;

	(void)state;
	assert_int_equal(answer(&x, &text, &e), ERR_MISSING);
}

/* The thread stays behind; who asked goes on, and the next question is answered. */
static void what_hangs_is_left_behind(void **state)
{
	struct rule_asks x = rule("SELECT * FROM Test_Thing");
	struct question *q;
	const char *text;
	struct err e;

	(void)state;
	option(L"hang", 1);
	assert_int_equal(question_begin(&q, &x, &e), 0);
	assert_false(question_wait(q, 500));
	question_free(q);
	option(L"hang", 0);
	assert_int_equal(answer(&x, &text, &e), 0);
}

static const wchar_t *class_of_event(struct wmi *w)
{
	static wchar_t name[FAKE_NAME];
	IWbemClassObject *o = NULL;
	struct err e = { 0 };
	VARIANT v;
	int rc;

	rc = wmi_next(w, 3000, &o, &e);
	if (rc != WMI_OBJECT)
		return rc == WMI_NOTHING_YET ? L"nothing" : L"an error";
	assert_int_equal(IWbemClassObject_Get(o, L"__CLASS", 0, &v, NULL, NULL), S_OK);
	_snwprintf(name, FAKE_NAME, L"%ls", V_BSTR(&v));
	VariantClear(&v);
	IWbemClassObject_Release(o);
	return name;
}

static void events_come(void **state)
{
	const char *wql = "SELECT * FROM __InstanceOperationEvent WITHIN 5 WHERE TargetInstance "
			  "ISA 'Test_Thing'";
	IWbemClassObject *o;
	struct wmi *w;
	struct err e;

	(void)state;
	assert_int_equal(wmi_open(&w, "root\\cimv2", &e), 0);
	option(L"refuse", 0x8004106c);
	assert_true(wmi_listen(w, wql, &e) < 0);
	assert_non_null(strstr(e.text, "quota"));
	option(L"refuse", 0);
	assert_int_equal(wmi_listen(w, wql, &e), 0);
	assert_int_equal(wmi_next(w, 100, &o, &e), WMI_NOTHING_YET);
	set_text(L"four", L"Id*", L"four");
	assert_true(wcscmp(class_of_event(w), L"__InstanceCreationEvent") == 0);
	set_text(L"four", L"More", L"x");
	assert_true(wcscmp(class_of_event(w), L"__InstanceModificationEvent") == 0);
	RegDeleteTreeW(HKEY_LOCAL_MACHINE, THING L"\\four");
	assert_true(wcscmp(class_of_event(w), L"__InstanceDeletionEvent") == 0);
	wmi_close(w);
}

int main(void)
{
	static const struct CMUnitTest real[] = {
		cmocka_unit_test(services_have_names),
		cmocka_unit_test(two_answers_are_equal),
		cmocka_unit_test(what_is_not_there_is_said),
	};
	static const struct CMUnitTest fake[] = {
		cmocka_unit_test(values_of_every_type),
		cmocka_unit_test(order_does_not_matter),
		cmocka_unit_test(keys_need_not_be_asked_for),
		cmocka_unit_test(half_an_answer_is_none),
		cmocka_unit_test(limits_hold),
		cmocka_unit_test(unknown_classes_are_missing),
		cmocka_unit_test(what_hangs_is_left_behind),
		cmocka_unit_test(events_come),
	};
	int failed;

	arena = arena_new();
	out = BUF_INIT(BUF_MAX_DEFAULT);
	failed = cmocka_run_group_tests(real, NULL, NULL);
	failed += cmocka_run_group_tests(fake, fake_begin, fake_end);
	buf_done(&out);
	arena_free(arena);
	return failed;
}
