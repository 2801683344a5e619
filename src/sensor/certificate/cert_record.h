/* A certificate as a record, the same on every platform. Pure. */
#ifndef SENSOR_CERTIFICATE_CERT_RECORD_H
#define SENSOR_CERTIFICATE_CERT_RECORD_H

#include "core/sha256.h"
#include "entity/record.h"
#include "sensor/certificate/cert_x509.h"

/* "ca:ISRG Root X1#96bcec06264976f3": no two certificates share it, and people know it again. In a.
 */
struct span cert_key(struct arena *a, const char *prefix, struct span name,
	const uint8_t digest[SHA256_SIZE]);

/* What the certificate itself says; its lists and flags of places are the caller's. now: for
 * `expired`. */
void cert_fill(struct arena *a, struct record *r, struct x509 *x, int64_t now);

#endif
