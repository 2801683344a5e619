#include "change/found.h"

#include <stdlib.h>

#include "change/keys.h"
#include "core/cbor.h"
#include "core/mem.h"
#include "entity/key.h"
#include "store/stage.h"

#define KEY_MAX ((size_t)1 << 20)

/* Stage: key → CBOR array [type, fields, subtree, old key, root, was, is], a side being an array
 * of shared and local bytes or, when there is none, empty. */
struct found {
	struct stage *stage; /* NULL: nothing found yet */
	struct store *store;
	struct buf value;
};

struct found *found_new(struct store *s)
{
	struct found *f = mem_new(sizeof *f);

	f->store = s;
	f->value = BUF_INIT(BUF_MAX_DEFAULT);
	return f;
}

void found_free(struct found *f)
{
	if (!f)
		return;
	stage_close(f->stage);
	buf_done(&f->value);
	free(f);
}

void found_freep(struct found **f)
{
	found_free(*f);
	*f = NULL;
}

bool found_empty(const struct found *f)
{
	return !f->stage;
}

static void side_put(struct buf *b, const struct side *s)
{
	cbor_put_array(b, s->known ? 2 : 0);
	if (!s->known)
		return;
	cbor_put_bytes(b, s->shared);
	cbor_put_bytes(b, s->local);
}

static int side_get(struct cbor *c, struct side *ret, struct err *e)
{
	uint64_t n;

	*ret = (struct side){ 0 };
	if (cbor_get_array(c, &n, e) < 0)
		return e->code;
	if (n == 0)
		return 0;
	ret->known = true;
	if (cbor_get_bytes(c, &ret->shared, e) < 0 || cbor_get_bytes(c, &ret->local, e) < 0)
		return e->code;
	return 0;
}

int found_put(struct found *f, const struct finding *x, struct err *e)
{
	struct buf *b = &f->value;

	buf_clear(b);
	cbor_put_array(b, 7);
	cbor_put_uint(b, x->type);
	cbor_put_uint(b, x->fields);
	cbor_put_uint(b, x->subtree);
	cbor_put_bytes(b, x->old_key);
	cbor_put_bytes(b, x->root);
	side_put(b, &x->was);
	side_put(b, &x->is);
	if (b->full)
		return err_set(e, ERR_LIMIT, "an entity of more than %zu bytes", b->max);
	if (!f->stage && stage_open(&f->stage, f->store, e) < 0)
		return e->code;
	return stage_put(f->stage, x->key, buf_span(b), e);
}

static int decode(struct span key, struct span value, struct finding *ret, struct err *e)
{
	struct cbor c = cbor_of(value);
	struct finding x = { .key = key };
	uint64_t n, type;

	if (cbor_get_array(&c, &n, e) < 0 || cbor_get_uint(&c, &type, e) < 0 ||
		cbor_get_uint(&c, &x.fields, e) < 0 || cbor_get_uint(&c, &x.subtree, e) < 0 ||
		cbor_get_bytes(&c, &x.old_key, e) < 0 || cbor_get_bytes(&c, &x.root, e) < 0 ||
		side_get(&c, &x.was, e) < 0 || side_get(&c, &x.is, e) < 0)
		return e->code;
	if (type >= FOUND_TYPE_N)
		return err_set(e, ERR_FORMAT, "a finding of type %llu", (unsigned long long)type);
	x.type = (enum finding_type)type;
	*ret = x;
	return 1;
}

int found_get(struct found *f, struct span key, struct finding *ret, struct err *e)
{
	struct span value;
	int r = f->stage ? stage_get(f->stage, key, &value, e) : 0;

	return r <= 0 ? r : decode(key, value, ret, e);
}

static int is_loud(void *ctx, struct span value, struct err *e)
{
	struct finding x;

	(void)ctx;
	if (decode(SPAN_NONE, value, &x, e) < 0)
		return e->code;
	return x.type != FOUND_QUIET && x.type != FOUND_DROPPED;
}

int found_inside(struct found *f, struct span folder, struct err *e)
{
	AUTO(buf) path = BUF_INIT(KEY_MAX);
	AUTO(buf) low = BUF_INIT(KEY_MAX);
	AUTO(buf) high = BUF_INIT(KEY_MAX);
	const struct kind *k;

	if (!f->stage)
		return 0;
	if (stored_key_text(folder, &k, &path, e) < 0)
		return e->code;
	key_range_below(k, buf_span(&path), &low, &high);
	/* Direct entries have two NULs behind the folder: entity/key.h. */
	buf_clear(&high);
	buf_add(&high, low.p, low.n - (span_is(buf_span(&path), "/") ? 2 : 1));
	buf_add_char(&high, '\1');
	return stage_range(f->stage, buf_span(&low), buf_span(&high), is_loud, NULL, e);
}

void found_rewind(struct found *f)
{
	if (f->stage)
		stage_rewind(f->stage);
}

int found_next(struct found *f, struct finding *ret, struct err *e)
{
	struct span key, value;
	int r = f->stage ? stage_next(f->stage, &key, &value, e) : 0;

	return r <= 0 ? r : decode(key, value, ret, e);
}
