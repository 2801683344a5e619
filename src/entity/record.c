#include "entity/record.h"

#include "core/cbor.h"

struct record *record_new(struct arena *a, const struct kind *k)
{
	struct record *r = arena_get(a, sizeof(*r));

	r->kind = k;
	return r;
}

static bool holds_bytes(enum field_type t)
{
	return t == FIELD_TEXT || t == FIELD_DIGEST || t == FIELD_MAP || t == FIELD_LIST;
}

/* The lowest field of a set that is not empty. */
static unsigned first_of(uint64_t set)
{
	return (unsigned)__builtin_ctzll(set);
}

struct record *record_copy(struct arena *a, const struct record *r)
{
	struct record *c = record_new(a, r->kind);

	c->key = arena_copy(a, r->key);
	c->has = r->has;
	for (uint64_t set = r->has; set; set &= set - 1) {
		unsigned i = first_of(set);

		c->v[i] = r->v[i];
		if (holds_bytes(r->kind->fields[i].type))
			c->v[i].bytes = arena_copy(a, r->v[i].bytes);
	}
	return c;
}

/* ---- encoding: hot, once per file of a host; room is taken once, for all fields ---- */

static char *put_bytes(char *p, struct span s)
{
	p = cbor_head(p, CBOR_BYTES, s.n);
	if (s.n)
		memcpy(p, s.p, s.n);
	return p + s.n;
}

static char *put_value(char *p, const struct field *f, const union value *v)
{
	switch (f->type) {
	case FIELD_TEXT:
	case FIELD_DIGEST:
	case FIELD_MAP:
	case FIELD_LIST:
		return put_bytes(p, v->bytes);
	case FIELD_TIME:
		if (v->time < 0)
			return cbor_head(p, CBOR_NEGATIVE, ~(uint64_t)v->time);
		return cbor_head(p, CBOR_UINT, (uint64_t)v->time);
	default:
		return cbor_head(p, CBOR_UINT, v->number);
	}
}

static void encode(const struct record *r, bool local, struct buf *ret)
{
	const struct field *fields = r->kind->fields;
	uint64_t chosen = 0, n = 0;
	size_t room = CBOR_HEAD_MAX;
	char *p;

	for (uint64_t set = r->has; set; set &= set - 1) {
		unsigned i = first_of(set);

		if (((fields[i].flags & FIELD_LOCAL) != 0) != local)
			continue;
		chosen |= field_bit(i);
		n++;
		room += 2 + CBOR_HEAD_MAX;
		if (holds_bytes(fields[i].type))
			room += r->v[i].bytes.n;
	}
	p = buf_room(ret, room);
	if (!p)
		return;
	p = cbor_head(p, CBOR_MAP, n);
	for (uint64_t set = chosen; set; set &= set - 1) {
		unsigned i = first_of(set);

		p = cbor_head(p, CBOR_UINT, i);
		p = put_value(p, &fields[i], &r->v[i]);
	}
	ret->n = (size_t)(p - ret->p);
}

void record_encode_shared(const struct record *r, struct buf *ret)
{
	encode(r, false, ret);
}

void record_encode_local(const struct record *r, struct buf *ret)
{
	encode(r, true, ret);
}

/* ---- decoding ---- */

/* FIELD_MAP holds a canonical map of byte strings; who shows it need not check it again. */
static int check_map(struct span s, struct err *e)
{
	struct cbor c = cbor_of(s);
	struct cbor_map m;
	struct span part;
	int rc = cbor_get_map(&c, &m, e);

	while (rc >= 0 && (rc = cbor_next_key(&c, &m, e)) == 1) {
		rc = cbor_get_bytes(&c, &part, e);
		if (rc == 0)
			rc = cbor_get_bytes(&c, &part, e);
	}
	return rc < 0 ? rc : cbor_finish(&c, e);
}

static int check_list(struct span s, struct err *e)
{
	struct cbor c = cbor_of(s);
	struct span item;
	uint64_t n;
	int rc = cbor_get_array(&c, &n, e);

	while (rc == 0 && n-- > 0)
		rc = cbor_get_bytes(&c, &item, e);
	return rc < 0 ? rc : cbor_finish(&c, e);
}

static int check_flag(const struct field *f, uint64_t n, struct err *e)
{
	if (n <= 1)
		return 0;
	return err_set(e, ERR_FORMAT, "field '%s' is neither true nor false", f->name);
}

static int check_choice(const struct field *f, uint64_t n, struct err *e)
{
	for (uint64_t i = 0; f->names[i]; i++)
		if (i == n)
			return 0;
	return err_set(e, ERR_VERSION, "field '%s' has a value of a newer format", f->name);
}

static int get_value(struct cbor *c, const struct field *f, union value *ret, struct err *e)
{
	int rc;

	switch (f->type) {
	case FIELD_TEXT:
	case FIELD_DIGEST:
		return cbor_get_bytes(c, &ret->bytes, e);
	case FIELD_MAP:
		rc = cbor_get_bytes(c, &ret->bytes, e);
		return rc < 0 ? rc : check_map(ret->bytes, e);
	case FIELD_LIST:
		rc = cbor_get_bytes(c, &ret->bytes, e);
		return rc < 0 ? rc : check_list(ret->bytes, e);
	case FIELD_FLAG:
		rc = cbor_get_uint(c, &ret->number, e);
		return rc < 0 ? rc : check_flag(f, ret->number, e);
	case FIELD_TIME:
		return cbor_get_int(c, &ret->time, e);
	case FIELD_CHOICE:
		rc = cbor_get_uint(c, &ret->number, e);
		return rc < 0 ? rc : check_choice(f, ret->number, e);
	default:
		return cbor_get_uint(c, &ret->number, e);
	}
}

/* Ascending numbers are ascending encodings: cheaper to check here than by cbor_next_key. */
static int get_field(struct cbor *c, bool local, struct record *r, uint64_t *next, struct err *e)
{
	const struct kind *k = r->kind;
	const struct field *f;
	uint64_t i = 0;
	int rc = cbor_get_uint(c, &i, e);

	if (rc < 0)
		return rc;
	if (i < *next)
		return err_set(e, ERR_FORMAT, "fields of a record are not in order");
	*next = i + 1;
	if (i >= k->n_fields)
		return err_set(e, ERR_VERSION, "field %llu of kind '%s' is of a newer format",
			(unsigned long long)i, k->name);
	f = &k->fields[i];
	if (((f->flags & FIELD_LOCAL) != 0) != local)
		return err_set(e, ERR_FORMAT, "field '%s' is on the wrong side", f->name);
	rc = get_value(c, f, &r->v[i], e);
	if (rc == 0)
		r->has |= field_bit((unsigned)i);
	return rc;
}

static int decode(struct span s, bool local, struct record *r, struct err *e)
{
	struct cbor c = cbor_of(s);
	struct cbor_map m;
	uint64_t next = 0;
	int rc;

	if (s.n == 0)
		return 0;
	rc = cbor_get_map(&c, &m, e);
	while (rc == 0 && m.left-- > 0)
		rc = get_field(&c, local, r, &next, e);
	return rc < 0 ? rc : cbor_finish(&c, e);
}

int record_decode(struct span shared, struct span local, struct record *ret, struct err *e)
{
	int rc;

	ret->has = 0;
	rc = decode(shared, false, ret, e);
	return rc < 0 ? rc : decode(local, true, ret, e);
}

/* ---- comparing ---- */

#define ABOUT_NS UINT64_C(2000000000)

static bool same_value(const struct field *f, const union value *a, const union value *b)
{
	if (holds_bytes(f->type))
		return span_same(a->bytes, b->bytes);
	if (f->type != FIELD_TIME)
		return a->number == b->number;
	if (f->flags & FIELD_ABOUT)
		return (a->time > b->time ? (uint64_t)a->time - (uint64_t)b->time
					  : (uint64_t)b->time - (uint64_t)a->time) <= ABOUT_NS;
	return a->time == b->time;
}

uint64_t record_diff(const struct record *was, const struct record *is)
{
	uint64_t differ = was->has ^ is->has;

	for (uint64_t set = was->has & is->has; set; set &= set - 1) {
		unsigned i = first_of(set);

		if (!same_value(&was->kind->fields[i], &was->v[i], &is->v[i]))
			differ |= field_bit(i);
	}
	return differ;
}

/* The fields that a kind's derived ones follow from, of those that are watched: its digests if it
 * has any, else everything. */
static uint64_t followed(const struct kind *k, uint64_t watched)
{
	uint64_t digests = 0;

	for (unsigned i = 0; i < k->n_fields; i++)
		if (k->fields[i].type == FIELD_DIGEST && !(k->fields[i].flags & FIELD_DERIVED))
			digests |= field_bit(i);
	return (digests ? digests : ~UINT64_C(0)) & watched;
}

/* Of the differences, those that follow from another. */
static uint64_t caused(const struct record *was, const struct record *is, uint64_t differ)
{
	uint64_t effects = kind_fields_with(was->kind, FIELD_EFFECT);

	if (!(differ & effects))
		return 0;
	if (differ & kind_fields_with(was->kind, FIELD_CAUSE))
		return effects;
	return effects & ~(was->has & is->has);
}

static bool next_pair(struct cbor *c, struct cbor_map *m, struct span *ret_name,
	struct span *ret_value)
{
	struct err e;

	return cbor_next_key(c, m, &e) == 1 && cbor_get_bytes(c, ret_name, &e) == 0 &&
	       cbor_get_bytes(c, ret_value, &e) == 0;
}

/* Of two rows of a table: do the columns that both have hold the same? Both are in the order of
 * encoded names: the shorter one first. */
static bool same_columns(struct span was, struct span is)
{
	struct cbor a = cbor_of(was), b = cbor_of(is);
	struct cbor_map m, n;
	struct span name, value, other_name, other;
	bool more;
	struct err e;

	if (cbor_get_map(&a, &m, &e) < 0 || cbor_get_map(&b, &n, &e) < 0)
		return false;
	more = next_pair(&a, &m, &name, &value) && next_pair(&b, &n, &other_name, &other);
	while (more) {
		int order = name.n != other_name.n ? (name.n < other_name.n ? -1 : 1)
						   : span_compare(name, other_name);

		if (order == 0 && !span_same(value, other))
			return false;
		if (order <= 0)
			more = next_pair(&a, &m, &name, &value);
		if (more && order >= 0)
			more = next_pair(&b, &n, &other_name, &other);
	}
	return true;
}

/* Of the differences, those that are columns alone. */
static uint64_t columns_only(const struct record *was, const struct record *is, uint64_t differ)
{
	uint64_t tables = kind_fields_with(was->kind, FIELD_TABLE) & differ & was->has & is->has;
	uint64_t ret = 0;

	for (uint64_t set = tables; set; set &= set - 1) {
		unsigned i = first_of(set);

		if (same_columns(was->v[i].bytes, is->v[i].bytes))
			ret |= field_bit(i);
	}
	return ret;
}

uint64_t record_changes(const struct record *was, const struct record *is, uint64_t watched)
{
	const struct kind *k = was->kind;
	uint64_t differ = record_diff(was, is);
	uint64_t derived, source;

	if (!differ)
		return 0;
	differ &= ~kind_fields_with(k, FIELD_VOLATILE);
	differ &= ~caused(was, is, differ);
	differ &= ~columns_only(was, is, differ);
	derived = kind_fields_with(k, FIELD_DERIVED);
	source = followed(k, watched & ~derived);
	if (!source || (differ & source))
		return differ & watched & ~derived;
	return differ & (watched | derived);
}
