/* A folder of its own for a test. */
#ifndef TESTS_FOLDER_H
#define TESTS_FOLDER_H

#include <stdio.h>
#include <stdlib.h>

#include "os/file.h"
#include "os/random.h"

/* Below top, NULL: where temporary things go. */
static inline int folder_make(const char *top, char *ret, size_t n)
{
	struct err e;
	uint64_t name;

	if (!top)
		top = getenv("TMPDIR");
	if (!top)
		top = getenv("TEMP");
	if (random_bytes(&name, sizeof name, &e) < 0)
		return -1;
	snprintf(ret, n, "%s/invar-%016llx", top ? top : "/var/tmp", (unsigned long long)name);
	return file_make_folder(ret);
}

static inline void folder_empty(const char *path)
{
	struct arena *a = arena_new();
	struct folder *f = folder_open(path);
	const char *name;

	while (f && folder_next(f, a, &name) == 1) {
		const char *whole = file_join(a, path, name);
		enum file_form type;

		if (file_form(whole, &type) == 0 && type == FILE_FORM_FOLDER) {
			folder_empty(whole);
			(void)!file_remove_folder(whole);
		} else {
			file_remove(whole);
		}
	}
	folder_close(f);
	arena_free(a);
}

static inline int folder_remove(const char *path)
{
	folder_empty(path);
	return file_remove_folder(path);
}

#endif
