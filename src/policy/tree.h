/* One YAML file as a tree of nodes with their places. Only what a policy needs: maps, lists and
 * scalars; anchors, aliases, tags, merge keys, duplicate keys and second documents are errors. */
#ifndef POLICY_TREE_H
#define POLICY_TREE_H

#include "policy/problem.h"

#define FILE_BYTES_MAX ((size_t)1 << 20)
#define TREE_DEPTH_MAX 16
#define TREE_NODES_MAX 200000

enum node_type { NODE_SCALAR, NODE_LIST, NODE_MAP };

struct node {
	enum node_type type;
	bool plain; /* a scalar without quotes */
	unsigned n; /* of items; a map has key, value, key, value … */
	struct span text;
	struct node **items;
	struct place at;
};

/* NULL in *ret for a file without a document. ERR_POLICY when nothing can be made of it, a problem
 * says why (duplicate keys are problems, too, but leave a tree). Texts and nodes live in a; file
 * must outlive them. */
int tree_parse(struct arena *a, const char *file, struct span yaml, struct node **ret,
	struct problems *problems, struct err *e) MUST_CHECK;

/* "a list", "a map", "text 'x'": what was found, for messages. Lives in a. */
const char *node_found(struct arena *a, const struct node *n);

#endif
