#include "sensor/file/file_verity.h"

#include <stdint.h>

#include "core/hex.h"

#define HEADER_BYTES 4

/* FS_VERITY_HASH_ALG_… is the index. */
static const struct {
	const char *name;
	size_t size;
} algorithms[] = { { NULL, 0 }, { "sha256", 32 }, { "sha512", 64 } };

int file_verity_text(struct span digest, struct buf *ret, struct err *e)
{
	uint16_t algorithm, size;

	if (digest.n < HEADER_BYTES)
		return err_set(e, ERR_FORMAT, "verity digest has %zu bytes", digest.n);
	memcpy(&algorithm, digest.p, sizeof algorithm);
	memcpy(&size, digest.p + sizeof algorithm, sizeof size);
	if (algorithm == 0 || algorithm >= ARRAY_LEN(algorithms))
		return err_set(e, ERR_FORMAT, "verity digest has algorithm %u", algorithm);
	if (size != algorithms[algorithm].size || digest.n - HEADER_BYTES < size)
		return err_set(e, ERR_FORMAT, "%s verity digest has %u bytes of %zu",
			algorithms[algorithm].name, size, digest.n - HEADER_BYTES);
	buf_add_text(ret, algorithms[algorithm].name);
	buf_add_char(ret, ':');
	hex_add(ret, span_from(digest.p + HEADER_BYTES, size));
	return 0;
}
