/* Digests of programs, each file read once a scan; the next one takes over those whose files have
 * kept their stamps. For the digest.c of each platform. */
#ifndef HOST_DIGESTS_H
#define HOST_DIGESTS_H

#include "core/sha256.h"
#include "host/state.h"

/* Which file, and when it was changed; times as the platform counts them. */
struct file_stamp {
	uint64_t file, device; /* file 0: it has no number, and is read each time */
	uint64_t size;
	int64_t mtime, ctime;
	bool young; /* who writes to it now may leave the same times behind */
};

/* What is next of the file that ctx is: up to n bytes; *ret 0: it ends. */
typedef int digest_read_fn(void *ctx, void *block, size_t n, size_t *ret, struct err *e);

/* Known, or read now. ERR_LIMIT: it is not read, being of more than 512 MiB. */
int digests_get(struct host *h, const struct file_stamp *of, digest_read_fn *read, void *ctx,
	uint8_t ret[SHA256_SIZE], struct err *e) MUST_CHECK;

#endif
