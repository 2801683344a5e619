/* The engines of this room, a file each, and what they share. */
#ifndef SENSOR_CONTAINER_CONTAINER_ENGINES_H
#define SENSOR_CONTAINER_CONTAINER_ENGINES_H

#include "host/host.h"
#include "sensor/container/container_fill.h"
#include "sensor/sensor.h"

struct engines {
	struct scan *scan;
	struct host *host;
	struct arena *arena;
};

struct record *engine_record(struct engines *x, const char *engine, struct span owner);
/* Under "ENGINE:NAME", of a user's own "ENGINE:~USER/NAME", an image with "image:" in front. */
void engine_emit(struct engines *x, struct record *r, const char *engine, struct span name);
/* Containers and images of the engine stay as known. */
void engine_gap(struct engines *x, const char *engine, const char *path, const struct err *why);
/* False: it is not there, or a gap has told why. */
bool engine_read(struct engines *x, const char *engine, const char *path, struct span *ret);
bool engine_list(struct engines *x, const char *engine, const char *path, struct host_entry **ret,
	size_t *ret_n);
/* "FOLDER/NAME" with `rest` behind, in the arena. */
const char *engine_path(struct engines *x, const char *folder, struct span name, const char *rest);

/* podman, cri-o, buildah; run: where what runs has its files. */
void look_storage(struct engines *x, const char *root, const char *run, struct span owner);
void look_containerd(struct engines *x);
void look_machines(struct engines *x);
void look_lxc(struct engines *x, const char *root, struct span owner);

#endif
