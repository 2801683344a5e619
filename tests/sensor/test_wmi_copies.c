/* Rows of services that are copies of a user's: not told, unless they are none. */
#include "../check.h"
#include "core/attr.h"
#include "entity/wmi.h"
#include "sensor/wmi/table.h"

struct seen {
	size_t n;
	bool ignored; /* the query says that it left something out */
};

static bool is_copy(void *ctx, struct span service)
{
	(void)ctx;
	return span_is(service, "CDPUserSvc_1a2b3");
}

static void see(void *ctx, const struct record *r)
{
	struct seen *x = ctx;

	x->n++;
	x->ignored |= record_has(r, WMI_IGNORED) && r->v[WMI_IGNORED].bytes.n > 1;
}

static void emitted(struct row_property *p, size_t n, const char *class, struct seen *ret)
{
	static const struct rule_asks asks = { .rule = "r",
		.space = "root\\cimv2",
		.query = "SELECT" };
	AUTO_FREE(arena) a = arena_new();
	struct row row = { .class = span_of(class), .property = p, .n = n };
	struct table t = { .asks = &asks, .row = &row, .n = 1 };

	*ret = (struct seen){ 0 };
	table_fold_copies(&t, is_copy, NULL);
	table_emit(&t, a, see, ret);
}

static void copies_of_services_are_left_out(void **state)
{
	static const struct {
		const char *class, *property, *value; /* value NULL: null */
		bool left_out;
	} rows[] = {
		{ "Win32_Service", "Name", "CDPUserSvc_1a2b3", true },
		{ "WIN32_SERVICE", "NAME", "CDPUserSvc_1a2b3", true },
		{ "Win32_Service", "Name", "evil_1a2b3", false },
		{ "Win32_Service", "Name", NULL, false },
		{ "Win32_Service", "PathName", "CDPUserSvc_1a2b3", false },
		{ "Win32_Other", "Name", "CDPUserSvc_1a2b3", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct row_value v = { .carrier = ROW_IS_TEXT, .text = span_of(rows[i].value) };
		struct row_property p = { .name = span_of(rows[i].property),
			.type = ROW_STRING,
			.null = !rows[i].value,
			.value = rows[i].value ? &v : NULL,
			.n = rows[i].value ? 1 : 0 };
		struct seen x;

		emitted(&p, 1, rows[i].class, &x);
		assert_int_equal(x.n, rows[i].left_out ? 1 : 2); /* the query, and the row */
		assert_int_equal(x.ignored, rows[i].left_out);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(copies_of_services_are_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
