/* One entity in the trees. */
#ifndef CLI_ENTITY_H
#define CLI_ENTITY_H

#include "cli/session.h"

/* The record with this key in a tree, copied into a; *ret is NULL when there is none. Of what
 * Windows names, one that differs in upper and lower case only will do when there is no other: the
 * record has the key as it is stored. */
int entity_find(struct session *s, const struct tree_root *root, const struct kind *k,
	struct span key, struct arena *a, struct record **ret, struct err *e) MUST_CHECK;

/* A tree's entry as a record; texts point into entry, the key into *key. */
int entity_of_entry(const struct tree_entry *entry, struct buf *key, struct record *ret,
	struct err *e) MUST_CHECK;

#endif
