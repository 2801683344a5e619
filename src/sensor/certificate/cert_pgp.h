/* OpenPGP keys (RFC 4880, RFC 9580) as a keyring holds them: packets one after the other. Names,
 * fingerprints and algorithms are read; no signature is verified. Pure, but that libcrypto makes
 * the SHA-1 of which version 4 fingerprints consist. */
#ifndef SENSOR_CERTIFICATE_CERT_PGP_H
#define SENSOR_CERTIFICATE_CERT_PGP_H

#include <stdint.h>

#include "core/arena.h"
#include "core/err.h"

#define PGP_SUBKEYS_MAX 64

struct pgp_key {
	struct span fingerprint; /* upper-case hexadecimal */
	struct span user;        /* first user id; may be empty */
	struct span key_type;
	struct span body; /* of the primary key's packet */
	unsigned key_bits;
	int64_t created;                     /* ns */
	struct span subkey[PGP_SUBKEYS_MAX]; /* their fingerprints */
	size_t n_subkeys;
};

/* Is it a keybox, the file format of newer GnuPG? */
bool pgp_is_keybox(struct span file);
/* The packets of the next key block of a keybox; begin with *at 0; false at the end. */
bool pgp_keybox_next(struct span file, size_t *at, struct span *ret);

/* Take the next key off the front of *rest. 1, 0 at the end, ERR_FORMAT. Texts live in a. */
int pgp_next(struct span *rest, struct arena *a, struct pgp_key *ret, struct err *e) MUST_CHECK;

#endif
