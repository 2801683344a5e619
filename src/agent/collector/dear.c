/* What takes long to look at: a large file that is written to all the time, a sparse one of 40 GiB,
 * which one call makes. None of them may make us deaf to all else. What such a file is besides its
 * content is told at once; its content when there was time to read it: by itself, while nothing
 * else waits, and all of them together in a tenth of the time. Until then it is a gap. */
#include "agent/collector/state.h"
#include "core/hash.h"
#include "os/clock.h"

#define MS INT64_C(1000000)
#define WAYS 4          /* places that a key may have in the table */
#define FILE_SECONDS 4  /* for a file that is not large, and for a folder */
#define SHARED_MS 500   /* for all large files in a look at many things */
#define KNOWN_MS 1      /* where one is among them that is known to take longer */
#define FIRST_MS 8000   /* for one by itself, at first … */
#define MOST_MS 64000   /* … and at most, doubled whenever it was not enough */
#define DEAR_MS 100     /* a file that takes longer is dear */
#define DEAR_LOOKS 4    /* in a look of so few one of them is … */
#define TOGETHER_MS 500 /* … but the others do not wait long for it */
#define SHARE 10        /* a tenth of the time */

static uint64_t key_of(struct span path)
{
	uint64_t h = hash_of(path);

	return h ? h : 1;
}

static struct dear *find(struct collector *c, struct span path)
{
	uint64_t key = key_of(path);
	struct dear *set = &c->dear[key % (DEAR / WAYS) * WAYS];

	for (unsigned i = 0; i < WAYS; i++)
		if (set[i].key == key)
			return &set[i];
	return NULL;
}

/* NULL: all places are taken by others that still wait. */
static struct dear *place(struct collector *c, struct span path)
{
	uint64_t key = key_of(path);
	struct dear *set = &c->dear[key % (DEAR / WAYS) * WAYS], *oldest = NULL;
	struct dear *d = find(c, path);

	if (d)
		return d;
	for (unsigned i = 0; i < WAYS; i++)
		if (!set[i].waits && (!oldest || set[i].next < oldest->next))
			oldest = &set[i];
	if (oldest)
		*oldest = (struct dear){ .key = key, .ms = FIRST_MS };
	return oldest;
}

bool dear_is_put_off(void *ctx, const struct look_again *l)
{
	const struct dear *d = NULL;

	if (l->kind->hierarchical && !l->below)
		d = find(ctx, l->key);
	return d && ((d->waits && !d->heard) || d->next > clock_monotonic());
}

void dear_heard(struct collector *c, const struct look_again *l)
{
	struct dear *d = l->kind->hierarchical ? find(c, l->key) : NULL;

	if (d)
		d->heard = true;
}

bool dear_survey(struct collector *c, const struct gap_note *g)
{
	const struct job *j = c->running;
	struct look_again l = { .kind = g->kind,
		.key = g->key,
		.observed = j->plan.observed,
		.who_unknown = span_of("found by a scan, which cannot tell who it was") };

	if (j->client || !(j->n_losses || j->soon) || !g->kind->hierarchical || g->subtree)
		return false;
	look_soon(c, &l);
	return true;
}

static bool waits(void *ctx, const struct look_again *l)
{
	const struct dear *d = l->kind->hierarchical && !l->below ? find(ctx, l->key) : NULL;

	return d && d->waits;
}

size_t dear_take(struct collector *c, struct arena *a, struct look_again **ret)
{
	size_t n = 0;

	if (clock_monotonic() >= c->dear_next)
		n = backlog_take(c->backlog, 1, waits, c, a, ret);
	c->dear_alone = n > 0;
	return n;
}

/* One is known to be among them: not again for nothing. */
static bool has_known(struct collector *c, const struct look_again *looks, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (waits(c, &looks[i]))
			return true;
	return false;
}

void dear_limit(struct collector *c, const struct look_again *looks, size_t n,
	struct scan_options *o)
{
	const struct dear *d = c->dear_alone ? find(c, looks[0].key) : NULL;

	o->file_seconds = FILE_SECONDS;
	o->large_ms = d ? d->ms : has_known(c, looks, n) ? KNOWN_MS : SHARED_MS;
	o->hurry = d ? collector_hurry : NULL;
	o->hurry_ctx = c;
}

/* The one that the path was looked at for: itself, or what it lies in. */
static const struct look_again *look_of(const struct look_again *looks, size_t n, struct span path)
{
	const struct look_again *nearest = NULL;

	for (size_t i = 0; i < n; i++) {
		const struct look_again *l = &looks[i];

		if (!l->kind->hierarchical || !span_starts(path, l->key))
			continue;
		if (path.n != l->key.n && l->key.n > 1 && path.p[l->key.n] != '/')
			continue;
		if (!nearest || l->key.n > nearest->key.n)
			nearest = l;
	}
	return nearest;
}

static bool put_back(struct collector *c, const struct look_again *looks, size_t n,
	struct span path)
{
	const struct look_again *of = look_of(looks, n, path);
	struct dear *d = of ? place(c, path) : NULL;
	struct look_again l;

	if (!d)
		return false;
	l = *of;
	l.key = path;
	l.below = false;
	d->waits = true;
	d->heard = false;
	d->next = clock_monotonic() + TOGETHER_MS * MS;
	look_soon(c, &l);
	return true;
}

/* A large file that is written to all the time is not read all the time. */
static void note_cost(struct collector *c, const struct look_again *looks, size_t n, int64_t cost)
{
	int64_t wait = n == 1 || cost * SHARE < TOGETHER_MS * MS ? cost * SHARE : TOGETHER_MS * MS;

	for (size_t i = 0; n <= DEAR_LOOKS && cost > DEAR_MS * MS && i < n; i++) {
		struct dear *d = looks[i].kind->hierarchical && !looks[i].below
					 ? place(c, looks[i].key)
					 : NULL;

		if (d)
			d->next = clock_monotonic() + wait;
	}
}

size_t dear_looked(struct collector *c, const struct look_again *looks, size_t n, int64_t cost)
{
	struct dear *own = c->dear_alone ? find(c, looks[0].key) : NULL;
	const struct span *unread;
	size_t n_unread = look_memory_unread(c->options.memory, &unread), kept = 0;

	for (size_t i = 0; i < n; i++)
		if (waits(c, &looks[i]))
			find(c, looks[i].key)->waits = false;
	if (own) {
		c->dear_next = clock_monotonic() + cost * SHARE;
		if (n_unread && cost >= own->ms * MS && own->ms < MOST_MS)
			own->ms *= 2;
		else if (!n_unread)
			own->ms = FIRST_MS;
	}
	if (n_unread == 0)
		note_cost(c, looks, n, cost);
	for (size_t i = 0; i < n_unread; i++)
		kept += put_back(c, looks, n, unread[i]);
	return kept;
}
