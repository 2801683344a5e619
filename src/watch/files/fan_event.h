/* What the kernel writes to a fanotify descriptor (fanotify(7)), as values. Pure. */
#ifndef WATCH_FILES_FAN_EVENT_H
#define WATCH_FILES_FAN_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/span.h"

/* A file handle within its file system: what both have in common in one piece of bytes, as the
 * kernel wrote it: fsid (8), length of the handle (4), its type (4), the handle. Empty: none. */
#define FAN_HANDLE_HEAD 16
#define FAN_HANDLE_MAX (FAN_HANDLE_HEAD + 128)

struct fan_event {
	uint64_t mask;
	int32_t pid;
	int pidfd;              /* -1: none. Whoever parses closes it */
	struct span folder;     /* handle of the folder the name is in; or of itself: name "." */
	struct span name;       /* may be empty: the folder, or a file whose name nobody knows */
	struct span new_folder; /* FAN_RENAME: where it went */
	struct span new_name;
	struct span target; /* handle of the entry itself */
	uint64_t mount;     /* of a mount: its number, that no other one ever has */
};

/* Take the next event off the front of *rest; spans of *ret point into it. 1: there is one, 0: no
 * more, -1: bytes that no kernel writes (of a version we do not know): *rest is used up. */
int fan_event_next(struct span *rest, struct fan_event *ret);

#endif
