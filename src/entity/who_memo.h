/* Who it was, read once: one process touches many things in a row, and each record says who. */
#ifndef ENTITY_WHO_MEMO_H
#define ENTITY_WHO_MEMO_H

#include "entity/who.h"

/* Begins zeroed. */
struct who_memo {
	struct arena *arena; /* of the two below */
	struct span cbor;
	const struct who *who; /* NULL: none was read yet */
};

/* As who_decode; *ret is valid until the next call. */
int who_recall(struct who_memo *m, struct span cbor, const struct who **ret,
	struct err *e) MUST_CHECK;
void who_memo_done(struct who_memo *m);

#endif
