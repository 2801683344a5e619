#include "sensor/wmi/row.h"

#include "core/attr.h"

static const char *const type_names[] = {
	[ROW_SINT16] = "sint16",
	[ROW_SINT32] = "sint32",
	[ROW_REAL32] = "real32",
	[ROW_REAL64] = "real64",
	[ROW_STRING] = "string",
	[ROW_BOOLEAN] = "boolean",
	[ROW_OBJECT] = "object",
	[ROW_SINT8] = "sint8",
	[ROW_UINT8] = "uint8",
	[ROW_UINT16] = "uint16",
	[ROW_UINT32] = "uint32",
	[ROW_SINT64] = "sint64",
	[ROW_UINT64] = "uint64",
	[ROW_DATETIME] = "datetime",
	[ROW_REFERENCE] = "reference",
	[ROW_CHAR16] = "char16",
};

const char *row_type_name(unsigned type)
{
	return type < ARRAY_LEN(type_names) && type_names[type] ? type_names[type] : "unknown";
}

/* Most come in order, and there are few: insertion, which keeps equal ones as they were. */
void row_sort(struct row *r)
{
	for (size_t i = 1; i < r->n; i++) {
		struct row_property p = r->property[i];
		size_t at = i;

		for (; at > 0 && row_name_compare(r->property[at - 1].name, p.name) > 0; at--)
			r->property[at] = r->property[at - 1];
		r->property[at] = p;
	}
}

const struct row_property *row_find(const struct row *r, struct span name)
{
	for (size_t i = 0; i < r->n; i++)
		if (row_name_same(r->property[i].name, name))
			return &r->property[i];
	return NULL;
}
