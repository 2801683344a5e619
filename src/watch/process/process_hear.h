/* The means by which processes are heard of, from the best one down. */
#ifndef WATCH_PROCESS_PROCESS_HEAR_H
#define WATCH_PROCESS_PROCESS_HEAR_H

#include "watch/watcher.h"

/* Take in all that the means in force has to say by now. */
void processes_drain(struct watcher *w);

#endif
