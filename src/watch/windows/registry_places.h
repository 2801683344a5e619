/* The keys that the room `registry` listens at: the bases of rules as they exist at this moment,
 * and, where one may come or go, the key in which it would. */
#ifndef WATCH_WINDOWS_REGISTRY_PLACES_H
#define WATCH_WINDOWS_REGISTRY_PLACES_H

#include <windows.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/glob.h"
#include "entity/kind.h"
#include "watch/windows/pace.h"

#define PLACES_MAX 4096 /* keys that are listened at */

enum place_how {
	PLACE_SUBTREE, /* a base, with all below it */
	PLACE_NAMES,   /* its sub-keys coming and going */
	PLACE_VALUES,  /* its values */
};

/* What somebody wants to hear of. */
struct wanted {
	const struct kind *kind;
	const struct glob_section *section;
	size_t n;
};

struct place {
	struct place *next;
	char *path; /* WTF-8, with the case it has on disk */
	enum place_how how;
	uint64_t kinds; /* a bit per id: who is to look */
	bool wanted;
	HKEY key;
	HANDLE event, wait;
	HANDLE bell; /* the room's */
	LONG fired;
	struct pace pace; /* of its hints; by GetTickCount64 */
	int64_t time;     /* when what is not told yet was first heard of */
};

struct places {
	struct place *list;
	const struct wanted *wanted;
	size_t n_wanted, n, refused;                 /* refused: keys that cannot be listened at */
	bool users;                                  /* some of them lie in hives of users */
	HANDLE bell;                                 /* set when a place has fired */
	void (*changed)(void *ctx, struct place *p); /* a base that came or went */
	void *ctx;
};

/* Make the list what it should be now, and listen at all of it. Places of bases that were not there
 * before, or are gone, are told to `changed`. */
void places_resolve(struct places *p);

/* Listen on: before looking at what happened. False: the key is gone. */
bool place_arm(struct place *x);

void places_done(struct places *p);

#endif
