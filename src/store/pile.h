/* What is to be put in order: pairs of byte strings come in any order and go in that of their keys;
 * of the same key twice the last counts. What does not fit in a few MiB waits in sorted runs in a
 * private file (in the state folder, gone when closed). Cheaper than a stage, which may be asked
 * for single keys. */
#ifndef STORE_PILE_H
#define STORE_PILE_H

#include "store/store.h"

struct pile;

struct pile *pile_new(const struct store *s);
void pile_free(struct pile *p); /* accepts NULL */
void pile_freep(struct pile **p);

/* Both together at most PILE_ITEM_MAX: ERR_LIMIT. */
#define PILE_ITEM_MAX ((size_t)256 << 20)
int pile_put(struct pile *p, struct span key, struct span value, struct err *e) MUST_CHECK;

/* Call back in key order until it returns non-zero, which is passed on; the pile is empty then,
 * whatever it returns. */
int pile_each(struct pile *p,
	int (*each)(void *ctx, struct span key, struct span value, struct err *e), void *ctx,
	struct err *e) MUST_CHECK;

#endif
