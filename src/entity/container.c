#include "entity/container.h"

#include "core/attr.h"

static const struct field fields[] = {
	[CONTAINER_NAME] = { "name", FIELD_TEXT, FIELD_STANDARD, "name", NULL },
};
_Static_assert(ARRAY_LEN(fields) == CONTAINER_N, "every container_field needs a row");

const struct kind kind_container = {
	.name = "container",
	.text = "containers and container images",
	.id = 21,
	.fields = fields,
	.n_fields = CONTAINER_N,
};
