/* The kernel's pressure stall information: Documentation/accounting/psi.rst. */
#include "../check.h"
#include "agent/health/pressure.h"
#include "core/attr.h"

static void pressure_parse__reads_the_last_ten_seconds(void **state)
{
	static const struct {
		const char *text;
		int percent;
	} cases[] = {
		{ "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n", 0 },
		{ "some avg10=12.34 avg60=1.00 avg300=0.00 total=5\nfull avg10=99.00\n", 12 },
		{ "some avg10=100.00 avg60=1.00", 100 },
		{ "some avg10=7", -1 },
		{ "some avg10=", -1 },
		{ "full avg10=12.34", -1 },
		{ "", -1 },
		{ "some avg10=99999999999999999999.0", -1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(pressure_parse(span_of(cases[i].text)), cases[i].percent);
	assert_false(pressure_high(0)); /* never */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pressure_parse__reads_the_last_ten_seconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
