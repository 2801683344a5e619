#include "change/change.h"

#include <stddef.h>

#include "core/cbor.h"

const char *const record_type_names[] = { "change", "gap", "loss", "repair", "decision", "coverage",
	"note", NULL };
_Static_assert(ARRAY_LEN(record_type_names) == RECORD_TYPE_N + 1, "every record_type has a name");

const char *const change_type_names[] = { "created", "updated", "deleted", "renamed", NULL };
_Static_assert(ARRAY_LEN(change_type_names) == CHANGE_TYPE_N + 1, "every change_type has a name");

const char *const observed_names[] = { "realtime", "scan", "recovered", "startup", NULL };
_Static_assert(ARRAY_LEN(observed_names) == OBSERVED_N + 1, "every way to observe has a name");

const char *const verdict_names[] = { "unexplained", "explained", "cosmetic", NULL };
_Static_assert(ARRAY_LEN(verdict_names) == VERDICT_N + 1, "every verdict_state has a name");

/* How a member is written. */
enum form {
	FORM_UINT,   /* uint64_t */
	FORM_TIME,   /* int64_t */
	FORM_BOOL,   /* bool */
	FORM_CHOICE, /* an enum below `limit` */
	FORM_BYTES,  /* struct span */
	FORM_DIGEST, /* uint8_t[32] */
	FORM_KIND,   /* const struct kind *, as its id */
	FORM_TAGS,   /* array of bytes */
	FORM_RECORD, /* struct record *, as array [shared, local] */
	FORM_WHO,    /* const struct who *, as bytes of who_encode */
	FORM_N
};

struct row {
	unsigned char number; /* stored: never renumbered, ascending in a table */
	unsigned char form, limit;
	unsigned short offset; /* in struct ledger_record */
};

#define ROW(number, form, member) \
	{ \
		number, form, 0, offsetof(struct ledger_record, member) \
	}
#define CHOICE(number, limit, member) \
	{ \
		number, FORM_CHOICE, limit, offsetof(struct ledger_record, member) \
	}

/* Numbers 0 and 1 are every record's: its type, always written, and its time. */
static const struct row common[] = {
	CHOICE(0, RECORD_TYPE_N, type),
	ROW(1, FORM_TIME, time),
};

static const struct row change_rows[] = {
	ROW(2, FORM_KIND, change.kind),
	ROW(3, FORM_BYTES, change.key),
	CHOICE(4, CHANGE_TYPE_N, change.type),
	CHOICE(5, OBSERVED_N, change.observed),
	ROW(6, FORM_BYTES, change.old_key),
	ROW(7, FORM_UINT, change.fields),
	ROW(8, FORM_RECORD, change.was),
	ROW(9, FORM_RECORD, change.is),
	ROW(10, FORM_UINT, change.subtree),
	ROW(11, FORM_BYTES, change.rule),
	CHOICE(12, SEVERITY_N, change.severity),
	ROW(13, FORM_TAGS, change.tags),
	CHOICE(14, VERDICT_N, change.verdict),
	ROW(15, FORM_BYTES, change.card),
	ROW(16, FORM_BYTES, change.who_unknown),
	ROW(17, FORM_BYTES, change.proof.by),
	ROW(18, FORM_BYTES, change.proof.package),
	ROW(19, FORM_BYTES, change.proof.from),
	ROW(20, FORM_BYTES, change.proof.to),
	ROW(21, FORM_BYTES, change.proof.digest),
	ROW(22, FORM_BYTES, change.proof.strength),
	ROW(23, FORM_WHO, change.who),
	ROW(24, FORM_TIME, change.happened),
};

static const struct row gap_rows[] = {
	ROW(2, FORM_KIND, gap.kind),
	ROW(3, FORM_BYTES, gap.key),
	ROW(4, FORM_BOOL, gap.subtree),
	ROW(5, FORM_BYTES, gap.reason),
	ROW(6, FORM_BYTES, gap.text),
};

static const struct row decision_rows[] = {
	ROW(2, FORM_BYTES, decision.what),
	ROW(3, FORM_BYTES, decision.reason),
	ROW(4, FORM_BYTES, decision.by),
	ROW(5, FORM_BYTES, decision.selection),
	ROW(6, FORM_UINT, decision.items),
	ROW(7, FORM_DIGEST, decision.from_root),
	ROW(8, FORM_DIGEST, decision.to_root),
};

static const struct row coverage_rows[] = {
	ROW(2, FORM_BYTES, coverage.means),
	ROW(3, FORM_BYTES, coverage.scope),
	ROW(4, FORM_TIME, coverage.from),
	ROW(5, FORM_TIME, coverage.to),
	ROW(6, FORM_UINT, coverage.entities),
	ROW(7, FORM_UINT, coverage.bytes),
	ROW(8, FORM_UINT, coverage.gaps),
	ROW(9, FORM_UINT, coverage.changes),
	ROW(10, FORM_DIGEST, coverage.policy),
	ROW(11, FORM_DIGEST, coverage.root),
};

static const struct row note_rows[] = {
	ROW(2, FORM_BYTES, note.what),
	ROW(3, FORM_BYTES, note.text),
};

/* 2 and 3 were the only ones once. */
static const struct row loss_rows[] = {
	ROW(2, FORM_BYTES, loss.means),
	ROW(3, FORM_BYTES, loss.text),
	ROW(4, FORM_KIND, loss.kind),
	ROW(5, FORM_BYTES, loss.scope),
	ROW(6, FORM_TIME, loss.from),
	ROW(7, FORM_TIME, loss.to),
	ROW(8, FORM_UINT, loss.count),
};

static const struct row repair_rows[] = {
	ROW(3, FORM_BYTES, repair.text),
	ROW(4, FORM_UINT, repair.loss),
	ROW(5, FORM_TIME, repair.from),
	ROW(6, FORM_TIME, repair.to),
	ROW(7, FORM_UINT, repair.entities),
	ROW(8, FORM_UINT, repair.changes),
};

struct table {
	const struct row *rows;
	size_t n;
};

#define TABLE(rows) \
	{ \
		rows, ARRAY_LEN(rows) \
	}
static const struct table tables[RECORD_TYPE_N] = {
	[RECORD_CHANGE] = TABLE(change_rows),
	[RECORD_GAP] = TABLE(gap_rows),
	[RECORD_LOSS] = TABLE(loss_rows),
	[RECORD_REPAIR] = TABLE(repair_rows),
	[RECORD_DECISION] = TABLE(decision_rows),
	[RECORD_COVERAGE] = TABLE(coverage_rows),
	[RECORD_NOTE] = TABLE(note_rows),
};

/* ---- writing ---- */

static const void *member(const struct ledger_record *r, const struct row *row)
{
	return (const char *)r + row->offset;
}

static bool written(const struct ledger_record *r, const struct row *row)
{
	static const uint8_t zeroes[32];
	const void *p = member(r, row);

	switch ((enum form)row->form) {
	case FORM_UINT:
		return *(const uint64_t *)p != 0;
	case FORM_TIME:
		return *(const int64_t *)p != 0;
	case FORM_BOOL:
		return *(const bool *)p;
	case FORM_CHOICE:
		return *(const unsigned *)p != 0 || row->number == 0;
	case FORM_BYTES:
		return ((const struct span *)p)->n != 0;
	case FORM_DIGEST:
		return memcmp(p, zeroes, sizeof zeroes) != 0;
	case FORM_KIND:
	case FORM_RECORD:
	case FORM_WHO:
		return *(const void *const *)p != NULL;
	case FORM_TAGS:
		return r->change.n_tags != 0;
	case FORM_N:
		break;
	}
	return false;
}

static void put_record(struct buf *b, const struct record *r)
{
	AUTO(buf) bytes = BUF_INIT(b->max);

	cbor_put_array(b, 2);
	record_encode_shared(r, &bytes);
	cbor_put_bytes(b, buf_span(&bytes));
	buf_clear(&bytes);
	record_encode_local(r, &bytes);
	cbor_put_bytes(b, buf_span(&bytes));
	b->full = b->full || bytes.full;
}

static void put_who(struct buf *b, const struct who *w)
{
	AUTO(buf) bytes = BUF_INIT(b->max);

	who_encode(w, &bytes);
	cbor_put_bytes(b, buf_span(&bytes));
	b->full = b->full || bytes.full;
}

static void put_tags(struct buf *b, const struct change *c)
{
	cbor_put_array(b, c->n_tags);
	for (size_t i = 0; i < c->n_tags; i++)
		cbor_put_bytes(b, c->tags[i]);
}

static void put_member(struct buf *b, const struct ledger_record *r, const struct row *row)
{
	const void *p = member(r, row);

	cbor_put_uint(b, row->number);
	switch ((enum form)row->form) {
	case FORM_UINT:
		cbor_put_uint(b, *(const uint64_t *)p);
		break;
	case FORM_TIME:
		cbor_put_int(b, *(const int64_t *)p);
		break;
	case FORM_BOOL:
		cbor_put_bool(b, *(const bool *)p);
		break;
	case FORM_CHOICE:
		cbor_put_uint(b, *(const unsigned *)p);
		break;
	case FORM_BYTES:
		cbor_put_bytes(b, *(const struct span *)p);
		break;
	case FORM_DIGEST:
		cbor_put_bytes(b, (struct span){ p, 32 });
		break;
	case FORM_KIND:
		cbor_put_uint(b, (*(const struct kind *const *)p)->id);
		break;
	case FORM_TAGS:
		put_tags(b, &r->change);
		break;
	case FORM_RECORD:
		put_record(b, *(const struct record *const *)p);
		break;
	case FORM_WHO:
		put_who(b, *(const struct who *const *)p);
		break;
	case FORM_N:
		break;
	}
}

void ledger_record_encode(const struct ledger_record *r, struct buf *ret)
{
	const struct table parts[] = { TABLE(common), tables[r->type] };
	uint64_t n = 0;

	for (size_t t = 0; t < ARRAY_LEN(parts); t++)
		for (size_t i = 0; i < parts[t].n; i++)
			n += written(r, &parts[t].rows[i]);
	cbor_put_map(ret, n);
	for (size_t t = 0; t < ARRAY_LEN(parts); t++)
		for (size_t i = 0; i < parts[t].n; i++)
			if (written(r, &parts[t].rows[i]))
				put_member(ret, r, &parts[t].rows[i]);
}

/* ---- reading ---- */

#define TAGS_MAX 256

struct reader {
	struct cbor c;
	struct arena *arena;
	struct who_memo *whos; /* NULL: none */
	struct ledger_record *r;
};

static int get_choice(struct reader *d, const struct row *row, unsigned *ret, struct err *e)
{
	uint64_t n;

	if (cbor_get_uint(&d->c, &n, e) < 0)
		return e->code;
	if (n >= row->limit)
		return err_set(e, ERR_VERSION, "a ledger record has %llu under %u, we know %u",
			(unsigned long long)n, row->number, row->limit);
	*ret = (unsigned)n;
	return 0;
}

static int get_bytes(struct reader *d, struct span *ret, struct err *e)
{
	struct span s;

	if (cbor_get_bytes(&d->c, &s, e) < 0)
		return e->code;
	*ret = arena_copy(d->arena, s);
	return 0;
}

static int get_digest(struct reader *d, void *ret, struct err *e)
{
	struct span s;

	if (cbor_get_bytes(&d->c, &s, e) < 0)
		return e->code;
	if (s.n != 32)
		return err_set(e, ERR_FORMAT, "a digest of %zu bytes in a ledger record", s.n);
	memcpy(ret, s.p, 32);
	return 0;
}

static int get_kind(struct reader *d, const struct kind **ret, struct err *e)
{
	const struct kind *k;
	uint64_t id;

	if (cbor_get_uint(&d->c, &id, e) < 0)
		return e->code;
	k = id <= UINT8_MAX ? kind_by_id((uint8_t)id) : NULL;
	if (!k)
		return err_set(e, ERR_VERSION, "a ledger record of kind %llu, which we do not know",
			(unsigned long long)id);
	*ret = k;
	return 0;
}

static int get_tags(struct reader *d, struct change *ret, struct err *e)
{
	struct span *tags;
	uint64_t n;

	if (cbor_get_array(&d->c, &n, e) < 0)
		return e->code;
	if (n > TAGS_MAX)
		return err_set(e, ERR_LIMIT, "more than %d tags in a ledger record", TAGS_MAX);
	ret->tags = tags = arena_get(d->arena, (size_t)(n + 1) * sizeof *tags);
	for (ret->n_tags = 0; ret->n_tags < n; ret->n_tags++)
		if (get_bytes(d, &tags[ret->n_tags], e) < 0)
			return e->code;
	return 0;
}

static int get_record(struct reader *d, struct record **ret, struct err *e)
{
	struct span shared, local;
	struct record *r;
	uint64_t n;

	if (!d->r->change.kind)
		return err_set(e, ERR_FORMAT, "a ledger record has fields but no kind");
	if (cbor_get_array(&d->c, &n, e) < 0)
		return e->code;
	if (n != 2)
		return err_set(e, ERR_FORMAT, "a ledger record has fields in other than two parts");
	if (get_bytes(d, &shared, e) < 0 || get_bytes(d, &local, e) < 0)
		return e->code;
	r = record_new(d->arena, d->r->change.kind);
	if (record_decode(shared, local, r, e) < 0)
		return e->code;
	*ret = r;
	return 0;
}

static int get_who(struct reader *d, const struct who **ret, struct err *e)
{
	struct who *w;
	struct span bytes;

	if (cbor_get_bytes(&d->c, &bytes, e) < 0)
		return e->code;
	if (d->whos)
		return who_recall(d->whos, bytes, ret, e);
	w = arena_get(d->arena, sizeof *w);
	if (who_decode(arena_copy(d->arena, bytes), d->arena, w, e) < 0)
		return e->code;
	*ret = w;
	return 0;
}

static int get_member(struct reader *d, const struct row *row, struct err *e)
{
	void *p = (char *)d->r + row->offset;

	switch ((enum form)row->form) {
	case FORM_UINT:
		return cbor_get_uint(&d->c, p, e);
	case FORM_TIME:
		return cbor_get_int(&d->c, p, e);
	case FORM_BOOL:
		return cbor_get_bool(&d->c, p, e);
	case FORM_CHOICE:
		return get_choice(d, row, p, e);
	case FORM_BYTES:
		return get_bytes(d, p, e);
	case FORM_DIGEST:
		return get_digest(d, p, e);
	case FORM_KIND:
		return get_kind(d, p, e);
	case FORM_TAGS:
		return get_tags(d, &d->r->change, e);
	case FORM_RECORD:
		return get_record(d, p, e);
	case FORM_WHO:
		return get_who(d, p, e);
	case FORM_N:
		break;
	}
	return err_set(e, ERR_FORMAT, "a ledger record has no form %u", row->form);
}

static const struct row *find_row(const struct ledger_record *r, uint64_t number)
{
	const struct table *t = &tables[r->type];

	for (size_t i = 0; i < ARRAY_LEN(common); i++)
		if (common[i].number == number)
			return &common[i];
	for (size_t i = 0; i < t->n; i++)
		if (t->rows[i].number == number)
			return &t->rows[i];
	return NULL;
}

/* What every record of its type must have for its readers. */
static int complete(struct ledger_record *r, struct err *e)
{
	struct change *c = &r->change;

	if (r->type == RECORD_GAP && !r->gap.kind)
		return err_set(e, ERR_FORMAT, "a gap without a kind");
	if (r->type != RECORD_CHANGE)
		return 0;
	if (!c->kind)
		return err_set(e, ERR_FORMAT, "a change without a kind");
	if ((c->was == NULL) != (c->type == CHANGE_CREATED) ||
		(c->is == NULL) != (c->type == CHANGE_DELETED))
		return err_set(e, ERR_FORMAT, "a change without what was or what is");
	if (c->was)
		c->was->key = c->type == CHANGE_RENAMED ? c->old_key : c->key;
	if (c->is)
		c->is->key = c->key;
	return 0;
}

int ledger_record_decode(struct span body, struct arena *a, struct ledger_record *ret,
	struct err *e)
{
	return ledger_record_decode_next(body, a, NULL, ret, e);
}

int ledger_record_decode_next(struct span body, struct arena *a, struct who_memo *whos,
	struct ledger_record *ret, struct err *e)
{
	struct ledger_record r = { 0 };
	struct reader d = { cbor_of(body), a, whos, &r };
	struct cbor_map map;
	const struct row *row;
	uint64_t number;
	bool typed = false;
	int rc;

	if (cbor_get_map(&d.c, &map, e) < 0)
		return e->code;
	while ((rc = cbor_next_key(&d.c, &map, e)) > 0) {
		if (cbor_get_uint(&d.c, &number, e) < 0)
			return e->code;
		if (!typed && number != 0)
			return err_set(e, ERR_FORMAT, "a ledger record without a type");
		typed = true;
		row = find_row(&r, number);
		if (row ? get_member(&d, row, e) < 0 : cbor_skip(&d.c, NULL, e) < 0)
			return e->code;
	}
	if (rc < 0 || cbor_finish(&d.c, e) < 0)
		return e->code;
	if (!typed)
		return err_set(e, ERR_FORMAT, "a ledger record without a type");
	if (complete(&r, e) < 0)
		return e->code;
	*ret = r;
	return 0;
}
