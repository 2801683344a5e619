/* Where routes lead on this platform, and what it lacks: nothing. */
#include "agent/link/link.h"

const struct sink *const sinks[ROUTE_TYPE_N] = {
	[ROUTE_FILE] = &sink_file,
	[ROUTE_SYSLOG] = &sink_syslog,
	[ROUTE_WEBHOOK] = &sink_webhook,
	[ROUTE_MAIL] = &sink_mail,
	[ROUTE_COMMAND] = &sink_command,
};

const struct route_lack *route_lacks(const struct route *r)
{
	(void)r;
	return NULL;
}
