/* Which changes are one card, when nobody knows who made them. */
#include <stdio.h>
#include <stdlib.h>

#include "../check.h"
#include "change/card.h"
#include "entity/cron.h"
#include "entity/file.h"
#include "entity/package.h"
#include "entity/registry_key.h"
#include "entity/registry_value.h"
#include "entity/service.h"
#include "entity/user.h"
#include "entity/wmi.h"

#define SECOND INT64_C(1000000000)
#define SERVICES "HKLM\\SYSTEM\\CurrentControlSet\\Services\\"
#define TASKS "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Schedule\\TaskCache\\Tree\\"

static struct span card(struct cards *c, const struct kind *k, const char *key, const char *rule,
	int64_t at)
{
	struct change x = { .kind = k,
		.key = span_of(key),
		.rule = span_of(rule),
		.observed = at ? OBSERVED_REALTIME : OBSERVED_SCAN,
		.happened = at };
	struct span ret = SPAN_NONE;
	struct err e = { 0 };

	assert_int_equal(card_for(c, &x, &ret, &e), 0);
	assert_int_equal(ret.n, CARD_ID_BYTES);
	return ret;
}

/* Each row is one thing. */
static void what_is_about_one_thing_is_one_card(void **state)
{
	static const struct {
		const struct kind *kind;
		const char *key;
	} rows[][5] = {
		{ { &kind_service, "Spooler" }, { &kind_registry_key, SERVICES "spooler" },
			{ &kind_registry_value, SERVICES "Spooler\\ImagePath" },
			{ &kind_registry_value, SERVICES "Spooler\\Parameters\\ServiceDll" },
			{ &kind_wmi, "rule:Win32_Service.Name=\"Spooler\"" } },
		{ { &kind_service, "other" }, { &kind_registry_value, SERVICES "other\\" } },
		{ { &kind_service, "a.service" }, { &kind_file, "/etc/systemd/system/a.service" },
			{ &kind_file, "/etc/systemd/system/a.service.d/x.conf" } },
		{ { &kind_cron, "\\A\\b" }, { &kind_registry_key, TASKS "A\\b" },
			{ &kind_registry_value, TASKS "A\\b\\Id" },
			{ &kind_file, "C:\\Windows\\System32\\Tasks\\A\\b" } },
		{ { &kind_package, "uninstall:{1}:x64" },
			{ &kind_registry_value, "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion"
						"\\Uninstall\\{1}\\V" } },
	};
	struct card_memory *memory = calloc(1, sizeof *memory);
	struct span seen[ARRAY_LEN(rows)];

	(void)state;
	for (unsigned live = 0; live < 2; live++) {
		AUTO_FREE(arena) a = arena_new();
		struct cards c = { .arena = a, .time = SECOND, .memory = live ? memory : NULL };
		int64_t at = live ? 100 * SECOND : 0;

		for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
			seen[i] = card(&c, rows[i][0].kind, rows[i][0].key, "first", at);
			for (size_t k = 1; k < ARRAY_LEN(rows[i]) && rows[i][k].kind; k++)
				if (!span_same(seen[i], card(&c, rows[i][k].kind, rows[i][k].key,
								"another", at)))
					fail_msg("%u: %s", live, rows[i][k].key);
			for (size_t k = 0; k < i; k++)
				assert_false(span_same(seen[i], seen[k]));
		}
	}
	free(memory);
}

static void the_rest_is_one_card_a_rule(void **state)
{
	AUTO_FREE(arena) a = arena_new();
	struct cards c = { .arena = a, .time = SECOND };
	struct span users = card(&c, &kind_user, "a", "users", 0);

	(void)state;
	assert_true(span_same(users, card(&c, &kind_user, "b", "users", 0)));
	assert_false(span_same(users, card(&c, &kind_user, "c", "others", 0)));
	/* a value of the list itself, and the list */
	assert_true(span_same(users, card(&c, &kind_registry_value, SERVICES "v", "users", 0)));
}

/* Whoever makes thousands of things has made one heap of them. */
static void a_run_has_so_many_things_and_no_more(void **state)
{
	AUTO_FREE(arena) a = arena_new();
	struct cards c = { .arena = a, .time = SECOND };
	char key[32];

	(void)state;
	for (unsigned i = 0; i < 5000; i++) {
		snprintf(key, sizeof key, "service%u", i);
		(void)card(&c, &kind_service, key, "services", 0);
	}
	assert_in_range(c.n, 1000, 1010);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_about_one_thing_is_one_card),
		cmocka_unit_test(the_rest_is_one_card_a_rule),
		cmocka_unit_test(a_run_has_so_many_things_and_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
