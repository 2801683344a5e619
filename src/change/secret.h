/* The secret of this installation, which keys the digests of what must not be told (password
 * hashes): they compare only with those of the same installation. Kept in the store. */
#ifndef CHANGE_SECRET_H
#define CHANGE_SECRET_H

#include "store/store.h"

#define SECRET_SIZE 32

/* Makes one when there is none; call inside a transaction. */
int secret_load(struct store *s, uint8_t ret[SECRET_SIZE], struct err *e) MUST_CHECK;

#endif
