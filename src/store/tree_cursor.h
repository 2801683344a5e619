/* Inside the store only: a cursor seen from within, for those who walk subtrees. */
#ifndef STORE_TREE_CURSOR_H
#define STORE_TREE_CURSOR_H

#include "store/node.h"

/* node[at] is the node being read, its parents are above it up to node[top], the root. at > top: at
 * the end. */
struct tree_cursor {
	struct store *s;
	struct tree_root root;
	unsigned top, at;
	bool held; /* entry is the next one */
	struct tree_entry entry;
	unsigned readers; /* of node[] that are in use */
	struct node_reader node[NODE_LEVELS];
};

/* In an inner node: 1 and the next child, 0 when it has no more (the cursor is then in the parent
 * or at the end: look at `at` again). */
int tree_cursor_child(struct tree_cursor *c, struct node_ref *ret, struct err *e) MUST_CHECK;
/* Into the child that tree_cursor_child gave last. */
int tree_cursor_enter(struct tree_cursor *c, const struct node_ref *child,
	struct err *e) MUST_CHECK;
/* In a leaf: 1 and the next entry, 0 when it has no more (the cursor is then in the parent). */
int tree_cursor_leaf(struct tree_cursor *c, struct tree_entry *ret, struct err *e) MUST_CHECK;

static inline bool tree_cursor_at_end(const struct tree_cursor *c)
{
	return c->at > c->top;
}

#endif
