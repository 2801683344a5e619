/* The running Windows as it is observed in one scan. */
#include <stdlib.h>
#include <windows.h>

#include "core/hmac.h"
#include "core/mem.h"
#include "host/state.h"

int host_open(struct host **ret, const struct host_options *o, struct err *e)
{
	struct host *h;

	if (o->root)
		return err_set(e, ERR_USAGE, "a tree is not observed as another Windows ('%s')",
			o->root);
	h = mem_new(sizeof *h);
	h->root = -1;
	h->live = true;
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
	windows_state_free(h->windows);
	host_digests_free(h->digests);
	arena_free(h->arena);
	SecureZeroMemory(h->secret, sizeof h->secret);
	free(h);
}

void host_freep(struct host **h)
{
	host_free(*h);
	*h = NULL;
}

void host_renew(struct host *h)
{
	windows_state_free(h->windows);
	h->windows = NULL;
	host_digests_renew(h);
	arena_clear(h->arena);
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
	hmac_sha256(span_from(h->secret, sizeof h->secret), what, ret);
}
