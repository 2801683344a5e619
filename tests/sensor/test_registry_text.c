/* Data of registry values as people read it; what nobody is to read. */
#include "../check.h"
#include "core/attr.h"
#include "sensor/registry/registry_text.h"

#define BYTES(text) \
	{ \
		text, sizeof(text) - 1 \
	}

struct data_case {
	uint32_t type;
	struct span data;
	const char *text; /* NULL: it cannot be read */
};

static void data__is_readable(void **state)
{
	static const struct data_case cases[] = {
		{ REGISTRY_SZ, BYTES("a\0b\0\0\0"), "ab" },
		{ REGISTRY_SZ, BYTES("a\0b\0"), "ab" }, /* without the NUL that should end it */
		{ REGISTRY_SZ, BYTES("a\0\0\0b\0\0\0"),
			"a\xc0\x80"
			"b" },
		{ REGISTRY_SZ, BYTES("a\0b"), "a" }, /* odd */
		{ REGISTRY_SZ, BYTES(""), "" },
		{ REGISTRY_SZ, BYTES("x"), "" },
		{ REGISTRY_SZ, BYTES("\0\0"), "" },
		{ REGISTRY_EXPAND_SZ, BYTES("%\0w\0"), "%w" },
		{ REGISTRY_LINK, BYTES("\x00\xd8"), "\xed\xa0\x80" }, /* half of a pair */
		{ REGISTRY_SZ, BYTES("\x3d\xd8\x00\xde\0\0"), "\xf0\x9f\x98\x80" },
		{ REGISTRY_DWORD, BYTES("\x01\x00\x00\x80"), "2147483649" },
		{ REGISTRY_DWORD_BIG, BYTES("\x00\x00\x01\x02"), "258" },
		{ REGISTRY_DWORD, BYTES("\x01\x00"), "0100" }, /* too short for a number */
		{ REGISTRY_QWORD, BYTES("\xff\xff\xff\xff\xff\xff\xff\xff"),
			"18446744073709551615" },
		{ REGISTRY_MULTI_SZ, BYTES("a\0\0\0b\0c\0\0\0\0\0"), "a, bc" },
		{ REGISTRY_MULTI_SZ, BYTES("a\0\0\0\0\0z\0\0\0"), "a" }, /* more behind the end */
		{ REGISTRY_MULTI_SZ, BYTES("a\0"), "a" },
		{ REGISTRY_MULTI_SZ, BYTES(""), "" },
		{ REGISTRY_BINARY, BYTES("\x00\xff"), "00ff" },
		{ REGISTRY_NONE, BYTES(""), "" },
		{ 0xdeadbeef, BYTES("ab"), "6162" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(buf) text = BUF_INIT(4096);

		assert_true(registry_data_text(cases[i].type, cases[i].data, &text));
		assert_string_equal(buf_text(&text), cases[i].text);
	}
}

static void data__is_short(void **state)
{
	static char units[1 << 16];
	AUTO(buf) text = BUF_INIT(8192);

	(void)state;
	for (size_t i = 0; i < sizeof units; i += 2) { /* U+3042: three bytes each */
		units[i] = 0x42;
		units[i + 1] = 0x30;
	}
	assert_true(registry_data_text(REGISTRY_SZ, span_from(units, sizeof units), &text));
	assert_int_equal(text.n, 341 * 3 + 3); /* whole characters, and the mark */
	buf_clear(&text);
	assert_true(registry_data_text(REGISTRY_MULTI_SZ, span_from(units, sizeof units), &text));
	assert_int_equal(text.n, 341 * 3 + 3);
	buf_clear(&text);
	assert_true(registry_data_text(REGISTRY_BINARY, span_from(units, 64), &text));
	assert_int_equal(text.n, 128);
	buf_clear(&text);
	assert_false(registry_data_text(REGISTRY_BINARY, span_from(units, 65), &text));
	assert_int_equal(text.n, 0);
}

static void type__has_a_name(void **state)
{
	AUTO(buf) text = BUF_INIT(64);

	(void)state;
	registry_type_text(11, &text);
	assert_string_equal(buf_text(&text), "REG_QWORD");
	buf_clear(&text);
	registry_type_text(0x12345678, &text);
	assert_string_equal(buf_text(&text), "REG_0x12345678");
}

static void secret__is_known_by_its_place(void **state)
{
	static const struct {
		const char *key, *value;
		bool secret;
	} cases[] = {
		{ "HKLM\\SAM\\SAM\\Domains\\Account\\Users\\000001F4", "V", true },
		{ "HKLM\\SECURITY\\Policy\\Secrets\\$MACHINE.ACC\\CurrVal", "", true },
		{ "HKLM\\security\\Cache", "NL$1", true },
		{ "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Winlogon",
			"DefaultPassword", true },
		{ "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Winlogon", "Shell",
			false },
		{ "HKLM\\SOFTWARE\\RealVNC\\WinVNC4", "password", true },
		{ "HKLM\\SOFTWARE\\ORL", "ClientSecret", true },
		{ "HKU\\S-1-5-21-1-2-3-1001\\Software\\Acme\\Credentials", "a", true },
		{ "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run", "Updater", false },
		{ "HKLM\\SOFTWARE\\SAM", "V", false },
		{ "HKLM\\SYSTEM\\CurrentControlSet\\Services\\BTHPORT\\Parameters\\Keys\\0011",
			"22", true },
		{ "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion", "DigitalProductId",
			true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (registry_is_secret(span_of(cases[i].key), span_of(cases[i].value)) !=
			cases[i].secret)
			fail_msg("%s %s", cases[i].key, cases[i].value);
	assert_true(
		registry_is_secret_class(span_of("HKLM\\SYSTEM\\ControlSet001\\Control\\Lsa\\JD")));
	assert_false(
		registry_is_secret_class(span_of("HKLM\\SYSTEM\\CurrentControlSet\\Control\\Lsa")));
}

static void name__with_nul_is_hidden(void **state)
{
	AUTO(buf) text = BUF_INIT(64);

	(void)state;
	assert_true(registry_name_is_hidden(span_of("a\xc0\x80")));
	assert_true(registry_name_is_hidden(span_of("\xc0\x80")));
	assert_false(registry_name_is_hidden(span_of("a\xc3\x80")));
	assert_false(registry_name_is_hidden(SPAN_NONE));
	registry_name_double(span_of("a\\b\\"), &text);
	assert_string_equal(buf_text(&text), "a\\\\b\\\\");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(data__is_readable),
		cmocka_unit_test(data__is_short),
		cmocka_unit_test(type__has_a_name),
		cmocka_unit_test(secret__is_known_by_its_place),
		cmocka_unit_test(name__with_nul_is_hidden),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
