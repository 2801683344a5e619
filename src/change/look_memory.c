#include "change/look_memory.h"

#include <stdlib.h>

#include "change/below.h"
#include "change/guard.h"
#include "change/keys.h"
#include "change/relook.h"
#include "core/mem.h"
#include "entity/file.h"
#include "entity/key.h"

#define KEY_MAX ((size_t)1 << 20)

/* A gap that was told. Key: stored, then reason and subtree, a byte each; a copy of ours. */
struct told_gap {
	char *key;
	size_t n;
	bool stands; /* this look found it again */
};

struct look_memory *look_memory_new(void)
{
	struct look_memory *m = mem_new(sizeof *m);

	m->policy_text = BUF_INIT(BUF_MAX_DEFAULT);
	m->arena = arena_new();
	return m;
}

void look_memory_free(struct look_memory *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->n_told; i++)
		free(m->told[i].key);
	free(m->told);
	kept_drop(&m->kept);
	guard_free(m->guard);
	guard_free(m->ahead);
	buf_done(&m->policy_text);
	arena_free(m->arena);
	free(m);
}

void look_memory_freep(struct look_memory **m)
{
	look_memory_free(*m);
	*m = NULL;
}

void look_memory_use(struct look_memory *m, const struct policy *p)
{
	if (m->policy == policy_serial(p))
		return;
	kept_drop(&m->kept);
	guard_freep(&m->guard);
	guard_freep(&m->ahead);
	m->policy = policy_serial(p);
	buf_clear(&m->policy_text);
	policy_print(p, &m->policy_text);
}

static int name_of(const struct gap *gap, struct buf *ret, struct err *e)
{
	buf_clear(ret);
	if (key_from_text(gap->kind, gap->key, ret, e) < 0)
		return e->code;
	buf_add_char(ret, (char)gap->reason);
	buf_add_char(ret, (char)gap->subtree);
	return 0;
}

static struct told_gap *find_told(struct look_memory *m, struct span name)
{
	for (size_t i = 0; m && i < m->n_told; i++)
		if (span_same(span_from(m->told[i].key, m->told[i].n), name))
			return &m->told[i];
	return NULL;
}

static void drop_told(struct look_memory *m, size_t i)
{
	free(m->told[i].key);
	memmove(&m->told[i], &m->told[i + 1], (m->n_told - i - 1) * sizeof *m->told);
	m->n_told--;
}

static void add_told(struct look_memory *m, struct span name)
{
	if (m->n_told == TOLD_MAX) /* it will be told again: better than never */
		drop_told(m, 0);
	if (m->n_told == m->cap_told) {
		m->cap_told = m->cap_told ? m->cap_told * 2 : 16;
		m->told = mem_grow(m->told, m->cap_told, sizeof *m->told);
	}
	m->told[m->n_told++] = (struct told_gap){ mem_copy(name.p, name.n), name.n, true };
}

static int count_new(void *ctx, const struct gap *gap, struct err *e)
{
	struct relook *l = ctx;
	struct told_gap *told;

	if (name_of(gap, &l->scratch, e) < 0)
		return e->code;
	told = find_told(l->memory, buf_span(&l->scratch));
	if (told)
		told->stands = true;
	else
		l->new_gaps++;
	return 0;
}

/* Was the place of this gap looked at, so that it would have been found again? */
static int was_asked(struct relook *l, struct span key, struct err *e)
{
	uint8_t id = (uint8_t)key.p[0];
	struct scan_options o = { 0 };
	const struct kind *k = kind_by_id(id);
	struct below b = { 0 };
	int holds;

	if (!k->hierarchical && (l->plan.flat >> id & 1))
		return 1;
	if (!l->plan.target[id].kind)
		return 0;
	plan_options(&l->plan.target[id], &o);
	if (below_init(&b, &o, k, e) < 0)
		return e->code;
	holds = below_holds(&b, key);
	below_done(&b);
	return holds;
}

int look_gaps_new(struct relook *l, struct err *e)
{
	struct look_memory *m = l->memory;

	for (size_t i = 0; m && i < m->n_told; i++)
		m->told[i].stands = false;
	l->new_gaps = 0;
	if (gaps_each(l->run.gaps, count_new, l, e) < 0)
		return e->code;
	for (size_t i = m ? m->n_told : 0; i-- > 0;) {
		int asked = m->told[i].stands
				    ? 0
				    : was_asked(l, span_from(m->told[i].key, m->told[i].n - 2), e);

		if (asked < 0)
			return asked;
		if (asked)
			drop_told(m, i);
	}
	return 0;
}

static int record_gap(void *ctx, const struct gap *gap, struct err *e)
{
	struct relook *l = ctx;

	if (name_of(gap, &l->scratch, e) < 0)
		return e->code;
	return find_told(l->memory, buf_span(&l->scratch)) ? 0
							   : journal_gap(&l->run.journal, gap, e);
}

int look_gaps_record(struct relook *l, struct err *e)
{
	return gaps_each(l->run.gaps, record_gap, l, e);
}

static int remember(void *ctx, const struct gap *gap, struct err *e)
{
	struct relook *l = ctx;

	if (name_of(gap, &l->scratch, e) < 0)
		return e->code;
	if (!find_told(l->memory, buf_span(&l->scratch)))
		add_told(l->memory, buf_span(&l->scratch));
	return 0;
}

void look_gaps_remember(struct relook *l)
{
	struct err ignored;

	/* What cannot be remembered is told again. */
	if (l->memory && l->new_gaps)
		(void)!gaps_each(l->run.gaps, remember, l, &ignored);
}

/* ---- what there was no time for ---- */

size_t look_memory_unread(const struct look_memory *m, const struct span **ret)
{
	*ret = m->unread;
	return m->n_unread;
}

void look_unread_forget(struct look_memory *m)
{
	if (!m || !m->unread)
		return;
	arena_clear(m->arena);
	m->unread = NULL;
	m->n_unread = 0;
}

static bool is_unread(const struct record *r)
{
	return (r->has & field_bit(FILE_CONTENT)) && r->v[FILE_CONTENT].number == CONTENT_TOO_LARGE;
}

int look_unread_note(struct relook *l, const struct observation *o, struct err *e)
{
	struct look_memory *m = l->memory;
	struct record r = { .kind = &kind_file };
	AUTO(buf) text = BUF_INIT(BUF_MAX_DEFAULT);
	const struct kind *k;

	if (!m || m->n_unread == UNREAD_MAX || (uint8_t)o->key.p[0] != kind_file.id ||
		!(o->unknown & field_bit(FILE_CONTENT)))
		return 0;
	if (record_decode(o->shared, o->local, &r, e) < 0 ||
		stored_key_text(o->key, &k, &text, e) < 0)
		return e->code;
	if (!is_unread(&r))
		return 0;
	if (!m->unread)
		m->unread = arena_get(m->arena, UNREAD_MAX * sizeof *m->unread);
	m->unread[m->n_unread++] = arena_copy(m->arena, buf_span(&text));
	return 0;
}
