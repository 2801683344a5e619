#include "store/store.h"

#include <stdarg.h>
#include <stdio.h>

#include "store/store_db.h"

/* Invariants (docs/STORE.md §2); other code cites their numbers.
 *
 *  1  state.db exists whole or not at all: it is made under another name and renamed.
 *  2  What store_begin began is committed at once by store_commit, or not at all.
 *  3  A transaction in which a write failed cannot be committed.
 *  4  Every commit that changed anything ends with a seal over all of it.
 *  5  Every node is named by the digest of its bytes; rows are only added, and dropped by
 *     store_collect when no root reaches them.
 *  6  Ledger rows are only added.
 *  7  Nothing is read or written before the seal was found to hold; a transaction begins with that,
 *     so that what it seals in the end followed from what was sealed before. */

static const char *const texts[] = {
	[SQL_BEGIN_READ] = "BEGIN",
	[SQL_BEGIN_WRITE] = "BEGIN IMMEDIATE",
	[SQL_COMMIT] = "COMMIT",
	[SQL_ROLLBACK] = "ROLLBACK",
	[SQL_VALUE_GET] = "SELECT data FROM value WHERE name = ?1",
	[SQL_VALUE_SET] = "INSERT OR REPLACE INTO value(name, data) VALUES (?1, ?2)",
	[SQL_VALUE_ALL] = "SELECT name, data FROM value ORDER BY name",
	[SQL_ROOT_GET] = "SELECT id, full, count FROM root WHERE which = ?1",
	[SQL_ROOT_SET] =
		"INSERT OR REPLACE INTO root(which, id, full, count) VALUES (?1, ?2, ?3, ?4)",
	[SQL_NODE_GET] = "SELECT data, n FROM node_at JOIN node USING (n) WHERE h = ?1",
	[SQL_NODE_PUT] = "INSERT INTO node(data) VALUES (?1)",
	[SQL_NODE_AT_PUT] = "INSERT INTO node_at(h, n) VALUES (?1, ?2)",
	[SQL_LEDGER_PUT] = "INSERT INTO ledger(seq, data) VALUES (?1, ?2)",
	[SQL_LEDGER_LAST] = "SELECT seq, data FROM ledger ORDER BY seq DESC LIMIT 1",
	[SQL_LEDGER_ALL] = "SELECT seq, data FROM ledger ORDER BY seq",
	[SQL_SEAL_GET] = "SELECT data FROM seal WHERE one = 1",
	[SQL_SEAL_SET] = "INSERT OR REPLACE INTO seal(one, data) VALUES (1, ?1)",
};
_Static_assert(ARRAY_LEN(texts) == SQL_N, "every enum sql needs its text");

/* ---- statements ---- */

struct sqlite3 *store_db(struct store *s)
{
	return s->db;
}

int store_damaged(const struct store *s, struct err *e, const char *fmt, ...)
{
	char why[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(why, sizeof why, fmt, args);
	va_end(args);
	return err_set(e, ERR_DAMAGED,
		"the state in '%.300s' is damaged: %s; nothing is written to it any more: move the "
		"folder away, as evidence, and make a new baseline (invar init)",
		place_dir(s->place), why);
}

int sql_err(struct store *s, const char *doing, struct err *e)
{
	static const struct {
		int sqlite;
		enum err_code ours;
		const char *why;
	} rows[] = {
		{ SQLITE_FULL, ERR_WRITE, "the disk is full" },
		{ SQLITE_READONLY, ERR_WRITE, "it is read-only" },
		{ SQLITE_CORRUPT, ERR_DAMAGED, "its pages are not what they should be" },
		{ SQLITE_NOTADB, ERR_DAMAGED, "it is not a store" },
		{ SQLITE_FORMAT, ERR_DAMAGED, "it is not a store" },
		/* Our statements are right: what they do not find is not there. */
		{ SQLITE_ERROR, ERR_DAMAGED, "it does not hold what a store holds" },
		{ SQLITE_BUSY, ERR_LOCKED, "another process is at work in it" },
		{ SQLITE_LOCKED, ERR_LOCKED, "another process is at work in it" },
		{ SQLITE_IOERR, ERR_SYSTEM, "input or output failed" },
		{ SQLITE_CANTOPEN, ERR_SYSTEM, "a file of it could not be opened" },
	};
	int code = sqlite3_extended_errcode(s->db);
	const char *why = sqlite3_errmsg(s->db);
	enum err_code ours = ERR_SYSTEM;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if ((code & 0xff) == rows[i].sqlite) {
			ours = rows[i].ours;
			why = rows[i].why;
		}
	}
	if (code == SQLITE_IOERR_SHORT_READ) {
		ours = ERR_DAMAGED;
		why = "the store is shorter than it says";
	}
	if (ours == ERR_DAMAGED)
		return store_damaged(s, e, "%s, cannot %s (" STORE_FILE ", SQLite %d)", why, doing,
			code);
	err_set(e, ours, "cannot %s in the state of '%s': %s (SQLite %d)", doing,
		place_dir(s->place), why, code);
	if (ours == ERR_SYSTEM)
		e->sys = sqlite3_system_errno(s->db);
	return ours;
}

sqlite3_stmt *sql_use(struct store *s, enum sql which, struct err *e)
{
	if (!s->stmt[which] &&
		sqlite3_prepare_v3(s->db, texts[which], -1, SQLITE_PREPARE_PERSISTENT,
			&s->stmt[which], NULL) != SQLITE_OK) {
		sql_err(s, "look", e);
		return NULL;
	}
	sqlite3_reset(s->stmt[which]);
	return s->stmt[which];
}

void sql_bind(sqlite3_stmt *q, int at, struct span bytes)
{
	sqlite3_bind_blob64(q, at, bytes.n ? bytes.p : "", bytes.n, SQLITE_STATIC);
}

struct span sql_bytes(sqlite3_stmt *q, int column)
{
	const void *p = sqlite3_column_blob(q, column);

	return (struct span){ p, p ? (size_t)sqlite3_column_bytes(q, column) : 0 };
}

int sql_step(struct store *s, sqlite3_stmt *q, const char *doing, struct err *e)
{
	int rc = sqlite3_step(q);

	if (rc == SQLITE_ROW)
		return 1;
	if (rc == SQLITE_DONE)
		return 0;
	rc = sql_err(s, doing, e);
	sqlite3_reset(q);
	return rc;
}

void sql_done(sqlite3_stmt *q)
{
	sqlite3_reset(q);
}

int sql_write(struct store *s, sqlite3_stmt *q, const char *doing, struct err *e)
{
	int rc = sql_step(s, q, doing, e);

	sql_done(q);
	if (rc < 0)
		s->failed = true;
	return rc;
}

/* ---- transactions ---- */

static void forget(struct store *s)
{
	if (s->mode == STORE_SHARE && s->in_transaction)
		place_unlock(s->place);
	s->in_transaction = false;
	s->failed = false;
	s->dirty = false;
	s->head_known = false;
	s->values_known = false;
}

static int begin(struct store *s, enum sql which, struct err *e)
{
	sqlite3_stmt *q;
	int rc;

	if (s->in_transaction)
		return err_set(e, ERR_USAGE, "a transaction has begun already");
	q = sql_use(s, which, e);
	if (!q)
		return e->code;
	rc = sql_step(s, q, "begin", e);
	sql_done(q);
	if (rc < 0)
		return rc;
	forget(s);
	s->in_transaction = true;
	rc = s->unsealed ? 0 : seal_verify(s, e); /* keeps 7 */
	if (rc < 0)
		store_rollback(s);
	return rc;
}

int store_begin(struct store *s, struct err *e)
{
	int rc;

	if (s->mode == STORE_SHARE && !s->in_transaction && place_lock(s->place, true, e) < 0)
		return e->code;
	rc = begin(s, store_only_reads(s) ? SQL_BEGIN_READ : SQL_BEGIN_WRITE, e);
	if (rc < 0 && s->mode == STORE_SHARE && !s->in_transaction)
		place_unlock(s->place);
	return rc;
}

int store_prove(struct store *s, struct err *e)
{
	int rc = begin(s, SQL_BEGIN_READ, e);

	if (rc == 0)
		store_rollback(s);
	return rc;
}

static int commit(struct store *s, struct err *e)
{
	sqlite3_stmt *q;
	int rc = 0;

	if (s->failed || sqlite3_get_autocommit(s->db)) /* keeps 3 */
		return err_set(e, ERR_WRITE, "cannot commit to '%s': a write before it failed",
			place_dir(s->place));
	if (s->dirty)
		rc = seal_write(s, e); /* keeps 4 */
	if (rc < 0)
		return rc;
	q = sql_use(s, SQL_COMMIT, e);
	if (!q)
		return e->code;
	rc = sql_step(s, q, "commit", e);
	sql_done(q);
	return rc;
}

int store_commit(struct store *s, struct err *e)
{
	int rc;

	if (!s->in_transaction)
		return err_set(e, ERR_USAGE, "there is no transaction to commit");
	rc = commit(s, e);
	if (rc < 0)
		store_rollback(s);
	forget(s);
	return rc < 0 ? rc : 0;
}

void store_rollback(struct store *s)
{
	if (s->in_transaction && !sqlite3_get_autocommit(s->db))
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	forget(s);
}

int store_write_check(struct store *s, struct err *e)
{
	if (!s->in_transaction || store_only_reads(s))
		return err_set(e, ERR_USAGE, "writing to the store needs a transaction");
	s->dirty = true;
	return 0;
}

/* ---- named values, roots ---- */

int store_value_get(struct store *s, const char *name, struct buf *ret, struct err *e)
{
	sqlite3_stmt *q = sql_use(s, SQL_VALUE_GET, e);
	int rc;

	if (!q)
		return e->code;
	sqlite3_bind_text(q, 1, name, -1, SQLITE_STATIC);
	rc = sql_step(s, q, "read a value", e);
	if (rc == 1) {
		struct span v = sql_bytes(q, 0);

		buf_add_span(ret, v);
		rc = ret->full ? err_set(e, ERR_LIMIT, "value '%s' has %zu bytes", name, v.n) : 1;
	} else if (rc == 0) {
		rc = err_set(e, ERR_MISSING, "there is no value '%s'", name);
	}
	sql_done(q);
	return rc < 0 ? rc : 0;
}

int store_value_set(struct store *s, const char *name, struct span value, struct err *e)
{
	sqlite3_stmt *q;
	int rc = store_write_check(s, e);

	if (rc < 0)
		return rc;
	q = sql_use(s, SQL_VALUE_SET, e);
	if (!q)
		return e->code;
	s->values_known = false;
	sqlite3_bind_text(q, 1, name, -1, SQLITE_STATIC);
	sql_bind(q, 2, value);
	return sql_write(s, q, "write a value", e);
}

static int root_from_row(sqlite3_stmt *q, struct tree_root *ret)
{
	struct span id = sql_bytes(q, 0);
	struct span full = sql_bytes(q, 1);

	if (id.n != DIGEST_BYTES || full.n != DIGEST_BYTES)
		return -1;
	memcpy(ret->id, id.p, DIGEST_BYTES);
	memcpy(ret->full, full.p, DIGEST_BYTES);
	ret->count = (uint64_t)sqlite3_column_int64(q, 2);
	return 0;
}

int store_root_get(struct store *s, enum store_root which, struct tree_root *ret, struct err *e)
{
	sqlite3_stmt *q = sql_use(s, SQL_ROOT_GET, e);
	struct tree_root root;
	int rc;

	if (!q)
		return e->code;
	sqlite3_bind_int(q, 1, (int)which);
	rc = sql_step(s, q, "read a root", e);
	if (rc == 0)
		rc = err_set(e, ERR_MISSING, "there is no %s state yet",
			which == ROOT_APPROVED ? "approved" : "current");
	else if (rc == 1 && root_from_row(q, &root) < 0)
		rc = err_set(e, ERR_DAMAGED, "a root in '%s' is no digest", place_dir(s->place));
	sql_done(q);
	if (rc < 0)
		return rc;
	*ret = root;
	return 0;
}

int store_root_set(struct store *s, enum store_root which, const struct tree_root *root,
	struct err *e)
{
	sqlite3_stmt *q;
	int rc = store_write_check(s, e);

	if (rc < 0)
		return rc;
	q = sql_use(s, SQL_ROOT_SET, e);
	if (!q)
		return e->code;
	sqlite3_bind_int(q, 1, (int)which);
	sql_bind(q, 2, span_from(root->id, DIGEST_BYTES));
	sql_bind(q, 3, span_from(root->full, DIGEST_BYTES));
	sqlite3_bind_int64(q, 4, (int64_t)root->count);
	return sql_write(s, q, "write a root", e);
}
