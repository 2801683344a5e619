/* SHA-256 of several independent messages at once in one thread. One message alone is bound by the
 * latency of the processor's SHA instructions; three interleaved keep the unit busy, for about
 * twice the bytes a second. Digests are those of FIPS 180-4, whatever the means. */
#ifndef CORE_SHA256_H
#define CORE_SHA256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHA256_LANES 3
#define SHA256_BLOCK 64
#define SHA256_SIZE 32

struct sha256_engine;

/* Bytes that wait for the engine. */
struct sha256_part {
	const uint8_t *p;
	size_t blocks;
};

/* One message in progress; nobody but sha256*.c looks inside. */
struct sha256_lane {
	uint32_t h[8];
	uint64_t total; /* bytes fed so far */
	struct sha256_part part[3];
	unsigned at, n_parts; /* part[at] is the one being worked on */
	bool busy;
	unsigned kept; /* bytes in rest that wait for more */
	uint8_t first[SHA256_BLOCK];
	uint8_t rest[2 * SHA256_BLOCK];
};

/* Belongs to one thread. Must not be copied or moved while a lane is busy. */
struct sha256_set {
	const struct sha256_engine *engine;
	struct sha256_lane lane[SHA256_LANES];
};

/* All lanes idle and without a message. */
void sha256_set_init(struct sha256_set *s);

/* Begin a new message on a lane, forgetting what it had, even half done. */
void sha256_start(struct sha256_set *s, unsigned lane);

/* Hand an idle lane more bytes: they must stay valid until the lane is idle again. Any n will do, 0
 * too (p may then be NULL); multiples of 64 are never copied. `last` ends the message. */
void sha256_feed(struct sha256_set *s, unsigned lane, const void *p, size_t n, bool last);

/* Work on all fed lanes together until at least one of them becomes idle (its bytes are used up).
 * Returns the set of lanes, bit i for lane i, that became idle; 0 when no lane has work. */
unsigned sha256_run(struct sha256_set *s);

/* Fed, and not yet idle again. */
bool sha256_busy(const struct sha256_set *s, unsigned lane);

/* The digest of a message whose last part is used up. May be asked for more than once. */
void sha256_digest(const struct sha256_set *s, unsigned lane, uint8_t ret[SHA256_SIZE]);

/* One message that comes in pieces. */
struct sha256_message {
	struct sha256_set set;
};
void sha256_begin(struct sha256_message *m);
void sha256_add(struct sha256_message *m, const void *p, size_t n);
void sha256_end(struct sha256_message *m, uint8_t ret[SHA256_SIZE]);

/* Plain one-shot, for small things. */
void sha256_once(const void *p, size_t n, uint8_t ret[SHA256_SIZE]);

/* What does the work, chosen and proven against known digests at first use: "sha-ni x3",
 * "portable". */
const char *sha256_means(void);

#endif
