/* What a comparison of two states found: one finding per key that differs, in key order, kept on
 * disk once they are many. First all findings are added, then found_settle recognises what moved,
 * then they are read. */
#ifndef CHANGE_FOUND_H
#define CHANGE_FOUND_H

#include "store/tree.h"

enum finding_type {
	FOUND_CREATED,
	FOUND_UPDATED,
	FOUND_DELETED,
	FOUND_RENAMED, /* under its new key */
	FOUND_FOLDED,  /* moved, unchanged, with the renamed folder `root` */
	FOUND_LEFT,    /* the old key of one that moved */
	FOUND_QUIET,   /* differs in nothing that is watched, or was not watched before */
	FOUND_DROPPED, /* no longer watched */
	FOUND_TYPE_N
};

/* One side's canonical bytes. */
struct side {
	bool known;
	struct span shared, local;
};

struct finding {
	enum finding_type type;
	struct span key;     /* stored */
	struct span old_key; /* FOUND_RENAMED, FOUND_FOLDED */
	struct span root;    /* FOUND_FOLDED: new key of the folder */
	uint64_t fields;     /* that differ, of those watched */
	uint64_t subtree;    /* FOUND_RENAMED: how many are folded into it */
	struct side was, is;
};

struct found;

struct found *found_new(struct store *s);
void found_free(struct found *f);
void found_freep(struct found **f);

bool found_empty(const struct found *f);
/* Replaces the finding with the same key, if there is one. */
int found_put(struct found *f, const struct finding *x, struct err *e) MUST_CHECK;
/* 1: there is one, valid until the next call on f; 0: none. */
int found_get(struct found *f, struct span key, struct finding *ret, struct err *e) MUST_CHECK;

/* 1: something that lies directly in this folder (a stored key of a hierarchical kind) came, went,
 * moved or differs; 0: nothing. */
int found_inside(struct found *f, struct span folder, struct err *e) MUST_CHECK;

/* Read in key order: rewind, then next until 0. *ret is valid until the next call on f. */
void found_rewind(struct found *f);
int found_next(struct found *f, struct finding *ret, struct err *e) MUST_CHECK;

#endif
