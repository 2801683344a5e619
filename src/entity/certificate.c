#include "entity/certificate.h"

#include "core/attr.h"

static const struct field fields[] = {
	[CERTIFICATE_NAME] = { "name", FIELD_TEXT, FIELD_STANDARD, "name", NULL },
};
_Static_assert(ARRAY_LEN(fields) == CERTIFICATE_N, "every certificate_field needs a row");

const struct kind kind_certificate = {
	.name = "certificate",
	.text = "certificate authorities the system trusts",
	.id = 20,
	.fields = fields,
	.n_fields = CERTIFICATE_N,
};
