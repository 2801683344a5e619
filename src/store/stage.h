/* Changes waiting to be written: a sorted table of byte strings on disk (a private temporary file
 * in the state folder, gone when closed), so that a million of them do not eat memory. Keys order
 * bytewise. A stage is not part of the store's transaction: it is scratch paper, thrown away by
 * stage_close and by every crash. Any number may be open. */
#ifndef STORE_STAGE_H
#define STORE_STAGE_H

#include "store/store.h"

struct stage;

int stage_open(struct stage **ret, struct store *s, struct err *e) MUST_CHECK;
void stage_close(struct stage *g); /* accepts NULL; close all before store_close */
void stage_freep(struct stage **g);

/* Add, or replace what has this key. */
int stage_put(struct stage *g, struct span key, struct span value, struct err *e) MUST_CHECK;
/* 1: *ret is the value, valid until the next call on g; 0: not there; else an error. */
int stage_get(struct stage *g, struct span key, struct span *ret, struct err *e) MUST_CHECK;
/* Deleting what is not there is fine. */
int stage_delete(struct stage *g, struct span key, struct err *e) MUST_CHECK;
/* Call back for low <= key < high in order until it returns non-zero, which is passed on. May be
 * used between stage_rewind and the end of stage_next. */
int stage_range(struct stage *g, struct span low, struct span high,
	int (*each)(void *ctx, struct span value, struct err *e), void *ctx,
	struct err *e) MUST_CHECK;
uint64_t stage_count(const struct stage *g);

/* Call back in key order until it returns non-zero, which is passed on. The callback must not call
 * anything on g; other stages are fine. */
int stage_each(struct stage *g,
	int (*each)(void *ctx, struct span key, struct span value, struct err *e), void *ctx,
	struct err *e) MUST_CHECK;

/* The same, pulled: stage_rewind, then stage_next until it returns 0 (1: *ret_… are set, valid
 * until the next call on g). Between them g may be read by stage_get but not changed. */
void stage_rewind(struct stage *g);
int stage_next(struct stage *g, struct span *ret_key, struct span *ret_value,
	struct err *e) MUST_CHECK;

#endif
