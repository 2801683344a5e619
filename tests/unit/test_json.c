#include "../check.h"
#include "core/cbor.h"
#include "core/json.h"
#include "entity/file.h"
#include "output/output.h"

#define TEXT(s) \
	{ \
		s, sizeof(s) - 1 \
	}

static void json__places_commas(void **state)
{
	AUTO(buf) b = BUF_INIT(4096);
	struct json j = JSON_INIT(&b);

	(void)state;
	json_object(&j);
	json_number_member(&j, "a", 1);
	json_name(&j, "b");
	json_array(&j);
	json_bool(&j, true);
	json_object(&j);
	json_object_end(&j);
	json_array(&j);
	json_array_end(&j);
	json_number(&j, UINT64_MAX);
	json_array_end(&j);
	json_text_member(&j, "c", "x");
	json_time_member(&j, "d", 0);
	json_hex_member(&j, "e", span_from("\x00\xff", 2));
	json_object_end(&j);
	assert_string_equal(buf_text(&b),
		"{\"a\":1,\"b\":[true,{},[],18446744073709551615],\"c\":\"x\","
		"\"d\":\"1970-01-01T00:00:00.000000000Z\",\"e\":\"00ff\"}");
}

static void json_exact__adds_the_bytes_only_when_text_is_not_exact(void **state)
{
	static const struct {
		struct span key;
		const char *json;
	} cases[] = {
		{ TEXT(""), "{\"key\":\"\"}" },
		{ TEXT("/etc/passwd"), "{\"key\":\"/etc/passwd\"}" },
		{ TEXT("say \"hi\""), "{\"key\":\"say \\\"hi\\\"\"}" },
		{ TEXT("a\\x2db"), "{\"key\":\"a\\\\x2db\"}" },
		{ TEXT("日本"), "{\"key\":\"日本\"}" },
		{ TEXT("a\nb"), "{\"key\":\"a\\\\x0ab\",\"key_b64\":\"YQpi\"}" },
		{ TEXT("\\\xff"), "{\"key\":\"\\\\x5c\\\\xff\",\"key_b64\":\"XP8=\"}" },
		{ TEXT("\xff"), "{\"key\":\"\\\\xff\",\"key_b64\":\"/w==\"}" },
		{ TEXT("\xe2\x80\xae"),
			"{\"key\":\"\\\\xe2\\\\x80\\\\xae\",\"key_b64\":\"4oCu\"}" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(buf) b = BUF_INIT(4096);
		struct json j = JSON_INIT(&b);

		json_object(&j);
		json_exact(&j, "key", cases[i].key);
		json_object_end(&j);
		assert_string_equal(buf_text(&b), cases[i].json);
	}
}

static void fill(struct record *r)
{
	record_set_number(r, FILE_TYPE, FILE_REGULAR);
	record_set_number(r, FILE_MODE, 04755);
	record_set_number(r, FILE_SIZE, 3289);
	record_set_bytes(r, FILE_OWNER, span_of("root"));
	record_set_bytes(r, FILE_SHA256, span_from("\x01\xab", 2));
	record_set_time(r, FILE_MTIME, 1);
	record_set_number(r, FILE_DEVICE, device_make(254, 1));
	record_set_number(r, FILE_CONTENT, CONTENT_HASHED);
}

static void json_fields__spells_every_field_type(void **state)
{
	AUTO_FREE(arena) a = arena_new();
	AUTO(buf) map = BUF_INIT(4096);
	AUTO(buf) b = BUF_INIT(4096);
	struct record *r = record_new(a, &kind_file);
	char big[257] = { 0 };

	(void)state;
	fill(r);
	cbor_put_map(&map, 3);
	cbor_put_bytes(&map, span_of("user.\x01"));
	cbor_put_bytes(&map, span_of("hi"));
	cbor_put_bytes(&map, span_of("user.a"));
	cbor_put_bytes(&map, SPAN_NONE);
	cbor_put_bytes(&map, span_of("user.big"));
	cbor_put_bytes(&map, span_from(big, sizeof big));
	record_set_bytes(r, FILE_XATTR, buf_span(&map));
	json_fields(&b, r);
	assert_string_equal(buf_text(&b),
		"{\"type\":\"regular\",\"mode\":\"4755\",\"owner\":\"root\",\"size\":3289,"
		"\"sha256\":\"01ab\",\"content\":\"hashed\","
		"\"mtime\":\"1970-01-01T00:00:00.000000001Z\",\"device\":\"254:1\","
		"\"xattr\":{\"user.\\\\x01\":\"6869\",\"user.a\":\"\",\"user.big\":\"sha256:"
		"6c934d0cdf9dba94b474d6d1929f16739bd9a8ed31d0c3bcaf82c283fb7a3568\"}}");
}

static void json_record__is_the_contract(void **state)
{
	static const struct span tags[] = { TEXT("attack.T1098") };
	AUTO_FREE(arena) a = arena_new();
	AUTO(buf) b = BUF_INIT(1 << 16);
	struct record *was = record_new(a, &kind_file), *is = record_new(a, &kind_file);
	struct ledger_record r = { .type = RECORD_CHANGE, .seq = 4711, .chained = true };

	(void)state;
	record_set_number(was, FILE_SIZE, 1);
	record_set_number(is, FILE_SIZE, 2);
	r.change = (struct change){ .type = CHANGE_RENAMED,
		.observed = OBSERVED_SCAN,
		.kind = &kind_file,
		.key = span_of("/b"),
		.old_key = span_of("/a\n"),
		.fields = field_bit(FILE_SIZE) | field_bit(FILE_SHA256),
		.was = was,
		.is = is,
		.subtree = 312,
		.rule = span_of("sshd"),
		.severity = SEVERITY_HIGH,
		.tags = tags,
		.n_tags = 1,
		.card = span_of("01JDB"),
		.who_unknown = span_of("found by a scan") };
	json_record(&b, &r, span_of("web7"));
	assert_string_equal(buf_text(&b),
		"{\"v\":1,\"host\":\"web7\",\"record\":\"change\",\"seq\":4711,"
		"\"time\":\"1970-01-01T00:00:00.000000000Z\",\"observed\":\"scan\","
		"\"change\":\"renamed\",\"kind\":\"file\",\"key\":\"/b\","
		"\"old_key\":\"/a\\\\x0a\",\"old_key_b64\":\"L2EK\",\"subtree\":312,"
		"\"rule\":\"sshd\",\"severity\":\"high\",\"tags\":[\"attack.T1098\"],"
		"\"fields\":[\"size\",\"sha256\"],\"was\":{\"size\":1},\"is\":{\"size\":2},"
		"\"who_unknown\":\"found by a scan\",\"verdict\":{\"state\":\"unexplained\"},"
		"\"card\":\"01JDB\",\"prev\":"
		"\"0000000000000000000000000000000000000000000000000000000000000000\"}");
}

static void json_record__without_a_place_in_the_ledger_has_no_seq(void **state)
{
	AUTO(buf) b = BUF_INIT(1 << 16);
	struct ledger_record r = { .type = RECORD_NOTE };

	(void)state;
	r.note = (struct note){ span_of("interrupted"), span_of("a\x1b[0m") };
	json_record(&b, &r, span_of("h"));
	assert_string_equal(buf_text(&b),
		"{\"v\":1,\"host\":\"h\",\"record\":\"note\","
		"\"time\":\"1970-01-01T00:00:00.000000000Z\",\"what\":\"interrupted\","
		"\"text\":\"a\\\\x1b[0m\"}");
}

static void json_record__has_a_form_for_losses_and_repairs(void **state)
{
	AUTO(buf) b = BUF_INIT(1 << 16);
	struct ledger_record r = { .type = RECORD_LOSS };

	(void)state;
	r.loss = (struct loss_note){ span_of("fanotify"), &kind_file, span_of("/srv"), 0, 1, 7,
		span_of("full") };
	json_record(&b, &r, span_of("h"));
	assert_string_equal(buf_text(&b),
		"{\"v\":1,\"host\":\"h\",\"record\":\"loss\","
		"\"time\":\"1970-01-01T00:00:00.000000000Z\",\"means\":\"fanotify\","
		"\"kind\":\"file\",\"scope\":\"/srv\","
		"\"from\":\"1970-01-01T00:00:00.000000000Z\","
		"\"to\":\"1970-01-01T00:00:00.000000001Z\",\"count\":7,\"text\":\"full\"}");
	buf_clear(&b);
	r = (struct ledger_record){ .type = RECORD_LOSS };
	r.loss.means = span_of("agent");
	json_record(&b, &r, span_of("h"));
	assert_string_equal(buf_text(&b),
		"{\"v\":1,\"host\":\"h\",\"record\":\"loss\","
		"\"time\":\"1970-01-01T00:00:00.000000000Z\",\"means\":\"agent\","
		"\"from\":\"1970-01-01T00:00:00.000000000Z\","
		"\"to\":\"1970-01-01T00:00:00.000000000Z\",\"text\":\"\"}");
	buf_clear(&b);
	r = (struct ledger_record){ .type = RECORD_REPAIR };
	r.repair = (struct repair_note){ 9, 0, 1, 4000, 3, span_of("again") };
	json_record(&b, &r, span_of("h"));
	assert_string_equal(buf_text(&b),
		"{\"v\":1,\"host\":\"h\",\"record\":\"repair\","
		"\"time\":\"1970-01-01T00:00:00.000000000Z\",\"loss\":9,"
		"\"from\":\"1970-01-01T00:00:00.000000000Z\","
		"\"to\":\"1970-01-01T00:00:00.000000001Z\",\"entities\":4000,"
		"\"changes\":3,\"text\":\"again\"}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json__places_commas),
		cmocka_unit_test(json_exact__adds_the_bytes_only_when_text_is_not_exact),
		cmocka_unit_test(json_fields__spells_every_field_type),
		cmocka_unit_test(json_record__is_the_contract),
		cmocka_unit_test(json_record__without_a_place_in_the_ledger_has_no_seq),
		cmocka_unit_test(json_record__has_a_form_for_losses_and_repairs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
