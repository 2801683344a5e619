/* EFI signature databases (UEFI 2.10 §32.4.1): PK, KEK, db, dbx, MokListRT. */
#ifndef SENSOR_BOOT_BOOT_EFI_H
#define SENSOR_BOOT_BOOT_EFI_H

#include "core/arena.h"
#include "core/span.h"

struct efi_database {
	struct span *names; /* common names of the certificates, in order */
	size_t n_names;
	size_t entries; /* certificates, digests of programs and all else */
};

/* variable: without the attributes. False: it does not follow the format; what was read stays. */
bool efi_database_read(struct span variable, struct arena *a, struct efi_database *ret);

#endif
