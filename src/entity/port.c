#include "entity/port.h"

#include "core/attr.h"

static const struct field fields[] = {
	[PORT_NAME] = { "name", FIELD_TEXT, FIELD_STANDARD, "name", NULL },
};
_Static_assert(ARRAY_LEN(fields) == PORT_N, "every port_field needs a row");

const struct kind kind_port = {
	.name = "port",
	.text = "sockets that listen or are bound, with their owner",
	.id = 5,
	.fields = fields,
	.n_fields = PORT_N,
};
