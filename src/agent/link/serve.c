#include "agent/link/serve.h"

#include "agent/control/request.h"
#include "change/change.h"
#include "core/arena.h"

struct answer {
	struct arena *arena;
	struct agent_record list[SERVE_RECORDS];
	size_t n, most, bytes;
};

/* It keeps its place in the order, so that nobody takes the next one for it. */
static struct span stand_in(struct arena *a, const struct ledger_entry *entry)
{
	AUTO(buf) body = BUF_INIT(4096);
	struct ledger_record r = { .type = RECORD_NOTE };

	r.note.what = span_of("too-large");
	r.note.text = span_of(arena_format(a,
		"record %llu of the ledger has %zu bytes, more than can be sent; `invar log "
		"seq:%llu` shows it",
		(unsigned long long)entry->seq, entry->body.n, (unsigned long long)entry->seq));
	ledger_record_encode(&r, &body);
	return arena_copy(a, buf_span(&body));
}

static int add(const struct ledger_entry *entry, void *ctx, struct err *e)
{
	struct answer *a = ctx;
	bool fits = entry->body.n <= SERVE_RECORD_MAX;

	(void)e;
	if (a->n == a->most || (a->n > 0 && a->bytes + entry->body.n > SERVE_BYTES))
		return 1;
	a->list[a->n++] = (struct agent_record){
		.seq = entry->seq,
		.prev = arena_copy(a->arena, span_from(entry->prev, DIGEST_BYTES)),
		.body = fits ? arena_copy(a->arena, entry->body) : stand_in(a->arena, entry),
	};
	a->bytes += entry->body.n;
	return 0;
}

int serve_records(struct store *s, uint64_t from, uint64_t n, struct buf *ret, struct err *e)
{
	AUTO_FREE(arena) arena = arena_new();
	struct answer *a = arena_get(arena, sizeof *a);
	struct agent_message m = { .type = AGENT_RECORDS };

	a->arena = arena;
	a->most = n && n < SERVE_RECORDS ? (size_t)n : SERVE_RECORDS;
	if (from <= INT64_MAX && ledger_read(s, from, INT64_MAX, false, add, a, e) < 0)
		return e->code;
	m.records = a->list;
	m.n_records = a->n;
	agent_encode(&m, ret);
	return ret->full ? err_set(e, ERR_LIMIT, "too many records for one frame") : 0;
}

int serve_head(struct store *s, struct span host, struct buf *ret, struct err *e)
{
	struct agent_message m = { .type = AGENT_HEAD, .text = host };
	uint8_t head[DIGEST_BYTES], id[DIGEST_BYTES];
	bool any;

	if (ledger_last(s, &m.seq, head, e) < 0 || ledger_id(s, id, &any, e) < 0)
		return e->code;
	m.ledger = span_from(id, any ? sizeof id : 0);
	agent_encode(&m, ret);
	return ret->full ? err_set(e, ERR_LIMIT, "a host's name is too long") : 0;
}
