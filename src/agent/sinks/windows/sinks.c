/* Where routes lead on Windows, and what it lacks so far. */
#include "agent/link/link.h"

const struct sink *const sinks[ROUTE_TYPE_N] = {
	[ROUTE_FILE] = &sink_file,
	[ROUTE_SYSLOG] = &sink_syslog,
	[ROUTE_WEBHOOK] = &sink_webhook,
	[ROUTE_COMMAND] = &sink_command,
};

const struct route_lack *route_lacks(const struct route *r)
{
	static const struct route_lack type = { "to",
		"routes to mail are not available on Windows, expected file, syslog, webhook or "
		"command" };
	static const struct route_lack cert = { "cert",
		"a certificate of our own is not available on Windows yet" };
	static const struct route_lack verify = { "verify",
		"on Windows the other side is verified always" };

	if (!sinks[r->type])
		return &type;
	if (r->cert)
		return &cert;
	return r->verify ? NULL : &verify;
}
