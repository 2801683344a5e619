/* DER (X.690): tag, length, value. Definite lengths only, tags of one byte: all that certificates
 * use. Pure: views into the bytes given. */
#ifndef SENSOR_CERTIFICATE_CERT_DER_H
#define SENSOR_CERTIFICATE_CERT_DER_H

#include <stdint.h>

#include "core/buf.h"

enum der_tag {
	DER_BOOLEAN = 0x01,
	DER_INTEGER = 0x02,
	DER_BITS = 0x03,
	DER_BYTES = 0x04,
	DER_OID = 0x06,
	DER_UTF8 = 0x0c,
	DER_UTC_TIME = 0x17,
	DER_TIME = 0x18,
	DER_UNIVERSAL_TEXT = 0x1c,
	DER_BMP_TEXT = 0x1e,
	DER_T61 = 0x14,
	DER_SEQUENCE = 0x30,
	DER_SET = 0x31,
	DER_CONTEXT_0 = 0xa0,
	DER_CONTEXT_3 = 0xa3,
};

struct der {
	uint8_t tag;
	struct span value; /* without tag and length */
	struct span whole; /* with them */
};

/* Take the next one off the front of *rest; false at its end and on anything malformed. */
bool der_next(struct span *rest, struct der *ret);
/* The same, when it has this tag; else nothing is taken. */
bool der_take(struct span *rest, uint8_t tag, struct der *ret);

/* Append an object identifier as "1.2.840.113549". */
void der_oid_text(struct span oid, struct buf *ret);

#endif
