#include "entity/bpf.h"

#include "core/attr.h"

static const struct field fields[] = {
	[BPF_NAME] = { "name", FIELD_TEXT, FIELD_STANDARD, "name", NULL },
};
_Static_assert(ARRAY_LEN(fields) == BPF_N, "every bpf_field needs a row");

const struct kind kind_bpf = {
	.name = "bpf",
	.text = "BPF programs and links in the kernel",
	.id = 18,
	.fields = fields,
	.n_fields = BPF_N,
};
