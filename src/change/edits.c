#include "change/edits.h"

#include <stdlib.h>

#include "core/cbor.h"
#include "core/mem.h"
#include "store/stage.h"

/* Stage: key → CBOR array [shared, local]; an empty array deletes. */
struct edits {
	struct stage *stage; /* NULL: no edit yet */
	struct store *store;
	struct buf value;
};

struct edits *edits_new(struct store *s)
{
	struct edits *x = mem_new(sizeof *x);

	x->store = s;
	x->value = BUF_INIT(BUF_MAX_DEFAULT);
	return x;
}

void edits_free(struct edits *x)
{
	if (!x)
		return;
	stage_close(x->stage);
	buf_done(&x->value);
	free(x);
}

void edits_freep(struct edits **x)
{
	edits_free(*x);
	*x = NULL;
}

bool edits_empty(const struct edits *x)
{
	return !x->stage;
}

static int put(struct edits *x, struct span key, struct err *e)
{
	if (x->value.full)
		return err_set(e, ERR_LIMIT, "an entity of more than %zu bytes", x->value.max);
	if (!x->stage && stage_open(&x->stage, x->store, e) < 0)
		return e->code;
	return stage_put(x->stage, key, buf_span(&x->value), e);
}

int edits_put(struct edits *x, const struct tree_entry *entry, struct err *e)
{
	buf_clear(&x->value);
	cbor_put_array(&x->value, 2);
	cbor_put_bytes(&x->value, entry->shared);
	cbor_put_bytes(&x->value, entry->local);
	return put(x, entry->key, e);
}

int edits_delete(struct edits *x, struct span key, struct err *e)
{
	buf_clear(&x->value);
	cbor_put_array(&x->value, 0);
	return put(x, key, e);
}

/* 1: an entry, 0: a deletion. */
static int decode(struct span value, struct tree_entry *ret, struct err *e)
{
	struct cbor c = cbor_of(value);
	uint64_t n;

	if (cbor_get_array(&c, &n, e) < 0)
		return e->code;
	if (n == 0)
		return 0;
	if (cbor_get_bytes(&c, &ret->shared, e) < 0 || cbor_get_bytes(&c, &ret->local, e) < 0)
		return e->code;
	return 1;
}

int edits_get(struct edits *x, struct span key, struct tree_entry *ret, struct err *e)
{
	struct span value;
	int r = x->stage ? stage_get(x->stage, key, &value, e) : 0;

	if (r <= 0)
		return r;
	ret->key = key;
	return decode(value, ret, e);
}

static int next(void *ctx, struct tree_entry *ret, bool *ret_delete, struct err *e)
{
	struct edits *x = ctx;
	struct span value;
	int r = stage_next(x->stage, &ret->key, &value, e);

	if (r <= 0)
		return r;
	r = decode(value, ret, e);
	*ret_delete = r == 0;
	return r < 0 ? r : 1;
}

int edits_apply(struct edits *x, struct store *s, const struct tree_root *from,
	struct tree_root *ret, struct err *e)
{
	if (!x->stage) {
		*ret = *from;
		return 0;
	}
	stage_rewind(x->stage);
	return tree_update(s, from, next, x, ret, e);
}
