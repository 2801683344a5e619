/* The judgement behind a proof, on one host: is this file what a package in transaction delivered?
 * Reads the host; knows no store. */
#ifndef CHANGE_PROVER_H
#define CHANGE_PROVER_H

#include "change/found.h"
#include "core/hex.h"
#include "host/host.h"

#define PROVER_DIGEST (8 + 2 * 32 + 1) /* "sha256:" and its digits, with a NUL */

/* A package that changed since the last observation. */
struct transaction {
	struct span key;      /* of kind package: "dpkg:nginx:amd64" */
	struct span from, to; /* versions; empty: not there */
	bool config; /* only configured what was unpacked before: speaks of its settings alone */
};

struct candidate {
	enum finding_type type;
	struct span key;     /* stored, of kind file */
	struct span old_key; /* moved: where it was; else empty */
	struct side was, is, approved;
	uint64_t fields; /* that differ between was and is, of those watched */
};

struct prover {
	struct host *host;
	const struct transaction *transactions; /* in key order */
	size_t n_transactions;
};

/* 1: *ret_transaction explains it, and *ret_digest names what was delivered ("" where there is no
 * content); 0: nothing does. What cannot be read is not explained. */
int prover_judge(struct prover *p, const struct candidate *c, size_t *ret_transaction,
	char ret_digest[PROVER_DIGEST]);

/* Replace *ret by the target of a link at path, as it means it: absolute, without "." and "..". */
void prover_join(struct span path, struct span target, struct buf *ret);

#endif
