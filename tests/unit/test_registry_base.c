/* Where the bases of rules lead. */
#include "../check.h"
#include "core/attr.h"
#include "entity/registry_base.h"

static const char *const services[] = { "HKLM\\SYSTEM\\CurrentControlSet\\Services", NULL };
static const char *const system_key[] = { "hklm\\system", NULL };
static const char *const people[] = { "HKU\\{users}\\Software\\*\\Run",
	"HKU\\{users}_Classes\\CLSID", NULL };

static const struct rule_asks rules[] = {
	{ .rule = "services", .bases = services },
	{ .rule = "system", .bases = system_key },
	{ .rule = "people", .bases = people, .offline = true },
};

static bool asks(const void *policy, const struct kind *k, size_t i, struct rule_asks *ret)
{
	(void)policy, (void)k;
	if (i >= ARRAY_LEN(rules))
		return false;
	*ret = rules[i];
	return true;
}

static struct span path_of(const char *text, char *room)
{
	size_t n = strlen(text);

	for (size_t i = 0; i < n; i++)
		room[i] = (char)(text[i] == '\\' ? '\0' : text[i]);
	return (struct span){ room, n };
}

static void base__reaches(void **state)
{
	static const struct {
		const char *path;
		size_t least;
		enum registry_reach reach;
	} cases[] = {
		{ "HKLM", 0, REACH_ABOVE },
		{ "HKLM\\SYSTEM", 0, REACH_INSIDE },
		{ "HKLM\\System\\Select", 0, REACH_INSIDE },
		{ "HKLM\\SOFTWARE", 0, REACH_NOT },
		/* a link: only the base that leads through it counts */
		{ "HKLM\\SYSTEM\\CurrentControlSet", 3, REACH_ABOVE },
		{ "HKLM\\SYSTEM\\CurrentControlSet\\services", 3, REACH_INSIDE },
		{ "HKLM\\SYSTEM\\CurrentControlSet\\Services\\x\\y", 3, REACH_INSIDE },
		{ "HKLM\\SYSTEM\\CurrentControlSet\\Control", 3, REACH_NOT },
		{ "HKU\\S-1-5-21-1\\Software", 0, REACH_ABOVE },
		{ "HKU\\S-1-5-21-1\\Software\\Acme\\Run\\x", 0, REACH_INSIDE },
		{ "HKU\\S-1-5-18\\Software", 0, REACH_NOT },
		{ "HKU\\.DEFAULT", 0, REACH_NOT },
		{ "HKU\\S-1-5-21-1_Classes\\clsid", 0, REACH_INSIDE },
		{ "HKU\\S-1-5-18_Classes", 0, REACH_NOT },
	};
	AUTO_FREE(arena) a = arena_new();
	const struct selector s = { .asks = asks };
	struct registry_bases b;
	char room[256];

	(void)state;
	registry_bases_of(&s, NULL, a, &b);
	assert_int_equal(b.n, 4);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (registry_reaches(&b, path_of(cases[i].path, room), cases[i].least) !=
			cases[i].reach)
			fail_msg("%s at least %zu", cases[i].path, cases[i].least);
	assert_true(registry_reaches_offline(&b, path_of("HKU\\S-1-5-21-1", room)));
	assert_false(registry_reaches_offline(&b, path_of("HKLM\\SYSTEM", room)));
}

static void user__is_a_person(void **state)
{
	(void)state;
	assert_true(registry_is_user(span_of("S-1-5-21-1-2-3-1001")));
	assert_true(registry_is_user(span_of("s-1-12-1-9")));
	assert_false(registry_is_user(span_of("S-1-5-21-1-2-3-1001_Classes")));
	assert_false(registry_is_user(span_of("S-1-5-18")));
	assert_false(registry_is_user(span_of(".DEFAULT")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(base__reaches),
		cmocka_unit_test(user__is_a_person),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
