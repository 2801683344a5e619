/* Folders by their handles: what is known of them, bounded, the least used forgotten first. */
#ifndef WATCH_FILES_FOLDER_CACHE_H
#define WATCH_FILES_FOLDER_CACHE_H

#include <stdint.h>

#include "watch/files/place.h"

#define FOLDER_INLINE 40 /* handles of all usual file systems */

/* Nobody wants to hear of what happens in a folder without places. */
struct folder {
	uint32_t next, newer, older; /* 1 + index; 0: none */
	uint32_t hash;
	uint32_t age; /* of a folder without places: valid while it is the cache's */
	uint16_t handle_n;
	uint16_t n_places;
	union {
		char handle[FOLDER_INLINE];
		char *long_handle; /* owned */
	};
	struct place *places; /* owned */
};

struct folder_cache {
	struct folder *folder;
	uint32_t *bucket;
	uint32_t n, cap, free, newest, oldest;
	uint32_t age;
	size_t bytes; /* of places, about */
	uint64_t seed;
	const struct selector *selector;
};

void folder_cache_init(struct folder_cache *c, const struct selector *s);
void folder_cache_done(struct folder_cache *c);
void folder_cache_clear(struct folder_cache *c);

/* NULL: not known. Valid until the next put. */
struct folder *folder_cache_find(struct folder_cache *c, struct span handle);
/* Takes the places over. */
struct folder *folder_cache_put(struct folder_cache *c, struct span handle, struct place *places,
	size_t n);
void folder_cache_drop(struct folder_cache *c, struct span handle);
/* A folder came, went or moved: forget the paths at and below this one, and who has none. */
void folder_cache_moved(struct folder_cache *c, struct span path);

#endif
