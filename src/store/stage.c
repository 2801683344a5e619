#include "store/stage.h"

#include <stdlib.h>

#include "core/mem.h"
#include "store/store_db.h"

/* One private database per stage: no name, so SQLite makes it in its folder for temporary files
 * (which is the state folder) and unlinks it at once; no journal, since nobody rolls back. */

enum { PUT, GET, DELETE_ROW, FIND, RANGE, ALL, STAGE_SQL_N };

static const char *const texts[STAGE_SQL_N] = {
	[PUT] = "INSERT OR REPLACE INTO t(k, v) VALUES (?1, ?2)",
	[GET] = "SELECT v FROM t WHERE k = ?1",
	[DELETE_ROW] = "DELETE FROM t WHERE k = ?1",
	[FIND] = "SELECT 1 FROM t WHERE k = ?1",
	[RANGE] = "SELECT v FROM t WHERE k >= ?1 AND k < ?2 ORDER BY k",
	[ALL] = "SELECT k, v FROM t ORDER BY k",
};

struct stage {
	sqlite3 *db;
	sqlite3_stmt *stmt[STAGE_SQL_N];
	uint64_t n;
};

static int stage_err(struct stage *g, struct err *e)
{
	int code = sqlite3_extended_errcode(g->db);

	if ((code & 0xff) == SQLITE_FULL)
		return err_set(e, ERR_WRITE, "cannot keep changes aside: the disk is full");
	err_set(e, ERR_SYSTEM, "cannot keep changes aside: %s (SQLite %d)", sqlite3_errmsg(g->db),
		code);
	e->sys = sqlite3_system_errno(g->db);
	return ERR_SYSTEM;
}

int stage_open(struct stage **ret, struct store *s, struct err *e)
{
	AUTO_FREE(stage) g = mem_new(sizeof(*g));

	if (sqlite3_open_v2("", &g->db,
		    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
		    NULL) != SQLITE_OK)
		return stage_err(g, e);
	sqlite3_extended_result_codes(g->db, 1);
	/* The store has set the folder of temporary files. */
	if (s->in_memory &&
		sqlite3_exec(g->db, "PRAGMA temp_store = MEMORY", NULL, NULL, NULL) != SQLITE_OK)
		return stage_err(g, e);
	if (sqlite3_exec(g->db,
		    "PRAGMA cache_size = -1024; PRAGMA journal_mode = OFF; PRAGMA synchronous = "
		    "OFF;"
		    "CREATE TABLE t(k BLOB PRIMARY KEY, v BLOB NOT NULL) WITHOUT ROWID; BEGIN",
		    NULL, NULL, NULL) != SQLITE_OK)
		return stage_err(g, e);
	for (size_t i = 0; i < STAGE_SQL_N; i++)
		if (sqlite3_prepare_v3(g->db, texts[i], -1, SQLITE_PREPARE_PERSISTENT, &g->stmt[i],
			    NULL) != SQLITE_OK)
			return stage_err(g, e);
	*ret = g;
	g = NULL;
	return 0;
}

void stage_close(struct stage *g)
{
	if (!g)
		return;
	for (size_t i = 0; i < STAGE_SQL_N; i++)
		sqlite3_finalize(g->stmt[i]);
	sqlite3_close(g->db);
	free(g);
}

void stage_freep(struct stage **g)
{
	stage_close(*g);
	*g = NULL;
}

/* The statement with its key bound. */
static sqlite3_stmt *use(struct stage *g, int which, struct span key)
{
	sqlite3_reset(g->stmt[which]);
	sql_bind(g->stmt[which], 1, key);
	return g->stmt[which];
}

/* 1 a row, 0 done, else the error. */
static int step(struct stage *g, sqlite3_stmt *q, struct err *e)
{
	int rc = sqlite3_step(q);

	if (rc == SQLITE_ROW)
		return 1;
	if (rc == SQLITE_DONE)
		return 0;
	rc = stage_err(g, e);
	sqlite3_reset(q);
	return rc;
}

static int run(struct stage *g, sqlite3_stmt *q, struct err *e)
{
	int rc = step(g, q, e);

	sqlite3_reset(q);
	return rc;
}

int stage_put(struct stage *g, struct span key, struct span value, struct err *e)
{
	int there = run(g, use(g, FIND, key), e);
	sqlite3_stmt *q;
	int rc;

	if (there < 0)
		return there;
	q = use(g, PUT, key);
	sql_bind(q, 2, value);
	rc = run(g, q, e);
	if (rc == 0 && !there)
		g->n++;
	return rc;
}

int stage_get(struct stage *g, struct span key, struct span *ret, struct err *e)
{
	sqlite3_stmt *q = use(g, GET, key);
	int rc = step(g, q, e);

	if (rc == 1)
		*ret = sql_bytes(q, 0);
	return rc;
}

int stage_delete(struct stage *g, struct span key, struct err *e)
{
	int there = run(g, use(g, FIND, key), e);
	int rc = there == 1 ? run(g, use(g, DELETE_ROW, key), e) : there;

	if (rc == 0 && there == 1)
		g->n--;
	return rc;
}

int stage_range(struct stage *g, struct span low, struct span high,
	int (*each)(void *ctx, struct span value, struct err *e), void *ctx, struct err *e)
{
	sqlite3_stmt *q = use(g, RANGE, low);
	int rc, told = 0;

	sql_bind(q, 2, high);
	while (told == 0 && (rc = step(g, q, e)) == 1)
		told = each(ctx, sql_bytes(q, 0), e);
	sqlite3_reset(q);
	return told ? told : rc;
}

uint64_t stage_count(const struct stage *g)
{
	return g->n;
}

int stage_each(struct stage *g,
	int (*each)(void *ctx, struct span key, struct span value, struct err *e), void *ctx,
	struct err *e)
{
	struct span key, value;
	int rc;

	stage_rewind(g);
	while ((rc = stage_next(g, &key, &value, e)) == 1) {
		rc = each(ctx, key, value, e);
		if (rc != 0)
			break;
	}
	stage_rewind(g);
	return rc;
}

void stage_rewind(struct stage *g)
{
	sqlite3_reset(g->stmt[ALL]);
}

int stage_next(struct stage *g, struct span *ret_key, struct span *ret_value, struct err *e)
{
	sqlite3_stmt *q = g->stmt[ALL];
	int rc = step(g, q, e);

	if (rc == 1) {
		*ret_key = sql_bytes(q, 0);
		*ret_value = sql_bytes(q, 1);
	}
	return rc;
}
