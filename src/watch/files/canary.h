/* A canary: does the kernel still tell us of a write? A file without a name is made in each place,
 * and heard of, or not. */
#ifndef WATCH_FILES_CANARY_H
#define WATCH_FILES_CANARY_H

#include "watch/files/files.h"

void canary_plant(struct files *f);
void canary_heard(struct files *f, const struct fan_event *x);
void canary_stop(struct files *f);

#endif
