/* One entry of a certificate store of Windows as the registry holds it: properties, one behind the
 * other, the certificate among them ([MS-GPEF] 2.2.1.2.1, CERT_…_PROP_ID of wincrypt.h). Pure. */
#ifndef SENSOR_CERTIFICATE_CERT_BLOB_H
#define SENSOR_CERTIFICATE_CERT_BLOB_H

#include "core/err.h"
#include "core/span.h"

struct cert_blob {
	struct span der;      /* the certificate; empty: an entry without one (a digest alone) */
	struct span friendly; /* UTF-16, lowest byte first, as stored */
	bool has_key;         /* names a private key */
};

/* Views into blob. ERR_FORMAT when a property reaches beyond the end. */
int cert_blob_parse(struct span blob, struct cert_blob *ret, struct err *e) MUST_CHECK;

#endif
