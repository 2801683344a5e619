#include "entity/who_memo.h"

int who_recall(struct who_memo *m, struct span cbor, const struct who **ret, struct err *e)
{
	struct who *who;

	if (m->who && span_same(m->cbor, cbor)) {
		*ret = m->who;
		return 0;
	}
	m->who = NULL;
	if (!m->arena)
		m->arena = arena_new();
	arena_clear(m->arena);
	m->cbor = arena_copy(m->arena, cbor);
	who = arena_get(m->arena, sizeof *who);
	if (who_decode(m->cbor, m->arena, who, e) < 0)
		return e->code;
	*ret = m->who = who;
	return 0;
}

void who_memo_done(struct who_memo *m)
{
	arena_freep(&m->arena);
	*m = (struct who_memo){ 0 };
}
