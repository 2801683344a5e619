#include "store/store_db.h"
#include "store/tree.h"

/* Streaming a tree through a builder again proves every digest, the order, the counts and that the
 * nodes end where they must. */
static int verify_tree(struct store *s, const struct tree_root *root, struct err *e)
{
	AUTO_FREE(tree_builder) b = tree_builder_new(NULL);
	AUTO_FREE(tree_cursor) c = NULL;
	struct tree_entry entry;
	struct tree_root again;
	int rc = tree_cursor_open(&c, s, root, e);

	while (rc >= 0 && (rc = tree_cursor_next(c, &entry, e)) == 1)
		rc = tree_builder_add(b, &entry, e);
	if (rc == 0)
		rc = tree_builder_finish(b, &again, e);
	if (rc == ERR_FORMAT || rc == ERR_LIMIT)
		e->code = rc = ERR_DAMAGED;
	if (rc < 0)
		return rc;
	if (memcmp(again.id, root->id, DIGEST_BYTES) != 0 ||
		memcmp(again.full, root->full, DIGEST_BYTES) != 0 || again.count != root->count)
		return err_set(e, ERR_DAMAGED, "its nodes do not make up its root");
	return 0;
}

static int verify_roots(struct store *s, struct err *e)
{
	static const char *const names[ROOT_N] = { "approved", "current" };
	struct tree_root root, before = { .count = 0 };
	int rc;

	for (int i = 0; i < ROOT_N; i++) {
		rc = store_root_get(s, (enum store_root)i, &root, e);
		if (rc == ERR_MISSING)
			continue;
		if (rc == 0 && memcmp(&root, &before, sizeof(root)) != 0)
			rc = verify_tree(s, &root, e);
		if (rc < 0)
			return err_prefix(e, "%s state: ", names[i]);
		before = root;
	}
	return 0;
}

static int verify_file(struct store *s, struct err *e)
{
	sqlite3_stmt *q = NULL;
	struct span text, head;
	int rc;

	if (sqlite3_prepare_v2(s->db, "PRAGMA integrity_check(1)", -1, &q, NULL) != SQLITE_OK)
		return sql_err(s, "check", e);
	rc = sql_step(s, q, "check", e);
	if (rc == 1) {
		text = sql_bytes(q, 0);
		if (span_starts(text, span_of("*** ")) && span_find(text, span_of("\n")))
			(void)span_cut(&text, '\n', &head); /* "*** in database main ***" */
		rc = span_is(text, "ok") ? 0
					 : store_damaged(s, e, STORE_FILE ": %.*s",
						   (int)(text.n < 150 ? text.n : 150), text.p);
	}
	sqlite3_finalize(q);
	return rc;
}

static int verify_chain(struct store *s, struct err *e)
{
	return ledger_verify(s, NULL, e);
}

/* Damage does not keep us from the next part: whoever asks wants to know all that is wrong. */
static int verify_all(struct store *s, struct err *e)
{
	static int (*const parts[])(struct store * s, struct err * e) = { verify_file, seal_verify,
		verify_chain, verify_roots };
	AUTO(buf) wrong = BUF_INIT(sizeof(e->text) * ARRAY_LEN(parts));

	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		int rc = parts[i](s, e);

		if (rc < 0 && rc != ERR_DAMAGED)
			return rc;
		if (rc < 0)
			buf_addf(&wrong, "%s%s", wrong.n ? "; " : "", e->text);
	}
	return wrong.n ? err_set(e, ERR_DAMAGED, "%s", buf_text(&wrong)) : 0;
}

int store_verify(struct store *s, struct err *e)
{
	bool own = !s->in_transaction; /* all checks must see the same moment */
	int rc = own ? store_begin(s, e) : 0;

	if (rc < 0)
		return rc;
	rc = verify_all(s, e);
	if (own)
		store_rollback(s);
	return rc;
}
