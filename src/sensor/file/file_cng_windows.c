#include "sensor/file/file_cng_windows.h"

/* The order matters: windows.h before what needs it. */
/* clang-format off */
#include <stdlib.h>
#include <windows.h>
#include <bcrypt.h>
/* clang-format on */

#include "core/mem.h"

#define DIGEST_MAX 64

static const struct {
	unsigned field;
	const wchar_t *name;
	ULONG size;
} algorithms[] = {
	{ FILE_SHA1, L"SHA1", 20 },
	{ FILE_MD5, L"MD5", 16 },
	{ FILE_SHA512, L"SHA512", 64 },
};

struct digests {
	BCRYPT_ALG_HANDLE algorithm[ARRAY_LEN(algorithms)];
	BCRYPT_HASH_HANDLE hash[ARRAY_LEN(algorithms)];
};

struct digests *digests_new(uint64_t fields)
{
	struct digests *d = NULL;

	for (unsigned i = 0; i < ARRAY_LEN(algorithms); i++) {
		if (!(fields & field_bit(algorithms[i].field)))
			continue;
		if (!d)
			d = mem_new(sizeof *d);
		/* One that this system does not offer (MD5 in FIPS mode) stays unknown. */
		if (BCryptOpenAlgorithmProvider(&d->algorithm[i], algorithms[i].name, NULL, 0))
			d->algorithm[i] = NULL;
	}
	return d;
}

static void drop(struct digests *d, unsigned i)
{
	if (d->hash[i])
		BCryptDestroyHash(d->hash[i]);
	d->hash[i] = NULL;
}

void digests_free(struct digests *d)
{
	if (!d)
		return;
	for (unsigned i = 0; i < ARRAY_LEN(algorithms); i++) {
		drop(d, i);
		if (d->algorithm[i])
			BCryptCloseAlgorithmProvider(d->algorithm[i], 0);
	}
	free(d);
}

void digests_start(struct digests *d)
{
	for (unsigned i = 0; d && i < ARRAY_LEN(algorithms); i++) {
		drop(d, i);
		if (d->algorithm[i] &&
			BCryptCreateHash(d->algorithm[i], &d->hash[i], NULL, 0, NULL, 0, 0))
			d->hash[i] = NULL;
	}
}

void digests_add(struct digests *d, const void *p, size_t n)
{
	for (unsigned i = 0; d && i < ARRAY_LEN(algorithms); i++)
		if (d->hash[i] && BCryptHashData(d->hash[i], (PUCHAR)(uintptr_t)p, (ULONG)n, 0))
			drop(d, i);
}

void digests_finish(struct digests *d, struct record *r, struct arena *a)
{
	UCHAR md[DIGEST_MAX];

	for (unsigned i = 0; d && i < ARRAY_LEN(algorithms); i++)
		if (d->hash[i] && BCryptFinishHash(d->hash[i], md, algorithms[i].size, 0) == 0)
			record_set_bytes(r, algorithms[i].field,
				arena_copy(a, span_from(md, algorithms[i].size)));
}
