#include "sensor/container/container_docker.h"
#include "sensor/container/container_oci.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void name(void *ctx, struct span what, struct span id)
{
	(void)ctx, (void)what, (void)id;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	AUTO_FREE(arena) a = arena_new();
	struct record *r = record_new(a, &kind_container);
	struct span text = span_from(data, n), ret;
	struct oci_names names;
	struct err e;

	(void)!docker_container(text, text, a, r, &ret, &e);
	(void)!docker_repositories(text, name, NULL, &e);
	(void)!image_config(text, a, r, &e);
	(void)!oci_container(text, text, a, r, &names, &e);
	return 0;
}
