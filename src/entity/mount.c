#include "entity/mount.h"

#include "core/attr.h"

static const struct field fields[] = {
	[MOUNT_NAME] = { "name", FIELD_TEXT, FIELD_STANDARD, "name", NULL },
};
_Static_assert(ARRAY_LEN(fields) == MOUNT_N, "every mount_field needs a row");

const struct kind kind_mount = {
	.name = "mount",
	.text = "what is mounted where, and how",
	.id = 13,
	.fields = fields,
	.n_fields = MOUNT_N,
};
