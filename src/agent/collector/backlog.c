#include "agent/collector/backlog.h"

#include <stdlib.h>
#include <string.h>

#include "core/hash.h"
#include "core/mem.h"

#define BUCKETS 16384 /* a power of two */
#define RECENT 8      /* a few programs at work at once do not each bring theirs anew */

/* A text that many things have in common: who it was, or why that is not known. */
struct shared {
	unsigned refs;
	size_t n;
	char p[];
};

struct item {
	struct item *next;  /* in order of arrival */
	struct item *chain; /* in the bucket */
	uint64_t serial;
	int64_t happened, before;
	struct shared *who, *unknown; /* NULL: empty */
	uint32_t hash, key_n;
	uint8_t kind;
	bool below;
	uint8_t observed;
	char key[];
};

struct backlog {
	struct item *first, **last;
	struct item *bucket[BUCKETS];
	struct shared *recent[2][RECENT]; /* who and why that came last; NULL: none */
	unsigned next[2];                 /* of those, which is forgotten next */
	size_t n, bytes;
	size_t n_below;  /* of hierarchical kinds: items that go below */
	uint64_t serial; /* of the next one */
	size_t of_kind[KIND_IDS];
};

struct backlog *backlog_new(void)
{
	struct backlog *p = mem_new(sizeof *p);

	p->last = &p->first;
	return p;
}

static void shared_drop(struct backlog *p, struct shared *s)
{
	if (!s || --s->refs > 0)
		return;
	p->bytes -= sizeof *s + s->n;
	free(s);
}

static struct shared *shared_new(struct backlog *p, unsigned at, struct span bytes)
{
	struct shared *s = mem_new(sizeof *s + bytes.n);
	struct shared **place = &p->recent[at][p->next[at]++ % RECENT];

	s->n = bytes.n;
	s->refs = 1; /* of `recent` */
	memcpy(s->p, bytes.p, bytes.n);
	p->bytes += sizeof *s + s->n;
	shared_drop(p, *place);
	*place = s;
	return s;
}

/* at: of recent. */
static struct shared *shared_of(struct backlog *p, unsigned at, struct span bytes)
{
	struct shared *s = NULL;

	if (!bytes.n)
		return NULL;
	for (unsigned i = 0; i < RECENT && !s; i++)
		if (p->recent[at][i] &&
			span_same(bytes, span_from(p->recent[at][i]->p, p->recent[at][i]->n)))
			s = p->recent[at][i];
	if (!s)
		s = shared_new(p, at, bytes);
	s->refs++;
	return s;
}

static struct span text_of(const struct shared *s)
{
	return s ? span_from(s->p, s->n) : SPAN_NONE;
}

static void item_free(struct backlog *p, struct item *i)
{
	shared_drop(p, i->who);
	shared_drop(p, i->unknown);
	free(i);
}

void backlog_free(struct backlog *p)
{
	if (!p)
		return;
	for (struct item *i = p->first, *next; i; i = next) {
		next = i->next;
		item_free(p, i);
	}
	for (unsigned i = 0; i < 2 * RECENT; i++)
		shared_drop(p, p->recent[i / RECENT][i % RECENT]);
	free(p);
}

size_t backlog_count(const struct backlog *p)
{
	return p->n;
}

size_t backlog_count_of(const struct backlog *p, const struct kind *k)
{
	return p->of_kind[k->id];
}

bool backlog_crowded(const struct backlog *p)
{
	return p->n > BACKLOG_MAX / 2 || p->bytes > BACKLOG_BYTES / 2;
}

uint64_t backlog_serial(const struct backlog *p)
{
	return p->serial;
}

int64_t backlog_oldest(const struct backlog *p)
{
	return p->first ? p->first->happened : 0;
}

/* Who makes names that collide costs himself the time of one chain, which the number of items
 * bounds. */
static uint64_t hash_begin(uint8_t kind, bool below)
{
	return HASH_START ^ kind ^ (uint64_t)below << 8;
}

static uint32_t hash_look(const struct look_again *l)
{
	return (uint32_t)hash_end(hash_add(hash_begin(l->kind->id, l->below), l->key));
}

static struct item *find(const struct backlog *p, uint32_t hash, uint8_t kind, bool below,
	struct span key)
{
	struct item *i = p->bucket[hash % BUCKETS];

	while (i && !(i->hash == hash && i->kind == kind && i->below == below &&
			    span_same(span_from(i->key, i->key_n), key)))
		i = i->chain;
	return i;
}

static struct look_again look_of(const struct item *i)
{
	return (struct look_again){ .kind = kind_by_id(i->kind),
		.key = span_from(i->key, i->key_n),
		.below = i->below,
		.observed = (enum observed)i->observed,
		.who = text_of(i->who),
		.who_unknown = text_of(i->unknown),
		.happened = i->happened,
		.before = i->before };
}

bool backlog_waits(const struct backlog *p, uint64_t serial,
	bool (*put_off)(void *ctx, const struct look_again *l), void *ctx)
{
	for (const struct item *i = p->first; i && i->serial < serial; i = i->next) {
		struct look_again l = look_of(i);

		if (!put_off || !put_off(ctx, &l))
			return true;
	}
	return false;
}

static size_t item_bytes(const struct item *i)
{
	return sizeof *i + i->key_n;
}

static void set_who(struct backlog *p, struct item *i, struct span who)
{
	struct shared *s = shared_of(p, 0, who);

	shared_drop(p, i->who);
	i->who = s;
}

static struct item *item_new(struct backlog *p, const struct look_again *l, uint32_t hash)
{
	struct item *i = mem_new(sizeof *i + l->key.n);

	i->hash = hash;
	i->kind = l->kind->id;
	i->below = l->below;
	i->observed = (uint8_t)l->observed;
	i->happened = l->happened;
	i->before = l->before;
	i->key_n = (uint32_t)l->key.n;
	if (l->key.n)
		memcpy(i->key, l->key.p, l->key.n);
	i->who = shared_of(p, 0, l->who);
	i->unknown = shared_of(p, 1, l->who_unknown);
	return i;
}

static void join_who(struct backlog *p, struct item *i, struct span who)
{
	AUTO(buf) both = BUF_INIT(BUF_MAX_DEFAULT);

	if (i->who && span_same(text_of(i->who), who))
		return;
	/* the change may be any of theirs */
	if (i->who && who_join(who, text_of(i->who), &both))
		who = buf_span(&both);
	set_who(p, i, who);
}

/* What the newer one knows better. */
static void join(struct backlog *p, struct item *i, const struct look_again *l)
{
	if (l->observed == OBSERVED_REALTIME)
		i->observed = OBSERVED_REALTIME;
	if (l->who.n)
		join_who(p, i, l->who);
	if (l->before && (!i->before || l->before < i->before))
		i->before = l->before;
	if (l->happened && (!i->happened || l->happened < i->happened))
		i->happened = l->happened;
}

/* Does a folder wait in which all is looked at anyway, and which the same one touched before? A
 * tree that is unpacked is a few folders then, and not all that is in it. */
static bool is_covered(const struct backlog *p, const struct look_again *l)
{
	uint64_t h = hash_begin(l->kind->id, true);

	if (!p->n_below || l->below || !l->kind->hierarchical || !l->who.n)
		return false;
	for (size_t n = 0; n < l->key.n; n++) {
		const struct item *i = NULL;

		if (n && l->key.p[n] == '/')
			i = find(p, (uint32_t)hash_end(h), l->kind->id, true,
				span_from(l->key.p, n));
		if (i && i->observed == (uint8_t)l->observed && span_same(text_of(i->who), l->who))
			return true;
		h = hash_add(h, span_from(l->key.p + n, 1));
	}
	return false;
}

static void count(struct backlog *p, const struct item *i, int by)
{
	const struct kind *k = kind_by_id(i->kind);

	p->n += (size_t)by;
	p->of_kind[i->kind] += (size_t)by;
	p->n_below += i->below && k->hierarchical ? (size_t)by : 0;
	p->bytes += (size_t)by * item_bytes(i);
}

bool backlog_add(struct backlog *p, const struct look_again *l)
{
	uint32_t hash = hash_look(l);
	struct item *i = find(p, hash, l->kind->id, l->below, l->key);

	if (i) {
		join(p, i, l);
		return true;
	}
	if (is_covered(p, l))
		return true;
	if (p->n >= BACKLOG_MAX || p->bytes >= BACKLOG_BYTES || l->key.n > UINT32_MAX)
		return false;
	i = item_new(p, l, hash);
	i->serial = p->serial++;
	i->chain = p->bucket[hash % BUCKETS];
	p->bucket[hash % BUCKETS] = i;
	*p->last = i;
	p->last = &i->next;
	count(p, i, 1);
	return true;
}

/* link: what points to it in the order of arrival. */
static void leave(struct backlog *p, struct item **link)
{
	struct item *i = *link, **at = &p->bucket[i->hash % BUCKETS];

	while (*at != i)
		at = &(*at)->chain;
	*at = i->chain;
	*link = i->next;
	if (!i->next)
		p->last = link;
	count(p, i, -1);
}

size_t backlog_take(struct backlog *p, size_t most,
	bool (*wants)(void *ctx, const struct look_again *l), void *ctx, struct arena *a,
	struct look_again **ret)
{
	size_t cap = p->n < most ? p->n : most, n = 0;
	struct look_again *looks = arena_get(a, (cap + 1) * sizeof *looks);
	const struct shared *last = NULL;
	struct span who = SPAN_NONE;

	for (struct item **link = &p->first, *i; (i = *link) && n < cap;) {
		struct look_again l = look_of(i);

		if (wants && !wants(ctx, &l)) {
			link = &i->next;
			continue;
		}
		if (i->who != last) { /* one copy of a who for all it is of */
			last = i->who;
			who = arena_copy(a, l.who);
		}
		l.key = arena_copy(a, l.key);
		l.who = i->who ? who : SPAN_NONE;
		l.who_unknown = arena_copy(a, l.who_unknown);
		looks[n++] = l;
		leave(p, link);
		item_free(p, i);
	}
	*ret = looks;
	return n;
}
