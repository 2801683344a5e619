#include "agent/collector.h"

int collector_run(const struct collector_setup *setup, struct err *e)
{
	(void)setup;
	return err_set(e, ERR_SYSTEM, "not yet");
}
