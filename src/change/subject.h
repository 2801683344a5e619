/* What a change is about, where several entities are one thing: a service is an entry of the
 * service manager, a key of the registry with its values, a row of WMI, a unit file. */
#ifndef CHANGE_SUBJECT_H
#define CHANGE_SUBJECT_H

#include "core/buf.h"
#include "entity/kind.h"

/* Append bytes that are the same for all that is about one thing, in this process; false: this is
 * about nothing but itself. */
bool subject_of(const struct kind *k, struct span key, struct buf *ret);

#endif
