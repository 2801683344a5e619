/* What Windows says of services and processes, as texts: command lines, paths of programs and
 * drivers, names of services, and the service control manager's numbers. */
#include "../check.h"
#include "core/attr.h"
#include "host/command.h"
#include "host/windows/command_line.h"
#include "host/windows/service_copy.h"
#include "host/windows/service_name.h"
#include "sensor/service/service_scm.h"

static struct arena *arena;

static int setup(void **state)
{
	(void)state;
	arena = arena_new();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_freep(&arena);
	return 0;
}

static const char *text_of(struct buf *b)
{
	const char *text = arena_text(arena, buf_span(b));

	buf_done(b);
	return text;
}

static struct span named(const char *text)
{
	return span_of(text);
}

/* ---- command lines ---- */

/* Arguments joined by '|'. */
static const char *split(const char *line)
{
	struct buf b = BUF_INIT(65536);

	command_line_split(span_of(line), &b);
	for (size_t i = 0; i < b.n; i++)
		if (b.p[i] == '\0')
			b.p[i] = '|';
	return text_of(&b);
}

/* The examples of "Parsing C command-line arguments", and a few of ours. */
static void test_split(void **state)
{
	static const struct {
		const char *line, *args;
	} rows[] = {
		{ "", "" },
		{ "x", "x|" },
		{ "x \"a b c\" d e", "x|a b c|d|e|" },
		{ "x \"ab\\\"c\" \"\\\\\" d", "x|ab\"c|\\|d|" },
		{ "x a\\\\\\b d\"e f\"g h", "x|a\\\\\\b|de fg|h|" },
		{ "x a\\\\\\\"b c d", "x|a\\\"b|c|d|" },
		{ "x a\\\\\\\\\"b c\" d e", "x|a\\\\b c|d|e|" },
		{ "x a\"b\"\" c d", "x|ab\" c d|" },
		{ "\"C:\\Program Files\\a.exe\" -k  net", "C:\\Program Files\\a.exe|-k|net|" },
		{ "C:\\a\\ b", "C:\\a\\|b|" },
		{ "\"open", "open|" },
		{ "x \"\" y", "x||y|" },
		{ "x \\", "x|\\|" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_string_equal(split(rows[i].line), rows[i].args);
}

/* Options of Windows' programs as well. */
static void test_masked(void **state)
{
	struct buf args = BUF_INIT(65536), b = BUF_INIT(65536);

	(void)state;
	command_line_split(span_of("svc.exe /password:geheim --token abc /user:bob"), &args);
	command_masked(buf_span(&args), 512, &b);
	buf_done(&args);
	assert_string_equal(text_of(&b), "svc.exe /password:*** --token *** /user:bob");
}

static const char *program(const char *line, unsigned i)
{
	struct buf b = BUF_INIT(65536);

	return command_line_program(span_of(line), i, &b) ? text_of(&b) : NULL;
}

static void test_programs(void **state)
{
	static const char *const spaced = "C:\\Program Files\\Some App\\svc -k x";
	static const char *const tried[] = { "C:\\Program.exe", "C:\\Program Files\\Some.exe",
		"C:\\Program Files\\Some App\\svc.exe", "C:\\Program Files\\Some App\\svc -k.exe",
		"C:\\Program Files\\Some App\\svc -k x.exe" };

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(tried); i++)
		assert_string_equal(program(spaced, i), tried[i]);
	assert_null(program(spaced, ARRAY_LEN(tried)));
	assert_string_equal(program("  \"C:\\a b\\x.exe\" -r", 0), "C:\\a b\\x.exe");
	assert_null(program("\"C:\\a b\\x.exe\" -r", 1));
	assert_string_equal(program("C:\\v1.2\\x", 0), "C:\\v1.2\\x.exe");
	assert_string_equal(program("x.exe  -r", 0), "x.exe");
	assert_string_equal(program("x.exe  -r", 1), "x.exe  -r");
	assert_string_equal(program("\"C:\\open", 0), "C:\\open.exe");
	assert_null(program("", 0));
	assert_null(program("   ", 0));
	assert_null(program("\"\"", 0));
	assert_true(command_line_is_quoted(span_of(" \"x\"")));
	assert_false(command_line_is_quoted(span_of("x \"y\"")));
}

static const char *native(const char *path, bool bare)
{
	struct buf b = BUF_INIT(65536);

	path_from_native(span_of(path), span_of("D:\\Win"), bare, &b);
	return text_of(&b);
}

static void test_native(void **state)
{
	(void)state;
	assert_string_equal(native("\\SystemRoot\\System32\\drivers\\a.sys", true),
		"D:\\Win\\System32\\drivers\\a.sys");
	assert_string_equal(native("\\??\\C:\\x.sys", true), "C:\\x.sys");
	assert_string_equal(native("\\\\?\\UNC\\srv\\x", false), "\\\\srv\\x");
	assert_string_equal(native("System32\\drivers\\a.sys", true),
		"D:\\Win\\System32\\drivers\\a.sys");
	assert_string_equal(native("system32\\svc.exe", false), "system32\\svc.exe");
	assert_string_equal(native("C:\\x\\y.sys", true), "C:\\x\\y.sys");
	assert_string_equal(native("\\\\srv\\x.sys", true), "\\\\srv\\x.sys");
	assert_string_equal(native("", false), "");
}

/* ---- names ---- */

#define COPY 0xd0u

static void test_names(void **state)
{
	(void)state;
	assert_true(span_is(service_template(COPY, named("CDPUserSvc_3f2a1")), "CDPUserSvc"));
	assert_true(span_is(service_stable(COPY, named("CDPUserSvc_3f2a1")), "CDPUserSvc"));
	assert_int_equal(service_template(0x10, named("Acme_12ab")).n, 0);
	assert_true(span_is(service_stable(0x10, named("Acme_12ab")), "Acme_12ab"));
	assert_int_equal(service_template(COPY, named("Acme_")).n, 0);
	assert_int_equal(service_template(COPY, named("Acme_xyz")).n, 0);
	assert_int_equal(service_template(COPY, named("_12")).n, 0);
	assert_int_equal(service_template(COPY, named("abc")).n, 0);
}

/* ---- copies for a user ---- */

#define TEMPLATE 0x60u
#define S(text) \
	{ \
		.p = (text), .n = sizeof(text) - 1 \
	}

static const struct span rights[] = { S("SeChangeNotifyPrivilege"), S("SeDebugPrivilege") };
static const struct scm_level actions[] = { { 1, true }, { 5000, true }, { 3, true }, { 0, true } };
static const uint8_t subtype[] = "0123456789abcdef", other[] = "0123456789abcdeF";
static const struct scm_trigger_data data[] = { { S("a"), true }, { S("b"), true } };
static const struct scm_trigger_entry triggers[] = { { 20, 1, subtype, data, 1 },
	{ 20, 2, subtype, data, 1 }, { 20, 1, other, data, 1 }, { 20, 1, subtype, data + 1, 1 } };

/* Everything that a service may run or be allowed. */
static struct scm_config full(uint32_t type)
{
	return (struct scm_config){ .type = type,
		.image = S("svchost.exe -k X"),
		.group = S("g"),
		.account = S("LocalSystem"),
		.depends = rights,
		.n_depends = 1,
		.sid_type = { 1, true },
		.protection = { 1, true },
		.on_stop = { 1, true },
		.reset = { 60, true },
		.privileges = rights,
		.n_privileges = 1,
		.reboot_message = S("m"),
		.failure_command = S("a.exe"),
		.actions = actions,
		.n_actions = 1,
		.triggers = triggers,
		.n_triggers = 1,
		.service_dll = S("a.dll"),
		.service_main = S("main"),
		.environment = rights,
		.n_environment = 1 };
}

/* One thing is not the template's. */
#define ADDS(what) \
	do { \
		struct scm_config copy = full(TEMPLATE | 0x80); \
		what; \
		assert_false(service_copy_is_of(&copy, &template)); \
	} while (0)

static void test_copy_adds(void **state)
{
	const struct scm_config template = full(TEMPLATE);
	const struct span evil = S("evil");

	(void)state;
	ADDS(copy.type = 0x10);
	ADDS(copy.type |= 0x100);
	ADDS(copy.image = evil);
	ADDS(copy.image = SPAN_NONE);
	ADDS(copy.account = evil);
	ADDS(copy.group = evil);
	ADDS(copy.service_dll = evil);
	ADDS(copy.service_main = evil);
	ADDS(copy.failure_command = evil);
	ADDS(copy.reboot_message = evil);
	ADDS(copy.depends = &evil);
	ADDS(copy.privileges = rights + 1);
	ADDS(copy.n_privileges = 2);
	ADDS(copy.environment = &evil);
	ADDS(copy.sid_type.value = 3);
	ADDS(copy.protection.value = 2);
	ADDS(copy.on_stop.value = 2);
	ADDS(copy.reset.value = 1);
	ADDS(copy.actions = actions + 2);
	ADDS(copy.n_actions = 2);
	ADDS(copy.n_triggers = 2);
	for (size_t i = 1; i < ARRAY_LEN(triggers); i++)
		ADDS(copy.triggers = &triggers[i]);
}

static void test_copy(void **state)
{
	const struct scm_config template = full(TEMPLATE), copy = full(TEMPLATE | 0x80);
	const struct scm_config plain = full(0x20), of_plain = full(0xa0);
	struct scm_config bare = { .image = template.image, .account = template.account };

	(void)state;
	assert_true(service_copy_is_of(&copy, &template));
	bare.type = TEMPLATE;
	assert_false(service_copy_is_of(&copy, &bare));
	bare.type |= 0x80;
	assert_true(service_copy_is_of(&bare, &template));
	assert_false(service_copy_is_of(&copy, &copy));
	assert_false(service_copy_is_of(&template, &template));
	assert_false(service_copy_is_of(&copy, &plain));
	assert_false(service_copy_is_of(&of_plain, &plain));
}

/* ---- the manager's numbers ---- */

static const char *type_of(uint32_t type)
{
	struct buf b = BUF_INIT(4096);

	scm_type_to_text(type, &b);
	return text_of(&b);
}

static void test_words(void **state)
{
	(void)state;
	assert_string_equal(type_of(0x10), "own-process");
	assert_string_equal(type_of(0x120), "share-process, interactive");
	assert_string_equal(type_of(0xe0), "share-process, user, user-instance");
	assert_string_equal(type_of(1), "kernel-driver");
	assert_string_equal(type_of(0), "0x0");
	assert_string_equal(type_of(0x8010), "own-process, 0x8000");
	assert_true(scm_is_driver(2) && !scm_is_driver(0x20));
	assert_int_equal(scm_enabled(0, false), SERVICE_ENABLED_BOOT);
	assert_int_equal(scm_enabled(2, false), SERVICE_ENABLED_AUTOMATIC);
	assert_int_equal(scm_enabled(2, true), SERVICE_ENABLED_DELAYED);
	assert_int_equal(scm_enabled(3, true), SERVICE_ENABLED_MANUAL);
	assert_int_equal(scm_enabled(4, false), SERVICE_ENABLED_DISABLED);
	assert_int_equal(scm_enabled(5, false), -1);
	assert_string_equal(kind_service.fields[SERVICE_ENABLED].names[SERVICE_ENABLED_DISABLED],
		"disabled");
	assert_string_equal(kind_service.fields[SERVICE_ENABLED].names[SERVICE_ENABLED_MANUAL],
		"manual");
	assert_string_equal(scm_status(4), "running");
	assert_null(scm_status(0));
	assert_null(scm_status(99));
	assert_string_equal(scm_sid_type(3), "restricted");
	assert_null(scm_sid_type(2));
	assert_string_equal(scm_launch_protected(3), "antimalware-light");
	assert_string_equal(scm_error_control(1), "normal");
	assert_string_equal(scm_action(1, 60000, arena).p, "restart after 60000 ms");
	assert_string_equal(scm_action(9, 1, arena).p, "action 9 after 1 ms");
}

static void test_state(void **state)
{
	static const struct {
		struct scm_state of;
		int word;
	} rows[] = {
		{ { 4, 0, 0, SERVICE_ENABLED_AUTOMATIC, false, false, false }, SERVICE_RUNNING },
		{ { 2, 0, 0, SERVICE_ENABLED_AUTOMATIC, false, false, false }, SERVICE_RUNNING },
		{ { 3, 0, 0, SERVICE_ENABLED_AUTOMATIC, false, false, false }, SERVICE_STOPPED },
		{ { 7, 0, 0, SERVICE_ENABLED_AUTOMATIC, false, false, false }, SERVICE_STOPPED },
		{ { 1, 0, 0, SERVICE_ENABLED_MANUAL, false, false, false }, SERVICE_STOPPED },
		{ { 1, 1077, 0, SERVICE_ENABLED_MANUAL, false, false, false }, SERVICE_STOPPED },
		{ { 1, 0, 0, SERVICE_ENABLED_MANUAL, true, false, false }, SERVICE_ON_DEMAND },
		{ { 4, 0, 0, SERVICE_ENABLED_MANUAL, true, false, false }, SERVICE_ON_DEMAND },
		{ { 1, 1066, 3, SERVICE_ENABLED_MANUAL, true, false, false }, SERVICE_FAILED },
		{ { 1, 1067, 0, SERVICE_ENABLED_AUTOMATIC, false, false, false }, SERVICE_FAILED },
		{ { 4, 1067, 0, SERVICE_ENABLED_AUTOMATIC, false, false, false }, SERVICE_RUNNING },
		{ { 4, 0, 0, SERVICE_ENABLED_MANUAL, false, true, false }, SERVICE_ON_DEMAND },
		{ { 1, 0, 0, SERVICE_ENABLED_BOOT, false, true, false }, SERVICE_STOPPED },
		{ { 4, 0, 0, SERVICE_ENABLED_AUTOMATIC, false, false, true }, SERVICE_FAILED },
		{ { 0, 0, 0, SERVICE_ENABLED_AUTOMATIC, false, false, false }, -1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(scm_service_state(&rows[i].of), rows[i].word);
}

static void test_exit(void **state)
{
	(void)state;
	assert_string_equal(scm_exit(1066, 42, arena).p, "exit code 42 (service-specific)");
	assert_string_equal(scm_result(1066), "exit-code");
	assert_string_equal(scm_exit(1067, 0, arena).p,
		"error 1067 (its process ended unexpectedly)");
	assert_string_equal(scm_result(1067), "crash");
	assert_string_equal(scm_exit(3221225477u, 0, arena).p, "exit code 3221225477");
	assert_string_equal(scm_result(7), "exit-code");
	assert_string_equal(scm_result(1053), "timeout");
}

static void test_triggers(void **state)
{
	/* 1F81D131-3FAC-4537-9E0C-7E7B0C2F4B55: named pipe */
	static const uint8_t guid[16] = { 0x31, 0xd1, 0x81, 0x1f, 0xac, 0x3f, 0x37, 0x45, 0x9e,
		0x0c, 0x7e, 0x7b, 0x0c, 0x2f, 0x4b, 0x55 };
	struct buf b = BUF_INIT(4096);

	(void)state;
	scm_trigger_to_text(&(struct scm_trigger){ 6, 1, guid }, &b);
	scm_trigger_item(span_of("wkssvc"), true, &b);
	scm_trigger_item(span_from("\x01\xff", 2), false, &b);
	assert_string_equal(text_of(&b),
		"start: network-endpoint {1F81D131-3FAC-4537-9E0C-7E7B0C2F4B55} wkssvc 01ff");
	b = BUF_INIT(4096);
	scm_trigger_to_text(&(struct scm_trigger){ 77, 3, NULL }, &b);
	assert_string_equal(text_of(&b), "action 3: type 77");
	b = BUF_INIT(4096);
	scm_trigger_to_text(&(struct scm_trigger){ 20, 2, NULL }, &b);
	scm_trigger_item(span_from(guid, 0), false, &b);
	assert_string_equal(text_of(&b), "stop: custom ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_split, setup, teardown),
		cmocka_unit_test_setup_teardown(test_masked, setup, teardown),
		cmocka_unit_test_setup_teardown(test_programs, setup, teardown),
		cmocka_unit_test_setup_teardown(test_native, setup, teardown),
		cmocka_unit_test_setup_teardown(test_names, setup, teardown),
		cmocka_unit_test(test_copy),
		cmocka_unit_test(test_copy_adds),
		cmocka_unit_test_setup_teardown(test_words, setup, teardown),
		cmocka_unit_test_setup_teardown(test_state, setup, teardown),
		cmocka_unit_test_setup_teardown(test_exit, setup, teardown),
		cmocka_unit_test_setup_teardown(test_triggers, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
