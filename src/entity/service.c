#include "entity/service.h"

#include "core/attr.h"

static const struct field fields[] = {
	[SERVICE_NAME] = { "name", FIELD_TEXT, FIELD_STANDARD, "name", NULL },
};
_Static_assert(ARRAY_LEN(fields) == SERVICE_N, "every service_field needs a row");

const struct kind kind_service = {
	.name = "service",
	.text = "systemd units, SysV and OpenRC services",
	.id = 4,
	.fields = fields,
	.n_fields = SERVICE_N,
};
