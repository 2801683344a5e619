#include "store/store.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/mem.h"
#include "core/sha256.h"
#include "store/seal.h"
#include "store/store_db.h"

/* Invariants (docs/STORE.md §2); other code cites their numbers.
 *
 *  1  state.db exists whole or not at all: it is made under another name and renamed.
 *  2  What store_begin began is committed at once by store_commit, or not at all.
 *  3  A transaction in which a write failed cannot be committed.
 *  4  Every commit that changed anything ends with a seal over all of it.
 *  5  Every node is named by the digest of its bytes; rows are only added, and dropped by
 *     store_collect when no root reaches them.
 *  6  Ledger rows are only added. */

#define NEW_FILE STORE_FILE ".new"
#define WAL_KEEP "4194304" /* bytes the log may keep on disk when nothing is in it */

static const char schema[] =
	"CREATE TABLE value(name TEXT PRIMARY KEY, data BLOB NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE root(which INTEGER PRIMARY KEY, id BLOB NOT NULL, full BLOB NOT NULL,"
	" count INTEGER NOT NULL);"
	"CREATE TABLE node(n INTEGER PRIMARY KEY, data BLOB NOT NULL);"
	"CREATE TABLE node_at(h INTEGER NOT NULL, n INTEGER NOT NULL, PRIMARY KEY(h, n))"
	" WITHOUT ROWID;"
	"CREATE TABLE ledger(seq INTEGER PRIMARY KEY, data BLOB NOT NULL);"
	"CREATE TABLE seal(one INTEGER PRIMARY KEY CHECK (one = 1), data BLOB NOT NULL);";

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

int sql_err(struct store *s, const char *doing, struct err *e)
{
	static const struct {
		int sqlite;
		enum err_code ours;
		const char *why;
	} rows[] = {
		{ SQLITE_FULL, ERR_WRITE, "the disk is full" },
		{ SQLITE_READONLY, ERR_WRITE, "it is read-only" },
		{ SQLITE_CORRUPT, ERR_DAMAGED, "the store is damaged" },
		{ SQLITE_NOTADB, ERR_DAMAGED, "it is not a store, or damaged" },
		{ SQLITE_FORMAT, ERR_DAMAGED, "it is not a store, or damaged" },
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
	err_set(e, ours, "cannot %s in '%s/%s': %s (SQLite %d)", doing, place_dir(s->place),
		STORE_FILE, why, code);
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

/* ---- opening ---- */

static int run(struct store *s, const char *sql, const char *doing, struct err *e)
{
	return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : sql_err(s, doing, e);
}

static int pragma_number(struct store *s, const char *sql, int64_t *ret, struct err *e)
{
	sqlite3_stmt *q = NULL;
	int rc;

	if (sqlite3_prepare_v2(s->db, sql, -1, &q, NULL) != SQLITE_OK)
		return sql_err(s, "look", e);
	rc = sql_step(s, q, "look", e);
	if (rc == 1)
		*ret = sqlite3_column_int64(q, 0);
	sqlite3_finalize(q);
	if (rc == 0)
		return err_set(e, ERR_DAMAGED, "'%s/%s' says nothing about its format",
			place_dir(s->place), STORE_FILE);
	return rc < 0 ? rc : 0;
}

/* SQLite has one folder for temporary files in a process; they hold what the store holds, so it
 * must not be a public one. */
static void use_temp_folder(const char *dir)
{
	sqlite3_free(sqlite3_temp_directory);
	sqlite3_temp_directory = sqlite3_mprintf("%s", dir);
}

static int open_file(struct store *s, const char *name, int flags, struct err *e)
{
	char path[PATH_MAX + sizeof(NEW_FILE) + 1];

	use_temp_folder(place_dir(s->place));
	place_path(s->place, name, path, sizeof(path));
	if (sqlite3_open_v2(path, &s->db, flags | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX,
		    NULL) != SQLITE_OK)
		return sql_err(s, "open", e);
	sqlite3_extended_result_codes(s->db, 1);
	sqlite3_busy_timeout(s->db, 10000);
	/* A crafted schema must not be able to call functions or hide pages. */
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	return run(s,
		"PRAGMA cache_size = -2048; PRAGMA temp_store = FILE;"
		"PRAGMA temp.cache_size = -512; PRAGMA mmap_size = 0;"
		"PRAGMA cell_size_check = ON;",
		"open", e);
}

static void close_file(struct store *s)
{
	for (size_t i = 0; i < SQL_N; i++) {
		sqlite3_finalize(s->stmt[i]);
		s->stmt[i] = NULL;
	}
	sqlite3_close(s->db);
	s->db = NULL;
}

static int make_tables(struct store *s, struct err *e)
{
	uint8_t key[SEAL_KEY_BYTES];
	char sql[160];
	int rc;

	snprintf(sql, sizeof(sql),
		"PRAGMA page_size = %d; PRAGMA application_id = %d;"
		"PRAGMA user_version = %d;",
		STORE_PAGE, STORE_APPLICATION, STORE_VERSION);
	rc = run(s, sql, "make tables", e);
	if (rc == 0)
		rc = run(s, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;", "make tables",
			e);
	if (rc == 0)
		rc = store_begin(s, e);
	if (rc == 0)
		rc = run(s, schema, "make tables", e);
	if (rc == 0)
		rc = seal_public_key(s, key, e);
	if (rc == 0)
		rc = store_value_set(s, SEAL_KEY_VALUE, span_from(key, sizeof(key)), e);
	return rc < 0 ? rc : store_commit(s, e);
}

/* Keeps 1. */
static int make_file(struct store *s, struct err *e)
{
	int rc;

	place_remove(s->place, NEW_FILE "-wal");
	place_remove(s->place, NEW_FILE "-shm");
	place_remove(s->place, NEW_FILE);
	rc = place_write_new(s->place, NEW_FILE, SPAN_NONE, e);
	if (rc == 0)
		rc = open_file(s, NEW_FILE, SQLITE_OPEN_READWRITE, e);
	if (rc == 0)
		rc = seal_make_key(s, e);
	if (rc == 0)
		rc = make_tables(s, e);
	/* The log goes into the file and away: a failure here must be seen, closing hides it. */
	if (rc == 0)
		rc = run(s, "PRAGMA journal_mode = DELETE", "make tables", e);
	close_file(s);
	if (rc == 0)
		rc = place_rename(s->place, NEW_FILE, STORE_FILE, e);
	return rc;
}

static uint32_t big_endian(const char *p)
{
	const unsigned char *b = (const unsigned char *)p;

	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

/* Before SQLite touches it: a file that is not ours is left as it is. Offsets: SQLite file format
 * §1.3. */
static int check_header(struct store *s, struct err *e)
{
	char head[100];
	size_t n = sizeof(head);
	int rc = place_check(s->place, STORE_FILE, head, &n, e);

	if (rc < 0)
		return rc;
	if (rc == 0)
		return err_set(e, ERR_MISSING, "there is no state in '%s'", place_dir(s->place));
	if (n < sizeof(head) || memcmp(head, "SQLite format 3", 16) != 0 ||
		big_endian(head + 68) != STORE_APPLICATION)
		return err_set(e, ERR_DAMAGED, "'%s/%s' is not a store of ours, or damaged",
			place_dir(s->place), STORE_FILE);
	return 0;
}

static int check_version(struct store *s, struct err *e)
{
	int64_t version = 0;
	int rc = pragma_number(s, "PRAGMA user_version", &version, e);

	if (rc < 0)
		return rc;
	if (version > STORE_VERSION)
		return err_set(e, ERR_VERSION, "'%s/%s' has format %lld, this program knows %d",
			place_dir(s->place), STORE_FILE, (long long)version, STORE_VERSION);
	if (version < STORE_VERSION)
		return err_set(e, ERR_DAMAGED, "'%s/%s' has format %lld, which never was",
			place_dir(s->place), STORE_FILE, (long long)version);
	return 0;
}

static int open_existing(struct store *s, struct err *e)
{
	int rc = check_header(s, e);

	if (rc == 0)
		rc = open_file(s, STORE_FILE,
			s->mode == STORE_READ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE, e);
	if (rc == 0)
		rc = check_version(s, e);
	if (rc == 0 && s->mode != STORE_READ)
		rc = run(s,
			"PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
			"PRAGMA journal_size_limit = " WAL_KEEP ";",
			"open", e);
	if (rc == 0 && !sql_use(s, SQL_NODE_GET, e))
		rc = e->code;
	return rc;
}

static int open_in(struct store *s, struct err *e)
{
	int rc = 0;

	if (s->mode != STORE_READ)
		rc = place_lock(s->place, e);
	if (rc == 0 && s->mode == STORE_CREATE) {
		rc = place_check(s->place, STORE_FILE, NULL, NULL, e);
		if (rc == 0)
			rc = make_file(s, e);
	}
	return rc < 0 ? rc : open_existing(s, e);
}

int store_open(struct store **ret, const char *dir, enum store_mode mode, struct err *e)
{
	AUTO_FREE(store) s = mem_new(sizeof(*s));
	int rc;

	s->mode = mode;
	s->packed = BUF_INIT(BUF_MAX_DEFAULT);
	rc = place_open(&s->place, dir, mode == STORE_CREATE, e);
	if (rc == 0)
		rc = open_in(s, e);
	if (rc < 0)
		return rc;
	*ret = s;
	s = NULL;
	return 0;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	if (s->db) {
		store_rollback(s);
		close_file(s);
	}
	EVP_PKEY_free(s->key);
	ZSTD_freeCCtx(s->pack);
	ZSTD_freeDCtx(s->unpack);
	buf_done(&s->packed);
	place_close(s->place);
	free(s);
}

void store_freep(struct store **s)
{
	store_close(*s);
	*s = NULL;
}

const char *store_dir(const struct store *s)
{
	return place_dir(s->place);
}

/* ---- transactions ---- */

static void forget(struct store *s)
{
	s->in_transaction = false;
	s->failed = false;
	s->dirty = false;
	s->head_known = false;
	s->values_known = false;
}

int store_begin(struct store *s, struct err *e)
{
	sqlite3_stmt *q;
	int rc;

	if (s->in_transaction)
		return err_set(e, ERR_USAGE, "a transaction has begun already");
	q = sql_use(s, s->mode == STORE_READ ? SQL_BEGIN_READ : SQL_BEGIN_WRITE, e);
	if (!q)
		return e->code;
	rc = sql_step(s, q, "begin", e);
	sql_done(q);
	if (rc < 0)
		return rc;
	forget(s);
	s->in_transaction = true;
	return 0;
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
	if (!s->in_transaction || s->mode == STORE_READ)
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
