#include "change/keys.h"

#include "entity/key.h"

/* Where the two NULs stand that divide folder and last section, counted from behind the kind's
 * byte; sections are never empty, so the first pair is the one. */
static bool divider(struct span key, size_t *ret)
{
	for (size_t i = 1; i + 1 < key.n; i++)
		if (key.p[i] == '\0' && key.p[i + 1] == '\0') {
			*ret = i;
			return true;
		}
	return false;
}

static bool hierarchical(struct span key)
{
	const struct kind *k = key.n ? kind_by_id((uint8_t)key.p[0]) : NULL;

	return k && k->hierarchical;
}

bool stored_key_parent(struct span key, struct buf *ret)
{
	size_t at, cut;

	if (!hierarchical(key) || !divider(key, &at) || (at == 1 && key.n == 3))
		return false;
	buf_clear(ret);
	buf_add_char(ret, key.p[0]);
	for (cut = at; cut > 1 && key.p[cut - 1] != '\0'; cut--)
		;
	if (cut > 1)
		buf_add(ret, key.p + 1, cut - 2);
	buf_add(ret, "\0", 2);
	buf_add(ret, key.p + cut, at - cut);
	return true;
}

bool stored_key_above(struct span key, struct buf *ret)
{
	if (hierarchical(key))
		return stored_key_parent(key, ret);
	if (key.n < 2)
		return false;
	buf_clear(ret);
	buf_add(ret, key.p, key.n - 1);
	return true;
}

struct span stored_key_name(struct span key)
{
	size_t at;

	if (hierarchical(key) && divider(key, &at))
		return span_from_offset(key, at + 2);
	return span_from_offset(key, 1);
}

int stored_key_text(struct span key, const struct kind **ret_kind, struct buf *ret, struct err *e)
{
	buf_clear(ret);
	if (key_to_text(key, ret_kind, ret, e) < 0)
		return err_set(e, ERR_DAMAGED, "a stored key that no entity has");
	return 0;
}
