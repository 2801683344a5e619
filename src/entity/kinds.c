#include "entity/file.h"
#include "entity/kind.h"

const struct kind *const kinds[] = {
	&kind_file,
	NULL,
};

const struct kind *kind_find(struct span name)
{
	for (const struct kind *const *k = kinds; *k; k++)
		if (span_is(name, (*k)->name))
			return *k;
	return NULL;
}

const struct kind *kind_by_id(uint8_t id)
{
	for (const struct kind *const *k = kinds; *k; k++)
		if ((*k)->id == id)
			return *k;
	return NULL;
}

int kind_field(const struct kind *k, struct span name)
{
	for (size_t i = 0; i < k->n_fields; i++)
		if (span_is(name, k->fields[i].name))
			return (int)i;
	return -1;
}

uint64_t kind_fields_with(const struct kind *k, unsigned flags)
{
	uint64_t set = 0;

	for (unsigned i = 0; i < k->n_fields; i++)
		if ((k->fields[i].flags & flags) == flags)
			set |= field_bit(i);
	return set;
}

uint64_t kind_fields_all(const struct kind *k)
{
	uint64_t set = 0;

	for (unsigned i = 0; i < k->n_fields; i++)
		if (!(k->fields[i].flags & FIELD_DERIVED))
			set |= field_bit(i);
	return set;
}
