/* Any bytes as the file of a scheduled task, and as its actions in the registry. */
#include <stdint.h>

#include "sensor/cron/task.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	AUTO_FREE(arena) a = arena_new();
	struct span text;
	struct task t;
	struct err e;

	(void)!task_from_xml(span_from(data, n), a, &t, &e);
	(void)!task_from_actions(span_from(data, n), a, &text, &e);
	return 0;
}
