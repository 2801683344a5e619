#include "store/tree_cursor.h"

#include <stdlib.h>

#include "core/mem.h"

int tree_cursor_open(struct tree_cursor **ret, struct store *s, const struct tree_root *root,
	struct err *e)
{
	AUTO_FREE(tree_cursor) c = mem_new(sizeof(*c));
	struct node_reader *top;
	struct node_reader r;
	int rc;

	c->s = s;
	c->root = *root;
	node_reader_init(&r);
	rc = node_load(s, &r, root->full, e);
	if (rc == 0 && memcmp(r.id, root->id, DIGEST_BYTES) != 0)
		rc = err_set(e, ERR_DAMAGED, "the two digests of a root name different trees");
	if (rc < 0) {
		node_reader_done(&r);
		return rc;
	}
	c->top = r.level;
	c->at = c->top;
	for (; c->readers < c->top; c->readers++)
		node_reader_init(&c->node[c->readers]);
	top = &c->node[c->readers++];
	*top = r;
	*ret = c;
	c = NULL;
	return 0;
}

void tree_cursor_close(struct tree_cursor *c)
{
	if (!c)
		return;
	for (unsigned i = 0; i < c->readers; i++)
		node_reader_done(&c->node[i]);
	free(c);
}

void tree_cursor_freep(struct tree_cursor **c)
{
	tree_cursor_close(*c);
	*c = NULL;
}

int tree_cursor_child(struct tree_cursor *c, struct node_ref *ret, struct err *e)
{
	int rc = node_next_ref(&c->node[c->at], ret, e);

	if (rc == 0)
		c->at++;
	return rc;
}

int tree_cursor_enter(struct tree_cursor *c, const struct node_ref *child, struct err *e)
{
	struct node_reader *r = &c->node[c->at - 1];
	int rc = node_load(c->s, r, child->full, e);

	if (rc == 0 && r->level != c->at - 1)
		rc = err_set(e, ERR_DAMAGED, "a tree node is on level %u instead of %u", r->level,
			c->at - 1);
	if (rc == 0 && memcmp(r->id, child->id, DIGEST_BYTES) != 0)
		rc = err_set(e, ERR_DAMAGED, "the two digests of a tree node name different ones");
	if (rc == 0)
		c->at--;
	return rc;
}

int tree_cursor_leaf(struct tree_cursor *c, struct tree_entry *ret, struct err *e)
{
	int rc = node_next_entry(&c->node[0], ret, e);

	if (rc == 0)
		c->at++;
	return rc;
}

/* Down to the next leaf; false as *ret_more at the end. */
static int next_leaf(struct tree_cursor *c, bool *ret_more, struct err *e)
{
	struct node_ref child;
	int rc;

	while (c->at > 0) {
		if (tree_cursor_at_end(c)) {
			*ret_more = false;
			return 0;
		}
		rc = tree_cursor_child(c, &child, e);
		if (rc == 1)
			rc = tree_cursor_enter(c, &child, e);
		if (rc < 0)
			return rc;
	}
	*ret_more = true;
	return 0;
}

int tree_cursor_next(struct tree_cursor *c, struct tree_entry *ret, struct err *e)
{
	bool more;
	int rc;

	if (c->held) {
		c->held = false;
		*ret = c->entry;
		return 1;
	}
	for (;;) {
		if (c->at == 0) {
			rc = tree_cursor_leaf(c, ret, e);
			if (rc != 0)
				return rc;
		}
		rc = next_leaf(c, &more, e);
		if (rc < 0 || !more)
			return rc;
	}
}

/* From the root to the leaf in which key is or would be; to the end when all keys are smaller. */
static int find_leaf(struct tree_cursor *c, struct span key, struct err *e)
{
	struct node_ref child;
	int rc;

	while (c->at > 0) {
		do
			rc = tree_cursor_child(c, &child, e);
		while (rc == 1 && span_compare(child.key, key) < 0);
		if (rc == 0)
			c->at = c->top + 1;
		if (rc <= 0)
			return rc;
		rc = tree_cursor_enter(c, &child, e);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int tree_cursor_seek(struct tree_cursor *c, struct span key, struct err *e)
{
	int rc;

	c->held = false;
	c->at = c->top;
	node_rewind(&c->node[c->top]);
	rc = find_leaf(c, key, e);
	while (rc == 0 && c->at == 0 && !c->held) {
		rc = tree_cursor_leaf(c, &c->entry, e);
		if (rc == 1) {
			c->held = span_compare(c->entry.key, key) >= 0;
			rc = 0;
		}
	}
	return rc < 0 ? rc : 0;
}

int tree_cursor_get(struct tree_cursor *c, struct span key, struct tree_entry *ret, struct err *e)
{
	int rc = tree_cursor_seek(c, key, e);

	if (rc < 0 || !c->held || !span_same(c->entry.key, key))
		return rc;
	c->held = false;
	*ret = c->entry;
	return 1;
}
