#include "core/sha256.h"

#include <stdatomic.h>
#include <string.h>

#include "core/attr.h"
#include "core/sha256_engine.h"

static const uint32_t start_value[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f,
	0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };

static void put_be32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

void sha256_start(struct sha256_set *s, unsigned lane)
{
	struct sha256_lane *l = &s->lane[lane];

	memcpy(l->h, start_value, sizeof l->h);
	l->total = 0;
	l->kept = 0;
	l->at = l->n_parts = 0;
	l->busy = false;
}

void sha256_set_init_with(struct sha256_set *s, const struct sha256_engine *engine)
{
	s->engine = engine;
	for (unsigned i = 0; i < SHA256_LANES; i++)
		sha256_start(s, i);
}

static void add_part(struct sha256_lane *l, const uint8_t *p, size_t blocks)
{
	l->part[l->n_parts++] = (struct sha256_part){ p, blocks };
}

/* Complete the block that an earlier part began. Returns how many bytes of p that took. */
static size_t fill_block(struct sha256_lane *l, const uint8_t *p, size_t n)
{
	size_t take = SHA256_BLOCK - l->kept;

	if (take > n)
		take = n;
	memcpy(l->rest + l->kept, p, take);
	l->kept += (unsigned)take;
	if (l->kept == SHA256_BLOCK) {
		memcpy(l->first, l->rest, SHA256_BLOCK); /* rest is needed for what follows */
		add_part(l, l->first, 1);
		l->kept = 0;
	}
	return take;
}

/* FIPS 180-4 §5.1.1: a 1 bit, zeros, the length in bits. */
static void pad(struct sha256_lane *l)
{
	size_t blocks = l->kept < SHA256_BLOCK - 8 ? 1 : 2;
	size_t n = blocks * SHA256_BLOCK;

	memset(l->rest + l->kept, 0, n - l->kept);
	l->rest[l->kept] = 0x80;
	put_be32(l->rest + n - 8, (uint32_t)(l->total >> 29));
	put_be32(l->rest + n - 4, (uint32_t)(l->total << 3));
	add_part(l, l->rest, blocks);
	l->kept = 0;
}

void sha256_feed(struct sha256_set *s, unsigned lane, const void *bytes, size_t n, bool last)
{
	struct sha256_lane *l = &s->lane[lane];
	const uint8_t *p = bytes;

	l->at = l->n_parts = 0;
	l->busy = true;
	l->total += n;
	if (n && l->kept) {
		size_t took = fill_block(l, p, n);

		p += took;
		n -= took;
	}
	if (n >= SHA256_BLOCK) {
		add_part(l, p, n / SHA256_BLOCK);
		p += n - n % SHA256_BLOCK;
		n %= SHA256_BLOCK;
	}
	if (n) {
		memcpy(l->rest + l->kept, p, n);
		l->kept += (unsigned)n;
	}
	if (last)
		pad(l);
}

/* Lanes with blocks left go to active, the least number of blocks to *ret_blocks; busy lanes
 * without any become idle and are returned. */
static unsigned gather(struct sha256_set *s, struct sha256_lane **active, unsigned *ret_n,
	size_t *ret_blocks)
{
	unsigned idle = 0, n = 0;
	size_t blocks = SIZE_MAX;

	for (unsigned i = 0; i < SHA256_LANES; i++) {
		struct sha256_lane *l = &s->lane[i];

		if (!l->busy)
			continue;
		if (l->at == l->n_parts) {
			l->busy = false;
			idle |= 1u << i;
			continue;
		}
		active[n++] = l;
		if (l->part[l->at].blocks < blocks)
			blocks = l->part[l->at].blocks;
	}
	*ret_n = n;
	*ret_blocks = blocks;
	return idle;
}

unsigned sha256_run(struct sha256_set *s)
{
	struct sha256_lane *active[SHA256_LANES];
	size_t blocks;
	unsigned n;

	for (;;) {
		unsigned idle = gather(s, active, &n, &blocks);

		if (idle || n == 0)
			return idle;
		s->engine->advance(active, n, blocks);
		for (unsigned i = 0; i < n; i++) {
			struct sha256_lane *l = active[i];

			l->part[l->at].blocks -= blocks;
			if (l->part[l->at].blocks == 0)
				l->at++;
		}
	}
}

bool sha256_busy(const struct sha256_set *s, unsigned lane)
{
	return s->lane[lane].busy;
}

void sha256_digest(const struct sha256_set *s, unsigned lane, uint8_t ret[SHA256_SIZE])
{
	for (unsigned i = 0; i < 8; i++)
		put_be32(ret + 4 * i, s->lane[lane].h[i]);
}

/* What the proof hashes: `n` times 'a'. More than one block, so that the state is carried over. */
static const struct {
	size_t n;
	uint8_t digest[SHA256_SIZE];
} known[] = {
	{ 1000, { 0x41, 0xed, 0xec, 0xe4, 0x2d, 0x63, 0xe8, 0xd9, 0xbf, 0x51, 0x5a, 0x9b, 0xa6,
			0x93, 0x2e, 0x1c, 0x20, 0xcb, 0xc9, 0xf5, 0xa5, 0xd1, 0x34, 0x64, 0x5a,
			0xdb, 0x5d, 0xb1, 0xb9, 0x73, 0x7e, 0xa3 } },
	{ 0, { 0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f,
		     0xb9, 0x24, 0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99,
		     0x1b, 0x78, 0x52, 0xb8, 0x55 } },
};

bool sha256_proven(const struct sha256_engine *engine)
{
	struct sha256_set s;
	char text[1000];
	uint8_t got[SHA256_SIZE];

	memset(text, 'a', sizeof text);
	for (unsigned lanes = 1; lanes <= SHA256_LANES; lanes++) {
		sha256_set_init_with(&s, engine);
		for (unsigned i = 0; i < lanes; i++)
			sha256_feed(&s, i, text, known[(i + lanes) % ARRAY_LEN(known)].n, true);
		while (sha256_run(&s))
			;
		for (unsigned i = 0; i < lanes; i++) {
			const uint8_t *want = known[(i + lanes) % ARRAY_LEN(known)].digest;

			sha256_digest(&s, i, got);
			if (memcmp(got, want, sizeof got) != 0)
				return false;
		}
	}
	return true;
}

/* Threads that come here at the same time all find the same, so the last to write does no harm. */
static const struct sha256_engine *chosen(void)
{
	static _Atomic(const struct sha256_engine *) choice;
	const struct sha256_engine *engine = atomic_load_explicit(&choice, memory_order_relaxed);

	if (engine)
		return engine;
	engine = sha256_x86();
	if (!engine || !sha256_proven(engine))
		engine = &sha256_portable;
	atomic_store_explicit(&choice, engine, memory_order_relaxed);
	return engine;
}

void sha256_set_init(struct sha256_set *s)
{
	sha256_set_init_with(s, chosen());
}

void sha256_begin(struct sha256_message *m)
{
	sha256_set_init(&m->set);
	sha256_start(&m->set, 0);
}

static void add_to(struct sha256_message *m, const void *p, size_t n, bool last)
{
	sha256_feed(&m->set, 0, p, n, last);
	while (sha256_busy(&m->set, 0))
		(void)sha256_run(&m->set);
}

void sha256_add(struct sha256_message *m, const void *p, size_t n)
{
	if (n > 0)
		add_to(m, p, n, false);
}

void sha256_end(struct sha256_message *m, uint8_t ret[SHA256_SIZE])
{
	add_to(m, NULL, 0, true);
	sha256_digest(&m->set, 0, ret);
}

void sha256_once(const void *p, size_t n, uint8_t ret[SHA256_SIZE])
{
	UNSET struct sha256_set s; /* zeroing it all takes as long as a short message */

	sha256_set_init(&s);
	sha256_feed(&s, 0, p, n, true);
	while (sha256_run(&s))
		;
	sha256_digest(&s, 0, ret);
}

const char *sha256_means(void)
{
	return chosen()->name;
}
