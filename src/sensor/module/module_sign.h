/* The signature at the end of a module's file (scripts/sign-file.c of the kernel). */
#ifndef SENSOR_MODULE_MODULE_SIGN_H
#define SENSOR_MODULE_MODULE_SIGN_H

#include "core/arena.h"
#include "core/span.h"

#define MODULE_SIGN_TAIL ((size_t)16 << 10) /* larger signatures are not looked into */

/* tail: the last bytes of a file, at most MODULE_SIGN_TAIL. False: it carries no signature.
 * *ret_signer: "COMMON NAME OF THE ISSUER, serial HEX", in a; empty when that cannot be told. */
bool module_signature(struct span tail, struct arena *a, struct span *ret_signer);

#endif
