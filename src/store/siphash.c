#include "store/siphash.h"

struct state {
	uint64_t a, b, c, d;
};

static inline uint64_t turn(uint64_t x, unsigned n)
{
	return x << n | x >> (64 - n);
}

static inline void sip_round(struct state *v)
{
	v->a += v->b;
	v->b = turn(v->b, 13) ^ v->a;
	v->a = turn(v->a, 32);
	v->c += v->d;
	v->d = turn(v->d, 16) ^ v->c;
	v->a += v->d;
	v->d = turn(v->d, 21) ^ v->a;
	v->c += v->b;
	v->b = turn(v->b, 17) ^ v->c;
	v->c = turn(v->c, 32);
}

static inline uint64_t little_endian(const char *p, size_t n)
{
	uint64_t w = 0;

	for (size_t i = 0; i < n; i++)
		w |= (uint64_t)(unsigned char)p[i] << (8 * i);
	return w;
}

static inline void eat(struct state *v, uint64_t word)
{
	v->d ^= word;
	sip_round(v);
	v->a ^= word;
}

uint64_t siphash13(const uint64_t key[2], struct span s)
{
	struct state v = {
		key[0] ^ UINT64_C(0x736f6d6570736575),
		key[1] ^ UINT64_C(0x646f72616e646f6d),
		key[0] ^ UINT64_C(0x6c7967656e657261),
		key[1] ^ UINT64_C(0x7465646279746573),
	};
	uint64_t last = (uint64_t)s.n << 56;

	for (; s.n >= 8; s = span_from_offset(s, 8))
		eat(&v, little_endian(s.p, 8));
	eat(&v, last | little_endian(s.p, s.n));
	v.c ^= 0xff;
	for (int i = 0; i < 3; i++)
		sip_round(&v);
	return v.a ^ v.b ^ v.c ^ v.d;
}
