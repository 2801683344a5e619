#include "core/cbor.h"
#include "core/sha256.h"
#include "store/store_db.h"

/* Each row is the CBOR array [seq, prev, body]; prev is the SHA-256 of the row before. */

static int damaged(uint64_t seq, const char *why, struct err *e)
{
	return err_set(e, ERR_DAMAGED, "ledger record %llu %s", (unsigned long long)seq, why);
}

/* The parts of a stored row, whose place says it is number seq. */
static int parse(struct span row, uint64_t seq, struct ledger_entry *ret, struct err *e)
{
	struct cbor c = cbor_of(row);
	struct span prev, body;
	uint64_t n = 0, own = 0;
	struct err why;
	int rc = cbor_get_array(&c, &n, &why);

	if (rc == 0)
		rc = cbor_get_uint(&c, &own, &why);
	if (rc == 0)
		rc = cbor_get_bytes(&c, &prev, &why);
	if (rc == 0)
		rc = cbor_skip(&c, &body, &why);
	if (rc == 0)
		rc = cbor_finish(&c, &why);
	if (rc < 0 || n != 3 || prev.n != DIGEST_BYTES)
		return damaged(seq, "is not what a ledger record looks like", e);
	if (own != seq)
		return damaged(seq, "carries the number of another one", e);
	ret->seq = seq;
	ret->body = body;
	memcpy(ret->prev, prev.p, DIGEST_BYTES);
	return 0;
}

/* Have s->seq and s->head; they stay valid while we are the writer in a transaction. */
static int know_head(struct store *s, struct err *e)
{
	sqlite3_stmt *q;
	int rc;

	if (s->head_known && s->in_transaction)
		return 0;
	q = sql_use(s, SQL_LEDGER_LAST, e);
	if (!q)
		return e->code;
	rc = sql_step(s, q, "read the ledger", e);
	s->seq = 0;
	memset(s->head, 0, sizeof(s->head));
	if (rc == 1) {
		struct span row = sql_bytes(q, 1);

		s->seq = (uint64_t)sqlite3_column_int64(q, 0);
		sha256_once(row.p, row.n, s->head);
	}
	sql_done(q);
	s->head_known = rc >= 0;
	return rc < 0 ? rc : 0;
}

int ledger_append(struct store *s, struct span body, uint64_t *ret_seq, struct err *e)
{
	AUTO(buf) row = BUF_INIT(BUF_MAX_DEFAULT);
	struct cbor c = cbor_of(body);
	sqlite3_stmt *q;
	int rc = store_write_check(s, e);

	if (rc == 0)
		rc = cbor_skip(&c, NULL, e);
	if (rc == 0)
		rc = cbor_finish(&c, e);
	if (rc == 0)
		rc = know_head(s, e);
	if (rc < 0)
		return rc;
	cbor_put_array(&row, 3);
	cbor_put_uint(&row, s->seq + 1);
	cbor_put_bytes(&row, span_from(s->head, DIGEST_BYTES));
	buf_add_span(&row, body);
	if (row.full)
		return err_set(e, ERR_LIMIT, "a ledger record has %zu bytes", body.n);
	q = sql_use(s, SQL_LEDGER_PUT, e);
	if (!q)
		return e->code;
	sqlite3_bind_int64(q, 1, (int64_t)(s->seq + 1));
	sql_bind(q, 2, buf_span(&row));
	rc = sql_write(s, q, "write the ledger", e);
	if (rc < 0)
		return rc;
	s->seq++;
	sha256_once(row.p, row.n, s->head);
	if (ret_seq)
		*ret_seq = s->seq;
	return 0;
}

static int64_t row_number(uint64_t n)
{
	return n > INT64_MAX ? INT64_MAX : (int64_t)n;
}

/* Each record that is read vouches for the one before it, whichever of the two comes first. */
struct link {
	bool any;
	uint8_t digest[DIGEST_BYTES]; /* forwards: of the row read last */
	uint8_t prev[DIGEST_BYTES];   /* backwards: what that row says of this one */
};

static int check_link(struct link *l, const struct ledger_entry *entry, struct span row,
	bool backwards, struct err *e)
{
	uint8_t digest[DIGEST_BYTES];
	bool holds;

	sha256_once(row.p, row.n, digest);
	holds = backwards ? memcmp(l->prev, digest, DIGEST_BYTES) == 0
			  : memcmp(l->digest, entry->prev, DIGEST_BYTES) == 0;
	if (l->any && !holds)
		return damaged(entry->seq + backwards, "does not follow from the one before it", e);
	l->any = true;
	memcpy(l->digest, digest, DIGEST_BYTES);
	memcpy(l->prev, entry->prev, DIGEST_BYTES);
	return 0;
}

int ledger_read(struct store *s, uint64_t from, uint64_t to, bool backwards,
	int (*each)(const struct ledger_entry *entry, void *ctx, struct err *e), void *ctx,
	struct err *e)
{
	/* An own statement, so that the callback may read the ledger, too. */
	static const char *const texts[] = {
		"SELECT seq, data FROM ledger WHERE seq BETWEEN ?1 AND ?2 ORDER BY seq",
		"SELECT seq, data FROM ledger WHERE seq BETWEEN ?1 AND ?2 ORDER BY seq DESC",
	};
	struct link link = { .any = false };
	struct ledger_entry entry;
	sqlite3_stmt *q = NULL;
	int rc;

	if (sqlite3_prepare_v2(s->db, texts[backwards], -1, &q, NULL) != SQLITE_OK)
		return sql_err(s, "read the ledger", e);
	sqlite3_bind_int64(q, 1, row_number(from));
	sqlite3_bind_int64(q, 2, row_number(to));
	while ((rc = sql_step(s, q, "read the ledger", e)) == 1) {
		struct span row = sql_bytes(q, 1);

		rc = parse(row, (uint64_t)sqlite3_column_int64(q, 0), &entry, e);
		if (rc == 0)
			rc = check_link(&link, &entry, row, backwards, e);
		if (rc == 0)
			rc = each(&entry, ctx, e);
		if (rc != 0)
			break;
	}
	sqlite3_finalize(q);
	return rc;
}

int ledger_last(struct store *s, uint64_t *ret_seq, uint8_t ret_head[DIGEST_BYTES], struct err *e)
{
	int rc = know_head(s, e);

	if (rc < 0)
		return rc;
	*ret_seq = s->seq;
	memcpy(ret_head, s->head, DIGEST_BYTES);
	return 0;
}

struct id {
	uint8_t *digest;
	bool any;
};

static int digest_first(const struct ledger_entry *entry, void *ctx, struct err *e)
{
	struct id *id = ctx;

	(void)e;
	sha256_once(entry->body.p, entry->body.n, id->digest);
	id->any = true;
	return 0;
}

int ledger_id(struct store *s, uint8_t ret[DIGEST_BYTES], bool *ret_any, struct err *e)
{
	struct id id = { .digest = ret };
	int rc = ledger_read(s, 1, 1, false, digest_first, &id, e);

	*ret_any = id.any;
	return rc;
}

int ledger_verify(struct store *s, uint64_t *ret_records, struct err *e)
{
	sqlite3_stmt *q = sql_use(s, SQL_LEDGER_ALL, e);
	uint8_t head[DIGEST_BYTES] = { 0 };
	struct ledger_entry entry;
	uint64_t n = 0;
	int rc;

	if (!q)
		return e->code;
	while ((rc = sql_step(s, q, "read the ledger", e)) == 1) {
		struct span row = sql_bytes(q, 1);
		uint64_t seq = (uint64_t)sqlite3_column_int64(q, 0);

		n++;
		if (seq != n)
			rc = damaged(n, "is missing", e);
		else
			rc = parse(row, seq, &entry, e);
		if (rc == 0 && memcmp(entry.prev, head, DIGEST_BYTES) != 0)
			rc = damaged(n, "does not follow from the one before it", e);
		if (rc < 0)
			break;
		sha256_once(row.p, row.n, head);
	}
	sql_done(q);
	if (rc < 0)
		return rc;
	if (ret_records)
		*ret_records = n;
	return 0;
}
