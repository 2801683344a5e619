#include "host/ldcache.h"

#include <stdint.h>

#define MAGIC "glibc-ld.so.cache1.1"
#define HEAD 48
#define ENTRY 24
#define AT_COUNT 20 /* of entries, in the head */
#define AT_NAME 4   /* offset of the name, in an entry */
#define AT_PATH 8   /* and of the path */

static uint32_t number(struct span s, size_t at)
{
	uint32_t n;

	memcpy(&n, s.p + at, sizeof n); /* in the host's byte order */
	return n;
}

/* The text at the offset that stands at `at`. */
static bool text_at(struct span cache, size_t at, struct span *ret)
{
	size_t from = number(cache, at);
	struct span rest = span_from_offset(cache, from);
	const char *end = rest.n ? memchr(rest.p, '\0', rest.n) : NULL;

	if (from < HEAD || !end)
		return false;
	*ret = span_from(rest.p, (size_t)(end - rest.p));
	return true;
}

int ldcache_each(struct span cache, int (*each)(void *ctx, struct span name, struct span path),
	void *ctx, struct err *e)
{
	struct span name, path;
	uint32_t n;

	if (cache.n < HEAD || !span_starts(cache, span_of(MAGIC)))
		return err_set(e, ERR_FORMAT, "not a cache of glibc's dynamic linker");
	n = number(cache, AT_COUNT);
	if (n > (cache.n - HEAD) / ENTRY)
		return err_set(e, ERR_FORMAT, "%u entries do not fit into %zu bytes", n, cache.n);
	for (uint32_t i = 0; i < n; i++) {
		size_t at = HEAD + (size_t)i * ENTRY;
		int rc;

		if (!text_at(cache, at + AT_NAME, &name) || !text_at(cache, at + AT_PATH, &path))
			return err_set(e, ERR_FORMAT, "entry %u leads out of the cache", i);
		rc = each(ctx, name, path);
		if (rc != 0)
			return rc;
	}
	return 0;
}
