/* SHA-256 in MB/s on one core: OpenSSL's single stream beside ours with 1, 2 and 3 lanes. */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/attr.h"
#include "core/sha256.h"

#define BYTES_A_RUN ((size_t)192 << 20)

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void run_openssl(const uint8_t *data, size_t size, size_t messages)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t digest[EVP_MAX_MD_SIZE];

	for (size_t i = 0; i < messages; i++)
		if (!EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) ||
			!EVP_DigestUpdate(ctx, data, size) ||
			!EVP_DigestFinal_ex(ctx, digest, NULL))
			abort();
	EVP_MD_CTX_free(ctx);
}

static void run_lanes(const uint8_t *data, size_t size, size_t messages, unsigned lanes)
{
	struct sha256_set s;
	uint8_t digest[SHA256_SIZE];
	unsigned free_lanes = (1u << lanes) - 1;
	size_t begun = 0;

	sha256_set_init(&s);
	do {
		for (unsigned i = 0; i < lanes; i++) {
			if (!(free_lanes & 1u << i))
				continue;
			if (begun >= lanes)
				sha256_digest(&s, i, digest);
			if (begun == messages)
				continue;
			sha256_start(&s, i);
			sha256_feed(&s, i, data, size, true);
			begun++;
		}
		free_lanes = sha256_run(&s);
	} while (free_lanes);
}

int main(void)
{
	static const size_t sizes[] = { 256, 1024, 4096, 1 << 20 };
	static uint8_t data[1 << 20];

	printf("%s\n%9s %9s %9s %9s %9s %7s\n", sha256_means(), "bytes", "openssl", "1 lane",
		"2 lanes", "3 lanes", "ratio");
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		double best[SHA256_LANES + 1] = { 0 };

		for (int repeat = 0; repeat < 3; repeat++)
			for (unsigned lanes = 0; lanes <= SHA256_LANES; lanes++) {
				double begin = now(), rate;

				if (lanes)
					run_lanes(data, sizes[i], BYTES_A_RUN / sizes[i], lanes);
				else
					run_openssl(data, sizes[i], BYTES_A_RUN / sizes[i]);
				rate = (double)BYTES_A_RUN / 1e6 / (now() - begin);
				if (rate > best[lanes])
					best[lanes] = rate;
			}
		printf("%9zu %9.0f %9.0f %9.0f %9.0f %7.2f\n", sizes[i], best[0], best[1], best[2],
			best[3], best[3] / best[0]);
	}
	return 0;
}
