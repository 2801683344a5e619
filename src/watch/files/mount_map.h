/* Which places of our own view show a path of a file system: /proc/self/mountinfo (proc(5)) as a
 * map. Pure. */
#ifndef WATCH_FILES_MOUNT_MAP_H
#define WATCH_FILES_MOUNT_MAP_H

#include <stdbool.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/span.h"

#define MOUNT_MAP_MAX 8192 /* mounts; what is more is not mapped, and `cut` says so */

struct mount_row {
	uint32_t id, parent;
	uint64_t device;         /* major << 32 | minor: of the file system */
	struct span root;        /* which path of the file system it shows */
	struct span point;       /* where */
	struct span type;        /* "ext4" */
	struct span options;     /* of the mount, and behind a comma of the file system */
	struct mount_row *above; /* the one it is mounted on; NULL: none known */
	bool hidden;             /* something lies over all of it */
};

struct mount_map {
	struct arena *arena;
	struct mount_row *row;
	size_t n;
	bool cut;
};

/* From the bytes of a mountinfo file, which are copied; lines that do not follow the format are
 * passed over. */
struct mount_map *mount_map_new(struct span text);
void mount_map_free(struct mount_map *m); /* accepts NULL */
void mount_map_freep(struct mount_map **m);

/* The path inside its file system of a path that is seen by this mount. False: it is not below it.
 * Lives in a. */
bool mount_map_inside(const struct mount_row *r, struct span path, struct arena *a,
	struct span *ret);

/* Where mount r shows the path `inside` its file system; false when it does not, or when another
 * mount lies over the place. Lives in a. */
bool mount_map_outside(const struct mount_map *m, const struct mount_row *r, struct span inside,
	struct arena *a, struct span *ret);

/* The mount an absolute path is seen by; NULL: none. */
const struct mount_row *mount_map_find(const struct mount_map *m, struct span path);
/* Is a mount seen at exactly this path? */
bool mount_map_is_point(const struct mount_map *m, struct span path);

/* Is path the folder, or below it? Both without "/" at the end, "/" itself apart. */
bool path_is_below(struct span path, struct span folder);

#endif
