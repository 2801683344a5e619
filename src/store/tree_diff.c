#include "store/tree_cursor.h"

/* Two walks side by side. Wherever both stand before a subtree of the same level and digest, what
 * follows is the same on both sides and is stepped over unseen. */

enum place { AT_END, AT_CHILD, AT_ENTRY };

struct walk {
	struct tree_cursor *c;
	enum place at;
	unsigned level; /* of the child */
	struct node_ref child;
	struct tree_entry entry;
};

/* To the next child or entry. */
static int advance(struct walk *w, struct err *e)
{
	int rc = 0;

	while (!tree_cursor_at_end(w->c) && rc == 0) {
		if (w->c->at == 0) {
			w->at = AT_ENTRY;
			rc = tree_cursor_leaf(w->c, &w->entry, e);
		} else {
			w->at = AT_CHILD;
			w->level = w->c->at - 1;
			rc = tree_cursor_child(w->c, &w->child, e);
		}
	}
	if (rc == 0)
		w->at = AT_END;
	return rc < 0 ? rc : 0;
}

static int enter(struct walk *w, struct err *e)
{
	int rc = tree_cursor_enter(w->c, &w->child, e);

	return rc < 0 ? rc : advance(w, e);
}

static int step_children(struct walk *a, struct walk *b, struct err *e)
{
	bool in_a = a->at == AT_CHILD && (b->at != AT_CHILD || a->level >= b->level);
	bool in_b = b->at == AT_CHILD && (a->at != AT_CHILD || b->level >= a->level);
	int rc = 0;

	if (in_a && in_b && memcmp(a->child.full, b->child.full, DIGEST_BYTES) == 0) {
		rc = advance(a, e);
		return rc < 0 ? rc : advance(b, e);
	}
	if (in_a)
		rc = enter(a, e);
	if (rc == 0 && in_b)
		rc = enter(b, e);
	return rc;
}

static int step_entries(struct walk *a, struct walk *b, tree_diff_fn *each, void *ctx,
	struct err *e)
{
	int order = a->at == AT_END   ? 1
		    : b->at == AT_END ? -1
				      : span_compare(a->entry.key, b->entry.key);
	int rc = 0;

	if (order != 0 || !span_same(a->entry.shared, b->entry.shared) ||
		!span_same(a->entry.local, b->entry.local))
		rc = each(ctx, order <= 0 ? &a->entry : NULL, order >= 0 ? &b->entry : NULL, e);
	if (rc == 0 && order <= 0)
		rc = advance(a, e);
	if (rc == 0 && order >= 0)
		rc = advance(b, e);
	return rc;
}

int tree_diff(struct store *s, const struct tree_root *a, const struct tree_root *b,
	tree_diff_fn *each, void *ctx, struct err *e)
{
	AUTO_FREE(tree_cursor) was = NULL;
	AUTO_FREE(tree_cursor) is = NULL;
	struct walk x = { .at = AT_END }, y = { .at = AT_END };
	int rc;

	if (memcmp(a->full, b->full, DIGEST_BYTES) == 0)
		return 0;
	rc = tree_cursor_open(&was, s, a, e);
	if (rc == 0)
		rc = tree_cursor_open(&is, s, b, e);
	x.c = was;
	y.c = is;
	if (rc == 0)
		rc = advance(&x, e);
	if (rc == 0)
		rc = advance(&y, e);
	while (rc == 0 && (x.at != AT_END || y.at != AT_END)) {
		if (x.at == AT_CHILD || y.at == AT_CHILD)
			rc = step_children(&x, &y, e);
		else
			rc = step_entries(&x, &y, each, ctx, e);
	}
	return rc;
}
