/* Signature databases of UEFI (PK, KEK, db, dbx; shim's MokList): EFI_SIGNATURE_LIST, UEFI 2.10
 * §32.4.1. Pure. */
#ifndef SENSOR_CERTIFICATE_CERT_EFI_H
#define SENSOR_CERTIFICATE_CERT_EFI_H

#include "core/span.h"

struct efi_lists {
	struct span rest;       /* lists to come */
	struct span signatures; /* of the list at hand */
	size_t size;            /* of each */
	bool bad;               /* the bytes do not follow the format */
};

/* variable: as efivarfs gives it, with four bytes of attributes in front. */
struct efi_lists efi_lists_of(struct span variable);
/* The next X.509 certificate; digests are passed over. False at the end. */
bool efi_lists_next(struct efi_lists *l, struct span *ret);

#endif
