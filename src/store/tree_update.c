#include "store/tree_build.h"
#include "store/tree_cursor.h"

/* The old tree streams through a builder together with the edits; what no edit touches is taken as
 * it is, as soon as the builder stands where the old tree stood. */
struct update {
	struct tree_builder *b;
	struct tree_cursor *old;
	tree_edit_fn *next;
	void *ctx;
	bool more, delete; /* edit is the next one */
	struct tree_entry edit;
};

static int next_edit(struct update *u, struct err *e)
{
	int rc;

	u->delete = false;
	rc = u->next(u->ctx, &u->edit, &u->delete, e);
	if (rc < 0)
		return rc;
	u->more = rc > 0;
	return 0;
}

static int apply_edit(struct update *u, struct err *e)
{
	int rc = u->delete ? 0 : tree_builder_add(u->b, &u->edit, e);

	return rc < 0 ? rc : next_edit(u, e);
}

static int take_entry(struct update *u, const struct tree_entry *entry, struct err *e)
{
	int order = 1;
	int rc;

	while (u->more && (order = span_compare(u->edit.key, entry->key)) < 0) {
		rc = apply_edit(u, e);
		if (rc < 0)
			return rc;
	}
	if (u->more && order == 0)
		return apply_edit(u, e);
	return tree_builder_add(u->b, entry, e);
}

/* May this node of the old tree be taken as it is? */
static bool untouched(const struct update *u, const struct node_ref *node, unsigned level,
	bool last)
{
	if (!tree_builder_is_fresh(u->b, level))
		return false;
	if (!u->more)
		return true;
	/* The last node of a level ended because nothing followed; something may now. */
	return !last && span_compare(u->edit.key, node->key) > 0;
}

/* One step down, along or up in the old tree. */
static int step(struct update *u, uint64_t *seen, struct err *e)
{
	struct tree_cursor *c = u->old;
	struct tree_entry entry;
	struct node_ref child;
	int rc;

	if (c->at == 0) {
		rc = tree_cursor_leaf(c, &entry, e);
		if (rc == 1) {
			(*seen)++;
			rc = take_entry(u, &entry, e);
		}
		return rc;
	}
	rc = tree_cursor_child(c, &child, e);
	if (rc != 1)
		return rc;
	if (!untouched(u, &child, c->at - 1, *seen + child.count >= c->root.count))
		return tree_cursor_enter(c, &child, e);
	*seen += child.count;
	return tree_builder_pass(u->b, &child, c->at - 1, e);
}

int tree_update(struct store *s, const struct tree_root *from, tree_edit_fn *next, void *ctx,
	struct tree_root *ret, struct err *e)
{
	AUTO_FREE(tree_builder) b = tree_builder_new(s);
	AUTO_FREE(tree_cursor) c = NULL;
	struct update u = { .b = b, .next = next, .ctx = ctx };
	uint64_t seen = 0;
	int rc = tree_cursor_open(&c, s, from, e);

	u.old = c;
	if (rc == 0)
		rc = next_edit(&u, e);
	if (rc == 0 && !u.more) {
		*ret = *from;
		return 0;
	}
	while (rc == 0 && !tree_cursor_at_end(c))
		rc = step(&u, &seen, e);
	while (rc == 0 && u.more)
		rc = apply_edit(&u, e);
	return rc < 0 ? rc : tree_builder_finish(b, ret, e);
}
