/* Proofs: a package manager's transaction explains a change of a file when the package owns the
 * path and the file is what the package delivered. Neither a package manager that writes something
 * else nor the right file written outside a transaction is explained by it.
 *
 * A transaction is seen by its trace: the package itself (kind package) changed since the last
 * observation. What a package's record does not say (dpkg knows neither modes nor owners) must be
 * as it was approved, or as harmless as it can be where nothing was. */
#ifndef CHANGE_PROOF_H
#define CHANGE_PROOF_H

#include "change/edits.h"
#include "change/found.h"
#include "change/lens.h"

struct proofs;

struct proof_setup {
	struct store *store;
	struct found *found;
	struct tree_root approved;
	const char *root; /* as scan_options.root */
};

/* Try to explain all that was found. What is explained moves into the approved state: an edit of
 * `approved` for each. A process of its own does the reading; when it fails, nothing is explained.
 */
int proofs_make(struct proofs **ret, const struct proof_setup *setup, struct edits *approved,
	struct err *e) MUST_CHECK;
void proofs_free(struct proofs *p); /* accepts NULL */
void proofs_freep(struct proofs **p);

uint64_t proofs_count(const struct proofs *p);
/* True: *ret explains the finding with this stored key; valid as long as p. p may be NULL. */
bool proofs_get(const struct proofs *p, struct span key, struct proof *ret);

#endif
