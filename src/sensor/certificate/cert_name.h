/* Names as RFC 4514 writes them, most specific part first, and object identifiers as people know
 * them. Pure. */
#ifndef SENSOR_CERTIFICATE_CERT_NAME_H
#define SENSOR_CERTIFICATE_CERT_NAME_H

#include "core/arena.h"

/* Text of a Name's content (what is inside the outer SEQUENCE); false when malformed. *ret_short:
 * the common name, else the unit, else the organization, unescaped. Both live in a. */
bool name_text(struct span name, struct arena *a, struct span *ret, struct span *ret_short);

/* The name of a known identifier, else its numbers, in a. */
struct span oid_name(struct span oid, struct arena *a);

#endif
