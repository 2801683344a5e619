/* Making, opening and closing a store. Numbers are those of the invariants in store.c. */
#include <stdio.h>
#include <stdlib.h>

#include "core/mem.h"
#include "store/seal.h"
#include "store/store_db.h"

#define NEW_FILE STORE_FILE ".new"
#define EMPTY_FILE NEW_FILE ".empty"
#define WAL_KEEP "4194304" /* bytes the log may keep on disk when nothing is in it */
#define PATH_BYTES 8192    /* place_open takes none that is longer than half of it */
#define URI_MAX (3 * PATH_BYTES + 64)

static const char schema[] =
	"CREATE TABLE value(name TEXT PRIMARY KEY, data BLOB NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE root(which INTEGER PRIMARY KEY, id BLOB NOT NULL, full BLOB NOT NULL,"
	" count INTEGER NOT NULL);"
	"CREATE TABLE node(n INTEGER PRIMARY KEY, data BLOB NOT NULL);"
	"CREATE TABLE node_at(h INTEGER NOT NULL, n INTEGER NOT NULL, PRIMARY KEY(h, n))"
	" WITHOUT ROWID;"
	"CREATE TABLE ledger(seq INTEGER PRIMARY KEY, data BLOB NOT NULL);"
	"CREATE TABLE seal(one INTEGER PRIMARY KEY CHECK (one = 1), data BLOB NOT NULL);";

/* ---- the file ---- */

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
		return store_damaged(s, e, STORE_FILE " says nothing about its format");
	return rc < 0 ? rc : 0;
}

/* SQLite has one folder for temporary files in a process; they hold what the store holds, so it
 * must not be a public one. */
static void use_temp_folder(const char *dir)
{
	sqlite3_free(sqlite3_temp_directory);
	sqlite3_temp_directory = sqlite3_mprintf("%s", dir);
}

/* The path as a URI that says: nobody writes to this, look for neither log nor locks. */
static void fixed_uri(const char *path, struct buf *ret)
{
	buf_add_text(ret, "file:");
	for (; *path; path++) {
		unsigned char c = (unsigned char)*path;

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			c == '/' || c == '.' || c == '-' || c == '_')
			buf_add_char(ret, (char)c);
		else
			buf_addf(ret, "%%%02x", c);
	}
	buf_add_text(ret, "?immutable=1");
}

static int open_file(struct store *s, const char *name, int flags, bool fixed, struct err *e)
{
	AUTO(buf) uri = BUF_INIT(URI_MAX);
	char path[PATH_BYTES];

	use_temp_folder(place_dir(s->place));
	place_path(s->place, name, path, sizeof(path));
	if (fixed) {
		fixed_uri(path, &uri);
		flags |= SQLITE_OPEN_URI;
	}
	if (sqlite3_open_v2(fixed ? buf_text(&uri) : path, &s->db,
		    flags | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
		return sql_err(s, "open", e);
	sqlite3_extended_result_codes(s->db, 1);
	sqlite3_busy_timeout(s->db, 10000);
	/* A crafted schema must not be able to call functions or hide pages. */
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	/* Closing would write the log into the file: not before the file is proven ours. */
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	return run(s,
		s->in_memory ? "PRAGMA cache_size = -2048; PRAGMA temp_store = MEMORY;"
			       "PRAGMA mmap_size = 0; PRAGMA cell_size_check = ON;"
			     : "PRAGMA cache_size = -2048; PRAGMA temp_store = FILE;"
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

/* ---- making ---- */

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

/* Keeps 1. From before there is a key until the state has its name NEW_FILE stands: a key with
 * neither is one whose state somebody took away. So an older NEW_FILE is replaced, not removed. */
static int make_file(struct store *s, struct err *e)
{
	/* A log left of what is gone would be played into what comes. */
	static const char *const left[] = { NEW_FILE "-wal", NEW_FILE "-shm", NEW_FILE "-journal",
		STORE_FILE "-wal", STORE_FILE "-shm", STORE_FILE "-journal", EMPTY_FILE };
	int rc;

	for (size_t i = 0; i < ARRAY_LEN(left); i++)
		place_remove(s->place, left[i]);
	rc = place_write_new(s->place, EMPTY_FILE, SPAN_NONE, e);
	if (rc == 0)
		rc = place_rename(s->place, EMPTY_FILE, NEW_FILE, e);
	if (rc == 0)
		rc = open_file(s, NEW_FILE, SQLITE_OPEN_READWRITE, false, e);
	if (rc == 0)
		rc = seal_make_key(s, e);
	s->unsealed = true;
	if (rc == 0)
		rc = make_tables(s, e);
	s->unsealed = false;
	/* The log goes into the file and away: a failure here must be seen, closing hides it. */
	if (rc == 0)
		rc = run(s, "PRAGMA journal_mode = DELETE", "make tables", e);
	close_file(s);
	if (rc == 0)
		rc = place_rename(s->place, NEW_FILE, STORE_FILE, e);
	return rc;
}

/* ---- opening ---- */

/* 1: there is a key but no state, and nobody was stopped while making one. */
static int was_removed(struct store *s, struct err *e)
{
	int key = place_check(s->place, SEAL_KEY_FILE, NULL, NULL, e);
	int new = key == 1 ? place_check(s->place, NEW_FILE, NULL, NULL, e) : key;

	return new < 0 ? new : key == 1 && new == 0;
}

static int removed(struct store *s, struct err *e)
{
	return err_set(e, ERR_DAMAGED,
		"there is a signing key in '%s' but no state: somebody removed it; "
		"init --replace makes a new one",
		place_dir(s->place));
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
	if (rc == 0) {
		rc = was_removed(s, e);
		if (rc != 0)
			return rc < 0 ? rc : removed(s, e);
		return err_set(e, ERR_MISSING, "there is no state in '%s'", place_dir(s->place));
	}
	if (n < sizeof(head) || memcmp(head, "SQLite format 3", 16) != 0 ||
		big_endian(head + 68) != STORE_APPLICATION)
		return store_damaged(s, e, STORE_FILE " is not a store of ours");
	return 0;
}

static int check_version(struct store *s, struct err *e)
{
	int64_t version = 0;
	int rc = pragma_number(s, "PRAGMA user_version", &version, e);

	if (rc < 0)
		return rc;
	if (version > STORE_VERSION)
		return err_set(e, ERR_VERSION,
			"the state in '%s' has format %lld, this program knows %d",
			place_dir(s->place), (long long)version, STORE_VERSION);
	if (version < STORE_VERSION)
		return store_damaged(s, e, STORE_FILE " has format %lld, which never was",
			(long long)version);
	return 0;
}

/* A database with a log needs a file beside it even to be read. Where none can be made nobody
 * writes either, so without a log the file is all there is. */
static int open_fixed(struct store *s, struct err *e)
{
	char byte;
	size_t n = 1;
	int rc = place_check(s->place, STORE_FILE "-wal", &byte, &n, e);

	if (rc < 0)
		return rc;
	if (rc == 1 && n > 0)
		return err_set(e, ERR_SYSTEM,
			"cannot read the state in '%s': its log '%s-wal' must be worked in, and "
			"the "
			"folder is read-only; copy the folder to where you may write",
			place_dir(s->place), STORE_FILE);
	close_file(s);
	rc = open_file(s, STORE_FILE, SQLITE_OPEN_READONLY, true, e);
	return rc < 0 ? rc : check_version(s, e);
}

static int open_reading(struct store *s, struct err *e)
{
	int rc;

	s->in_memory = !place_writable(s->place);
	rc = open_file(s, STORE_FILE, SQLITE_OPEN_READONLY, false, e);
	if (rc == 0)
		rc = check_version(s, e);
	if (rc < 0 && s->in_memory && s->db) {
		int why = sqlite3_errcode(s->db) & 0xff;

		if (why == SQLITE_CANTOPEN || why == SQLITE_READONLY)
			rc = open_fixed(s, e);
	}
	return rc;
}

/* Nothing is written before the state is proven to be what was sealed. */
static int open_writing(struct store *s, struct err *e)
{
	int rc = open_file(s, STORE_FILE, SQLITE_OPEN_READWRITE, false, e);

	if (rc == 0)
		rc = check_version(s, e);
	if (rc == 0)
		rc = store_prove(s, e);
	if (rc == 0)
		rc = run(s,
			"PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
			"PRAGMA journal_size_limit = " WAL_KEEP ";",
			"open", e);
	if (rc == 0)
		sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
	return rc;
}

static int open_existing(struct store *s, struct err *e)
{
	int rc = check_header(s, e);

	if (rc == 0)
		rc = store_only_reads(s) ? open_reading(s, e) : open_writing(s, e);
	if (rc == 0 && !sql_use(s, SQL_NODE_GET, e))
		rc = e->code;
	if (rc == 0 && s->mode == STORE_READ)
		rc = store_prove(s, e);
	return rc;
}

static int make_missing(struct store *s, struct err *e)
{
	int rc = place_check(s->place, STORE_FILE, NULL, NULL, e);

	if (rc != 0)
		return rc < 0 ? rc : 0;
	rc = was_removed(s, e);
	if (rc < 0)
		return rc;
	if (rc == 1 && s->mode != STORE_REPLACE)
		return removed(s, e);
	s->replaces = rc == 1;
	return make_file(s, e);
}

static int open_in(struct store *s, struct err *e)
{
	int rc = 0;

	s->unsealed = s->mode == STORE_INSPECT;
	if (!store_only_reads(s))
		rc = place_lock(s->place, s->mode == STORE_SHARE, e);
	if (rc == 0 && (s->mode == STORE_CREATE || s->mode == STORE_REPLACE))
		rc = make_missing(s, e);
	if (rc == 0)
		rc = open_existing(s, e);
	if (s->mode == STORE_SHARE)
		place_unlock(s->place);
	return rc;
}

int store_open(struct store **ret, const char *dir, enum store_mode mode, struct err *e)
{
	AUTO_FREE(store) s = mem_new(sizeof(*s));
	int rc;

	s->mode = mode;
	s->packed = BUF_INIT(BUF_MAX_DEFAULT);
	rc = place_open(&s->place, dir, mode == STORE_CREATE || mode == STORE_REPLACE, e);
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
	seal_forget_key(s);
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

bool store_replaces_removed(const struct store *s)
{
	return s->replaces;
}
