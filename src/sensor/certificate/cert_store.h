/* Key stores of Java: JKS and PKCS #12. Pure. */
#ifndef SENSOR_CERTIFICATE_CERT_STORE_H
#define SENSOR_CERTIFICATE_CERT_STORE_H

#include "core/err.h"
#include "core/span.h"

typedef void store_each(void *ctx, struct span alias, struct span der);

/* Every trusted certificate of a store, in its order. ERR_FORMAT: it is none, or cut; ERR_DENIED:
 * some of it is encrypted, so that what is in there cannot be told (the rest has been). */
int store_read(struct span file, store_each *each, void *ctx, struct err *e) MUST_CHECK;

#endif
