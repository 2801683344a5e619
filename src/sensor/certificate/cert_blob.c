#include "sensor/certificate/cert_blob.h"

#include <stdint.h>

#define HEAD 12 /* number, encoding, length: 32 bits each, lowest byte first */

enum property {
	PROPERTY_KEY_INFO = 2,
	PROPERTY_KEY_CONTEXT = 5,
	PROPERTY_FRIENDLY_NAME = 11,
	PROPERTY_CERTIFICATE = 32
};

static uint32_t number_at(struct span s, size_t at)
{
	const unsigned char *p = (const unsigned char *)s.p + at;

	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

int cert_blob_parse(struct span blob, struct cert_blob *ret, struct err *e)
{
	struct cert_blob found = { 0 };

	for (size_t at = 0; at < blob.n;) {
		struct span value;
		uint32_t n;

		if (blob.n - at < HEAD)
			return err_set(e, ERR_FORMAT, "a property ends in its head");
		n = number_at(blob, at + 8);
		if (n > blob.n - at - HEAD)
			return err_set(e, ERR_FORMAT, "a property reaches beyond the end");
		value = span_from(blob.p + at + HEAD, n);
		switch (number_at(blob, at)) {
		case PROPERTY_CERTIFICATE:
			found.der = value;
			break;
		case PROPERTY_FRIENDLY_NAME:
			found.friendly = value;
			break;
		case PROPERTY_KEY_INFO:
		case PROPERTY_KEY_CONTEXT:
			found.has_key = true;
			break;
		default:
			break;
		}
		at += HEAD + n;
	}
	*ret = found;
	return 0;
}
