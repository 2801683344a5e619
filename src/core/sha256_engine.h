/* What may stand behind core/sha256.h; for sha256*.c and its test. */
#ifndef CORE_SHA256_ENGINE_H
#define CORE_SHA256_ENGINE_H

#include "core/sha256.h"

struct sha256_engine {
	const char *name;
	/* Advance n lanes (1 to SHA256_LANES) by the same number of blocks, at least one, of the
	 * part each is at: h and the part's p move on, its count is the caller's. */
	void (*advance)(struct sha256_lane *const *lane, unsigned n, size_t blocks);
};

extern const uint32_t sha256_k[64]; /* aligned to 16 */

extern const struct sha256_engine sha256_portable;
/* NULL when this processor lacks the instructions. */
const struct sha256_engine *sha256_x86(void);

/* Gives the right digests for known messages on every number of lanes. */
bool sha256_proven(const struct sha256_engine *engine);

/* sha256_set_init with an engine of the caller's choice. */
void sha256_set_init_with(struct sha256_set *s, const struct sha256_engine *engine);

#endif
