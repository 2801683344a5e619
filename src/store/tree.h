/* Content-addressed, history-independent search trees (prolly trees) over stored keys.
 *
 * Node boundaries depend on keys only (fan-out 16, a keyed hash, a cap on node size), so the same
 * set of entries gives the same tree however it came about, and trees share what is equal. Every
 * node has two digests: `id` over keys and shared values, `full` over id and local values. Order is
 * bytewise. */
#ifndef STORE_TREE_H
#define STORE_TREE_H

#include "store/store.h"

struct tree_entry {
	struct span key;    /* stored key, entity/key.h */
	struct span shared; /* canonical bytes of the shared fields */
	struct span local;  /* canonical bytes of the local fields */
};

/* Build a whole tree from entries in ascending key order. Memory does not grow with the tree.
 * s NULL: nothing is stored, only the root is worked out. */
struct tree_builder;
struct tree_builder *tree_builder_new(struct store *s);
void tree_builder_free(struct tree_builder *b);
void tree_builder_freep(struct tree_builder **b);
/* ERR_FORMAT when key is not greater than the one before. Copies the spans. */
int tree_builder_add(struct tree_builder *b, const struct tree_entry *entry,
	struct err *e) MUST_CHECK;
int tree_builder_finish(struct tree_builder *b, struct tree_root *ret, struct err *e) MUST_CHECK;

/* Read a tree in order. Each node's digest is checked as it is read: ERR_DAMAGED. */
struct tree_cursor;
int tree_cursor_open(struct tree_cursor **ret, struct store *s, const struct tree_root *root,
	struct err *e) MUST_CHECK;
void tree_cursor_close(struct tree_cursor *c);
void tree_cursor_freep(struct tree_cursor **c);
/* Go to the first entry whose key is >= key; the next tree_cursor_next returns it. */
int tree_cursor_seek(struct tree_cursor *c, struct span key, struct err *e) MUST_CHECK;
/* 1: *ret is the next entry, valid until the next call on c; 0: the end; else an error. */
int tree_cursor_next(struct tree_cursor *c, struct tree_entry *ret, struct err *e) MUST_CHECK;
/* One entry: 1 found (valid until the next call on c), 0 not there. Moves the cursor. */
int tree_cursor_get(struct tree_cursor *c, struct span key, struct tree_entry *ret,
	struct err *e) MUST_CHECK;

/* Apply edits in ascending key order, given by next(): 1 = *ret_key and either *ret_delete or
 * *ret_entry (with the same key) are set, valid until the next call; 0 = no more. Deleting what is
 * not there and replacing by the same bytes are fine. Untouched nodes are passed by reference. */
typedef int tree_edit_fn(void *ctx, struct tree_entry *ret_entry, bool *ret_delete, struct err *e);
int tree_update(struct store *s, const struct tree_root *from, tree_edit_fn *next, void *ctx,
	struct tree_root *ret, struct err *e) MUST_CHECK;

/* Call back in key order for each key whose entry (shared or local) differs: was NULL when only in
 * b, is NULL when only in a. Costs what differs. Non-zero from the callback ends it and is passed
 * on. */
typedef int tree_diff_fn(void *ctx, const struct tree_entry *was, const struct tree_entry *is,
	struct err *e);
int tree_diff(struct store *s, const struct tree_root *a, const struct tree_root *b,
	tree_diff_fn *each, void *ctx, struct err *e) MUST_CHECK;

#endif
