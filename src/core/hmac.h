/* HMAC-SHA256 (RFC 2104). */
#ifndef CORE_HMAC_H
#define CORE_HMAC_H

#include "core/sha256.h"
#include "core/span.h"

void hmac_sha256(struct span key, struct span message, uint8_t ret[SHA256_SIZE]);

#endif
