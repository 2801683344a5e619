/* The agent's state: one SQLite file (WAL) in the state folder, holding tree nodes, the roots of
 * the approved and current trees, the ledger, and small named values. docs/STORE.md is normative.
 *
 * Everything between store_begin and store_commit is one transaction: after a crash at any moment
 * it is all there or not at all. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdint.h>

#include "core/buf.h"
#include "core/err.h"
#include "core/span.h"

#define STORE_FILE "state.db"
#define DIGEST_BYTES 32

enum store_mode {
	STORE_READ,    /* must exist; any number of readers, also beside a writer */
	STORE_INSPECT, /* as STORE_READ, but the seal need not hold: for store_verify */
	STORE_WRITE,   /* must exist; takes the writer's lock: ERR_LOCKED "locked by PID …" */
	STORE_CREATE,  /* made when missing (folder 0700, files 0600), else as STORE_WRITE */
	STORE_REPLACE, /* as STORE_CREATE, also where a key says that there was a state */
	STORE_SHARE,   /* as STORE_WRITE, but locked only from store_begin to its end: ERR_LOCKED
			  from store_begin. For who runs for long and lets others write meanwhile */
};

struct store;

/* dir: the state folder. ERR_MISSING: there is no store; ERR_LOCKED: text names the pid holding it;
 * ERR_DAMAGED: not a store, or a store that contradicts itself (never overwritten); ERR_VERSION.
 * The folder and the file must belong to us or root and be writable by nobody else, the key
 * readable by nobody else: else ERR_DENIED. Opening, and every store_begin, finds the seal to hold
 * over the ledger's last record, both roots and all named values, or fails with ERR_DAMAGED and has
 * written nothing. */
int store_open(struct store **ret, const char *dir, enum store_mode mode, struct err *e) MUST_CHECK;
void store_close(struct store *s); /* accepts NULL; rolls back what was not committed */
void store_freep(struct store **s);
const char *store_dir(const struct store *s);
/* Made by STORE_REPLACE where somebody had removed the state: worth a record. */
bool store_replaces_removed(const struct store *s);

int store_begin(struct store *s, struct err *e) MUST_CHECK;
int store_commit(struct store *s, struct err *e) MUST_CHECK; /* on return it is on the disk */
void store_rollback(struct store *s);

/* Small named values ("policy", "host", "last-check", …). get: ERR_MISSING when there is none. */
int store_value_get(struct store *s, const char *name, struct buf *ret, struct err *e) MUST_CHECK;
int store_value_set(struct store *s, const char *name, struct span value, struct err *e) MUST_CHECK;

/* A tree as a whole: 64 bytes that prove what a host's state is. */
struct tree_root {
	uint8_t id[DIGEST_BYTES]; /* over keys and shared values only: equal on hosts in equal state
				   */
	uint8_t full[DIGEST_BYTES]; /* over id and the local values too: names the root node in the
				       store */
	uint64_t count;             /* entries */
};

enum store_root { ROOT_APPROVED, ROOT_CURRENT, ROOT_N };

/* ERR_MISSING before the first store_root_set. */
int store_root_get(struct store *s, enum store_root which, struct tree_root *ret,
	struct err *e) MUST_CHECK;
int store_root_set(struct store *s, enum store_root which, const struct tree_root *root,
	struct err *e) MUST_CHECK;

/* Drop nodes that neither root reaches. Cheap when there is little to do; ends its own transaction.
 */
int store_collect(struct store *s, uint64_t *ret_dropped, struct err *e) MUST_CHECK;

struct store_sizes {
	uint64_t file_bytes, nodes, node_bytes, ledger_records, ledger_bytes;
};
int store_sizes(struct store *s, struct store_sizes *ret, struct err *e) MUST_CHECK;

/* Prove the store: SQLite's own check, every node reachable from both roots against its digest,
 * order and count, the ledger's chain and head, the seal. ERR_DAMAGED names what each of
 * these found first. */
int store_verify(struct store *s, struct err *e) MUST_CHECK;

/* ---- ledger: append-only, hash-chained ---- */

/* Append a record whose body is canonical CBOR made by the caller; the store adds seq (from 1) and
 * prev (SHA-256 of the stored bytes of the record before; zeroes for the first) and stores
 * the CBOR array [seq, prev, body] as one byte sequence, which is what the next prev digests. */
int ledger_append(struct store *s, struct span body, uint64_t *ret_seq, struct err *e) MUST_CHECK;

struct ledger_entry {
	uint64_t seq;
	uint8_t prev[DIGEST_BYTES];
	struct span body; /* valid until the callback returns */
};
/* Call back for from <= seq <= to in order (or newest first when backwards) until it returns
 * non-zero, which is passed on. ERR_DAMAGED at a record that does not follow from the one before.
 */
int ledger_read(struct store *s, uint64_t from, uint64_t to, bool backwards,
	int (*each)(const struct ledger_entry *entry, void *ctx, struct err *e), void *ctx,
	struct err *e) MUST_CHECK;
int ledger_last(struct store *s, uint64_t *ret_seq, uint8_t ret_head[DIGEST_BYTES],
	struct err *e) MUST_CHECK;
/* What tells one ledger from another: a digest of its first record, which stays as long as it
 * lives. *ret_any false: it is empty. */
int ledger_id(struct store *s, uint8_t ret[DIGEST_BYTES], bool *ret_any, struct err *e) MUST_CHECK;
/* Recompute the whole chain; ERR_DAMAGED names the first seq that does not fit. */
int ledger_verify(struct store *s, uint64_t *ret_records, struct err *e) MUST_CHECK;

#endif
