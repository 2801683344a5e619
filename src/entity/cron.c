#include "entity/cron.h"

#include "core/attr.h"

static const struct field fields[] = {
	[CRON_NAME] = { "name", FIELD_TEXT, FIELD_STANDARD, "name", NULL },
};
_Static_assert(ARRAY_LEN(fields) == CRON_N, "every cron_field needs a row");

const struct kind kind_cron = {
	.name = "cron",
	.text = "jobs of cron, anacron, at and systemd timers",
	.id = 14,
	.fields = fields,
	.n_fields = CRON_N,
};
