/* Paths of packages: where they are on this host, and whose they are. */
#ifndef HOST_PACKAGE_PATH_H
#define HOST_PACKAGE_PATH_H

#include <stdint.h>

#include "core/span.h"

#define PATH_BYTES 4096
#define PATH_ALIASES 16

/* Keyed, so that nobody can make a path that counts as another's. */
struct path_hash {
	uint64_t key[2];
};
uint64_t path_hash(const struct path_hash *h, struct span path);

/* ---- a map from paths to numbers that keeps no path: 12 bytes a slot ---- */

struct path_slot {
	uint32_t hash[2]; /* 0: free */
	uint32_t value;
};
struct path_map {
	struct path_slot *slot;
	size_t n, cap;
};
#define PATH_NONE UINT32_MAX

void path_map_done(struct path_map *m);
void path_map_expect(struct path_map *m, size_t n); /* room for n, so that it need not grow */
/* Keeps the value that was there first. hash: of path_hash(). */
void path_map_add(struct path_map *m, uint64_t hash, uint32_t value);
/* Many adds are many misses of the cache: say what comes a little before. */
void path_map_soon(const struct path_map *m, uint64_t hash);
uint32_t path_map_find(const struct path_map *m, uint64_t hash); /* or PATH_NONE */

/* ---- folders that are links: with /bin -> usr/bin, "/bin/ls" is "/usr/bin/ls" ---- */

struct path_alias {
	char from[32]; /* with a slash at both ends */
	char to[256];  /* the same */
	size_t from_n, to_n;
};
struct path_aliases {
	struct path_alias list[PATH_ALIASES];
	size_t n;
};

/* The folders that are links on many hosts, relative to the root; ended by NULL. */
extern const char *const path_links[];

/* `link` (one of path_links) points to `target`. What makes no sense is left out. */
void path_alias_add(struct path_aliases *a, const char *link, struct span target);
/* Where the path is; it itself when no alias concerns it or it is longer than PATH_BYTES. Valid as
 * long as path and buffer are. */
struct span path_real(const struct path_aliases *a, struct span path, char buffer[PATH_BYTES]);

#endif
