#include "core/cbor.h"

#include "core/utf8.h"

enum { SIMPLE_FALSE = 20, SIMPLE_TRUE = 21, SIMPLE_NULL = 22 };

/* ---- writer ---- */

static void put_head(struct buf *b, enum cbor_type type, uint64_t n)
{
	char head[CBOR_HEAD_MAX];

	buf_add(b, head, (size_t)(cbor_head(head, type, n) - head));
}

void cbor_put_uint(struct buf *b, uint64_t n)
{
	put_head(b, CBOR_UINT, n);
}

void cbor_put_int(struct buf *b, int64_t n)
{
	if (n < 0)
		put_head(b, CBOR_NEGATIVE, ~(uint64_t)n);
	else
		put_head(b, CBOR_UINT, (uint64_t)n);
}

void cbor_put_bytes(struct buf *b, struct span s)
{
	put_head(b, CBOR_BYTES, s.n);
	buf_add_span(b, s);
}

void cbor_put_text(struct buf *b, struct span s)
{
	put_head(b, CBOR_TEXT, s.n);
	buf_add_span(b, s);
}

void cbor_put_bool(struct buf *b, bool yes)
{
	put_head(b, CBOR_SIMPLE, yes ? SIMPLE_TRUE : SIMPLE_FALSE);
}

void cbor_put_null(struct buf *b)
{
	put_head(b, CBOR_SIMPLE, SIMPLE_NULL);
}

void cbor_put_array(struct buf *b, uint64_t n)
{
	put_head(b, CBOR_ARRAY, n);
}

void cbor_put_map(struct buf *b, uint64_t n)
{
	put_head(b, CBOR_MAP, n);
}

/* ---- reader ---- */

static const char *const type_names[] = { "a number", "a negative number", "bytes", "a text",
	"an array", "a map", "a tag", "a simple value" };

struct head {
	unsigned type;
	uint64_t n;
	const char *behind;
};

static int get_argument(const struct cbor *c, unsigned info, struct head *ret, struct err *e)
{
	static const uint64_t least[] = { 24, UINT8_MAX + 1, UINT16_MAX + 1,
		(uint64_t)UINT32_MAX + 1 };
	size_t bytes = (size_t)1 << (info - 24);
	uint64_t n = 0;

	if (info > 27)
		return err_set(e, ERR_FORMAT, "CBOR: an item of indefinite or reserved length");
	if ((size_t)(c->end - c->p) < bytes + 1)
		return err_set(e, ERR_FORMAT, "CBOR: ends inside an item");
	for (size_t i = 1; i <= bytes; i++)
		n = n << 8 | (unsigned char)c->p[i];
	if (n < least[info - 24])
		return err_set(e, ERR_FORMAT, "CBOR: a number is not in its shortest form");
	ret->n = n;
	ret->behind = c->p + 1 + bytes;
	return 0;
}

/* What follows a head must be able to fit in the bytes that are left: no count is believed that
 * they cannot hold. */
static int check_room(const struct cbor *c, const struct head *h, struct err *e)
{
	uint64_t left = (uint64_t)(c->end - h->behind);
	bool fits = true;

	switch (h->type) {
	case CBOR_BYTES:
	case CBOR_TEXT:
	case CBOR_ARRAY:
		fits = h->n <= left;
		break;
	case CBOR_MAP:
		fits = h->n <= left / 2;
		break;
	default:
		break;
	}
	if (!fits)
		return err_set(e, ERR_FORMAT, "CBOR: ends inside %s", type_names[h->type]);
	return 0;
}

static int get_bare_head(const struct cbor *c, struct head *ret, struct err *e)
{
	struct head h;
	unsigned char first;
	int rc;

	if (c->p == c->end)
		return err_set(e, ERR_FORMAT, "CBOR: ends where an item was expected");
	first = (unsigned char)*c->p;
	h = (struct head){ first >> 5, first & 31, c->p + 1 };
	if (h.type == 6)
		return err_set(e, ERR_FORMAT, "CBOR: a tag, which we do not use");
	if (h.type == CBOR_SIMPLE && (h.n < SIMPLE_FALSE || h.n > SIMPLE_NULL))
		return err_set(e, ERR_FORMAT, "CBOR: a simple value that we do not use");
	if (h.n >= 24) {
		rc = get_argument(c, first & 31, &h, e);
		if (rc < 0)
			return rc;
	}
	*ret = h;
	return 0;
}

static int get_head(const struct cbor *c, struct head *ret, struct err *e)
{
	struct head h;
	int rc = get_bare_head(c, &h, e);

	if (rc == 0)
		rc = check_room(c, &h, e);
	if (rc < 0)
		return rc;
	*ret = h;
	return 0;
}

static int check_type(const struct head *h, enum cbor_type type, struct err *e)
{
	if (h->type != (unsigned)type)
		return err_set(e, ERR_FORMAT, "CBOR: %s where %s was expected", type_names[h->type],
			type_names[type]);
	return 0;
}

static int expect(const struct cbor *c, enum cbor_type type, struct head *ret, struct err *e)
{
	struct head h;
	int rc = get_head(c, &h, e);

	if (rc == 0)
		rc = check_type(&h, type, e);
	if (rc < 0)
		return rc;
	*ret = h;
	return 0;
}

/* ---- most items: a small number, a short string ---- */

/* What is not one of these is left to the whole reader, which also says what is wrong. */
static bool get_small(struct cbor *c, uint64_t *ret)
{
	unsigned char first;

	if (c->p == c->end)
		return false;
	first = (unsigned char)*c->p;
	if (first >= 24)
		return false;
	c->p++;
	*ret = first;
	return true;
}

static bool get_short(struct cbor *c, struct span *ret)
{
	size_t left = (size_t)(c->end - c->p), n, head = 1;
	unsigned char first;

	if (left < 2)
		return false;
	first = (unsigned char)*c->p;
	if (first < CBOR_BYTES << 5 || first > (CBOR_BYTES << 5 | 24))
		return false;
	n = first & 31;
	if (n == 24) {
		n = (unsigned char)c->p[1];
		head = 2;
	}
	if ((head == 2 && n < 24) || n > left - head)
		return false;
	*ret = (struct span){ c->p + head, n };
	c->p += head + n;
	return true;
}

/* ---- any item ---- */

int cbor_get_head(struct cbor *c, enum cbor_type type, uint64_t *ret, struct err *e)
{
	struct head h;
	int rc = get_bare_head(c, &h, e);

	if (rc == 0)
		rc = check_type(&h, type, e);
	if (rc < 0)
		return rc;
	c->p = h.behind;
	*ret = h.n;
	return 0;
}

static int check_utf8(struct span s, struct err *e)
{
	uint32_t character;

	while (s.n) {
		size_t n = utf8_next(s, &character);

		if (n == 0)
			return err_set(e, ERR_FORMAT, "CBOR: a text is not UTF-8");
		s = span_from_offset(s, n);
	}
	return 0;
}

int cbor_finish(const struct cbor *c, struct err *e)
{
	if (c->p != c->end)
		return err_set(e, ERR_FORMAT, "CBOR: %zu bytes too many", (size_t)(c->end - c->p));
	return 0;
}

int cbor_peek(const struct cbor *c, struct err *e)
{
	struct head h;
	int rc = get_head(c, &h, e);

	return rc < 0 ? rc : (int)h.type;
}

int cbor_get_uint(struct cbor *c, uint64_t *ret, struct err *e)
{
	struct head h;
	int rc;

	if (get_small(c, ret))
		return 0;
	rc = expect(c, CBOR_UINT, &h, e);
	if (rc < 0)
		return rc;
	c->p = h.behind;
	*ret = h.n;
	return 0;
}

int cbor_get_int(struct cbor *c, int64_t *ret, struct err *e)
{
	struct head h;
	int rc = get_head(c, &h, e);

	if (rc < 0)
		return rc;
	if (h.type != CBOR_UINT && h.type != CBOR_NEGATIVE)
		return err_set(e, ERR_FORMAT, "CBOR: %s where a number was expected",
			type_names[h.type]);
	if (h.n > INT64_MAX)
		return err_set(e, ERR_FORMAT, "CBOR: a number is too large");
	c->p = h.behind;
	*ret = h.type == CBOR_UINT ? (int64_t)h.n : -1 - (int64_t)h.n;
	return 0;
}

int cbor_get_bytes(struct cbor *c, struct span *ret, struct err *e)
{
	struct head h;
	int rc;

	if (get_short(c, ret))
		return 0;
	rc = expect(c, CBOR_BYTES, &h, e);
	if (rc < 0)
		return rc;
	c->p = h.behind + h.n;
	*ret = (struct span){ h.behind, h.n };
	return 0;
}

int cbor_get_text(struct cbor *c, struct span *ret, struct err *e)
{
	struct head h;
	int rc = expect(c, CBOR_TEXT, &h, e);

	if (rc < 0)
		return rc;
	rc = check_utf8((struct span){ h.behind, h.n }, e);
	if (rc < 0)
		return rc;
	c->p = h.behind + h.n;
	*ret = (struct span){ h.behind, h.n };
	return 0;
}

int cbor_get_bool(struct cbor *c, bool *ret, struct err *e)
{
	struct head h;
	int rc = expect(c, CBOR_SIMPLE, &h, e);

	if (rc < 0)
		return rc;
	if (h.n == SIMPLE_NULL)
		return err_set(e, ERR_FORMAT, "CBOR: null where true or false was expected");
	c->p = h.behind;
	*ret = h.n == SIMPLE_TRUE;
	return 0;
}

int cbor_get_null(struct cbor *c, struct err *e)
{
	struct head h;
	int rc = expect(c, CBOR_SIMPLE, &h, e);

	if (rc < 0)
		return rc;
	if (h.n != SIMPLE_NULL)
		return err_set(e, ERR_FORMAT, "CBOR: true or false where null was expected");
	c->p = h.behind;
	return 0;
}

int cbor_get_array(struct cbor *c, uint64_t *ret, struct err *e)
{
	struct head h;
	int rc = expect(c, CBOR_ARRAY, &h, e);

	if (rc < 0)
		return rc;
	c->p = h.behind;
	*ret = h.n;
	return 0;
}

int cbor_get_map(struct cbor *c, struct cbor_map *ret, struct err *e)
{
	struct head h;
	int rc = expect(c, CBOR_MAP, &h, e);

	if (rc < 0)
		return rc;
	c->p = h.behind;
	*ret = (struct cbor_map){ h.n, SPAN_NONE };
	return 0;
}

static int skip(struct cbor *c, unsigned depth, struct span *ret, struct err *e);

static int next_key(struct cbor *c, struct cbor_map *m, unsigned depth, struct err *e)
{
	struct cbor at = *c;
	struct span key;
	int rc;

	if (m->left == 0)
		return 0;
	rc = skip(&at, depth, &key, e);
	if (rc < 0)
		return rc;
	if (m->last.p && span_compare(m->last, key) >= 0)
		return err_set(e, ERR_FORMAT, "CBOR: keys of a map are not in order");
	m->last = key;
	m->left--;
	return 1;
}

int cbor_next_key(struct cbor *c, struct cbor_map *m, struct err *e)
{
	return next_key(c, m, 1, e);
}

static int skip_map(struct cbor *c, unsigned depth, struct err *e)
{
	struct cbor_map m;
	int rc = cbor_get_map(c, &m, e);

	while (rc >= 0 && (rc = next_key(c, &m, depth + 1, e)) == 1) {
		rc = skip(c, depth + 1, NULL, e);
		if (rc == 0)
			rc = skip(c, depth + 1, NULL, e);
	}
	return rc;
}

static int skip_array(struct cbor *c, unsigned depth, struct err *e)
{
	uint64_t n = 0;
	int rc = cbor_get_array(c, &n, e);

	while (rc == 0 && n-- > 0)
		rc = skip(c, depth + 1, NULL, e);
	return rc;
}

static int skip(struct cbor *c, unsigned depth, struct span *ret, struct err *e)
{
	const char *from = c->p;
	struct cbor at = *c;
	struct span s;
	struct head h;
	uint64_t n;
	int rc;

	if (depth > CBOR_DEPTH_MAX)
		return err_set(e, ERR_LIMIT, "CBOR: nested deeper than %d", CBOR_DEPTH_MAX);
	if (get_small(&at, &n) || get_short(&at, &s)) {
		*c = at;
		if (ret)
			*ret = (struct span){ from, (size_t)(at.p - from) };
		return 0;
	}
	rc = get_head(&at, &h, e);
	if (rc < 0)
		return rc;
	switch (h.type) {
	case CBOR_BYTES:
		rc = cbor_get_bytes(&at, &s, e);
		break;
	case CBOR_TEXT:
		rc = cbor_get_text(&at, &s, e);
		break;
	case CBOR_ARRAY:
		rc = skip_array(&at, depth, e);
		break;
	case CBOR_MAP:
		rc = skip_map(&at, depth, e);
		break;
	default:
		at.p = h.behind;
		break;
	}
	if (rc < 0)
		return rc;
	*c = at;
	if (ret)
		*ret = (struct span){ from, (size_t)(at.p - from) };
	return 0;
}

int cbor_skip(struct cbor *c, struct span *ret, struct err *e)
{
	return skip(c, 1, ret, e);
}
