#include "watch/files/pending.h"

#include <stdlib.h>

#include "core/hash.h"
#include "core/mem.h"
#include "entity/who.h"

#define PENDING_DEFAULT 8192
#define PENDING_BYTES ((size_t)2 << 20)
#define BUCKETS 4096
#define WHO_BYTES ((size_t)128 << 10)

/* When to tell. A file that was closed, or got another name, rests after SETTLE; one that is
 * written to after QUIET, one with a passing name after PASSING. One that never rests is told every
 * second, never more seldom: whoever could make us look away would. */
#define SETTLE (10 * MS)
#define PASSING (300 * MS)
#define QUIET (150 * MS)
#define PATIENCE (1000 * MS)
#define FREE_TELLS 4     /* so often it is told without making it wait; then, of what rests, */
#define OFTEN_TELLS 24   /* so often at most … */
#define OFTEN (400 * MS) /* … this late */

struct whodunit *whodunit_new(struct span who, const char *why)
{
	struct whodunit *x = mem_new(sizeof *x + who.n);

	x->refs = 1;
	x->why = why;
	x->n = who.n;
	if (who.n)
		memcpy(x->bytes, who.p, who.n);
	return x;
}

void whodunit_drop(struct whodunit *x)
{
	if (!x || --x->refs > 0)
		return;
	whodunit_drop(x->plain);
	free(x);
}

static struct whodunit *hold(struct whodunit *x)
{
	x->refs++;
	return x;
}

struct whodunit *whodunit_part(struct whodunit *x, unsigned part)
{
	AUTO(buf) bytes = BUF_INIT(WHO_BYTES);
	AUTO_FREE(arena) a = arena_new();
	struct whodunit *ret;
	struct who who;
	struct err e;

	if (who_decode(span_from(x->bytes, x->n), a, &who, &e) < 0)
		return NULL;
	who.part = part;
	who_encode(&who, &bytes);
	if (bytes.full)
		return NULL;
	ret = whodunit_new(buf_span(&bytes), NULL);
	ret->part = part;
	ret->plain = hold(x);
	return ret;
}

static struct whodunit *plain(struct whodunit *x)
{
	return x->plain ? x->plain : x;
}

bool whodunit_same(const struct whodunit *a, const struct whodunit *b)
{
	return a == b || (a->why == b->why &&
				 span_same(span_from(a->bytes, a->n), span_from(b->bytes, b->n)));
}

void pending_init(struct pending *p, unsigned most)
{
	*p = (struct pending){ .most = most ? most : PENDING_DEFAULT, .due = INT64_MAX };
	p->bucket = mem_array(BUCKETS, sizeof *p->bucket);
}

static size_t row_bytes(const struct pending_row *r)
{
	return sizeof *r + r->path_n;
}

/* Who it was now; NULL: nobody any more. */
static void set_who(struct pending *p, struct whodunit **place, struct whodunit *who)
{
	struct whodunit *old = *place;

	if (who == old)
		return;
	if (who) {
		who->refs++;
		p->bytes += who->rows++ == 0 ? sizeof *who + who->n : 0;
	}
	*place = who;
	if (old) {
		p->bytes -= --old->rows == 0 ? sizeof *old + old->n : 0;
		whodunit_drop(old);
	}
}

static void forget_joined(struct pending_joined *j)
{
	whodunit_drop(j->last);
	whodunit_drop(j->earlier);
	whodunit_drop(j->both);
	*j = (struct pending_joined){ 0 };
}

static struct whodunit *join(struct pending *p, struct whodunit *last, struct whodunit *earlier)
{
	AUTO(buf) bytes = BUF_INIT(WHO_BYTES);
	struct whodunit *both;

	if (!who_join(span_from(last->bytes, last->n), span_from(earlier->bytes, earlier->n),
		    &bytes) ||
		bytes.full)
		return hold(last);
	both = whodunit_new(buf_span(&bytes), NULL);
	if (whodunit_same(both, earlier)) { /* who is named already did something again */
		whodunit_drop(both);
		return hold(earlier);
	}
	for (unsigned i = 0; i < PENDING_JOINED; i++)
		if (p->joined[i].both && whodunit_same(p->joined[i].both, both)) {
			whodunit_drop(both);
			return hold(p->joined[i].both);
		}
	return both;
}

/* Both of them, the last one first. */
static struct whodunit *joined(struct pending *p, struct whodunit *last, struct whodunit *earlier)
{
	struct pending_joined *j;
	struct whodunit *both;

	if (last == earlier || whodunit_same(last, earlier) || (last->n == 0 && earlier->n == 0))
		return earlier;
	if (last->n && earlier->n && whodunit_same(plain(last), plain(earlier)))
		return who_is_stronger(last->part, earlier->part) ? last : earlier;
	for (unsigned i = 0; i < PENDING_JOINED; i++)
		if (p->joined[i].last == last && p->joined[i].earlier == earlier)
			return p->joined[i].both;
	j = &p->joined[p->at_joined++ % PENDING_JOINED];
	both = join(p, hold(last), hold(earlier));
	forget_joined(j);
	*j = (struct pending_joined){ last, earlier, both };
	return both;
}

static void row_done(struct pending *p, struct pending_row *r)
{
	p->bytes -= row_bytes(r);
	set_who(p, &r->who, NULL);
	set_who(p, &r->mounter, NULL);
	free(r->path);
}

void pending_done(struct pending *p)
{
	for (uint32_t i = 0; i < p->n; i++)
		row_done(p, &p->row[i]);
	for (unsigned i = 0; i < PENDING_JOINED; i++)
		forget_joined(&p->joined[i]);
	free(p->row);
	free(p->bucket);
	*p = (struct pending){ 0 };
}

static int64_t gap_of(const struct pending_row *r)
{
	if (r->level < FREE_TELLS)
		return 0;
	return r->level < OFTEN_TELLS && r->rest != REST_OPEN && !r->restless ? OFTEN : PATIENCE;
}

static const int64_t rests[] = {
	[REST_OPEN] = QUIET,
	[REST_SETTLED] = SETTLE,
	[REST_PASSING] = PASSING,
};

static int64_t due_of(const struct pending_row *r)
{
	int64_t gap = gap_of(r);
	int64_t rest = r->last + rests[r->rest];
	int64_t latest = r->first + (gap > PATIENCE ? gap : PATIENCE);
	int64_t earliest = r->told ? r->told + gap : 0;
	int64_t due = rest < latest ? rest : latest;

	/* what seems to have ended at last is not kept back for long */
	if (earliest > r->last + gap / 4)
		earliest = r->last + gap / 4;
	return due > earliest ? due : earliest;
}

static struct pending_row *look(const struct pending *p, struct span path, uint32_t hash)
{
	for (uint32_t i = p->bucket[hash % BUCKETS]; i; i = p->row[i - 1].next) {
		struct pending_row *r = &p->row[i - 1];

		if (r->hash == hash && span_same(span_from(r->path, r->path_n), path))
			return r;
	}
	return NULL;
}

static uint32_t *link_to(struct pending *p, uint32_t i)
{
	uint32_t *at = &p->bucket[p->row[i].hash % BUCKETS];

	while (*at != i + 1)
		at = &p->row[*at - 1].next;
	return at;
}

/* The last row takes the place of the one that goes. */
static void remove_row(struct pending *p, uint32_t i)
{
	uint32_t last = p->n - 1, *at = link_to(p, i);

	*at = p->row[i].next;
	row_done(p, &p->row[i]);
	if (i != last) {
		at = link_to(p, last);
		*at = i + 1;
		p->row[i] = p->row[last];
	}
	p->n--;
}

/* Those that were told are only remembered to be told more seldom: they make room first. */
static bool make_room(struct pending *p)
{
	for (uint32_t i = p->n; i-- > 0 && p->n_waiting < p->n;)
		if (!p->row[i].waiting)
			remove_row(p, i);
	return p->n < p->most && p->bytes < PENDING_BYTES;
}

static struct pending_row *add_row(struct pending *p, struct span path, uint32_t hash)
{
	struct pending_row *r;

	if ((p->n >= p->most || p->bytes >= PENDING_BYTES) && !make_room(p))
		return NULL;
	if (p->n == p->cap) {
		p->cap = p->cap ? p->cap * 2 : 64;
		p->row = mem_grow(p->row, p->cap, sizeof *p->row);
	}
	r = &p->row[p->n++];
	*r = (struct pending_row){ .hash = hash,
		.path = mem_copy(path.p, path.n),
		.path_n = (uint32_t)path.n,
		.next = p->bucket[hash % BUCKETS] };
	p->bucket[hash % BUCKETS] = p->n;
	p->bytes += row_bytes(r);
	return r;
}

bool pending_add(struct pending *p, const struct pending_act *x)
{
	uint32_t hash = (uint32_t)hash_of(x->path);
	struct pending_row *r = look(p, x->path, hash);
	struct whodunit **place, *who = x->who;

	if (!r)
		r = add_row(p, x->path, hash);
	if (!r)
		return false;
	if (!r->waiting) {
		/* it rested long enough for a new beginning */
		if (x->now - r->last > 2 * gap_of(r) + 2 * PATIENCE)
			r->level = 0;
		r->waiting = true;
		r->below = false;
		set_who(p, &r->who, NULL);
		set_who(p, &r->mounter, NULL);
		r->before = 0;
		r->first = x->now;
		p->n_waiting++;
	}
	r->below = r->below || x->below;
	r->rest = x->rest;
	r->last = x->now;
	r->time = x->time;
	if (x->before && (!r->before || x->before < r->before))
		r->before = x->before;
	place = x->mounted ? &r->mounter : &r->who;
	/* who mounts may be said a moment after that it was done */
	if (*place && who && !(x->mounted && (*place)->n == 0))
		who = joined(p, who, *place);
	set_who(p, place, who);
	r->due = due_of(r);
	if (r->due < p->due)
		p->due = r->due;
	return true;
}

struct pending_row *pending_next(struct pending *p, int64_t now, uint32_t *at)
{
	while (*at < p->n) {
		struct pending_row *r = &p->row[(*at)++];

		if (r->waiting && r->due <= now)
			return r;
	}
	return NULL;
}

void pending_told(struct pending *p, struct pending_row *r, int64_t now)
{
	bool rested = now - r->last >= SETTLE;

	r->waiting = false;
	p->n_waiting--;
	r->told = now;
	r->restless = !rested;
	if (!rested && r->level < FREE_TELLS)
		r->level = FREE_TELLS;
	else if (r->level < 32)
		r->level++;
}

void pending_hurry(struct pending *p, int64_t now)
{
	for (uint32_t i = 0; i < p->n; i++)
		if (p->row[i].waiting)
			p->row[i].due = now;
	p->due = p->n_waiting ? now : INT64_MAX;
}

void pending_sweep(struct pending *p, int64_t now)
{
	p->due = INT64_MAX;
	for (unsigned i = 0; p->n_waiting == 0 && i < PENDING_JOINED; i++)
		forget_joined(&p->joined[i]);
	for (uint32_t i = p->n; i-- > 0;) {
		struct pending_row *r = &p->row[i];

		if (r->waiting) {
			if (r->due < p->due)
				p->due = r->due;
		} else if (now - r->last > 2 * gap_of(r) + 2 * PATIENCE) {
			remove_row(p, i);
		}
	}
}
