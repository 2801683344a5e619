#include "host/windows/hive.h"

#include "core/fold.h"

const struct hive_value *hive_find(const struct hive_values *v, const char *name)
{
	for (size_t i = 0; i < v->n; i++)
		if (fold_same(v->list[i].name, span_of(name)))
			return &v->list[i];
	return NULL;
}

struct span hive_text(const struct hive_values *v, const char *name)
{
	const struct hive_value *x = hive_find(v, name);

	return x ? x->text : SPAN_NONE;
}

/* Numbers are stored with the lowest byte first. */
static uint64_t number_of(struct span data)
{
	uint64_t n = 0;

	for (size_t i = data.n; i-- > 0;)
		n = n << 8 | (unsigned char)data.p[i];
	return n;
}

bool hive_number(const struct hive_values *v, const char *name, uint64_t *ret)
{
	const struct hive_value *x = hive_find(v, name);

	if (!x)
		return false;
	if ((x->type == HIVE_NUMBER && x->data.n == 4) ||
		(x->type == HIVE_LONG && x->data.n == 8)) {
		*ret = number_of(x->data);
		return true;
	}
	return span_number(x->text, ret);
}
