#include "host/host.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/mem.h"
#include "host/state.h"

int host_open(struct host **ret, const struct host_options *o, struct err *e)
{
	const char *path = o->root ? o->root : "/";
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct host *h;

	if (fd < 0)
		return err_sys(e, "cannot open '%s'", path);
	h = mem_new(sizeof *h);
	h->root = fd;
	h->live = !o->root;
	h->no_bpf = o->no_bpf;
	h->arena = arena_new();
	if (o->secret)
		memcpy(h->secret, o->secret, sizeof h->secret);
	*ret = h;
	return 0;
}

void host_free(struct host *h)
{
	if (!h)
		return;
	buses_free(h->buses);
	unit_index_free(h->unit_index);
	processes_free(h->processes);
	package_index_free(h->package_index);
	host_digests_free(h->digests);
	bpf_free(h->bpf);
	arena_free(h->arena);
	explicit_bzero(h->secret, sizeof h->secret);
	close(h->root);
	free(h);
}

void host_freep(struct host **h)
{
	host_free(*h);
	*h = NULL;
}

bool host_is_live(const struct host *h)
{
	return h->live;
}

int host_root(const struct host *h)
{
	return h->root;
}

struct arena *host_arena(struct host *h)
{
	return h->arena;
}

void host_keyed(const struct host *h, struct span what, uint8_t ret[SHA256_SIZE])
{
	unsigned n = SHA256_SIZE;

	/* Fails only where SHA-256 is forbidden; then everything else would have, too. */
	if (!HMAC(EVP_sha256(), h->secret, sizeof h->secret, (const unsigned char *)what.p, what.n,
		    ret, &n))
		abort();
}
