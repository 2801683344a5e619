/* A time that was read is written as a text that reads the same. */
#include <assert.h>

#include "core/time.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct err e = { 0 };
	char text[TIME_TEXT];
	int64_t ns, again;

	if (time_parse(span_from(data, n), TIME_SECOND, &ns, &e) < 0)
		return 0;
	time_format(ns, text);
	/* the whole second of the first instants lies before the range */
	if (time_parse(span_of(text), 0, &again, &e) == 0)
		assert(again == ns);
	else
		assert(ns < INT64_MIN + TIME_SECOND);
	return 0;
}
