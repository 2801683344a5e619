/* What dockerd keeps about containers and images. Pure. */
#ifndef SENSOR_CONTAINER_CONTAINER_DOCKER_H
#define SENSOR_CONTAINER_CONTAINER_DOCKER_H

#include "sensor/container/container_fill.h"

/* config.v2.json and hostconfig.json (may be empty) of one container. *ret_name: without the
 * slash. Texts live in a. */
int docker_container(struct span config, struct span host, struct arena *a, struct record *ret,
	struct span *ret_name, struct err *e) MUST_CHECK;

/* repositories.json: `each` gets "nginx:latest" and "sha256:…" for every name of every image, those
 * with a digest in place of a tag ("nginx@sha256:…") too. */
typedef void docker_each(void *ctx, struct span name, struct span id);
int docker_repositories(struct span text, docker_each *each, void *ctx, struct err *e) MUST_CHECK;

/* The configuration of an image (OCI image-spec, config.md), of whichever engine. */
int image_config(struct span text, struct arena *a, struct record *ret, struct err *e) MUST_CHECK;

#endif
