/* SipHash-1-3 (Aumasson, Bernstein 2012; the variant of Rust and Ruby): where tree nodes end. */
#ifndef STORE_SIPHASH_H
#define STORE_SIPHASH_H

#include <stdint.h>

#include "core/span.h"

uint64_t siphash13(const uint64_t key[2], struct span s);

#endif
