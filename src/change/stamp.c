#include "change/stamp.h"

#include "core/cbor.h"
#include "entity/file.h"

/* Bytes differ: compare only what the entry holds, an older program may have stored less. */
static int local_same_decoded(const struct record *stamp, struct span local, struct err *e)
{
	struct record stored = { .kind = stamp->kind };

	if (record_decode(SPAN_NONE, local, &stored, e) < 0)
		return e->code;
	return (record_diff(&stored, stamp) & stored.has) == 0;
}

static int local_same(const struct record *stamp, struct span local, struct buf *scratch,
	struct err *e)
{
	buf_clear(scratch);
	record_encode_local(stamp, scratch);
	if (span_same(buf_span(scratch), local))
		return 1;
	return local_same_decoded(stamp, local, e);
}

/* The head of an item, and where its bytes end when it has any. Stored bytes come out of a tree
 * whose digests were checked, so this only has to be quick; false on what it does not expect. */
static inline bool pass_item(const char **at, const char *end, unsigned *ret_type, uint64_t *ret)
{
	const char *p = *at;
	unsigned head, n;

	if (p >= end)
		return false;
	head = (unsigned char)*p++;
	*ret_type = head >> 5;
	*ret = head & 31;
	if (*ret >= 24) {
		n = 1U << (*ret - 24);
		if (*ret > 27 || (size_t)(end - p) < n)
			return false;
		for (*ret = 0; n > 0; n--)
			*ret = *ret << 8 | (unsigned char)*p++;
	}
	if (*ret_type == CBOR_BYTES || *ret_type == CBOR_TEXT) {
		if ((uint64_t)(end - p) < *ret)
			return false;
		p += *ret;
	}
	*at = p;
	return true;
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

static bool shared_same(const struct record *stamp, struct span shared)
{
	const char *p = shared.p, *end = shared.p + shared.n;
	uint64_t left, field, value, last = last_field(stamp);
	unsigned type;

	if (!pass_item(&p, end, &type, &left) || type != CBOR_MAP)
		return false;
	for (; left > 0; left--) {
		if (!pass_item(&p, end, &type, &field) || type != CBOR_UINT)
			return false;
		if (field > last)
			return true;
		if (!pass_item(&p, end, &type, &value))
			return false;
		if (type != CBOR_UINT)
			continue;
		if (field == FILE_CONTENT ? !content_settled(value)
					  : record_has(stamp, (unsigned)field) &&
						    value != stamp->v[field].number)
			return false;
	}
	return true;
}

int stamp_same(const struct record *stamp, const struct tree_entry *entry, struct buf *scratch,
	struct err *e)
{
	int r = local_same(stamp, entry->local, scratch, e);

	return r > 0 ? shared_same(stamp, entry->shared) : r;
}
