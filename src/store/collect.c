#include <stdio.h>
#include <sys/stat.h>

#include "store/store_db.h"
#include "store/tree_cursor.h"

/* How many nodes were alive when it was last counted: a named value. */
#define LIVE_VALUE "store-live"

/* Run one statement that gives at most one number. */
static int number(struct store *s, const char *sql, uint64_t *ret, struct err *e)
{
	sqlite3_stmt *q = NULL;
	int rc;

	if (sqlite3_prepare_v2(s->db, sql, -1, &q, NULL) != SQLITE_OK)
		return sql_err(s, "look", e);
	rc = sql_step(s, q, "work", e);
	if (rc == 1 && ret)
		*ret = (uint64_t)sqlite3_column_int64(q, 0);
	sqlite3_finalize(q);
	return rc < 0 ? rc : 0;
}

/* 1: it, or what shares its place, is marked now; 0: it was already. */
static int mark(struct store *s, sqlite3_stmt *q, const uint8_t full[DIGEST_BYTES], struct err *e)
{
	int rc;

	sqlite3_reset(q);
	sqlite3_bind_int64(q, 1, node_place(full));
	rc = sql_step(s, q, "mark tree nodes", e);
	sqlite3_reset(q);
	return rc < 0 ? rc : sqlite3_changes(s->db) > 0;
}

static int mark_below(struct store *s, sqlite3_stmt *q, const struct tree_root *root, struct err *e)
{
	AUTO_FREE(tree_cursor) c = NULL;
	struct node_ref child;
	int rc = tree_cursor_open(&c, s, root, e);

	if (rc == 0)
		rc = mark(s, q, root->full, e);
	if (rc <= 0 || c->top == 0)
		return rc < 0 ? rc : 0;
	while (!tree_cursor_at_end(c)) {
		rc = tree_cursor_child(c, &child, e);
		if (rc == 1)
			rc = mark(s, q, child.full, e);
		if (rc == 1 && c->at > 1)
			rc = tree_cursor_enter(c, &child, e);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int mark_all(struct store *s, struct err *e)
{
	sqlite3_stmt *q = NULL;
	struct tree_root root;
	int rc = 0;

	if (sqlite3_prepare_v2(s->db,
		    "INSERT OR IGNORE INTO temp.live SELECT n FROM main.node_at WHERE h = ?1", -1,
		    &q, NULL) != SQLITE_OK)
		return sql_err(s, "mark tree nodes", e);
	for (int i = 0; i < ROOT_N && rc == 0; i++) {
		rc = store_root_get(s, (enum store_root)i, &root, e);
		if (rc == 0)
			rc = mark_below(s, q, &root, e);
		else if (rc == ERR_MISSING)
			rc = 0;
	}
	sqlite3_finalize(q);
	return rc;
}

static int sweep(struct store *s, uint64_t nodes, uint64_t *ret_dropped, struct err *e)
{
	char text[32];
	uint64_t live = 0;
	int rc = mark_all(s, e);

	if (rc == 0)
		rc = number(s, "SELECT count(*) FROM temp.live", &live, e);
	if (rc == 0)
		rc = number(s, "DELETE FROM node WHERE n NOT IN (SELECT n FROM temp.live)", NULL,
			e);
	if (rc == 0)
		rc = number(s, "DELETE FROM node_at WHERE n NOT IN (SELECT n FROM temp.live)", NULL,
			e);
	snprintf(text, sizeof(text), "%llu", (unsigned long long)live);
	if (rc == 0)
		rc = store_value_set(s, LIVE_VALUE, span_of(text), e);
	if (rc == 0)
		*ret_dropped = nodes - live;
	return rc;
}

/* Walking the trees to find a few dead nodes is not worth it: an eighth may lie about. */
static int is_due(struct store *s, uint64_t nodes, struct err *e)
{
	AUTO(buf) text = BUF_INIT(64);
	uint64_t live = 0;
	int rc = store_value_get(s, LIVE_VALUE, &text, e);

	if (rc < 0)
		return rc == ERR_MISSING ? 1 : rc;
	for (size_t i = 0; i < text.n && text.p[i] >= '0' && text.p[i] <= '9'; i++)
		live = live * 10 + (uint64_t)(text.p[i] - '0');
	return nodes > live + live / 8 + 64;
}

static int collect(struct store *s, uint64_t *ret_dropped, struct err *e)
{
	uint64_t nodes = 0, dropped = 0;
	int rc = number(s, "SELECT count(*) FROM node_at", &nodes, e);

	if (rc == 0)
		rc = is_due(s, nodes, e);
	if (rc == 1) {
		rc = number(s, "CREATE TEMP TABLE IF NOT EXISTS live(n INTEGER PRIMARY KEY)", NULL,
			e);
		if (rc == 0)
			rc = number(s, "DELETE FROM temp.live", NULL, e);
		if (rc == 0)
			rc = sweep(s, nodes, &dropped, e);
		if (rc == 0)
			rc = number(s, "DROP TABLE temp.live", NULL, e);
	}
	if (rc < 0)
		return rc;
	rc = store_commit(s, e);
	if (rc == 0 && ret_dropped)
		*ret_dropped = dropped;
	return rc;
}

int store_collect(struct store *s, uint64_t *ret_dropped, struct err *e)
{
	int rc = store_begin(s, e);

	if (rc < 0)
		return rc;
	rc = collect(s, ret_dropped, e);
	if (rc < 0)
		store_rollback(s);
	return rc;
}

int store_sizes(struct store *s, struct store_sizes *ret, struct err *e)
{
	struct store_sizes z = { 0 };
	const struct {
		const char *sql;
		uint64_t *ret;
	} rows[] = {
		{ "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
			&z.file_bytes },
		{ "SELECT count(*) FROM node_at", &z.nodes },
		{ "SELECT sum(length(data)) FROM node", &z.node_bytes },
		{ "SELECT count(*) FROM ledger", &z.ledger_records },
		{ "SELECT sum(length(data)) FROM ledger", &z.ledger_bytes },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int rc = number(s, rows[i].sql, rows[i].ret, e);

		if (rc < 0)
			return rc;
	}
	*ret = z;
	return 0;
}
