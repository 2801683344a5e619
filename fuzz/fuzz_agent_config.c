/* Settings of any bytes: a problem with a place, or values within their bounds. */
#include "agent/config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct agent_config c = { 0 };
	AUTO(problems) problems = { 0 };
	struct err e;
	int rc = agent_config_text(&c, "x", span_from(data, n), &problems, &e);

	if ((rc < 0) != (problems.errors > 0) || (rc == 0 && c.limit_cpu > 100))
		__builtin_trap();
	agent_config_done(&c);
	return 0;
}
