/* Signatures by Ed25519 (RFC 8032). The private key is its 32 bytes and nothing else, so keys and
 * signatures are the same on every platform. */
#ifndef OS_SIGN_H
#define OS_SIGN_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "core/span.h"

#define SIGN_KEY_BYTES 32
#define SIGN_BYTES 64

/* A new private key. */
int sign_make_key(uint8_t ret[SIGN_KEY_BYTES], struct err *e) MUST_CHECK;
int sign_public_key(const uint8_t private_key[SIGN_KEY_BYTES], uint8_t ret[SIGN_KEY_BYTES],
	struct err *e) MUST_CHECK;
int sign_message(const uint8_t private_key[SIGN_KEY_BYTES], struct span message,
	uint8_t ret[SIGN_BYTES], struct err *e) MUST_CHECK;
bool sign_holds(const uint8_t public_key[SIGN_KEY_BYTES], struct span message,
	const uint8_t signature[SIGN_BYTES]);

/* Overwrite what nobody may find in memory. */
void sign_forget(void *p, size_t n);

#endif
