/* What the files of this room share. */
#ifndef SENSOR_BOOT_BOOT_LOOK_H
#define SENSOR_BOOT_BOOT_LOOK_H

#include "entity/boot.h"
#include "host/host.h"
#include "sensor/sensor.h"

struct boot_look {
	struct scan *scan;
	struct host *host;
	struct arena *a;
	struct record *r;
	struct span release; /* of the kernel that runs; empty: none does */
};

/* Begin the record of an entity: its key and type. False: nobody asks for it. *ret_asks may be
 * NULL. */
bool boot_begin(struct boot_look *l, const char *key, const char *type, uint64_t *ret_asks);
void boot_put(struct boot_look *l, unsigned field, struct span value);
void boot_put_items(struct boot_look *l, struct span text, const char *separators);
/* A small file without its end; false: there is none, or a gap for this key says why not. */
bool boot_read(struct boot_look *l, const char *path, const char *key, struct span *ret);

/* /boot, the EFI partition and the kernel command line; boot_files.c. */
void boot_files(struct boot_look *l);
/* Firmware, EFI variables, TPM, what is in force now; boot_state.c. */
void boot_state(struct boot_look *l);

#endif
