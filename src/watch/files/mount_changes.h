/* What came and went between two readings of the table of mounts, each with who did it. */
#ifndef WATCH_FILES_MOUNT_CHANGES_H
#define WATCH_FILES_MOUNT_CHANGES_H

#include "watch/files/files.h"

/* Tell files and kinds of all that differs. */
void mount_changes(struct files *f, const struct mount_map *was, const struct mount_map *is);
/* The table may be seen changed before the kernel says who did it; what follows from that rests for
 * a moment before it is told, so that there is time to add it: somebody mounted or unmounted. */
void mount_changes_late(struct files *f);
void mount_changes_forget(struct files *f);

#endif
