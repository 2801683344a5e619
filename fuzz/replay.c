/* Gives a fuzzer every file of the folders and files named, so that what fuzzing once found stays
 * found in every build. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"

#define INPUT_MAX ((size_t)16 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static size_t replayed;

static void replay_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *copy;
	char *bytes = malloc(INPUT_MAX);
	size_t n;

	if (!f || !bytes) {
		perror(path);
		exit(1);
	}
	n = fread(bytes, 1, INPUT_MAX, f);
	fclose(f);
	/* A block of exactly n bytes lets the address sanitizer see a read behind the input. */
	copy = malloc(n ? n : 1);
	if (!copy)
		abort();
	memcpy(copy, bytes, n);
	free(bytes);
	LLVMFuzzerTestOneInput(copy, n);
	free(copy);
	replayed++;
}

static void replay(const char *path)
{
	DIR *d = opendir(path);

	if (!d) {
		replay_file(path);
		return;
	}
	for (struct dirent *entry; (entry = readdir(d));) {
		AUTO(buf) below = BUF_INIT(BUF_MAX_DEFAULT);

		if (entry->d_name[0] == '.')
			continue;
		buf_addf(&below, "%s/%s", path, entry->d_name);
		replay(buf_text(&below));
	}
	closedir(d);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		replay(argv[i]);
	printf("%zu inputs replayed\n", replayed);
	return replayed ? 0 : 1;
}
