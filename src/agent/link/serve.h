/* The collector's side of the link and of followers: frames made from the ledger
 * (agent/control/request.h). The caller puts them into a channel; a link that does not read asks
 * for nothing, so at most one answer waits for it. */
#ifndef AGENT_LINK_SERVE_H
#define AGENT_LINK_SERVE_H

#include "core/buf.h"
#include "core/err.h"
#include "store/store.h"

#define SERVE_RECORDS 1000            /* at most, in one answer */
#define SERVE_BYTES ((size_t)1 << 20) /* about so many, but one record at least */
#define SERVE_RECORD_MAX ((size_t)6 << 20)

/* Append AGENT_HEAD: the ledger's last record, this host's name, and which ledger it is. For the
 * link when it comes, and after each commit that wrote to the ledger. */
int serve_head(struct store *s, struct span host, struct buf *ret, struct err *e) MUST_CHECK;

/* Append AGENT_RECORDS: the ledger from `from` on, n records at most (0: as many as fit); an empty
 * list when there are none. A record that is too long for a frame goes out as a note that says so.
 */
int serve_records(struct store *s, uint64_t from, uint64_t n, struct buf *ret,
	struct err *e) MUST_CHECK;

#endif
