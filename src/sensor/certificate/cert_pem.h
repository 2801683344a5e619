/* Text armour: PEM (RFC 7468) and OpenPGP's (RFC 9580 §6), blocks of base64 between dashes with
 * anything around them. Pure. */
#ifndef SENSOR_CERTIFICATE_CERT_PEM_H
#define SENSOR_CERTIFICATE_CERT_PEM_H

#include "core/arena.h"

struct pem {
	struct span rest;
	size_t line; /* of rest's beginning, from 1 */
};

struct pem_block {
	struct span label;  /* "CERTIFICATE" */
	struct span bytes;  /* in the arena; empty when `bad` */
	size_t line;        /* of its first line */
	bool bad;           /* does not end, or is no base64 */
	struct span before; /* the text between the block before and this one */
};

static inline struct pem pem_of(struct span text)
{
	return (struct pem){ text, 1 };
}

/* The next block; false when there is none. */
bool pem_next(struct pem *p, struct arena *a, struct pem_block *ret);

#endif
