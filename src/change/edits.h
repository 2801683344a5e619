/* Edits of a tree, collected in any order and applied in key order. On disk once they are many. */
#ifndef CHANGE_EDITS_H
#define CHANGE_EDITS_H

#include "store/tree.h"

struct edits;

struct edits *edits_new(struct store *s);
void edits_free(struct edits *x);
void edits_freep(struct edits **x);

/* A later edit of the same key replaces the earlier one. */
int edits_put(struct edits *x, const struct tree_entry *entry, struct err *e) MUST_CHECK;
int edits_delete(struct edits *x, struct span key, struct err *e) MUST_CHECK;
/* 1: *ret is what was put under the key, valid until the next call; 0: no put of it. */
int edits_get(struct edits *x, struct span key, struct tree_entry *ret, struct err *e) MUST_CHECK;
bool edits_empty(const struct edits *x);

/* The tree `from` with all edits done. Call inside a transaction. */
int edits_apply(struct edits *x, struct store *s, const struct tree_root *from,
	struct tree_root *ret, struct err *e) MUST_CHECK;

#endif
