/* Inside the store only: the bytes of one tree node. docs/STORE.md §4 is the format.
 *
 * body   level, then per entry the key (front-coded) and, in a leaf, the shared value (as the
 *        difference to the one before), in an inner node the count and id of the child
 * local  in a leaf the local values, each as the difference to the one before; in an inner node
 *        the full digests of the children */
#ifndef STORE_NODE_H
#define STORE_NODE_H

#include "store/tree.h"

#define NODE_LEVELS 40 /* inner nodes hold at least two entries, so this is beyond any disk */
#define NODE_ENTRIES_MAX 256
#define NODE_BYTES_MAX ((size_t)64 << 10) /* of keys and shared values, before the last entry */
#define NODE_RAW_MAX ((size_t)32 << 20)

#define TREE_KEY_MAX ((size_t)1 << 20)
#define TREE_SHARED_MAX ((size_t)4 << 20)
#define TREE_LOCAL_MAX ((size_t)64 << 10)

/* What an inner node says of a child; names a whole tree, too. */
struct node_ref {
	struct span key; /* the last in it */
	uint64_t count;  /* entries below */
	uint8_t id[DIGEST_BYTES];
	uint8_t full[DIGEST_BYTES];
};

/* Does a node of this level end behind this key? (Not counting the caps.) */
bool node_ends(struct span key, unsigned level);

/* Where a node is found: the first 48 bits of its name. Two may share one; the digest proves which
 * it is. */
int64_t node_place(const uint8_t full[DIGEST_BYTES]);

/* ---- writing ---- */

/* A node that grows: one per level of a tree being built. */
struct node_writer {
	struct buf body, local;
	struct buf key, shared_was, local_was;
	size_t bytes;
	unsigned n;
	uint64_t count;
};

void node_writer_init(struct node_writer *w);
void node_writer_done(struct node_writer *w);
void node_writer_clear(struct node_writer *w, unsigned level);
void node_add_entry(struct node_writer *w, const struct tree_entry *entry);
void node_add_ref(struct node_writer *w, const struct node_ref *ref);
/* Must it end now? */
bool node_is_whole(const struct node_writer *w, unsigned level);
/* Store it unless it is there; s NULL: only work out its digests. ret->key points into w. */
int node_save(struct store *s, struct node_writer *w, struct node_ref *ret,
	struct err *e) MUST_CHECK;

/* ---- reading ---- */

struct node_reader {
	struct buf raw; /* as loaded: id, local part, body */
	uint8_t full[DIGEST_BYTES];
	uint8_t id[DIGEST_BYTES];
	bool loaded; /* raw is the node named full … */
	int64_t row; /* … from this row */
	unsigned level;
	size_t local_n;
	const char *p, *end;             /* rest of body */
	const char *local_p, *local_end; /* rest of local */
	struct buf key, shared, local;   /* of the entry read last */
};

void node_reader_init(struct node_reader *r);
void node_reader_done(struct node_reader *r);
/* Load the node named full and check it against that name; stands before its first entry. */
int node_load(struct store *s, struct node_reader *r, const uint8_t full[DIGEST_BYTES],
	struct err *e) MUST_CHECK;
void node_rewind(struct node_reader *r);
/* 1: the next, valid until the next call; 0: the end; ERR_DAMAGED. */
int node_next_entry(struct node_reader *r, struct tree_entry *ret, struct err *e) MUST_CHECK;
int node_next_ref(struct node_reader *r, struct node_ref *ret, struct err *e) MUST_CHECK;

#endif
