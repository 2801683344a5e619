#include "cli/entity.h"

#include "cli/paths.h"
#include "core/fold.h"
#include "entity/key.h"

#define KEY_BYTES_MAX ((size_t)1 << 20)

int entity_of_entry(const struct tree_entry *entry, struct buf *key, struct record *ret,
	struct err *e)
{
	buf_clear(key);
	if (key_to_text(entry->key, &ret->kind, key, e) < 0)
		return e->code;
	ret->key = buf_span(key);
	ret->has = 0;
	return record_decode(entry->shared, entry->local, ret, e);
}

/* As it is written in the store, where upper and lower case are the same. 0: it is not there. */
static int find_folded(struct tree_cursor *cursor, const struct kind *k, struct span key,
	struct buf *text, struct tree_entry *entry, struct err *e)
{
	AUTO(buf) low = BUF_INIT(KEY_BYTES_MAX);
	AUTO(buf) high = BUF_INIT(KEY_BYTES_MAX);
	const struct kind *found;
	int r;

	key_range_below(k, SPAN_NONE, &low, &high);
	r = tree_cursor_seek(cursor, buf_span(&low), e);
	if (r < 0)
		return r;
	while ((r = tree_cursor_next(cursor, entry, e)) > 0 &&
		span_compare(entry->key, buf_span(&high)) < 0) {
		buf_clear(text);
		if (key_to_text(entry->key, &found, text, e) < 0)
			return e->code;
		if (fold_same(buf_span(text), key))
			return 1;
	}
	return r < 0 ? r : 0;
}

int entity_find(struct session *s, const struct tree_root *root, const struct kind *k,
	struct span key, struct arena *a, struct record **ret, struct err *e)
{
	AUTO_FREE(tree_cursor) cursor = NULL;
	AUTO(buf) stored = BUF_INIT(KEY_BYTES_MAX);
	AUTO(buf) text = BUF_INIT(KEY_BYTES_MAX);
	struct tree_entry entry;
	struct record r;
	int found;

	if (key_from_text(k, key, &stored, e) < 0 ||
		tree_cursor_open(&cursor, s->store, root, e) < 0)
		return e->code;
	found = tree_cursor_get(cursor, buf_span(&stored), &entry, e);
	if (found == 0 && (key_is_windows(k, key) || (names_fold && !k->hierarchical)))
		found = find_folded(cursor, k, key, &text, &entry, e);
	if (found < 0)
		return found;
	*ret = NULL;
	if (found == 0)
		return 0;
	if (entity_of_entry(&entry, &text, &r, e) < 0)
		return e->code;
	*ret = record_copy(a, &r);
	return 0;
}
