#include "store/tree_build.h"

#include <stdlib.h>

#include "core/mem.h"

/* A node begins where the one before it ended, and where it ends follows from its own entries
 * alone: so the same set always falls into the same nodes, and a node that begins at the same entry
 * as before, with the same entries, may be taken as it is. */

struct tree_builder *tree_builder_new(struct store *s)
{
	struct tree_builder *b = mem_new(sizeof(*b));

	b->s = s;
	b->last = BUF_INIT(TREE_KEY_MAX);
	return b;
}

void tree_builder_free(struct tree_builder *b)
{
	if (!b)
		return;
	for (unsigned i = 0; i < b->levels; i++)
		node_writer_done(&b->level[i].w);
	buf_done(&b->last);
	free(b);
}

void tree_builder_freep(struct tree_builder **b)
{
	tree_builder_free(*b);
	*b = NULL;
}

static struct node_writer *writer(struct tree_builder *b, unsigned level)
{
	while (b->levels <= level) {
		node_writer_init(&b->level[b->levels].w);
		node_writer_clear(&b->level[b->levels].w, b->levels);
		b->levels++;
	}
	return &b->level[level].w;
}

static int add_ref(struct tree_builder *b, unsigned level, const struct node_ref *ref,
	struct err *e);

/* End the node of this level and hand it to the one above. */
static int end_node(struct tree_builder *b, unsigned level, struct err *e)
{
	struct node_writer *w = writer(b, level);
	struct node_ref ref;
	int rc = node_save(b->s, w, &ref, e);

	if (rc == 0)
		rc = add_ref(b, level + 1, &ref, e);
	if (rc < 0)
		return rc;
	b->level[level].done++;
	node_writer_clear(w, level);
	return 0;
}

static int add_ref(struct tree_builder *b, unsigned level, const struct node_ref *ref,
	struct err *e)
{
	struct node_writer *w;

	if (level >= NODE_LEVELS)
		return err_set(e, ERR_LIMIT, "a tree of more than %d levels", NODE_LEVELS);
	w = writer(b, level);
	node_add_ref(w, ref);
	b->level[level].last = *ref;
	return node_is_whole(w, level) ? end_node(b, level, e) : 0;
}

int tree_builder_add(struct tree_builder *b, const struct tree_entry *entry, struct err *e)
{
	struct node_writer *w = writer(b, 0);

	if (b->any && span_compare(buf_span(&b->last), entry->key) >= 0)
		return err_set(e, ERR_FORMAT, "tree entries are not in order");
	if (entry->key.n > TREE_KEY_MAX || entry->shared.n > TREE_SHARED_MAX ||
		entry->local.n > TREE_LOCAL_MAX)
		return err_set(e, ERR_LIMIT, "a tree entry has %zu + %zu + %zu bytes", entry->key.n,
			entry->shared.n, entry->local.n);
	buf_clear(&b->last);
	buf_add_span(&b->last, entry->key);
	b->any = true;
	node_add_entry(w, entry);
	return node_is_whole(w, 0) ? end_node(b, 0, e) : 0;
}

bool tree_builder_is_fresh(const struct tree_builder *b, unsigned level)
{
	for (unsigned i = 0; i <= level && i < b->levels; i++)
		if (b->level[i].w.n)
			return false;
	return true;
}

int tree_builder_pass(struct tree_builder *b, const struct node_ref *node, unsigned level,
	struct err *e)
{
	int rc;

	writer(b, level);
	buf_clear(&b->last);
	buf_add_span(&b->last, node->key);
	b->any = true;
	b->passed = true;
	rc = add_ref(b, level + 1, node, e);
	/* It stands for nodes of every level below it. */
	for (unsigned i = 0; i <= level; i++)
		b->level[i].done++;
	return rc;
}

/* The only child of an inner node; 0 when it has more. */
static int only_child(struct node_reader *r, struct node_ref *ret, struct err *e)
{
	struct node_ref child, second;
	int rc = node_next_ref(r, &child, e);

	if (rc == 0)
		return err_set(e, ERR_DAMAGED, "a tree node on level %u is empty", r->level);
	if (rc == 1)
		rc = node_next_ref(r, &second, e);
	if (rc < 0)
		return rc;
	if (rc == 1)
		return 0;
	*ret = child;
	return 1;
}

/* A node that was taken as it is may have been the last of its level, with a single child, and now
 * be all there is: the child is the tree then. */
static int unwrap(struct tree_builder *b, struct node_ref *root, struct err *e)
{
	struct node_reader r;
	int rc;

	node_reader_init(&r);
	do {
		rc = node_load(b->s, &r, root->full, e);
		if (rc == 0 && r.level > 0)
			rc = only_child(&r, root, e);
	} while (rc == 1);
	node_reader_done(&r);
	return rc;
}

/* End what is half done, from the leaves up, until a level has nothing but one child. */
static int end_all(struct tree_builder *b, struct node_ref *ret, struct err *e)
{
	int rc = 0;

	for (unsigned i = 0;; i++) {
		struct node_writer *w = writer(b, i);

		if (i > 0 && b->level[i].done == 0 && w->n == 1) {
			*ret = b->level[i].last;
			return 0;
		}
		if (w->n)
			rc = end_node(b, i, e);
		if (rc < 0)
			return rc;
	}
}

int tree_builder_finish(struct tree_builder *b, struct tree_root *ret, struct err *e)
{
	struct node_ref root;
	int rc;

	if (b->any)
		rc = end_all(b, &root, e);
	else
		rc = node_save(b->s, writer(b, 0), &root, e); /* no entries: an empty leaf */
	if (rc == 0 && b->passed)
		rc = unwrap(b, &root, e);
	if (rc < 0)
		return rc;
	memcpy(ret->id, root.id, DIGEST_BYTES);
	memcpy(ret->full, root.full, DIGEST_BYTES);
	ret->count = root.count;
	return 0;
}
