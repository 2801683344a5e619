/* Digests beside SHA-256, those a rule asks for by name, by Windows' own cryptography. */
#ifndef SENSOR_FILE_FILE_CNG_WINDOWS_H
#define SENSOR_FILE_FILE_CNG_WINDOWS_H

#include "core/arena.h"
#include "entity/file.h"
#include "entity/record.h"

struct digests;

/* For the digests in `fields` besides SHA-256; NULL when there are none. */
struct digests *digests_new(uint64_t fields);
void digests_free(struct digests *d);  /* accepts NULL */
void digests_start(struct digests *d); /* accepts NULL; a new message */
void digests_add(struct digests *d, const void *p, size_t n);
/* Set the record's fields. */
void digests_finish(struct digests *d, struct record *r, struct arena *a);

#endif
