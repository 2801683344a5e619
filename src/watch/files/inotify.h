/* The means where fanotify is refused: a watch on every folder of interest. It does not say who,
 * and sees only what happens by the names it watches. */
#ifndef WATCH_FILES_INOTIFY_H
#define WATCH_FILES_INOTIFY_H

#include "watch/files/files.h"

/* Around a pass over all mounts: begin, inotify_mount for each, end. */
void inotify_begin(struct files *f);
/* Watch what is of interest on the mount at this point. NULL: done; else a literal that says why it
 * is not, or not all of it. */
const char *inotify_mount(struct files *f, struct span point);
void inotify_end(struct files *f);
/* Take what the kernel has to say by now. */
void inotify_drain(struct files *f);
void inotify_stop(struct files *f);

#endif
