/* What is common to the other engines: the store of podman, cri-o and buildah (containers/storage),
 * and the bundle of a container that runs (OCI runtime-spec, config.json). Pure. */
#ifndef SENSOR_CONTAINER_CONTAINER_OCI_H
#define SENSOR_CONTAINER_CONTAINER_OCI_H

#include "sensor/container/container_fill.h"

/* Who a container is, as far as its bundle says. */
struct oci_names {
	struct span name, pod, folder; /* Kubernetes': container, pod, namespace */
	bool sandbox;                  /* the container that only holds the pod's namespaces */
	bool kubernetes;
};

/* config.json of a bundle; id: the container's, so that what is mounted for every one is known. */
int oci_container(struct span text, struct span id, struct arena *a, struct record *ret,
	struct oci_names *ret_names, struct err *e) MUST_CHECK;

/* An entry of containers.json or images.json. Lives as long as `each` runs. */
struct stored {
	struct span id, name, image, image_id, digest, created;
	const struct jval *names; /* of an image: all of them */
};
typedef void stored_each(void *ctx, const struct stored *s);
int stored_containers(struct span text, stored_each *each, void *ctx, struct err *e) MUST_CHECK;
int stored_images(struct span text, stored_each *each, void *ctx, struct err *e) MUST_CHECK;

#endif
