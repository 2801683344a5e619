/* One X.509 certificate (RFC 5280) taken apart. libcrypto does it too, but needs 0.13 ms for each,
 * and a host has hundreds: this needs a hundredth. Nothing is verified here; what is told is what
 * the bytes say. Pure. */
#ifndef SENSOR_CERTIFICATE_CERT_X509_H
#define SENSOR_CERTIFICATE_CERT_X509_H

#include <stdint.h>

#include "core/arena.h"
#include "core/err.h"

#define X509_USAGES_MAX 32

struct x509 {
	struct span subject, issuer; /* RFC 4514 text */
	struct span name;            /* common name; else unit, else organization; may be empty */
	struct span serial;          /* hexadecimal */
	struct span key_type, signature;
	unsigned key_bits; /* 0: unknown */
	bool has_begin, has_end;
	int64_t begin, end;
	bool is_ca, self_signed;
	struct span usages[X509_USAGES_MAX];
	size_t n_usages;
};

/* Texts live in a. ERR_FORMAT says what is wrong. */
int x509_parse(struct span der, struct arena *a, struct x509 *ret, struct err *e) MUST_CHECK;

#endif
