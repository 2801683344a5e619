#include "agent/collector/backlog.h"

#include <stdlib.h>
#include <string.h>

#include "core/hash.h"
#include "core/mem.h"

#define BUCKETS 16384 /* a power of two */

/* The who of many things, one process having touched them all. */
struct shared {
	unsigned refs;
	size_t n;
	char p[];
};

struct item {
	struct item *next, **link; /* in order of arrival; what points here */
	struct item *chain;        /* in the bucket */
	uint64_t hash, serial;
	size_t bytes;
	struct shared *who;     /* NULL: not known */
	struct look_again look; /* key points to text, who to shared */
	char text[];
};

struct backlog {
	struct item *first, **last;
	struct item *bucket[BUCKETS];
	struct shared *recent; /* the who that came last; NULL: none */
	size_t n, bytes;
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

static struct shared *shared_of(struct backlog *p, struct span bytes)
{
	struct shared *s = p->recent;

	if (!bytes.n)
		return NULL;
	if (!s || !span_same(bytes, span_from(s->p, s->n))) {
		shared_drop(p, s);
		s = mem_new(sizeof *s + bytes.n);
		s->n = bytes.n;
		s->refs = 1; /* of `recent` */
		memcpy(s->p, bytes.p, bytes.n);
		p->bytes += sizeof *s + s->n;
		p->recent = s;
	}
	s->refs++;
	return s;
}

void backlog_free(struct backlog *p)
{
	if (!p)
		return;
	for (struct item *i = p->first, *next; i; i = next) {
		next = i->next;
		shared_drop(p, i->who);
		free(i);
	}
	shared_drop(p, p->recent);
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

uint64_t backlog_serial(const struct backlog *p)
{
	return p->serial;
}

bool backlog_waits(const struct backlog *p, uint64_t serial)
{
	return p->first && p->first->serial < serial;
}

int64_t backlog_oldest(const struct backlog *p)
{
	return p->first ? p->first->look.happened : 0;
}

/* Who makes names that collide costs himself the time of one chain, which the number of items
 * bounds. */
static uint64_t hash_look(const struct look_again *l)
{
	return hash_end(hash_add(HASH_START ^ l->kind->id ^ (uint64_t)l->below << 8, l->key));
}

static bool same(const struct item *i, uint64_t hash, const struct look_again *l)
{
	return i->hash == hash && i->look.kind == l->kind && i->look.below == l->below &&
	       span_same(i->look.key, l->key);
}

static struct span put(char **at, struct span s)
{
	struct span ret = { *at, s.n };

	if (s.n)
		memcpy(*at, s.p, s.n);
	*at += s.n;
	return ret;
}

static void set_who(struct backlog *p, struct item *i, struct span who)
{
	struct shared *s = shared_of(p, who);

	shared_drop(p, i->who);
	i->who = s;
	i->look.who = s ? span_from(s->p, s->n) : SPAN_NONE;
}

static struct item *item_new(struct backlog *p, const struct look_again *l, uint64_t hash)
{
	size_t bytes = l->key.n + l->who_unknown.n;
	struct item *i = mem_new(sizeof *i + bytes);
	char *at = i->text;

	i->hash = hash;
	i->bytes = sizeof *i + bytes;
	i->look = *l;
	i->look.key = put(&at, l->key);
	i->look.who_unknown = put(&at, l->who_unknown);
	set_who(p, i, l->who);
	return i;
}

/* i->next is set. */
static void list_put(struct backlog *p, struct item **link, struct item *i)
{
	*link = i;
	i->link = link;
	if (i->next)
		i->next->link = &i->next;
	else
		p->last = &i->next;
}

static void join_who(struct backlog *p, struct item *i, struct span who)
{
	AUTO(buf) both = BUF_INIT(BUF_MAX_DEFAULT);

	if (i->look.who.n && span_same(i->look.who, who))
		return;
	/* the change may be any of theirs */
	if (i->look.who.n && who_join(who, i->look.who, &both))
		who = buf_span(&both);
	set_who(p, i, who);
}

/* What the newer one knows better. */
static void join(struct backlog *p, struct item *i, const struct look_again *l)
{
	if (l->observed == OBSERVED_REALTIME)
		i->look.observed = OBSERVED_REALTIME;
	if (l->who.n)
		join_who(p, i, l->who);
	if (l->happened && (!i->look.happened || l->happened < i->look.happened))
		i->look.happened = l->happened;
}

bool backlog_add(struct backlog *p, const struct look_again *l)
{
	uint64_t hash = hash_look(l);
	struct item **bucket = &p->bucket[hash % BUCKETS], *i;

	for (i = *bucket; i; i = i->chain)
		if (same(i, hash, l)) {
			join(p, i, l);
			return true;
		}
	if (p->n >= BACKLOG_MAX || p->bytes >= BACKLOG_BYTES)
		return false;
	i = item_new(p, l, hash);
	i->serial = p->serial++;
	i->chain = *bucket;
	*bucket = i;
	list_put(p, p->last, i);
	p->n++;
	p->bytes += i->bytes;
	p->of_kind[l->kind->id]++;
	return true;
}

static void leave(struct backlog *p, struct item *i)
{
	struct item **at = &p->bucket[i->hash % BUCKETS];

	while (*at != i)
		at = &(*at)->chain;
	*at = i->chain;
	*i->link = i->next;
	if (i->next)
		i->next->link = i->link;
	else
		p->last = i->link;
	p->n--;
	p->bytes -= i->bytes;
	p->of_kind[i->look.kind->id]--;
}

size_t backlog_take(struct backlog *p, size_t most,
	bool (*wants)(void *ctx, const struct look_again *l), void *ctx, struct arena *a,
	struct look_again **ret)
{
	size_t cap = p->n < most ? p->n : most, n = 0;
	struct look_again *looks = arena_get(a, (cap + 1) * sizeof *looks);
	const struct shared *last = NULL;
	struct span who = SPAN_NONE;

	for (struct item *i = p->first, *next; i && n < cap; i = next) {
		next = i->next;
		if (wants && !wants(ctx, &i->look))
			continue;
		looks[n] = i->look;
		looks[n].key = arena_copy(a, i->look.key);
		if (i->who != last) { /* one copy of a who for all it is of */
			last = i->who;
			who = arena_copy(a, i->look.who);
		}
		looks[n].who = i->who ? who : SPAN_NONE;
		looks[n].who_unknown = arena_copy(a, i->look.who_unknown);
		n++;
		leave(p, i);
		shared_drop(p, i->who);
		free(i);
	}
	*ret = looks;
	return n;
}
