/* Watched files that have several names, by their handles: a write through a name elsewhere is
 * heard of under the watched one. Bounded. */
#ifndef WATCH_FILES_LINKED_H
#define WATCH_FILES_LINKED_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/span.h"

#define LINKED_MAX 65536

struct linked_row {
	uint64_t hash; /* of file system and handle */
	uint32_t path; /* in text: where it begins; ends with NUL */
	uint32_t next; /* 1 + index */
};

struct linked {
	struct linked_row *row;
	uint32_t *bucket; /* NULL while there is none */
	uint32_t n, cap;
	struct buf text;
	size_t garbage; /* bytes of it that no row uses */
	bool full;      /* there are more than we remember, those that are gone not counted */
};

void linked_clear(struct linked *l);
/* By name, no link followed. *ret_new: it was not known. 0: it is remembered (or gone); ERANGE: the
 * table is full; else errno. */
int linked_add(struct linked *l, struct span path, bool *ret_new);
/* The same as an event told it (fan_event.h), and nobody has to be asked. */
int linked_add_as(struct linked *l, struct span handle, struct span path);
/* A file of this handle, or (empty) a folder was renamed: what is known at or below `from` is at or
 * below `to` now, too. What is not at `from` any more leaves with linked_left. */
void linked_moved(struct linked *l, struct span handle, struct span from, struct span to);
/* A file of this handle, or (empty) a folder gave up its name: it is forgotten, when it is not
 * there by now. */
void linked_left(struct linked *l, struct span handle, struct span path);
/* The next path of the file with this handle (fan_event.h) behind *at (0 at first); false: no more.
 */
bool linked_find(const struct linked *l, struct span handle, uint32_t *at, struct span *ret);

#endif
