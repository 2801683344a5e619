/* Digests beside SHA-256 in the lanes: those a rule asks for by name, and what stands for a file
 * too large to read whole. */
#ifndef SENSOR_FILE_DIGEST_H
#define SENSOR_FILE_DIGEST_H

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

/* SHA-256 over the layout of a file and its data as far as `most` bytes: for each data extent its
 * offset and length (8 bytes each, little-endian) and its bytes, then the file's size. False: it
 * could not be read, or not before `until` (monotonic ns). rest() is called now and then with the
 * bytes read since. */
bool digest_extents(int fd, uint64_t size, uint64_t most, int64_t until,
	void (*rest)(void *ctx, size_t n), void *ctx, uint8_t ret[32]);

#endif
