/* What the policy, and the rooms of other kinds, want to know of a folder as it is seen at a path.
 */
#ifndef WATCH_FILES_PLACE_H
#define WATCH_FILES_PLACE_H

#include "core/glob.h"
#include "watch/files/mount_map.h"
#include "watch/watcher.h"

/* A folder, or (only: not NULL) one entry of it that is shown elsewhere. */
struct place {
	struct span path; /* without "/" behind it, "/" itself apart; owned */
	char *only;       /* this entry alone, and path is where it is seen; owned */
	struct scope *scope;
	bool self;          /* a rule wants to hear of the folder (or the one entry) itself */
	bool alike, wanted; /* every name is decided alike: so */
	bool coarse;        /* its name is longer than a path: it is somewhere below */
	bool reaches;       /* a pattern of other kinds may match it, in it, or further below */
	uint16_t n_patterns;
	uint16_t *patterns; /* of struct asker: that it, or names right here, may match; owned */
};

/* Asks the policy about paths; remembers where it was last. */
struct asker {
	struct watcher *w;
	const struct mount_map *map; /* the caller's */
	struct span spare;           /* nothing at or below it is of interest; empty: none */
	struct {
		size_t path_n;
		struct scope *scope;
	} * trail; /* the folders on the way to where it was last */
	size_t n_trail;
	struct buf path; /* of the last one */
	const struct watch_path *patterns;
	struct glob_section **compiled; /* NULL: one that is none */
	size_t n_patterns;
	struct arena *arena; /* of compiled */
};

void asker_start(struct asker *q, struct watcher *w);
void asker_stop(struct asker *q);
/* The policy, or the mounts, are others: forget. */
void asker_reset(struct asker *q);

/* Something happened at a path. */
struct heard {
	struct span path;
	int64_t time;    /* ns since epoch */
	struct span who; /* as in struct hint */
	const char *why;
};

/* False: nobody wants to hear of anything in it. `ret` is to be released when true. */
bool asker_place(struct asker *q, struct span path, struct place *ret);
/* The same of one entry of a folder that is seen, alone, at `path`. */
bool asker_entry(struct asker *q, struct span path, struct span name, struct place *ret);
void place_done(struct place *p, const struct selector *s); /* accepts what is zeroed */

/* Does a rule want to hear of `name` there? */
bool asker_wants(const struct asker *q, const struct place *p, struct span name);
/* Can a rule want to hear of something below the folder `name` there? */
bool asker_below(const struct asker *q, const struct place *p, struct span name);
/* Does a rule want to hear of this path? */
bool asker_path(struct asker *q, struct span path);
/* May anything at or below be of interest to anybody? */
bool asker_touches(struct asker *q, struct span path);
/* Tell the rooms of other kinds whose pattern the path matches; below: or may match further down.
 */
void asker_tell(struct asker *q, const struct place *p, bool below, const struct heard *h);

/* Can the pattern match something at (if at) or below the folder? */
bool pattern_reaches(const struct glob_section *s, struct span folder, bool at);

#endif
