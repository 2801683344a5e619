/* Inside the store only: what building and updating a tree share. */
#ifndef STORE_TREE_BUILD_H
#define STORE_TREE_BUILD_H

#include "store/node.h"

struct tree_builder {
	struct store *s;
	struct buf last; /* key added last; order is checked against it */
	bool any, passed;
	unsigned levels; /* of level[], made so far */
	struct tree_level {
		struct node_writer w;
		struct node_ref last; /* added last; its key is gone */
		uint64_t done;        /* nodes of this level that are finished */
	} level[NODE_LEVELS];
};

/* Nothing is half done on this level and below: the next node begins here. */
bool tree_builder_is_fresh(const struct tree_builder *b, unsigned level);
/* Take a finished node of `level` as it is. Only when fresh, and when it would come out the same:
 * it ended where it had to, or nothing follows. */
int tree_builder_pass(struct tree_builder *b, const struct node_ref *node, unsigned level,
	struct err *e) MUST_CHECK;

#endif
