#include "host/windows/service_name.h"

#define USERSERVICE_INSTANCE 0x80u /* SERVICE_USERSERVICE_INSTANCE of winnt.h */

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

struct span service_template_name(struct span name)
{
	size_t at = name.n;

	while (at > 0 && is_hex(name.p[at - 1]))
		at--;
	if (at < 2 || at == name.n || name.p[at - 1] != '_')
		return SPAN_NONE;
	return span_from(name.p, at - 1);
}

struct span service_template(uint32_t type, struct span name)
{
	return type & USERSERVICE_INSTANCE ? service_template_name(name) : SPAN_NONE;
}

struct span service_stable(uint32_t type, struct span name)
{
	struct span template = service_template(type, name);

	return template.n ? template : name;
}
