/* Observations put aside in any order, to be gone through in key order. */
#ifndef CHANGE_SIGHTING_H
#define CHANGE_SIGHTING_H

#include "sensor/sensor.h"
#include "store/pile.h"

/* Of the same key twice the last counts. scratch is the caller's to reuse. */
int sighting_put(struct pile *p, const struct observation *o, struct buf *scratch,
	struct err *e) MUST_CHECK;
/* What pile_each calls back with. */
int sighting_read(struct span key, struct span value, struct observation *ret,
	struct err *e) MUST_CHECK;

#endif
