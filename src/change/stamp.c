#include "change/stamp.h"

#include "core/cbor.h"
#include "entity/file.h"

static int local_same(const struct record *stamp, struct span local, struct buf *scratch,
	struct err *e)
{
	struct record stored = { .kind = stamp->kind };
	uint64_t fields = kind_fields_with(stamp->kind, FIELD_LOCAL);

	buf_clear(scratch);
	record_encode_local(stamp, scratch);
	if (span_same(buf_span(scratch), local))
		return 1;
	if (record_decode(SPAN_NONE, local, &stored, e) < 0)
		return e->code;
	return (record_diff(&stored, stamp) & stored.has & fields) == 0;
}

/* What was not read to its end, or not at all though it should have been, is tried again. */
static bool content_settled(uint64_t content)
{
	return content == CONTENT_HASHED || content == CONTENT_EMPTY ||
	       content == CONTENT_NOT_ASKED;
}

/* The last field a stamp can say something about; what follows need not be read. */
static uint64_t last_field(const struct record *stamp)
{
	bool device =
		stamp->v[FILE_TYPE].number == FILE_BLOCK || stamp->v[FILE_TYPE].number == FILE_CHAR;

	return device ? FILE_RDEV : FILE_CONTENT;
}

static int shared_same(const struct record *stamp, struct span shared, struct err *e)
{
	struct cbor c = cbor_of(shared);
	struct cbor_map map;
	uint64_t field, value, last = last_field(stamp);
	int r;

	if (cbor_get_map(&c, &map, e) < 0)
		return e->code;
	while ((r = cbor_next_key(&c, &map, e)) > 0) {
		if (cbor_get_uint(&c, &field, e) < 0)
			return e->code;
		if (field > last)
			return 1;
		if (field != FILE_CONTENT && !record_has(stamp, (unsigned)field)) {
			if (cbor_skip(&c, NULL, e) < 0)
				return e->code;
			continue;
		}
		if (cbor_get_uint(&c, &value, e) < 0)
			return e->code;
		if (field == FILE_CONTENT ? !content_settled(value)
					  : value != stamp->v[field].number)
			return 0;
	}
	return r < 0 ? r : 1;
}

int stamp_same(const struct record *stamp, const struct tree_entry *entry, struct buf *scratch,
	struct err *e)
{
	int r = local_same(stamp, entry->local, scratch, e);

	return r > 0 ? shared_same(stamp, entry->shared, e) : r;
}
