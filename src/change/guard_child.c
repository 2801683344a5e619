#include <stdlib.h>

#include "change/guard_process.h"
#include "core/cbor.h"
#include "host/host.h"
#include "os/clock.h"
#include "os/file.h"
#include "os/memory.h"

#define FLUSH ((size_t)48 << 10)
#define ALIVE_NS INT64_C(1000000000)

void outlet_init(struct outlet *o, int fd)
{
	*o = (struct outlet){ fd, BUF_INIT(FRAME_MAX * 2), BUF_INIT(FRAME_MAX), 0 };
}

static void flush(struct outlet *o)
{
	if (file_write(o->fd, buf_span(&o->frames)) < 0)
		_Exit(0); /* nobody listens any more */
	buf_clear(&o->frames);
}

static struct buf *frame_begin(struct outlet *o, enum frame type, unsigned items)
{
	buf_clear(&o->one);
	cbor_put_array(&o->one, items + 1);
	cbor_put_uint(&o->one, type);
	return &o->one;
}

static void frame_end(struct outlet *o)
{
	uint32_t n = (uint32_t)o->one.n;

	if (o->one.full)
		return; /* larger than anything we accept: the entity counts as not seen */
	buf_add(&o->frames, &n, sizeof n);
	buf_add_span(&o->frames, buf_span(&o->one));
	if (o->frames.n >= FLUSH)
		flush(o);
}

void outlet_entity(struct outlet *o, const struct observation *x)
{
	struct buf *b = frame_begin(o, FRAME_ENTITY, 4);

	cbor_put_bytes(b, x->key);
	cbor_put_bytes(b, x->shared);
	cbor_put_bytes(b, x->local);
	cbor_put_uint(b, x->unknown);
	frame_end(o);
}

void outlet_gap(struct outlet *o, const struct gap *g)
{
	struct buf *b = frame_begin(o, FRAME_GAP, 6);

	cbor_put_uint(b, g->kind->id);
	cbor_put_bytes(b, g->key);
	cbor_put_bool(b, g->subtree);
	cbor_put_uint(b, g->reason);
	cbor_put_uint(b, (uint64_t)(g->sys > 0 ? g->sys : 0));
	cbor_put_bytes(b, span_of(g->text));
	frame_end(o);
}

void outlet_alive(struct outlet *o)
{
	int64_t now = clock_monotonic();

	if (now - o->spoke < ALIVE_NS)
		return;
	o->spoke = now;
	(void)frame_begin(o, FRAME_ALIVE, 0);
	frame_end(o);
	flush(o);
}

/* What an entity was refused for must not silence those behind it. */
static void tell_failed(struct scan *s, const struct kind *k)
{
	if (!atomic_load(&s->failed))
		return;
	scan_gap_err(s, k, SPAN_NONE, true, &s->err);
	atomic_store(&s->failed, false);
}

void guard_look_at(struct scan *s, const struct kind *k)
{
	for (const struct sensor *const *p = s->sensors; *p; p++) {
		struct err why = { 0 };

		if ((*p)->kind != k || !scan_runs(s, *p))
			continue;
		if ((*p)->scan(s, &why) < 0)
			scan_gap_err(s, k, SPAN_NONE, true, &why);
	}
	tell_failed(s, k);
	arena_clear(s->arena);
	cbor_put_uint(frame_begin(s->outlet, FRAME_END, 1), k->id);
	frame_end(s->outlet);
	flush(s->outlet);
}

void guard_tidy(struct scan *s)
{
	if (s->host)
		host_renew(s->host);
	memory_give_back();
}
