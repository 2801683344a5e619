/* A room on a folder of fixtures: room_doors.h, and what makes such folders. */
#ifndef TESTS_SENSOR_ROOM_H
#define TESTS_SENSOR_ROOM_H

#include <sys/stat.h>

#include "room_doors.h"

/* ---- fixtures: a folder of its own, removed by room_root_done ---- */

static inline const char *room_root(void)
{
	static char path[64];

	snprintf(path, sizeof path, "/var/tmp/invar-room-XXXXXX");
	assert_non_null(mkdtemp(path));
	return path;
}

/* Write root/path, making the folders on the way; text may be NULL for a folder. */
static inline void room_file(const char *root, const char *path, const char *text, size_t n,
	mode_t mode)
{
	char name[4096];
	FILE *f;

	snprintf(name, sizeof name, "%s/%s", root, path);
	for (char *p = name + strlen(root) + 1; *p; p++)
		if (*p == '/') {
			*p = '\0';
			mkdir(name, 0755);
			*p = '/';
		}
	if (!text) {
		mkdir(name, mode);
		return;
	}
	f = fopen(name, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(name, mode), 0);
}

static inline void room_text(const char *root, const char *path, const char *text)
{
	room_file(root, path, text, strlen(text), 0644);
}

static inline void room_root_done(const char *root)
{
	char line[128];

	snprintf(line, sizeof line, "rm -rf -- '%s'", root);
	assert_int_equal(system(line), 0);
}

#endif
