#include "output/map.h"

#include "core/escape.h"
#include "core/hex.h"
#include "core/sha256.h"
#include "output/output.h"

#define HEX_BYTES_MAX 256 /* longer values are named by their digest */
#define TEXT_BYTES_MAX 64 /* longer values are cut for people */
#define COLUMN_BYTES_MAX 160

struct map_pairs map_pairs_of(struct span value)
{
	struct map_pairs m = { .at = cbor_of(value) };
	struct err e;

	if (cbor_get_map(&m.at, &m.map, &e) < 0)
		m.map.left = 0;
	return m;
}

bool map_pairs_next(struct map_pairs *m, struct span *ret_name, struct span *ret_value)
{
	struct span name, value;
	struct err e;

	if (cbor_next_key(&m->at, &m->map, &e) != 1 || cbor_get_bytes(&m->at, &name, &e) < 0 ||
		cbor_get_bytes(&m->at, &value, &e) < 0)
		return false;
	*ret_name = name;
	*ret_value = value;
	return true;
}

bool map_pairs_find(struct span value, struct span name, struct span *ret)
{
	struct map_pairs m = map_pairs_of(value);
	struct span n, v;

	while (map_pairs_next(&m, &n, &v)) {
		if (!span_same(n, name))
			continue;
		*ret = v;
		return true;
	}
	return false;
}

void map_value_hex(struct buf *ret, struct span value)
{
	const struct span mark = span_of("sha256:");
	uint8_t digest[SHA256_SIZE];

	if (value.n == mark.n + sizeof digest && span_starts(value, mark)) {
		/* kept as its digest already */
		buf_add_span(ret, mark);
		hex_add(ret, span_from_offset(value, mark.n));
		return;
	}
	if (value.n <= HEX_BYTES_MAX) {
		hex_add(ret, value);
		return;
	}
	sha256_once(value.p, value.n, digest);
	buf_add_text(ret, "sha256:");
	hex_add(ret, span_from(digest, sizeof digest));
}

/* JSON, which has its own quotes; cut between characters. */
static void column_text(struct buf *ret, struct span value, bool full)
{
	size_t n = full || value.n <= COLUMN_BYTES_MAX ? value.n : COLUMN_BYTES_MAX;

	while (n < value.n && n > 0 && (value.p[n] & 0xc0) == 0x80)
		n--;
	escape_value(ret, span_from(value.p, n));
	buf_add_text(ret, n < value.n ? "…" : "");
}

void map_value_text(struct buf *ret, const struct field *f, struct span value, bool full)
{
	bool text = value.n > 0 && !escape_needed(value);
	size_t n = full || value.n <= TEXT_BYTES_MAX ? value.n : TEXT_BYTES_MAX;

	if (f->flags & FIELD_TABLE) {
		column_text(ret, value, full);
		return;
	}
	if (!full && value.n > n)
		text = false; /* cut bytes may not be characters */
	if (text) {
		buf_add_char(ret, '"');
		escape_text(ret, value);
		buf_add_char(ret, '"');
		return;
	}
	buf_add_text(ret, "0x");
	hex_add(ret, span_from(value.p, n));
	if (n < value.n) {
		buf_add_text(ret, "… (");
		text_bytes(ret, value.n);
		buf_add_char(ret, ')');
	}
}
