#include "core/hmac.h"

#include <string.h>

/* SHA-256 of the padded key and what follows it. */
static void half(const uint8_t *key, uint8_t pad, const void *p, size_t n, uint8_t ret[SHA256_SIZE])
{
	uint8_t block[SHA256_BLOCK];
	struct sha256_message m;

	for (size_t i = 0; i < sizeof block; i++)
		block[i] = key[i] ^ pad;
	sha256_begin(&m);
	sha256_add(&m, block, sizeof block);
	sha256_add(&m, p, n);
	sha256_end(&m, ret);
}

void hmac_sha256(struct span key, struct span message, uint8_t ret[SHA256_SIZE])
{
	uint8_t block[SHA256_BLOCK] = { 0 }, inner[SHA256_SIZE];

	if (key.n > sizeof block)
		sha256_once(key.p, key.n, block);
	else if (key.n > 0)
		memcpy(block, key.p, key.n);
	half(block, 0x36, message.p, message.n, inner);
	half(block, 0x5c, inner, sizeof inner, ret);
}
