#include "sensor/wmi/path.h"
#include "sensor/wmi/table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void drop(void *ctx, const struct record *r)
{
	(void)ctx, (void)r;
}

/* The first byte is the type of the only property, the next the length of the path before it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	AUTO_FREE(arena) a = arena_new();
	struct rule_asks asks = { .rule = "r", .space = "s", .query = "q" };
	size_t half = n > 2 ? data[1] % (n - 2 + 1) : 0;
	struct span rest = n > 2 ? span_from(data + 2, n - 2) : SPAN_NONE;
	struct row_value v = { .carrier = ROW_IS_TEXT, .text = span_from_offset(rest, half) };
	struct row_property p = { .name = span_of("A"),
		.type = n ? data[0] : 0,
		.value = &v,
		.n = 1 };
	struct row row = { span_of("C"), span_from(rest.p, half), &p, 1 };
	struct table t = { .asks = &asks, .host = span_of("h"), .row = &row, .n = 1 };

	table_emit(&t, a, drop, NULL);
	return 0;
}
