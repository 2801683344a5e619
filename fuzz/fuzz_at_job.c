/* Any bytes as an at job, its variables, and the name of its file. */
#include "sensor/cron/crontab.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new();
	struct at_job j = { 0 };
	struct span variable;

	(void)at_job_name(span_from(data, n), &j);
	if (at_job_parse(span_from(data, n), &j))
		while (at_job_variable(&j.head, a, &variable))
			;
	arena_free(a);
	return 0;
}
