#include "watch/notice.h"

#include "core/cbor.h"

/* Each frame: an array of the type's number and the members of its struct, in their order; a kind
 * is its id, 0 none. */

static void put_kind(struct buf *b, const struct kind *k)
{
	cbor_put_uint(b, k ? k->id + UINT64_C(1) : 0);
}

static int get_kind(struct cbor *c, const struct kind **ret, struct err *e)
{
	uint64_t id;

	if (cbor_get_uint(c, &id, e) < 0)
		return e->code;
	*ret = id > 0 && id <= KIND_IDS ? kind_by_id((uint8_t)(id - 1)) : NULL;
	if (id > 0 && !*ret)
		return err_set(e, ERR_FORMAT, "a kind of no known number");
	return 0;
}

/* ---- hint ---- */

static void put_hint(struct buf *b, const struct notice *n)
{
	const struct hint *x = &n->hint;

	cbor_put_array(b, 9);
	cbor_put_uint(b, n->type);
	put_kind(b, x->kind);
	cbor_put_bytes(b, x->key);
	cbor_put_bool(b, x->below);
	cbor_put_int(b, x->time);
	cbor_put_int(b, x->before);
	cbor_put_bytes(b, x->who);
	cbor_put_bytes(b, x->why);
	cbor_put_uint(b, x->as_before);
}

static int get_hint(struct cbor *c, struct arena *a, struct notice *ret, struct err *e)
{
	struct hint *x = &ret->hint;
	uint64_t as_before;

	(void)a;
	if (get_kind(c, &x->kind, e) < 0 || cbor_get_bytes(c, &x->key, e) < 0 ||
		cbor_get_bool(c, &x->below, e) < 0 || cbor_get_int(c, &x->time, e) < 0 ||
		cbor_get_int(c, &x->before, e) < 0 || cbor_get_bytes(c, &x->who, e) < 0 ||
		cbor_get_bytes(c, &x->why, e) < 0 || cbor_get_uint(c, &as_before, e) < 0)
		return e->code;
	if (as_before > HINT_BEFORE)
		return err_set(e, ERR_FORMAT, "a hint as one before that is not kept");
	x->as_before = (uint8_t)as_before;
	return x->kind ? 0 : err_set(e, ERR_FORMAT, "a hint of no kind");
}

void hint_before_done(struct hint_before *b)
{
	for (unsigned i = 0; i < HINT_BEFORE; i++) {
		buf_done(&b->last[i].who);
		buf_done(&b->last[i].why);
	}
}

void hint_shorten(const struct hint_before *b, struct hint *x)
{
	if (!x->who.n && !x->why.n)
		return;
	for (unsigned i = 0; i < HINT_BEFORE && !x->as_before; i++)
		if (span_same(x->who, buf_span(&b->last[i].who)) &&
			span_same(x->why, buf_span(&b->last[i].why)))
			x->as_before = (uint8_t)(i + 1);
	if (x->as_before)
		x->who = x->why = SPAN_NONE;
}

static void keep_text(struct buf *b, struct span text)
{
	b->max = NOTICE_FRAME_MAX;
	buf_clear(b);
	buf_add_span(b, text);
}

void hint_went(struct hint_before *b, const struct hint *x)
{
	if (!x->who.n && !x->why.n)
		return;
	keep_text(&b->last[b->next].who, x->who);
	keep_text(&b->last[b->next].why, x->why);
	b->next = (b->next + 1) % HINT_BEFORE;
}

void hint_complete(struct hint_before *b, struct hint *x)
{
	unsigned i = x->as_before;

	if (i == 0) {
		hint_went(b, x);
		return;
	}
	x->as_before = 0;
	x->who = buf_span(&b->last[i - 1].who);
	x->why = buf_span(&b->last[i - 1].why);
}

/* ---- loss ---- */

static void put_loss(struct buf *b, const struct notice *n)
{
	const struct loss *x = &n->loss;

	cbor_put_array(b, 8);
	cbor_put_uint(b, n->type);
	cbor_put_bytes(b, x->means);
	put_kind(b, x->kind);
	cbor_put_bytes(b, x->scope);
	cbor_put_int(b, x->from);
	cbor_put_int(b, x->to);
	cbor_put_uint(b, x->count);
	cbor_put_bytes(b, x->text);
}

static int get_loss(struct cbor *c, struct arena *a, struct notice *ret, struct err *e)
{
	struct loss *x = &ret->loss;

	(void)a;
	if (cbor_get_bytes(c, &x->means, e) < 0 || get_kind(c, &x->kind, e) < 0 ||
		cbor_get_bytes(c, &x->scope, e) < 0 || cbor_get_int(c, &x->from, e) < 0 ||
		cbor_get_int(c, &x->to, e) < 0 || cbor_get_uint(c, &x->count, e) < 0)
		return e->code;
	return cbor_get_bytes(c, &x->text, e);
}

/* ---- means ---- */

static void put_means(struct buf *b, const struct notice *n)
{
	const struct means *x = &n->means;

	cbor_put_array(b, 7);
	cbor_put_uint(b, n->type);
	put_kind(b, x->kind);
	cbor_put_bytes(b, x->scope);
	cbor_put_bytes(b, x->name);
	cbor_put_bool(b, x->in_force);
	cbor_put_bool(b, x->gone);
	cbor_put_bytes(b, x->text);
}

static int get_means(struct cbor *c, struct arena *a, struct notice *ret, struct err *e)
{
	struct means *x = &ret->means;

	(void)a;
	if (get_kind(c, &x->kind, e) < 0 || cbor_get_bytes(c, &x->scope, e) < 0 ||
		cbor_get_bytes(c, &x->name, e) < 0 || cbor_get_bool(c, &x->in_force, e) < 0 ||
		cbor_get_bool(c, &x->gone, e) < 0)
		return e->code;
	return cbor_get_bytes(c, &x->text, e);
}

/* ---- canary ---- */

static void put_canary(struct buf *b, const struct notice *n)
{
	const struct canary *x = &n->canary;

	cbor_put_array(b, 7);
	cbor_put_uint(b, n->type);
	put_kind(b, x->kind);
	cbor_put_bytes(b, x->scope);
	cbor_put_bool(b, x->seen);
	cbor_put_int(b, x->latency);
	cbor_put_bytes(b, x->text);
	cbor_put_bool(b, x->fault);
}

static int get_canary(struct cbor *c, struct arena *a, struct notice *ret, struct err *e)
{
	struct canary *x = &ret->canary;

	(void)a;
	if (get_kind(c, &x->kind, e) < 0 || cbor_get_bytes(c, &x->scope, e) < 0 ||
		cbor_get_bool(c, &x->seen, e) < 0 || cbor_get_int(c, &x->latency, e) < 0 ||
		cbor_get_bytes(c, &x->text, e) < 0)
		return e->code;
	return cbor_get_bool(c, &x->fault, e);
}

/* ---- counts ---- */

static void put_counts(struct buf *b, const struct notice *n)
{
	cbor_put_array(b, 1 + 2 * n->n_counts);
	cbor_put_uint(b, n->type);
	for (size_t i = 0; i < n->n_counts; i++) {
		cbor_put_bytes(b, n->counts[i].name);
		cbor_put_uint(b, n->counts[i].value);
	}
}

static int get_counts(struct cbor *c, struct arena *a, struct notice *ret, struct err *e)
{
	size_t most = (size_t)(c->end - c->p) / 2, n = 0;
	struct count *counts = arena_get(a, (most + 1) * sizeof *counts);

	for (; !cbor_at_end(c); n++)
		if (n >= most || cbor_get_bytes(c, &counts[n].name, e) < 0 ||
			cbor_get_uint(c, &counts[n].value, e) < 0)
			return err_set(e, ERR_FORMAT, "counts that are none");
	ret->counts = counts;
	ret->n_counts = n;
	return 0;
}

/* ---- other names ---- */

static void put_other_name(struct buf *b, const struct notice *n)
{
	cbor_put_array(b, 3);
	cbor_put_uint(b, n->type);
	cbor_put_uint(b, n->other_name.device);
	cbor_put_uint(b, n->other_name.inode);
}

static int get_other_name(struct cbor *c, struct arena *a, struct notice *ret, struct err *e)
{
	(void)a;
	if (cbor_get_uint(c, &ret->other_name.device, e) < 0)
		return e->code;
	return cbor_get_uint(c, &ret->other_name.inode, e);
}

/* ---- settled ---- */

static void put_settled(struct buf *b, const struct notice *n)
{
	cbor_put_array(b, 2);
	cbor_put_uint(b, n->type);
	cbor_put_uint(b, n->settled);
}

static int get_settled(struct cbor *c, struct arena *a, struct notice *ret, struct err *e)
{
	uint64_t number;

	(void)a;
	if (cbor_get_uint(c, &number, e) < 0)
		return e->code;
	ret->settled = (uint32_t)number;
	return number <= UINT32_MAX ? 0 : err_set(e, ERR_FORMAT, "a number that is too great");
}

/* ---- all ---- */

static void put_ready(struct buf *b, const struct notice *n)
{
	cbor_put_array(b, 1);
	cbor_put_uint(b, n->type);
}

static int get_ready(struct cbor *c, struct arena *a, struct notice *ret, struct err *e)
{
	(void)c, (void)a, (void)ret, (void)e;
	return 0;
}

static const struct {
	void (*put)(struct buf *b, const struct notice *n);
	int (*get)(struct cbor *c, struct arena *a, struct notice *ret, struct err *e);
} frames[NOTICE_TYPE_N] = {
	[NOTICE_HINT] = { put_hint, get_hint },
	[NOTICE_LOSS] = { put_loss, get_loss },
	[NOTICE_MEANS] = { put_means, get_means },
	[NOTICE_READY] = { put_ready, get_ready },
	[NOTICE_CANARY] = { put_canary, get_canary },
	[NOTICE_COUNTS] = { put_counts, get_counts },
	[NOTICE_OTHER_NAME] = { put_other_name, get_other_name },
	[NOTICE_SETTLED] = { put_settled, get_settled },
	[NOTICE_WHO] = { put_hint, get_hint },
};

void notice_encode(const struct notice *n, struct buf *ret)
{
	frames[n->type].put(ret, n);
}

int notice_decode(struct span frame, struct arena *a, struct notice *ret, struct err *e)
{
	struct cbor c = cbor_of(frame);
	uint64_t items, type;

	*ret = (struct notice){ 0 };
	if (cbor_get_array(&c, &items, e) < 0 || cbor_get_uint(&c, &type, e) < 0)
		return e->code;
	if (type >= NOTICE_TYPE_N)
		return err_set(e, ERR_FORMAT, "a notice of type %llu", (unsigned long long)type);
	ret->type = (enum notice_type)type;
	if (frames[type].get(&c, a, ret, e) < 0)
		return e->code;
	return cbor_finish(&c, e);
}

void request_whose_put(const struct kind *k, struct span key, struct buf *ret)
{
	buf_add_char(ret, (char)k->id);
	buf_add_span(ret, key);
}

const struct kind *request_whose(struct span text, struct span *ret_key)
{
	*ret_key = text.n ? span_from_offset(text, 1) : SPAN_NONE;
	return text.n ? kind_by_id((uint8_t)text.p[0]) : NULL;
}

void request_encode(const struct request *r, struct buf *ret)
{
	cbor_put_array(ret, 3);
	cbor_put_uint(ret, r->type);
	cbor_put_uint(ret, r->pid);
	cbor_put_bytes(ret, r->text);
}

int request_decode(struct span frame, struct request *ret, struct err *e)
{
	struct cbor c = cbor_of(frame);
	uint64_t items, type, pid;

	if (cbor_get_array(&c, &items, e) < 0 || cbor_get_uint(&c, &type, e) < 0 ||
		cbor_get_uint(&c, &pid, e) < 0 || cbor_get_bytes(&c, &ret->text, e) < 0 ||
		cbor_finish(&c, e) < 0)
		return e->code;
	if (items != 3 || type >= REQUEST_TYPE_N || pid > UINT32_MAX)
		return err_set(e, ERR_FORMAT, "a request of type %llu", (unsigned long long)type);
	ret->type = (enum request_type)type;
	ret->pid = (uint32_t)pid;
	return 0;
}
