#include "host/package_rpm_parse.h"

#define TAGS_MAX 0xffffu
#define STRINGS_MAX 5000000u
#define ENTRY 16

enum rpm_type {
	TYPE_CHAR = 1,
	TYPE_INT8 = 2,
	TYPE_INT16 = 3,
	TYPE_INT32 = 4,
	TYPE_INT64 = 5,
	TYPE_STRING = 6,
	TYPE_BIN = 7,
	TYPE_STRINGS = 8,
	TYPE_I18N = 9,
};

/* A number of n bytes at `at`, which the caller knows to be there. */
static uint64_t number(struct span s, size_t at, size_t n, bool big)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++)
		v = v << 8 | (uint8_t)s.p[big ? at + i : at + n - 1 - i];
	return v;
}

static uint32_t be32(struct span s, size_t at)
{
	return (uint32_t)number(s, at, 4, true);
}

static uint32_t le32(struct span s, size_t at)
{
	return (uint32_t)number(s, at, 4, false);
}

/* ---- headers ---- */

int rpm_header_parse(struct span blob, struct rpm_header *ret, struct err *e)
{
	uint32_t tags, bytes;

	if (blob.n < 8)
		return err_set(e, ERR_FORMAT, "a header of %zu bytes", blob.n);
	tags = be32(blob, 0);
	bytes = be32(blob, 4);
	if (tags == 0 || tags > TAGS_MAX || blob.n - 8 < (uint64_t)tags * ENTRY ||
		blob.n - 8 - tags * ENTRY < bytes)
		return err_set(e, ERR_FORMAT, "a header of %u tags and %u bytes in %zu bytes", tags,
			bytes, blob.n);
	ret->index = span_from(blob.p + 8, (size_t)tags * ENTRY);
	ret->data = span_from(blob.p + 8 + (size_t)tags * ENTRY, bytes);
	return 0;
}

struct entry {
	uint32_t type, count;
	struct span data; /* from where it begins to the end of all */
};

static bool find(const struct rpm_header *h, enum rpm_tag tag, struct entry *ret)
{
	for (size_t at = 0; at < h->index.n; at += ENTRY) {
		uint32_t offset = be32(h->index, at + 8);

		if (be32(h->index, at) != (uint32_t)tag)
			continue;
		if (offset >= h->data.n)
			return false;
		ret->type = be32(h->index, at + 4);
		ret->count = be32(h->index, at + 12);
		ret->data = span_from_offset(h->data, offset);
		return true;
	}
	return false;
}

static bool is_text(uint32_t type)
{
	return type == TYPE_STRING || type == TYPE_STRINGS || type == TYPE_I18N;
}

/* The string in front; false when it does not end. */
static bool cut_string(struct span *rest, struct span *ret)
{
	const char *end = rest->n ? memchr(rest->p, '\0', rest->n) : NULL;

	if (!end)
		return false;
	*ret = span_from(rest->p, (size_t)(end - rest->p));
	*rest = span_from_offset(*rest, ret->n + 1);
	return true;
}

struct span rpm_text(const struct rpm_header *h, enum rpm_tag tag)
{
	struct span text = SPAN_NONE;
	struct entry x;

	if (!find(h, tag, &x) || !is_text(x.type) || !cut_string(&x.data, &text))
		return SPAN_NONE;
	return text;
}

struct span *rpm_texts(const struct rpm_header *h, enum rpm_tag tag, struct arena *a, size_t *ret_n)
{
	struct span *list;
	struct entry x;

	*ret_n = 0;
	if (!find(h, tag, &x) || !is_text(x.type) || x.count > x.data.n || x.count > STRINGS_MAX)
		return NULL;
	list = arena_get(a, (x.count + (size_t)1) * sizeof *list);
	for (uint32_t i = 0; i < x.count; i++)
		if (!cut_string(&x.data, &list[i]))
			return NULL;
	*ret_n = x.count;
	return list;
}

/* Of one item; 0: of no fixed width. */
static size_t width(uint32_t type)
{
	switch (type) {
	case TYPE_CHAR:
	case TYPE_INT8:
	case TYPE_BIN:
		return 1;
	case TYPE_INT16:
		return 2;
	case TYPE_INT32:
		return 4;
	case TYPE_INT64:
		return 8;
	default:
		return 0;
	}
}

struct rpm_numbers rpm_numbers(const struct rpm_header *h, enum rpm_tag tag)
{
	struct rpm_numbers r = { 0 };
	struct entry x;

	if (!find(h, tag, &x) || width(x.type) == 0)
		return r;
	r.data = x.data;
	r.width = width(x.type);
	r.n = x.count < x.data.n / r.width ? x.count : x.data.n / r.width;
	return r;
}

bool rpm_number_at(const struct rpm_numbers *x, size_t i, uint64_t *ret)
{
	if (i >= x->n)
		return false;
	*ret = number(x->data, i * x->width, x->width, true);
	return true;
}

bool rpm_number(const struct rpm_header *h, enum rpm_tag tag, uint64_t *ret)
{
	struct rpm_numbers x = rpm_numbers(h, tag);

	return rpm_number_at(&x, 0, ret);
}

struct span rpm_bytes(const struct rpm_header *h, enum rpm_tag tag)
{
	struct span rest, text;
	struct entry x;
	size_t n;

	if (!find(h, tag, &x))
		return SPAN_NONE;
	n = width(x.type);
	if (n)
		return span_from(x.data.p, x.count <= x.data.n / n ? x.count * n : x.data.n);
	rest = x.data;
	for (uint32_t i = 0; i < x.count && cut_string(&rest, &text); i++)
		;
	return span_from(x.data.p, (size_t)(rest.p - x.data.p));
}

/* ---- signatures ---- */

enum pgp {
	PGP_SIGNATURE = 2,
	PGP_ISSUER = 16,
	PGP_FINGERPRINT = 33,
};

static bool cut_number(struct span *rest, size_t n, size_t *ret)
{
	if (rest->n < n)
		return false;
	*ret = (size_t)number(*rest, 0, n, true);
	*rest = span_from_offset(*rest, n);
	return true;
}

static bool cut_bytes(struct span *rest, size_t n, struct span *ret)
{
	if (rest->n < n)
		return false;
	*ret = span_from(rest->p, n);
	*rest = span_from_offset(*rest, n);
	return true;
}

/* A length of one, two or five bytes. two: the first byte from which it is five. */
static bool cut_length(struct span *rest, size_t two, size_t *ret)
{
	size_t first, second;

	if (!cut_number(rest, 1, &first))
		return false;
	*ret = first;
	if (first < 192)
		return true;
	if (first >= two)
		return first == 255 && cut_number(rest, 4, ret);
	if (!cut_number(rest, 1, &second))
		return false;
	*ret = ((first - 192) << 8) + second + 192;
	return true;
}

static bool cut_signature(struct span *rest, struct span *ret)
{
	size_t tag, n;

	if (!cut_number(rest, 1, &tag) || !(tag & 0x80))
		return false;
	if (tag & 0x40) {
		tag &= 0x3f;
		if (!cut_length(rest, 224, &n))
			return false;
	} else {
		if ((tag & 3) == 3 || !cut_number(rest, (size_t)1 << (tag & 3), &n))
			return false;
		tag = tag >> 2 & 15;
	}
	return tag == PGP_SIGNATURE && cut_bytes(rest, n, ret);
}

static bool find_issuer(struct span area, uint8_t ret[8])
{
	struct span one;
	size_t n, type;

	while (cut_length(&area, 255, &n) && cut_bytes(&area, n, &one) &&
		cut_number(&one, 1, &type)) {
		type &= 0x7f;
		if (type == PGP_ISSUER && one.n == 8) {
			memcpy(ret, one.p, 8);
			return true;
		}
		if (type == PGP_FINGERPRINT && one.n == 21) { /* version 4: the id is its end */
			memcpy(ret, one.p + 13, 8);
			return true;
		}
	}
	return false;
}

bool pgp_signer(struct span packet, uint8_t ret[8])
{
	struct span body, area;
	size_t n;

	if (!cut_signature(&packet, &body) || body.n < 15)
		return false;
	if (body.p[0] == 3) {
		memcpy(ret, body.p + 7, 8);
		return true;
	}
	if (body.p[0] != 4)
		return false;
	body = span_from_offset(body, 4);
	for (unsigned i = 0; i < 2; i++) /* what is signed, too, and what is not */
		if (!cut_number(&body, 2, &n) || !cut_bytes(&body, n, &area))
			return false;
		else if (find_issuer(area, ret))
			return true;
	return false;
}

/* ---- ndb ---- */

#define NDB_PAGE 4096
#define NDB_UNIT 16
#define NDB_PAGES_MAX 65536

int ndb_head(struct span head, uint64_t *ret_slots_end, struct err *e)
{
	uint32_t pages;

	if (head.n < NDB_HEAD || memcmp(head.p, "RpmP", 4) != 0)
		return err_set(e, ERR_FORMAT, "no database of packages");
	if (le32(head, 4) != 0)
		return err_set(e, ERR_FORMAT, "version %u of the format is not known",
			le32(head, 4));
	pages = le32(head, 12);
	if (pages == 0 || pages > NDB_PAGES_MAX)
		return err_set(e, ERR_FORMAT, "%u pages of slots", pages);
	*ret_slots_end = (uint64_t)pages * NDB_PAGE;
	return 0;
}

int ndb_slot(struct span slot, uint32_t *ret_number, uint64_t *ret_offset, struct err *e)
{
	if (slot.n < NDB_SLOT || memcmp(slot.p, "Slot", 4) != 0)
		return err_set(e, ERR_FORMAT, "a slot that is none");
	if (le32(slot, 8) == 0)
		return 0;
	if (le32(slot, 4) == 0)
		return err_set(e, ERR_FORMAT, "a slot of no package");
	*ret_number = le32(slot, 4);
	*ret_offset = (uint64_t)le32(slot, 8) * NDB_UNIT;
	return 1;
}

bool ndb_blob(struct span head, uint32_t number_wanted, uint32_t *ret_n)
{
	if (head.n < NDB_BLOB_HEAD || memcmp(head.p, "BlbS", 4) != 0 ||
		le32(head, 4) != number_wanted)
		return false;
	*ret_n = le32(head, 12);
	return true;
}

/* ---- Berkeley DB ---- */

#define BDB_MAGIC 0x061561u
#define BDB_TYPE_META 8
#define BDB_TYPE_HASH_OLD 2
#define BDB_TYPE_OVERFLOW 7
#define BDB_TYPE_HASH 13

enum bdb_item {
	ITEM_HERE = 1,
	ITEM_ELSEWHERE = 3,
};

int bdb_head(struct span head, struct bdb *ret, struct err *e)
{
	struct bdb b = { 0 };

	if (head.n < BDB_HEAD)
		return err_set(e, ERR_FORMAT, "no database: %zu bytes", head.n);
	b.big = number(head, 12, 4, true) == BDB_MAGIC;
	if (!b.big && number(head, 12, 4, false) != BDB_MAGIC)
		return err_set(e, ERR_FORMAT, "no Berkeley DB hash");
	b.page_bytes = (uint32_t)number(head, 20, 4, b.big);
	b.last_page = (uint32_t)number(head, 32, 4, b.big);
	if (b.page_bytes < 512 || b.page_bytes > 65536 || (b.page_bytes & (b.page_bytes - 1)) ||
		head.p[24] != 0 || head.p[25] != BDB_TYPE_META)
		return err_set(e, ERR_FORMAT, "a Berkeley DB that is encrypted or damaged");
	*ret = b;
	return 0;
}

static uint16_t get16(const struct bdb *b, struct span page, size_t at)
{
	return (uint16_t)number(page, at, 2, b->big);
}

static uint32_t get32(const struct bdb *b, struct span page, size_t at)
{
	return (uint32_t)number(page, at, 4, b->big);
}

int bdb_pairs(const struct bdb *b, struct span page, size_t *ret_n, struct err *e)
{
	size_t items;

	*ret_n = 0;
	if (page.n < b->page_bytes ||
		(page.p[25] != BDB_TYPE_HASH && page.p[25] != BDB_TYPE_HASH_OLD))
		return 0;
	items = get16(b, page, 20);
	if (items > (b->page_bytes - BDB_PAGE_HEAD) / 2u || items % 2)
		return err_set(e, ERR_FORMAT, "a page of %zu items", items);
	*ret_n = items / 2;
	return 0;
}

/* Items are stored from the end of the page towards its front: one ends where the one before it
 * begins. */
static bool item(const struct bdb *b, struct span page, size_t i, struct span *ret)
{
	size_t from = get16(b, page, BDB_PAGE_HEAD + 2 * i);
	size_t to = i ? get16(b, page, BDB_PAGE_HEAD + 2 * (i - 1)) : b->page_bytes;

	if (from < BDB_PAGE_HEAD || from >= to || to > b->page_bytes)
		return false;
	*ret = span_from(page.p + from, to - from);
	return true;
}

int bdb_pair(const struct bdb *b, struct span page, size_t i, struct bdb_value *ret, struct err *e)
{
	struct bdb_value v = { 0 };
	struct span key, value;

	if (!item(b, page, 2 * i, &key) || !item(b, page, 2 * i + 1, &value) || key.n != 5 ||
		key.p[0] != ITEM_HERE)
		return err_set(e, ERR_FORMAT, "a pair that is none");
	if (get32(b, key, 1) == 0)
		return 0;
	if (value.p[0] == ITEM_HERE) {
		v.here = span_from_offset(value, 1);
		v.n = (uint32_t)v.here.n;
	} else if (value.p[0] == ITEM_ELSEWHERE && value.n >= 12) {
		v.page = get32(b, value, 4);
		v.n = get32(b, value, 8);
	}
	if (v.n == 0)
		return err_set(e, ERR_FORMAT, "a pair without a value");
	*ret = v;
	return 1;
}

bool bdb_overflow(const struct bdb *b, struct span page, struct span *ret, uint32_t *ret_next)
{
	size_t n;

	if (page.n < b->page_bytes || page.p[25] != BDB_TYPE_OVERFLOW)
		return false;
	n = get16(b, page, 22);
	if (n > b->page_bytes - BDB_PAGE_HEAD)
		return false;
	*ret = span_from(page.p + BDB_PAGE_HEAD, n);
	*ret_next = get32(b, page, 16);
	return true;
}
