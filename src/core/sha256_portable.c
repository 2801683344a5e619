/* SHA-256 in plain C, FIPS 180-4 §6.2.2: for processors without SHA instructions. */
#include "core/sha256_engine.h"

/* The first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
_Alignas(16) const uint32_t sha256_k[64] = { 0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5,
	0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be,
	0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
	0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152,
	0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e,
	0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624,
	0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3,
	0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
	0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2 };

static inline uint32_t turn(uint32_t x, unsigned by)
{
	return x >> by | x << (32 - by);
}

static inline uint32_t get_be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* The message schedule, kept as a ring of the last 16 words. */
static inline uint32_t next_word(uint32_t w[16], unsigned t, const uint8_t *p)
{
	uint32_t w2 = w[(t + 14) % 16], w15 = w[(t + 1) % 16];

	if (t < 16)
		return w[t] = get_be32(p + 4 * t);
	return w[t % 16] += (turn(w2, 17) ^ turn(w2, 19) ^ w2 >> 10) + w[(t + 9) % 16] +
			    (turn(w15, 7) ^ turn(w15, 18) ^ w15 >> 3);
}

static void one_block(uint32_t h[8], const uint8_t *p)
{
	uint32_t w[16] = { 0 };
	uint32_t v[8];

	for (unsigned i = 0; i < 8; i++)
		v[i] = h[i];
	for (unsigned t = 0; t < 64; t++) {
		uint32_t a = v[0], e = v[4];
		uint32_t t1 = v[7] + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) +
			      ((e & v[5]) ^ (~e & v[6])) + sha256_k[t] + next_word(w, t, p);
		uint32_t t2 = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) +
			      ((a & v[1]) ^ (a & v[2]) ^ (v[1] & v[2]));

		for (unsigned i = 7; i > 0; i--)
			v[i] = v[i - 1];
		v[4] += t1;
		v[0] = t1 + t2;
	}
	for (unsigned i = 0; i < 8; i++)
		h[i] += v[i];
}

static void advance(struct sha256_lane *const *lane, unsigned n, size_t blocks)
{
	for (unsigned i = 0; i < n; i++) {
		struct sha256_part *part = &lane[i]->part[lane[i]->at];

		for (size_t b = 0; b < blocks; b++, part->p += SHA256_BLOCK)
			one_block(lane[i]->h, part->p);
	}
}

const struct sha256_engine sha256_portable = { "portable", advance };
