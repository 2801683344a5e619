/* The signing key of this host, and signed baselines: what `baseline export` writes. */
#ifndef STORE_SEAL_H
#define STORE_SEAL_H

#include "core/arena.h"
#include "store/tree.h"

#define SEAL_KEY_BYTES 32
#define SEAL_SIGNATURE_BYTES 64

int seal_public_key(struct store *s, uint8_t ret[SEAL_KEY_BYTES], struct err *e) MUST_CHECK;

/* What goes with an export besides the tree; texts are the caller's. */
struct baseline_info {
	struct span host;    /* host name */
	struct span program; /* "invar 0.1.0" */
	struct span policy;  /* canonical policy text, policy_print */
	int64_t time;        /* ns since epoch */
	struct tree_root root;
	uint64_t ledger_seq;
	uint8_t ledger_head[DIGEST_BYTES];
	uint8_t public_key[SEAL_KEY_BYTES];
};

/* Write a tree as one self-contained file: deterministic CBOR [header, entries…] with its Ed25519
 * signature and public key at the end; the same state gives the same bytes but for time. fd is the
 * caller's. */
int baseline_export(struct store *s, const struct tree_root *root, const struct baseline_info *info,
	int fd, struct err *e) MUST_CHECK;
/* Do these, the first bytes of a file, begin one? */
bool baseline_begins(struct span head);
#define BASELINE_HEAD_BYTES 18
/* Read one: checks signature, order and both digests of the root before reporting success; each may
 * be NULL. Whatever is wrong with its bytes is ERR_DAMAGED. Streams: entries seen before that must
 * be thrown away by the caller (roll back). */
int baseline_read(int fd, struct baseline_info *ret, struct arena *a,
	int (*each)(void *ctx, const struct tree_entry *entry, struct err *e), void *ctx,
	struct err *e) MUST_CHECK;

#endif
